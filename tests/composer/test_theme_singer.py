"""A theme has a form of its own: how many notes its bars have, and what rhythm."""

from collections.abc import Sequence

import numpy as np
import pytest

from composer.encoding.time_step import FIRST_ONSET, TOKEN_COUNT, MelodyNote
from composer.sampling import Array
from composer.theme_singer import BARS, LANES, STEPS, ThemeStep, singable, sung_theme


class Undecided:
    """Finds a note, holding on and resting as likely as one another, and every pitch."""

    def logits(self, tokens: Sequence[Sequence[int]], at: ThemeStep) -> Array:
        """[32, 63]."""
        pitches = TOKEN_COUNT - FIRST_ONSET
        found: Array = np.log(np.repeat([1.0, 1 / pitches], [FIRST_ONSET, pitches]))
        return np.tile(found, (LANES, 1))


@pytest.fixture(scope="module")
def rhythms() -> list[list[list[int]]]:
    """Where notes begin in each bar of eight themes."""
    cells = [sung_theme(Undecided, "aeolian", "chamber", seed)[0] for seed in range(8)]
    return [
        [[n.step % STEPS for n in cell.notes if n.step // STEPS == bar] for bar in range(BARS)]
        for cell in cells
    ]


def test_themes_differ_in_how_many_notes_their_bars_have(rhythms: list[list[list[int]]]) -> None:
    counts = {tuple(map(len, bars)) for bars in rhythms}
    assert len(counts) >= 4 and all(len(set(one[:3])) > 1 for one in counts)
    assert all(2 <= number <= 6 for one in counts for number in one[:3])


def test_every_theme_begins_on_its_first_beat_and_ends_on_one_long_note(
    rhythms: list[list[list[int]]],
) -> None:
    assert all(bars[0][0] == 0 and bars[3] == [0] for bars in rhythms)


def test_a_theme_with_a_leap_and_two_lengths_is_worth_more_than_a_flat_one() -> None:
    steps = [MelodyNote(4 * place, 4, 67 + place % 3) for place in range(12)]
    leaping = [MelodyNote(n.step, n.steps, n.pitch + 7 * (place == 7)) for place, n in enumerate(steps)]
    dotted = [MelodyNote(n.step - place % 2, 4, n.pitch) for place, n in enumerate(leaping)]
    dotted = [MelodyNote(n.step, n.steps - (place % 2), n.pitch) for place, n in enumerate(dotted)]
    assert singable(steps) < singable(leaping) < singable(dotted)
