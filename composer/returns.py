"""Where a cue's chords come back: a section to an earlier one's, a phrase's second half to its first.

Real pieces come back to themselves: of 300 training passages of sixteen bars a fifth has four half bars or
more that stood there eight bars before, a quarter four bars before. A return is a wish, not an order.
"""

from collections.abc import Mapping

import numpy as np

from composer.layers import sections
from composer.request import BarCondition, CueRequest, stage_seed

PHRASE_BARS = 4
SECTION_RETURNS, PHRASE_RETURNS = 0.6, 0.6  # how often, where it could
RETURN = 6.0  # log weight of the chord that stood at the place to which the music comes back
CONTRAST = 1.5  # and of the one that stood four or eight bars before where it does not: less
ALIKE_TENSION = 0.2  # two sections that ask for more different tensions do not share their chords


def returns(request: CueRequest) -> Mapping[int, int]:
    """Slot -> the earlier slot whose chord should come back there. Slots are two a bar."""
    rng = np.random.default_rng(stage_seed(request, "returns"))
    found: dict[int, int] = {}
    spans = sections(request)
    for number, (first, end) in enumerate(spans):
        earlier = next((span for span in spans[:number] if _alike(request, span, (first, end))), None)
        if rng.random() < SECTION_RETURNS and earlier is not None:
            length = min(end - first, earlier[1] - earlier[0])
            found |= {2 * first + i: 2 * earlier[0] + i for i in range(2 * length)}
        for phrase in range(first + PHRASE_BARS, end, 2 * PHRASE_BARS):
            if rng.random() < PHRASE_RETURNS:
                # Its last bar is left free: a second half answers the first.
                bars = min(PHRASE_BARS - 1, end - phrase)
                back = {2 * phrase + i: 2 * (phrase - PHRASE_BARS) + i for i in range(2 * bars)}
                found |= {slot: source for slot, source in back.items() if slot not in found}
    return found


def coming_back(back: Mapping[int, int], slot: int) -> list[tuple[int, float]]:
    """(earlier slot, log weight of its chord): where the music comes back to, or from what it differs."""
    if slot in back:
        return [(back[slot], RETURN)]
    phrase = 2 * PHRASE_BARS
    return [(earlier, -CONTRAST) for earlier in (slot - phrase, slot - 2 * phrase) if earlier >= 0]


def _alike(request: CueRequest, first: tuple[int, int], second: tuple[int, int]) -> bool:
    one, other = (request.bars[slice(*span)] for span in (first, second))
    tension = abs(_mean([bar.tension for bar in one]) - _mean([bar.tension for bar in other]))
    return tension < ALIKE_TENSION and change_rate(one[0]) == change_rate(other[0])


def change_rate(bar: BarCondition) -> float:
    """How often chords may change in a bar: every half (2), every bar (1), every other bar (.5)."""
    return 2.0 if bar.harmonic_rhythm >= 1.5 else 1.0 if bar.harmonic_rhythm >= 0.75 else 0.5


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
