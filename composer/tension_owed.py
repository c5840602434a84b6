"""How tense a cue's next chord should be, so that every four bars are as tense as asked."""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from composer.grid import Slot
from composer.request import CueRequest
from composer.theory import Chord, tension, vocabulary

Scores = npt.NDArray[np.float64]

# A tension of 1 is asked as .62 of chord tension: a diminished seventh on the tritone (1.0) is no chord to
# sit on, a minor triad on the flat second (.58) is as far as a tense cue goes.
TENSION_SPAN = 0.62
# Of p(chord) exp(-(tension - wanted)^2 / (2 width^2)). Tension is the mean of four bars, no chord's own: real
# chords stray from it by .05 (calm) to .22 (tense), home among the sevenths. Held to .15 over a whole section
# they strayed by .05 to .11, and a chase was sevenths from end to end.
BARS, WIDTH = 4, 0.2
# As those bars' end comes nearer, chords must bring their mean to what was asked: the width falls to this.
LAST_WIDTH, WIDTH_FALLS = 0.04, 1.5
MOST_WANTED = 0.75


class TensionOwed:
    """What tension the chords still to come must have for the mean of four bars to be the one asked."""

    def __init__(self, request: CueRequest, grid: Sequence[Slot], forced: Mapping[int, Chord]) -> None:
        self.request, self.grid, self.forced = request, grid, forced
        self.tensions = _tensions(request.key_pc)
        self.fours = _fours(request, grid)

    def scores(self, chosen: Sequence[Chord], index: int) -> Scores:
        """Log weights of the vocabulary at a slot: near the tension owed, the nearer the later."""
        request, grid = self.request, self.grid
        inside = [i for i in self.fours[index] if grid[i].bar < request.out_bar] or self.fours[index]
        steps = {i: grid[i].end - grid[i].start for i in inside}
        total = sum(steps[i] * TENSION_SPAN * request.bars[grid[i].bar].tension for i in inside)
        spent = sum(steps[i] * tension(chosen[i], request.key_pc) for i in inside if i < index)
        spent += sum(steps[i] * tension(c, request.key_pc) for i, c in self.forced.items() if i in steps)
        left = sum(steps[i] for i in inside if i >= index and i not in self.forced)
        wanted = min(max((total - spent) / max(left, 1), 0.0), MOST_WANTED)
        share = left / max(sum(steps.values()), 1)
        width = LAST_WIDTH + (WIDTH - LAST_WIDTH) * share**WIDTH_FALLS
        found: Scores = -((self.tensions - wanted) ** 2) / (2 * width**2)
        return found


@cache
def _tensions(key_pc: int) -> Scores:
    return np.array([tension(chord, key_pc) for chord in vocabulary(key_pc)])


def _fours(request: CueRequest, grid: Sequence[Slot]) -> list[list[int]]:
    """For each slot all slots of its four bars, counted from its section's first."""
    first: dict[int, int] = {}
    groups: dict[tuple[int, int], list[int]] = {}
    found = []
    for index, slot in enumerate(grid):
        section = request.bars[slot.bar].section
        start = first.setdefault(section, slot.bar)
        group = groups.setdefault((section, (slot.bar - start) // BARS), [])
        group.append(index)
        found.append(group)
    return found
