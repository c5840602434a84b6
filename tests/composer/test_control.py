"""A bar gets what it asks for, on its final notes; music that is driven keeps one figure."""

from itertools import groupby

import pytest

from composer.compose import compose_cue
from composer.engine import load_engine
from composer.frame import Frame
from composer.realised import realise
from composer.theory import Chord
from composer.training.control import random_request, spearman
from composer.training.heard_ending import heard_ending
from composer.training.key_finder import SCALES, Sounding, find_key, find_mode
from tests.composer.requests import request

NEURAL = load_engine("neural", None)
CUES = (0, 1, 2, 8, 10, 13)


@pytest.fixture(scope="module")
def rows() -> list:  # type: ignore[type-arg]
    """Realised bars of six random cues of six styles."""
    found = []
    for number in CUES:
        asked = random_request(number)
        found += realise(asked, compose_cue(asked, NEURAL))[: asked.out_bar]
    return found


def test_each_bar_has_just_the_onsets_asked_for(rows) -> None:  # type: ignore[no-untyped-def]
    assert [row.density for row in rows] == pytest.approx([row.asked.density for row in rows])


def test_each_bars_mean_velocity_is_its_dynamics(rows) -> None:  # type: ignore[no-untyped-def]
    assert [row.dynamics for row in rows] == pytest.approx([row.asked.dynamics for row in rows], abs=0.02)


def test_a_melody_has_the_onsets_and_within_a_semitone_the_height_asked_for(rows) -> None:  # type: ignore[no-untyped-def]
    sung = [row for row in rows if row.asked.melody != "none" and row.melody_register is not None]
    assert len(sung) >= 20
    assert spearman([(row.asked.melody_density, row.melody_density) for row in sung]) >= 0.9
    near = [abs(row.melody_register - row.asked.melody_register) <= 1.0 for row in sung]
    assert sum(near) / len(near) >= 0.8


def test_a_lighter_register_is_heard_higher() -> None:
    heard = []
    for register in (54.0, 59.0, 64.0):
        base = request(("walk",), bars_each=8)
        bars = tuple(bar.model_copy(update={"register": register}) for bar in base.bars)
        asked = base.model_copy(update={"bars": bars})
        found = [row.register for row in realise(asked, compose_cue(asked, NEURAL))[:8]]
        heard.append(sum(found) / len(found))
    assert heard == pytest.approx([54.0, 59.0, 64.0], abs=1.5)


def test_chords_do_not_go_round_in_twos() -> None:
    asked = request(("suspense", "drive", "drive"), bars_each=8, style="electronic_tension", ending="stop")
    chords = [chord for chord, _ in groupby(NEURAL.chords(asked))]
    rounds = [
        chords[i : i + 2] == chords[i + 2 : i + 4] == chords[i + 4 : i + 6] for i in range(len(chords) - 5)
    ]
    assert len(chords) >= 12 and sum(rounds) <= 1


def test_a_chases_figure_repeats_its_bar_while_the_chord_stays() -> None:
    asked = request(("chase",), bars_each=8, style="electronic_tension", ending="stop")
    frame = Frame(asked, (Chord(2, "min"),) * 16)
    figure = NEURAL.texture(asked, frame.chords, frame.plan)["arpeggio"]
    bars = [[(n.step % 16, n.pitch) for n in figure if n.step // 16 == bar] for bar in range(8)]
    same = [a == b for a, b in zip(bars, bars[1:], strict=False) if a and b]
    assert len(same) >= 4 and sum(same) / len(same) >= 0.4


def test_a_night_is_held_and_no_voice_stutters() -> None:
    asked = request(("night",), bars_each=8)
    notes = compose_cue(asked, NEURAL)
    pad = [n for n in notes.notes if notes.parts[n.part].role == "pad" and n.tick < 8 * 3840]
    assert sum(n.ticks >= 1920 for n in pad) / len(pad) >= 0.6


@pytest.mark.parametrize("ending", ["close", "rest", "hang", "stop", "segue"])
def test_the_ending_asked_for_is_heard_in_the_notes(ending) -> None:  # type: ignore[no-untyped-def]
    for style, mood in (("orchestral", "night"), ("chamber", "walk"), ("noir_jazz", "drive")):
        asked = request((mood,), style=style, ending=ending, seed=4)
        assert heard_ending(asked, compose_cue(asked, NEURAL)) == ending, style


def test_the_finder_hears_the_key_and_mode_of_a_scale_over_its_tonic() -> None:
    for tonic in (0, 5, 10):
        for mode, steps in SCALES.items():
            tune = [Sounding(i, i + 1, 60 + tonic + step) for i, step in enumerate((*steps, 0))]
            drone = [Sounding(0, 8, 36 + tonic)]
            assert find_key([*tune, *drone]) == (tonic, mode)
            assert find_mode([*tune, *drone], tonic) == mode
