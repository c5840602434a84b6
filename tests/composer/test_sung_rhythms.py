"""A bar takes up the rhythm of an earlier one that has as many notes, its pitches are new."""

from collections.abc import Sequence

import numpy as np

from composer.encoding.time_step import FIRST_ONSET, TOKEN_COUNT
from composer.frame import Frame
from composer.sampling import Array
from composer.singer import sung_melody
from composer.theory import Chord
from composer.voice import BarPlan
from tests.composer.requests import request

BAR = 16


class Undecided:
    """Finds everything as likely."""

    def logits(self, tokens: Sequence[int], plan: BarPlan, step: int, left: int | None) -> Array:
        """A note begins, goes on or rests, one as likely as the other; so is every pitch."""
        pitches = TOKEN_COUNT - FIRST_ONSET
        found: Array = np.log(np.repeat([1.0, 1 / pitches], [FIRST_ONSET, pitches]))
        return found

    def hear(self, tokens: Sequence[int], plan: BarPlan, step: int, left: int | None) -> None:
        """It has no state."""

    def bookmark(self) -> None:
        """It has no state."""

    def turn_back(self, bookmark: None) -> None:
        """It has no state."""


def test_about_half_of_the_bars_take_up_a_rhythm_and_few_their_pitches() -> None:
    asked = request(("walk",), bars_each=80, melody="cell", mode="ionian", key="C", ring_bars=1)
    bars = tuple(
        bar.model_copy(update={"melody_density": 1.25, "melody_register": 70.0}) for bar in asked.bars
    )
    asked = asked.model_copy(update={"bars": bars})
    notes = sung_melody(Undecided(), Frame(asked, (Chord(0, "maj"),) * (2 * len(bars))))
    whole = [tuple((n.step % BAR, n.pitch) for n in notes if n.step // BAR == bar) for bar in range(80)]
    sung = [bar for bar in whole if bar]
    rhythms = [tuple(step for step, _ in bar) for bar in sung]
    assert len(sung) >= 40 and all(len(bar) == 5 for bar in sung)
    again = [rhythms[bar] in rhythms[bar - 4 : bar] for bar in range(4, len(sung))]
    literal = [sung[bar] in sung[bar - 4 : bar] for bar in range(4, len(sung))]
    assert 0.3 < np.mean(again) < 0.75 and np.mean(literal) < 0.1


def test_phrases_that_stand_apart_do_not_come_back_on_the_same_notes() -> None:
    asked = request(("walk",), bars_each=80, melody="cell", mode="ionian", key="C", ring_bars=1)

    def literal(every: int) -> float:
        """Share of onsets that stood four bars before on their pitch, where two of `every` bars sing."""
        bars = tuple(
            bar.model_copy(
                update={
                    "melody": "cell" if place % every < 2 else "none",
                    "melody_density": 1.25,
                    "melody_register": 70.0,
                }
            )
            for place, bar in enumerate(asked.bars)
        )
        sung = asked.model_copy(update={"bars": bars})
        notes = sung_melody(Undecided(), Frame(sung, (Chord(0, "maj"),) * (2 * len(bars))))
        struck = {(note.step, note.pitch) for note in notes}
        return float(np.mean([(step + 4 * BAR, pitch) in struck for step, pitch in struck]))

    assert literal(4) < 0.5 * literal(2)
