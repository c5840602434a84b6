"""Each bar is asked for what the picture does: the night rests, the chase runs, talk is left room."""

from itertools import pairwise

import pytest

from composer.directions import read_directions
from composer.frame import Frame
from composer.keys import key_chain, mode_of, tempo_wish, tonic_pc
from composer.melody_plan import plan_melody
from composer.playable import fullness
from composer.practice import LADDER, TONE_MODES, Practice
from composer.request import CueRequest
from composer.score_plan import ScorePlan
from composer.settings import ComposerSettings
from composer.spotter import plan_score
from tests.composer.analyses import SyntheticFilm, SyntheticScene, synthetic_film
from tests.composer.requests import request

PRACTICE = Practice()


def plan_of(film: SyntheticFilm, text: str = "", **options: object) -> ScorePlan:
    """The plan of a film under directions and settings."""
    wanted = ComposerSettings.model_validate(options)
    return plan_score(film.analysis, film.curves, wanted, read_directions(text, "notes.yaml"), 1)


def only(kind: str, seconds: float = 70.0) -> CueRequest:
    """The one cue of a film that is one scene."""
    film = synthetic_film(scenes=[SyntheticScene(kind, seconds, 1)], sound=kind == "talk")  # type: ignore[arg-type]
    (draft,) = plan_of(film).drafts
    return draft


@pytest.fixture(scope="module")
def feature_plan() -> ScorePlan:
    """A feature's plan."""
    return plan_of(synthetic_film(seed=8, minutes=120))


def mean(request: CueRequest, name: str) -> float:
    """Mean of a condition over the bars before the out."""
    values = [getattr(bar, name) for bar in request.bars[: request.out_bar]]
    return sum(values) / len(values)


def test_a_night_rests_and_a_chase_runs() -> None:
    night, chase = only("night"), only("chase")
    assert night.tempo_map.qpm_at(0) <= 72 and chase.tempo_map.qpm_at(0) >= 138
    assert mean(night, "layers") <= 1.5 and mean(chase, "layers") == 4
    for name in ("density", "dynamics", "tension", "harmonic_rhythm", "register"):
        assert mean(chase, name) > mean(night, name)
    assert mean(night, "density") <= 1.0 and mean(chase, "density") >= 2.4


def test_no_bar_is_asked_to_be_fuller_or_higher_than_its_players_are(feature_plan: ScorePlan) -> None:
    struck = 0
    for draft in feature_plan.drafts:
        frame = Frame(draft, ())
        for number, bar in enumerate(draft.bars[: draft.out_bar]):
            thinnest, fullest = fullness(frame, number)
            assert thinnest - 0.3 <= bar.polyphony <= fullest + 0.3
            struck += not frame.tessituras[number].held and bar.polyphony < 3.5
    assert struck > 100


def test_music_under_talk_is_thin_low_and_without_melody() -> None:
    film = synthetic_film(scenes=[SyntheticScene("talk", 120, 1), SyntheticScene("day", 50, 2)], seed=4)
    for draft in plan_of(film, coverage=0.95).drafts:
        for bar, beats in zip(draft.bars, draft.tempo_map.bars, strict=True):
            if bar.speech < 0.25:
                continue
            assert bar.layers <= 2 and bar.melody == "none" and bar.dynamics <= 0.6
            assert bar.register <= 52
            onsets_a_second = bar.density * draft.tempo_map.qpm_at(1) / 60
            assert onsets_a_second <= 2.0 * 1.35 and beats


def test_a_build_up_builds_before_the_turn() -> None:
    scenes = [SyntheticScene("day", 40, 1), SyntheticScene("chase", 45, 2)]
    (draft, *_) = plan_of(synthetic_film(scenes=scenes, sound=False, seed=3)).drafts
    turns = [hit.beat for hit in draft.hits if hit.kind == "turn"]
    turn = draft.tempo_map.bar_of(turns[0])[0] if turns else draft.out_bar
    lead = draft.bars[turn - 4 : turn]
    assert all(b.dynamics >= a.dynamics for a, b in zip(lead, lead[1:], strict=False))
    assert lead[-1].dynamics > draft.bars[turn - 6].dynamics
    assert all(bar.build > 0 for bar in lead)

    assert [bar.harmonic_rhythm for bar in lead[-2:]] == [2.0, 2.0]


def test_what_is_driven_has_a_tune_and_a_night_hardly_any() -> None:
    chase, walk, night = (request((mood,) * 6, bars_each=8).bars for mood in ("chase", "walk", "night"))
    shares = [len(plan_melody(bars, 48, "none", PRACTICE)) / 48 for bars in (chase, walk, night)]
    assert 0.35 <= shares[0] <= 0.40 and shares[2] <= shares[1] <= 0.26
    assert mean(only("chase"), "melody_density") < mean(only("montage"), "melody_density")


def test_a_title_sings_its_theme_and_the_answer_on_end() -> None:
    asked = request(("walk", "walk", "walk", "walk"), bars_each=8)
    sung = plan_melody(asked.bars, 32, "full", PRACTICE)
    assert [bar for bar, kind in sung.items() if kind == "theme"][:8] == list(range(2, 10))
    assert len(sung) <= 0.40 * 32


