"""Spotting keeps the practice: coverage, lengths, words, conversations, hits and their reasons."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.directions import Directions, read_directions
from composer.hit_wishes import in_conversation
from composer.practice import Practice
from composer.reading import read_film
from composer.score_plan import ScorePlan
from composer.settings import ComposerSettings
from composer.spotter import HAS_MUSIC, plan_score
from tests.composer.analyses import SyntheticFilm, SyntheticScene, synthetic_film
from vision.analysis import Region, RegionKind, SpeechSpan
from vision.rejected import RejectedInput

NO_WISHES = Directions()
PRACTICE = Practice()


def planned(film: SyntheticFilm, text: str = "", seed: int = 1, **options: object) -> ScorePlan:
    """The plan of a film under directions and settings."""
    wanted = ComposerSettings.model_validate(options)
    return plan_score(film.analysis, film.curves, wanted, read_directions(text, "notes.yaml"), seed)


@pytest.fixture(scope="module")
def feature() -> SyntheticFilm:
    """A feature of two hours."""
    return synthetic_film(seed=3, minutes=120)


@pytest.fixture(scope="module")
def feature_plan(feature: SyntheticFilm) -> ScorePlan:
    """Its plan, as anybody gets it."""
    return planned(feature)


@pytest.fixture(scope="module")
def short() -> SyntheticFilm:
    """Ten minutes with talk, a chase and quiet."""
    return synthetic_film(seed=5, minutes=10)


def test_a_feature_is_scored_for_forty_percent_in_25_to_60_cues(feature_plan: ScorePlan) -> None:
    spotting = feature_plan.spotting
    assert 0.36 <= spotting.coverage <= 0.44
    assert 25 <= len(spotting.cues) <= 60
    lengths = sorted(cue.end_s - cue.start_s for cue in spotting.cues)
    assert lengths[0] >= 15.0 - 1.0 and lengths[-1] <= 270.0
    assert 50 <= lengths[len(lengths) // 2] <= 120


def test_a_film_of_a_minute_is_scored_nearly_whole() -> None:
    film = synthetic_film(scenes=[SyntheticScene("night", 25, 1), SyntheticScene("day", 35, 2)], seed=2)
    assert planned(film).spotting.coverage >= 0.92


def test_a_dissolve_into_another_day_parts_two_cues_that_run_on() -> None:
    scenes = [SyntheticScene("night", 24, n) for n in (1, 2)] + [SyntheticScene("day", 40, 3)]
    film = synthetic_film(scenes=scenes, seed=2, sound=False)
    cues = planned(film).spotting.cues
    assert len(cues) == 2 and cues[0].ending == "segue"
    assert cues[0].out_s == cues[0].end_s == cues[1].start_s
    assert abs(cues[1].start_s - 48.0) < 0.05


def test_the_last_chord_falls_where_the_picture_comes_to_rest() -> None:
    scenes = [SyntheticScene("chase", 50, 1), SyntheticScene("night", 5, 2)]
    film = synthetic_film(scenes=scenes, seed=2, sound=False)
    last = planned(film).spotting.cues[-1]
    assert abs(last.out_s - 50.0) < 0.05 and 1.0 <= last.end_s - last.out_s <= 3.1


def test_a_silent_film_is_scored_from_end_to_end() -> None:
    film = synthetic_film(seed=4, minutes=12, sound=False)
    assert planned(film).spotting.coverage >= 0.97


def test_talk_is_scored_less_and_action_more(feature: SyntheticFilm) -> None:
    talk = synthetic_film(scenes=[SyntheticScene("talk", 150, n % 5) for n in range(24)], seed=1)
    action = synthetic_film(scenes=[SyntheticScene("chase", 150, n % 5) for n in range(24)], seed=1)
    assert planned(talk).spotting.coverage <= 0.34
    assert planned(action).spotting.coverage >= 0.54


def test_coverage_asked_for_is_coverage_made(feature: SyntheticFilm) -> None:
    assert abs(planned(feature, coverage=0.2).spotting.coverage - 0.2) < 0.04
    assert planned(feature, coverage=0.0).spotting.cues == ()


def test_cues_and_silences_tile_the_programme(feature: SyntheticFilm, feature_plan: ScorePlan) -> None:
    spans = [(c.start_s, c.end_s) for c in feature_plan.spotting.cues]
    spans += [(s.start_s, s.end_s) for s in feature_plan.spotting.silences]
    at = feature.analysis.film.programme.start_s
    for start, end in sorted(spans):
        assert start - at < 1.0 and start >= at - 1e-6
        at = end
    assert feature.analysis.film.programme.end_s - at < 1.0
    assert all(s.reason for s in feature_plan.spotting.silences)


def check_words(film: SyntheticFilm, plan: ScorePlan) -> None:
    """No in and no out inside a word, never both inside one conversation."""
    reading = read_film(film.analysis, film.curves, None)
    for cue in plan.spotting.cues:
        assert reading.word_at(cue.start_s) is None
        assert reading.word_at(cue.out_s) is None
        talk = reading.conversation_at(cue.start_s)
        assert talk is None or talk != reading.conversation_at(cue.out_s)


def check_hits(film: SyntheticFilm, plan: ScorePlan, budget: str = "normal") -> None:
    """Every figure of the practice that is about hits."""
    reading = read_film(film.analysis, film.curves, None)
    rate = PRACTICE.hits_a_minute[budget]
    spacing = PRACTICE.hit_spacing_tight_s if budget == "tight" else PRACTICE.hit_spacing_s
    for cue in plan.spotting.cues:
        hits = [h for h in plan.spotting.hits if h.cue == cue.id]
        inner = [h for h in hits if h.kind in ("turn", "accent") and not h.directed]
        assert len(inner) <= rate * (cue.out_s - cue.start_s) / 60
        assert sum(h.kind == "accent" for h in inner) <= 0.3 * (len(inner) + 2)
        turns = [h.time_s for h in inner if h.kind == "turn" and h.required]
        assert all(b - a >= 30 for a, b in zip(turns, turns[1:], strict=False))
        times = [cue.start_s, *(h.time_s for h in inner), cue.out_s] if inner else []
        assert all(b - a >= spacing - 1e-6 for a, b in zip(times, times[1:], strict=False))
        assert not any(in_conversation(reading, h.time_s) for h in inner)
        assert all(reading.effect_near(h.time_s, 0.149) is None for h in inner)
        cuts = {shot.start_s for shot in film.analysis.shots}
        assert all(h.time_s in cuts for h in inner)


def check_clocks(plan: ScorePlan) -> None:
    """Bars, beats and times agree, and every required hit is met within a millisecond, never early."""
    requests = {draft.id: draft for draft in plan.drafts}
    for cue in plan.spotting.cues:
        request = requests[cue.id]
        assert len(request.bars) == len(request.tempo_map.bars)
        rings = cue.ending not in ("stop", "segue")
        assert request.out_bar == len(request.bars) if not rings else request.out_bar < len(request.bars)
        out = request.tempo_map.time_s(request.tempo_map.bar_starts()[request.out_bar])
        assert abs(cue.start_s + out - cue.out_s) < 0.001
        assert abs(request.length_s - (cue.end_s - cue.start_s)) < 1e-6
        assert cue.end_s >= cue.out_s
        section = [bar.section for bar in request.bars]
        assert section == sorted(section) and section[0] == 0
    for hit in plan.spotting.hits:
        if hit.required:
            assert hit.bar >= 1 and -0.001 <= hit.error_ms <= 1.0
        if hit.bar:
            request = requests[hit.cue]
            beat = request.tempo_map.bar_starts()[hit.bar - 1] + hit.beat - 1
            assert any(abs(asked.beat - beat) < 1e-9 for asked in request.hits)


def test_a_feature_keeps_every_rule(feature: SyntheticFilm, feature_plan: ScorePlan) -> None:
    check_words(feature, feature_plan)
    check_hits(feature, feature_plan)
    check_clocks(feature_plan)


@pytest.mark.parametrize("budget", ["sparse", "tight"])
def test_the_budget_of_hits_is_kept(feature: SyntheticFilm, budget: str) -> None:
    plan = planned(feature, hits=budget)
    check_hits(feature, plan, budget)
    check_clocks(plan)


KINDS = ("talk", "night", "day", "chase", "montage", "take")
scene = st.builds(
    SyntheticScene, st.sampled_from(KINDS), st.floats(2, 90).map(lambda s: round(s, 2)), st.integers(0, 5)
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(scenes=st.lists(scene, min_size=1, max_size=9), seed=st.integers(0, 99), sound=st.booleans())
def test_any_film_keeps_every_rule(scenes: list[SyntheticScene], seed: int, sound: bool) -> None:
    film = synthetic_film(seed=seed, scenes=scenes, sound=sound)
    plan = planned(film, seed=seed, hits=("sparse", "normal", "tight")[seed % 3])
    check_words(film, plan)
    check_hits(film, plan, ("sparse", "normal", "tight")[seed % 3])
    check_clocks(plan)
    ends = [(c.start_s, c.end_s) for c in plan.spotting.cues]
    assert all(a[1] <= b[0] + 1e-6 for a, b in zip(ends, ends[1:], strict=False))
    assert all(0 <= a and b <= film.analysis.film.duration_s + 1e-6 for a, b in ends)


@pytest.mark.parametrize("seconds", [0.04, 0.5, 2.0, 3.1, 5.0, 8.0, 14.0, 16.0])
def test_very_short_films_get_one_sting_or_an_honest_silence(seconds: float) -> None:
    film = synthetic_film(scenes=[SyntheticScene("day", seconds, 0)], sound=False)
    plan = planned(film)
    check_clocks(plan)
    assert len(plan.spotting.cues) == (1 if seconds >= 3 else 0)
    if not plan.spotting.cues and seconds >= 1:
        assert plan.spotting.silences[0].reason


def test_a_short_film_that_talks_throughout_gets_a_bed_from_end_to_end() -> None:
    film = synthetic_film(scenes=[SyntheticScene("day", 60, 1)])
    lines = tuple(SpeechSpan(start_s=3.0 * n, end_s=3.0 * n + 2.9) for n in range(20))
    sound = film.analysis.sound.model_copy(update={"speech": lines, "speech_share": 0.97})
    analysis = film.analysis.model_copy(update={"sound": sound})
    plan = planned(SyntheticFilm(analysis, film.curves))
    assert plan.spotting.coverage >= 0.95
    assert all(bar.melody == "none" and bar.layers <= 2 for bar in plan.drafts[0].bars)


def test_existing_music_is_left_alone_with_air_around_it() -> None:
    scenes = [SyntheticScene("montage", 60, n) for n in range(4)]
    film = synthetic_film(scenes=scenes, music=((60.0, 120.0),))
    plan = planned(film)
    assert plan.spotting.cues
    assert all(cue.end_s <= 59.0 or cue.start_s >= 121.0 for cue in plan.spotting.cues)
    assert any("own music" in silence.reason for silence in plan.spotting.silences)
    under = planned(film, existing_music="under")
    assert any(cue.start_s < 120 and cue.end_s > 60 for cue in under.spotting.cues)


def test_a_film_that_is_music_throughout_gets_no_cue_and_says_why() -> None:
    film = synthetic_film(scenes=[SyntheticScene("montage", 80, 1)], music=((0.0, 80.0),))
    spotting = planned(film).spotting
    assert spotting.cues == () and spotting.hits == ()
    assert HAS_MUSIC in spotting.warnings
    assert [s.reason for s in spotting.silences] == ["the film's own music sounds"]


def test_logos_and_leaders_stay_silent() -> None:
    spans: tuple[tuple[RegionKind, float, float], ...] = (
        ("logo", 0.0, 12.0),
        ("scene_missing", 40.0, 45.0),
    )
    regions = tuple(
        Region(kind=kind, start_frame=0, end_frame=1, start_s=a, end_s=b, confidence=0.9)
        for kind, a, b in spans
    )
    film = synthetic_film(scenes=[SyntheticScene("day", 50, n) for n in range(3)], regions=regions)
    for cue in planned(film).spotting.cues:
        assert cue.start_s >= 12.0
        assert cue.end_s <= 40.0 or cue.start_s >= 45.0


def test_credits_are_one_cue_with_the_theme_whole_and_out_before_the_end() -> None:
    scenes = [SyntheticScene("day", 100, n) for n in range(5)] + [SyntheticScene("night", 50, 9)]
    credits = Region(kind="credits", start_frame=0, end_frame=1, start_s=500.0, end_s=550.0, confidence=0.9)
    film = synthetic_film(scenes=scenes, sound=False, regions=(credits,))
    last = planned(film).spotting.cues[-1]
    assert 495.0 <= last.start_s <= 508.0 and last.theme_use == "full" and last.ending == "close"
    assert last.end_s <= film.analysis.film.programme.end_s


def test_long_credits_over_changing_pictures_are_one_cue_and_the_cue_before_quotes_no_whole_theme() -> None:
    behind = [SyntheticScene("chase" if n % 2 else "night", 60, 9 + n) for n in range(5)]
    scenes = [SyntheticScene("day", 100, n) for n in range(5)] + behind
    credits = Region(kind="credits", start_frame=0, end_frame=1, start_s=500.0, end_s=800.0, confidence=0.9)
    cues = planned(synthetic_film(scenes=scenes, sound=False, regions=(credits,))).spotting.cues
    assert [cue.theme_use for cue in cues if cue.start_s >= 495.0] == ["full"]
    assert all(cue.theme_use != "full" for cue in cues[1:] if 400.0 < cue.start_s < 495.0)


def test_the_same_job_gives_the_same_plan_and_another_seed_another_one(short: SyntheticFilm) -> None:
    first, again, other = planned(short), planned(short), planned(short, seed=2)
    assert first.model_dump_json() == again.model_dump_json()
    assert first.model_dump_json() != other.model_dump_json()
    assert [c.uid for c in first.spotting.cues] != [c.uid for c in other.spotting.cues]


def test_a_cue_seed_changes_that_request_and_nothing_else(short: SyntheticFilm) -> None:
    plain = planned(short)
    changed = planned(short, f"{plain.spotting.cues[1].id}: seed 99")
    assert plain.spotting == changed.spotting
    pairs = list(zip(plain.drafts, changed.drafts, strict=True))
    different = [a.id for a, b in pairs if a != b]
    assert different == [plain.spotting.cues[1].id]
    assert changed.drafts[1].seed == 99


def test_takes_are_drafts_of_their_own(short: SyntheticFilm) -> None:
    plan = planned(short, takes=3)
    assert [draft.take for draft in plan.drafts[:3]] == [1, 2, 3]
    assert len({draft.uid for draft in plan.drafts[:3]}) == 1


def test_neighbours_know_each_others_key_and_tempo(feature_plan: ScorePlan) -> None:
    drafts = feature_plan.drafts
    assert drafts[0].before is None and drafts[-1].after is None
    for left, right in zip(drafts, drafts[1:], strict=False):
        assert left.after is not None and left.after.key == right.key
        assert right.before is not None and right.before.mode == left.mode


def test_reels_are_numbered_by_the_hour_of_their_timecode() -> None:
    film = synthetic_film(scenes=[SyntheticScene("day", 60, 1)], start_timecode="02:00:00:00")
    assert planned(film).spotting.cues[0].id == "2M01"


def test_ten_given_hits_are_all_met(short: SyntheticFilm) -> None:
    frames = [200, 900, 1500, 2444, 4000, 4100, 7000, 9001, 12000, 14000]
    plan = planned(short, f"hits at: {frames}")
    met = {h.frame: h for h in plan.spotting.hits if h.directed}
    assert sorted(met) == frames
    for frame in frames:
        assert met[frame].time_s == short.curves.time_s[frame]
    check_clocks(plan)


def test_given_hits_near_the_end_hold_the_music_until_they_have_sounded() -> None:
    film = synthetic_film(scenes=[SyntheticScene("montage", 50, 1)], sound=False)
    plan = planned(film, "hits at: [1140, 1165]")
    assert [h.frame for h in plan.spotting.hits if h.directed] == [1140, 1165]
    assert not plan.spotting.warnings


def test_no_music_spans_are_kept_and_named(short: SyntheticFilm) -> None:
    plan = planned(short, "no music: 0:30-2:00")
    assert not any(cue.start_s < 120 and cue.end_s > 30 for cue in plan.spotting.cues)
    assert any("directed: no music" in silence.reason for silence in plan.spotting.silences)


def test_directed_cues_stand_where_they_were_put(short: SyntheticFilm) -> None:
    plan = planned(short, "music: [frame 480 - frame 1440]")
    cue = next(cue for cue in plan.spotting.cues if cue.entry == "directed")
    assert cue.start_s == short.curves.time_s[480]
    assert cue.out_s == short.curves.time_s[1440]
    check_clocks(plan)


def test_an_omitted_cue_leaves_its_number_unused(short: SyntheticFilm) -> None:
    plain = planned(short)
    second = plain.spotting.cues[1]
    rest = planned(short, f"{second.id}: omit").spotting
    assert second.id not in [cue.id for cue in rest.cues]
    assert {cue.uid for cue in plain.spotting.cues} - {cue.uid for cue in rest.cues} == {second.uid}


def edited(plan: ScorePlan, film: SyntheticFilm, change: dict[str, object]) -> ScorePlan:
    """The plan of an edited spotting: `change` laid over the first cue."""
    data = json.loads(plan.spotting.model_dump_json())
    data["cues"][0].update(change)
    wanted = ComposerSettings()
    text = json.dumps(data)
    return plan_score(film.analysis, film.curves, wanted, NO_WISHES, 1, text, "cut_spotting.json")


def test_an_unedited_spotting_gives_the_same_score(short: SyntheticFilm) -> None:
    plan = planned(short)
    again = edited(plan, short, {})
    assert again.drafts == plan.drafts
    assert again.spotting.cues == plan.spotting.cues
    strip = {"reason", "realised_s"}
    assert [h.model_dump(exclude=strip) for h in again.spotting.hits] == [
        h.model_dump(exclude=strip) for h in plan.spotting.hits
    ]


def test_an_edited_spotting_is_taken_as_it_is(short: SyntheticFilm) -> None:
    plan = planned(short)
    first = plan.spotting.cues[0]
    out = first.out_s - 4.0
    again = edited(plan, short, {"out_s": out, "style": "chamber", "tempo_qpm": 66.0, "key": "Eb"})
    cue = again.spotting.cues[0]
    assert (cue.out_s, cue.style, cue.key) == (out, "chamber", "Eb")
    assert abs(cue.tempo_qpm / 66 - 1) < 0.06
    assert again.drafts[2:] == plan.drafts[2:]
    check_clocks(again)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"style": "polka"}, "style"),
        ({"end_s": 99999.0}, "1M01"),
        ({"out_s": 0.0}, "start_s < out_s"),
        ({"key": "H"}, "'H'"),
        ({"tempo_qpm": 12.0}, "12"),
        ({"uid": "../x"}, "uid"),
        ({"mood": "sad"}, "mood"),
    ],
)
def test_a_faulty_spotting_is_refused_by_name(
    short: SyntheticFilm, change: dict[str, object], says: str
) -> None:
    with pytest.raises(RejectedInput, match="cut_spotting.json") as refusal:
        edited(planned(short), short, change)
    assert says in str(refusal.value)
