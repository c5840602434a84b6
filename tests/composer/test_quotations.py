"""A bar that would quote twelve steps of the training melodies is drawn again; the least quoting is kept."""

from collections.abc import Sequence

import numpy as np
import pytest

from composer.encoding.time_step import FIRST_ONSET, LOWEST_PITCH, TOKEN_COUNT, to_c
from composer.frame import Frame
from composer.originality import NgramIndex, Tune, build_index
from composer.quotations import DRAWS, long_quotations
from composer.sampling import Array
from composer.singer import sung_melody
from composer.theory import Chord
from composer.voice import BarPlan
from tests.composer.requests import request

BAR = 16
LINE = tuple(60 + step for step in (0, 2, 4, 2, 5, 4, 7, 5, 4, 2, 0, 4, 2, 7, 5, 2))  # a note each 16th


class Quoting:
    """Sings a known line, but after `turns` draws of a bar another one, where that is not None."""

    def __init__(self, turns: int | None) -> None:
        self.turns, self.bars = turns, [0] * 100

    def logits(self, tokens: Sequence[int], plan: BarPlan, step: int, left: int | None) -> Array:
        """Sure of one note at every 16th."""
        offset = step % BAR
        if offset == 0:
            self.bars[plan.bar] += 1
        other = self.turns is not None and self.bars[plan.bar] > self.turns
        pitch = LINE[(offset * (3 if other else 1)) % BAR]
        found = np.full(TOKEN_COUNT, -60.0)
        found[FIRST_ONSET + pitch - LOWEST_PITCH] = 0.0
        return found

    def hear(self, tokens: Sequence[int], plan: BarPlan, step: int, left: int | None) -> None:
        """It has no state."""

    def bookmark(self) -> None:
        """It has no state."""

    def turn_back(self, bookmark: None) -> None:
        """It has no state."""


def known() -> NgramIndex:
    """An index of two bars of the line and their repetition."""
    tune: Tune = [(step, LINE[step % BAR]) for step in range(4 * BAR)]
    return build_index([tune], "data")


def sung(voice: Quoting) -> tuple[Tune, int]:
    """Two bars over a still pedal, which bends nothing, and how many runs of twelve they quote."""
    asked = request(("walk",), bars_each=2, melody="cell", mode="ionian", key="C", ring_bars=1)
    bars = tuple(
        bar.model_copy(update={"melody_density": 4.0, "melody_register": 64.0}) for bar in asked.bars
    )
    asked = asked.model_copy(update={"bars": bars})
    chords = (Chord(0, "pedal"),) * (2 * len(bars))
    notes = sung_melody(voice, Frame(asked, chords), known())
    tune = [(note.step, note.pitch + to_c(asked.key_pc)) for note in notes]
    return tune, long_quotations(tune, known())


def test_a_bar_that_quotes_is_drawn_again_until_it_does_not() -> None:
    voice = Quoting(turns=3)
    tune, quoted = sung(voice)
    assert len(tune) >= 16 and quoted == 0
    assert 3 < max(voice.bars) < DRAWS


def test_what_always_quotes_is_drawn_nine_times_and_kept() -> None:
    voice = Quoting(turns=None)
    tune, quoted = sung(voice)
    assert quoted > 0 and max(voice.bars) == DRAWS == 9
    assert len(tune) >= 16


@pytest.mark.parametrize("known_index", [None, build_index([], "data")])
def test_with_nothing_known_a_bar_is_drawn_once(known_index: NgramIndex | None) -> None:
    voice = Quoting(turns=None)
    asked = request(("walk",), bars_each=2, melody="cell", mode="ionian", key="C", ring_bars=1)
    sung_melody(voice, Frame(asked, (Chord(0, "maj"),) * (2 * len(asked.bars))), known_index)
    assert max(voice.bars) == 1