def test_sections_last_fifteen_seconds_and_bars_in_them_keep_their_texture(feature_plan: ScorePlan) -> None:
    for draft in feature_plan.drafts:
        starts = [draft.tempo_map.time_s(beat) for beat in draft.tempo_map.bar_starts()]
        firsts = [i for i, bar in enumerate(draft.bars) if i == 0 or bar.section != draft.bars[i - 1].section]
        assert all(starts[b] - starts[a] >= 13.9 for a, b in zip(firsts, firsts[1:], strict=False))
        for first, bar in ((i, draft.bars[i]) for i in range(draft.out_bar)):
            before = draft.bars[max(first - 1, 0)]
            if bar.speech < 0.25 and before.section == bar.section and not before.build and not bar.build:
                assert bar.harmonic_rhythm == draft.bars[max(first - 1, 0)].harmonic_rhythm


def test_melody_sings_in_at_most_two_bars_of_five_and_never_over_speech(feature_plan: ScorePlan) -> None:
    sung = [bar for draft in feature_plan.drafts for bar in draft.bars if bar.melody != "none"]
    total = sum(len(draft.bars) for draft in feature_plan.drafts)
    assert 0.1 <= len(sung) / total <= 0.40
    assert all(bar.speech < 0.25 for bar in sung)


def test_melody_sings_in_phrases_with_rests_between(feature_plan: ScorePlan) -> None:
    for draft in feature_plan.drafts:
        lengths, run = [], 0
        for bar in (*draft.bars, None):
            if bar is not None and bar.melody != "none":
                run += 1
            elif run:
                lengths.append(run)
                run = 0
        assert all(2 <= length <= 4 or (length == 8 and draft.theme_use == "full") for length in lengths)


def test_every_condition_lies_in_its_range(feature_plan: ScorePlan) -> None:
    for bar in (bar for draft in feature_plan.drafts for bar in draft.bars):
        for name in ("arousal", "valence", "tension", "dynamics", "speech"):
            assert 0.0 <= getattr(bar, name) <= 1.0
        assert 0.0 < bar.density <= 4.0 and 1 <= bar.layers <= 4
        assert 0.5 <= bar.harmonic_rhythm <= 2.0 and -1.0 <= bar.build <= 1.0
        assert 40 <= bar.register <= 80 and 40 <= bar.melody_register <= 90


def test_energy_and_calmer_move_a_cue(feature_plan: ScorePlan) -> None:
    film = synthetic_film(seed=8, minutes=10)
    plain, busier = plan_of(film), plan_of(film, energy=1.0)
    first = plain.drafts[0]
    assert mean(busier.drafts[0], "arousal") > mean(first, "arousal") + 0.1
    calmer = plan_of(film, f"{first.id}: much calmer, no drums")
    assert mean(calmer.drafts[0], "arousal") < mean(first, "arousal")
    assert first.drums and not calmer.drafts[0].drums
    assert [d.bars for d in calmer.drafts[1:]] == [d.bars for d in plain.drafts[1:]]


@pytest.mark.parametrize("tone", sorted(TONE_MODES))
def test_modes_stay_within_two_steps_of_the_tones_home(tone: str) -> None:
    home = LADDER.index(TONE_MODES[tone][0])
    for pleasure in (0.375, 0.5, 0.625):
        for share in (0.0, 0.5, 0.999):
            mode = mode_of(pleasure, 0.4, tone, share, PRACTICE)  # type: ignore[arg-type]
            assert abs(LADDER.index(mode) - home) <= 2


def test_colour_leans_the_mode_but_a_picture_without_colour_does_not() -> None:
    seen = [mode_of(p, 0.4, "neutral", 0.5, PRACTICE) for p in (0.375, 0.5, 0.625)]
    assert LADDER.index(seen[0]) <= LADDER.index(seen[2])
    grey = {mode_of(p, 0.01, "neutral", 0.5, PRACTICE) for p in (0.375, 0.625)}
    assert len(grey) == 1


@pytest.mark.parametrize(
    ("arousal", "low", "high"),
    [(0.1, 56, 72), (0.3, 72, 92), (0.5, 84, 112), (0.7, 112, 138), (0.95, 138, 168)],
)
def test_tempo_follows_arousal_by_its_bands(arousal: float, low: float, high: float) -> None:
    for share in (0.0, 0.5, 0.99):
        wish = tempo_wish(arousal, share, None, PRACTICE)
        assert (wish.low, wish.high) == (low, high) and low <= wish.wish <= high


def test_neighbouring_keys_are_related_and_a_key_asked_for_is_kept() -> None:
    keys = key_chain([False] * 30, 5, None)
    assert len(set(keys)) > 3
    assert set(key_chain([False] * 5, 5, "Eb")) == {"Eb"}
    held = [tonic_pc(key) for key in key_chain([True] * 30, 5, None)]
    assert {(b - a) % 12 for a, b in pairwise(held)} <= {0, 5, 7}
    film = synthetic_film(seed=8, minutes=10)
    assert {cue.key for cue in plan_of(film, key="Eb").spotting.cues} == {"Eb"}
    assert {cue.mode for cue in plan_of(film, mode="lydian").spotting.cues} == {"lydian"}


def test_a_tempo_asked_for_is_kept_within_its_five_percent() -> None:
    film = synthetic_film(seed=8, minutes=10)
    for draft in plan_of(film, tempo_qpm=100).drafts:
        for beat in draft.tempo_map.bar_starts()[: draft.out_bar]:
            assert 68 <= draft.tempo_map.qpm_at(beat) <= 106
