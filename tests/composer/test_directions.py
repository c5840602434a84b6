"""Directions say what they mean, and every word that is not known is refused with its line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.directions import Directions, directed, read_directions
from composer.moments import Moment, frame_of, read_moment, time_of
from composer.score_plan import ScorePlan
from composer.settings import ComposerSettings
from composer.spotter import plan_score
from tests.composer.analyses import SceneKind, SyntheticScene, synthetic_film
from vision.rejected import RejectedInput

WHOLE = """\
style: chamber
tone: dark
energy: -0.5
coverage: 40 %
hits: tight
key: Bb
tempo: 92
hits at: [240, 00:00:12:00, 12.5 s]
no music: 00:00:20:00-00:00:30:00
music: [0:40 - 0:55]
1M02: calmer, no drums, hit frame 2210, style ambient, ending hang, seed 7
1M03: {mode: lydian, in: frame 100, out: 9 s, hit: [50, 60]}
theme Anna: 1M03, 4M21
"""


def read(text: str) -> Directions:
    """Directions from a file called notes.yaml."""
    return read_directions(text, "notes.yaml")


def test_every_direction_is_read() -> None:
    found = read(WHOLE)
    assert (found.style, found.tone, found.energy, found.coverage) == ("chamber", "dark", -0.5, 0.4)
    assert (found.hits, found.key, found.tempo_qpm) == ("tight", "Bb", 92.0)
    assert [hit.at for hit in found.hit_list] == [
        Moment(frame=240),
        Moment(timecode=(0, 0, 12, 0)),
        Moment(seconds=12.5),
    ]
    assert found.no_music[0].end == Moment(timecode=(0, 0, 30, 0))
    assert found.spans[0].start == Moment(seconds=40.0)
    assert found.themes == (("Anna", ("1M03", "4M21")),)


def test_a_cue_is_directed_in_a_row_of_words_or_in_a_mapping() -> None:
    found = read(WHOLE)
    second, third = found.of("1M02"), found.of("1M03")
    assert (second.calmer, second.drums, second.style, second.ending) == (-0.2, False, "ambient", "hang")
    assert second.seed == 7 and second.hits[0].at == Moment(frame=2210)
    assert second.words[:2] == ("calmer", "no drums")
    assert (third.mode, third.start, third.out) == ("lydian", Moment(frame=100), Moment(seconds=9.0))
    assert [hit.at.frame for hit in third.hits] == [50, 60]
    assert found.of("1M09").words == ()


def test_statements_may_stand_side_by_side_on_one_line() -> None:
    line = "1M02: calmer, no drums, hit frame 2210; theme Anna: 1M03, 4M21"
    found = read(line)
    second = found.of("1M02")
    assert (second.calmer, second.drums, second.hits[0].at) == (-0.2, False, Moment(frame=2210))
    assert found.themes == (("Anna", ("1M03", "4M21")),)
    apart = read(line.replace("; ", "\n"))
    assert apart == found.model_copy(update={"lines": {"1M02": 1, "theme Anna": 2}})


def test_what_one_line_directs_is_what_the_cues_get() -> None:
    kinds: tuple[SceneKind, ...] = ("day", "night", "chase", "montage", "night")
    scenes = [SyntheticScene(kind, 40, look) for look, kind in enumerate(kinds)]
    film = synthetic_film(scenes=scenes)

    def planned(text: str) -> ScorePlan:
        settings = ComposerSettings(coverage=0.95, style="orchestral")
        return plan_score(film.analysis, film.curves, settings, read(text), seed=2)

    free = planned("")
    second = free.spotting.cues[1]
    frame = round((second.start_s + second.out_s) / 2 * 24)
    plan = planned(f"1M02: calmer, no drums, hit frame {frame}; theme Anna: 1M03, 1M04")
    draft, before = plan.drafts[1], free.drafts[1]
    assert not draft.drums and before.drums
    assert draft.bars[0].arousal < before.bars[0].arousal
    (hit,) = (hit for hit in plan.spotting.hits if hit.frame == frame)
    assert hit.cue == "1M02" and abs(hit.error_ms) < 0.2
    assert [cue.theme for cue in plan.spotting.cues[2:4]] == ["Anna", "Anna"]


def test_a_semicolon_in_a_timecode_a_quotation_or_a_comment_ends_no_statement() -> None:
    found = read("hits at: [01:00:10;12, 240]; tone: dark  # calmer; or not?\ntheme 'A; B': 1M03;")
    assert [hit.at for hit in found.hit_list] == [Moment(timecode=(1, 0, 10, 12)), Moment(frame=240)]
    assert (found.tone, found.themes) == ("dark", (("'A; B'", ("1M03",)),))


def test_a_fault_beside_a_good_statement_is_found_on_the_line_it_was_written_on() -> None:
    with pytest.raises(RejectedInput, match=r"notes\.yaml line 3: .*loudr"):
        read("style: chamber; tone: dark\n\n1M01: calmer; 1M02: loudr; energy: 0.5")


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "{}"])
def test_no_words_are_no_wishes(text: str) -> None:
    assert read(text) == Directions(name="notes.yaml")


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("stile: chamber", 1, "style"),
        ("tone: dark\nstyle: chambr", 2, "chamber"),
        ("style: [chamber]", 1, "one value"),
        ("coverage: 140 %", 1, "0 to 1"),
        ("tempo: 300", 1, "48 to 176"),
        ("energy: loud", 1, "-1 to 1"),
        ("key: H", 1, "tonic"),
        ("tone: dark\n\nhits at: [240, soon]", 3, "soon"),
        ("no music: 10 s", 1, "IN-OUT"),
        ("1M02: loudr", 1, "loudr"),
        ("1M02: calmr", 1, "calmer"),
        ("1M02: hit", 1, "'hit'"),
        ("1M02: hit 00:99:00:00", 1, "moment"),
        ("1M02: ending fade", 1, "rest"),
        ("theme Anna: third cue", 1, "third cue"),
        ("style: ambient\nstyle: chamber", 2, "twice"),
        ("- style", 1, "word: value"),
        ("tone: dark\n1M02: calmer; style: chambr", 2, "chamber"),
        ("tone: dark;\n1M02: {mode: dorian, ending: fade}", 2, "rest"),
        ("1M2: calmer", 1, "1M02"),
        ("style: a: b", 1, "mapping values"),
        ("hits at: [1, 2", 1, "expected"),
        ("\ttone: dark", 1, "cannot start"),
    ],
)
def test_a_fault_is_refused_with_file_line_and_remedy(text: str, line: int, says: str) -> None:
    with pytest.raises(RejectedInput) as refusal:
        read(text)
    assert refusal.value.reason.startswith(f"notes.yaml line {line}:")
    assert says in str(refusal.value)
    assert refusal.value.remedy and "\n" not in str(refusal.value)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        read(text)
    except RejectedInput as refusal:
        assert "notes.yaml" in refusal.reason


def test_directions_win_over_settings() -> None:
    wanted = directed(ComposerSettings(style="ambient", tone="light"), read("style: chamber\nenergy: 0.5"))
    assert (wanted.style, wanted.tone, wanted.energy) == ("chamber", "light", 0.5)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2210", Moment(frame=2210)),
        ("frame 2210", Moment(frame=2210)),
        ("01:00:10:12", Moment(timecode=(1, 0, 10, 12))),
        ("01:00:10;12", Moment(timecode=(1, 0, 10, 12))),
        ("1:10", Moment(seconds=70.0)),
        ("1:02:03.5", Moment(seconds=3723.5)),
        ("12.5 s", Moment(seconds=12.5)),
        ("12.5", None),
        ("-3", None),
        ("later", None),
    ],
)
def test_moments_are_read_in_three_ways(text: str, moment: Moment | None) -> None:
    assert read_moment(text) == moment


def test_timecode_counts_from_the_films_own_start_or_as_a_stopwatch() -> None:
    scenes = [SyntheticScene("day", 60, 1)]
    film = synthetic_film(scenes=scenes, rate="25/1", start_timecode="01:00:00:00")
    for label in ((1, 0, 10, 5), (0, 0, 10, 5)):
        assert frame_of(Moment(timecode=label), film.analysis.film, film.curves) == 255


def test_drop_frame_labels_are_counted_as_they_were_dropped() -> None:
    film = synthetic_film(scenes=[SyntheticScene("day", 70, 1)], rate="30000/1001")
    dropping = film.analysis.film.model_copy(update={"drop_frame": True, "start_timecode": "00:00:00;00"})
    assert frame_of(Moment(timecode=(0, 1, 0, 2)), dropping, film.curves) == 1800


def test_seconds_go_to_the_nearest_shown_frame() -> None:
    film = synthetic_film(scenes=[SyntheticScene("day", 20, 1)])
    frame = frame_of(Moment(seconds=10.0), film.analysis.film, film.curves)
    assert frame == 240
    assert time_of(frame, film.analysis.film, film.curves) == film.curves.time_s[240]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hits at: 999999", "frame 999999"),
        ("no music: 0:10-9:00:00", "frame"),
        ("1M01: hit 1:00:00", "frame"),
        ("1M01: calmer; 1M02: in 1:00:00", "frame"),
        ("music: 0:20-0:10", "ends before it begins"),
        ("music: 0:10-0:12", "a cue of 2.0 s"),
        ("1M07: calmer", "there is no cue 1M07"),
        ("theme Anna: 1M01, 4M21", "there is no cue 4M21"),
        ("1M01: in 0:10, out 0:11", "leave no room for 1M01"),
    ],
)
def test_what_does_not_fit_the_film_is_refused_with_file_line_and_remedy(text: str, says: str) -> None:
    film = synthetic_film(scenes=[SyntheticScene("day", 30, 1), SyntheticScene("chase", 30, 2)])
    with pytest.raises(RejectedInput) as refusal:
        plan_score(film.analysis, film.curves, ComposerSettings(), read(f"tone: dark\n{text}"), seed=1)
    assert refusal.value.reason.startswith("notes.yaml line 2: ")
    assert says in refusal.value.reason
    assert refusal.value.remedy
