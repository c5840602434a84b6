"""Four bars are as tense as asked, by chords that differ from one another."""

import numpy as np
import pytest

from composer.engine import load_engine
from composer.grid import slots
from composer.harmony import VOCABULARY, decode_chords
from composer.tension_owed import TENSION_SPAN
from composer.theory import Chord, tension
from tests.composer.requests import request

PLAIN = ("min", "maj", "sus4", "sus2", "add9", "power")


@pytest.fixture(scope="module")
def chases() -> list[Chord]:
    """The chords of six Dorian chases in C, every chord of the vocabulary as likely to an engine."""
    found: list[Chord] = []
    for seed in range(6):
        asked = request(("chase",), bars_each=32, mode="dorian", key="C", ending="stop", seed=seed)
        bars = tuple(bar.model_copy(update={"tension": 0.6}) for bar in asked.bars)
        asked = asked.model_copy(update={"bars": bars})
        found += decode_chords(asked, lambda *_: np.zeros(VOCABULARY))
    return found


def test_every_four_bars_of_a_long_section_are_as_tense_as_asked() -> None:
    base = request(("walk",), bars_each=32, ending="stop")
    wanted = [0.15 if bar // 8 % 2 else 0.6 for bar in range(32)]
    bars = tuple(bar.model_copy(update={"tension": t}) for bar, t in zip(base.bars, wanted, strict=True))
    asked = base.model_copy(update={"bars": bars})
    chords, grid = load_engine("neural", None).chords(asked), slots(asked.tempo_map)
    heard = [
        np.mean([tension(c, asked.key_pc) for c, s in zip(chords, grid, strict=True) if s.bar // 4 == four])
        for four in range(8)
    ]
    assert np.array(heard) / TENSION_SPAN == pytest.approx(wanted[::4], abs=0.12)


def test_a_tense_chase_has_plain_chords_among_its_sevenths(chases: list[Chord]) -> None:
    assert sum(chord.quality in PLAIN for chord in chases) / len(chases) >= 0.37


def test_a_chord_outside_dorian_is_not_praised_for_dorians_sixth(chases: list[Chord]) -> None:
    above_second = [chord for chord in chases if chord.root == 2 and chord.quality in ("7", "maj", "aug")]
    assert len(above_second) / len(chases) <= 0.09
