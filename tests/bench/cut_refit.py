"""Fits every threshold of the detector anew, on given films alone.

A search over one threshold after the other from starts that know nothing of the shipped values: of the values
that make the fewest errors the middle of the longest run is taken, and stands as far as may be
from where errors begin.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from tests.bench.cut_films import Seen
from vision.thresholds import Thresholds

ROUNDS: Final = 2
RANGES: Final[dict[str, tuple[float, float]]] = {
    "least_ratio": (2.0, 4.0),
    "peak_change": (0.02, 0.12),
    "same_scene": (0.2, 0.65),
    "clear_ratio": (2.5, 12.0),
    "clear_same": (0.25, 0.7),
    "same_again": (0.3, 0.75),
    "calm": (0.2, 0.9),
    "flash_step": (0.04, 0.3),
    "mix_likeness": (0.15, 0.45),
    "straight": (0.05, 0.25),
    "straight_sag": (-1.0, 0.9),
    "sag": (0.6, 0.96),
    "sag_bend": (0.1, 0.5),
    "mix_changed": (0.1, 0.9),
    "mix_again": (0.3, 0.8),
    "faded_share": (0.1, 0.5),
    "step_above_ramp": (1.05, 3.0),
    "flat_deviation": (2.0, 10.0),
    "flat_share": (0.1, 0.5),
    "return_share": (0.1, 0.6),
    "least_way": (2.0, 12.0),
    "fade_step": (0.3, 0.8),
    "arrived_share": (0.01, 0.1),
}
"""Where each threshold may lie: what the measure can read, from nearly always to hardly ever."""
STEPS: Final = 7

Errors = Callable[[Thresholds], int]


def refit(films: Sequence[Seen], starts: int = 1, seed: int = 0) -> tuple[Thresholds, int]:
    """Thresholds with the fewest errors on `films`, and how many."""
    assert set(RANGES) == set(Thresholds.model_fields), "every threshold has a range"
    random = np.random.default_rng(seed)
    known: dict[Thresholds, int] = {}

    def errors(thresholds: Thresholds) -> int:
        if thresholds not in known:
            judged = [film.scored(thresholds) for film in films]
            known[thresholds] = sum(len(f.missed) + len(f.false) + len(f.unseen) for f in judged)
        return known[thresholds]

    found = [_descend(_start(random, number), errors, random) for number in range(starts)]
    best = min(found, key=errors)
    return best, errors(best)


def _start(random: np.random.Generator, number: int) -> Thresholds:
    """The middle of all ranges first, then anywhere in their inner halves."""
    share = {name: 0.5 if number == 0 else float(random.uniform(0.25, 0.75)) for name in RANGES}
    return Thresholds(**{name: low + share[name] * (high - low) for name, (low, high) in RANGES.items()})


def _descend(thresholds: Thresholds, errors: Errors, random: np.random.Generator) -> Thresholds:
    for _ in range(ROUNDS):
        before = thresholds
        for name in random.permutation(list(RANGES)).tolist():
            tried = [
                thresholds.model_copy(update={name: float(value)})
                for value in np.linspace(*RANGES[name], STEPS)
            ]
            counts = [errors(each) for each in tried]
            thresholds = tried[_middle_of_best(counts)]
        if thresholds == before:
            break
    return thresholds


def _middle_of_best(counts: Sequence[int]) -> int:
    """The middle of the longest run of the least count."""
    least, best, start = min(counts), (0, 0), None
    for place, count in enumerate([*counts, least + 1]):
        if count == least and start is None:
            start = place
        if count != least and start is not None:
            best, start = max(best, (place - start, -start)), None
    length, begins = best[0], -best[1]
    return begins + (length - 1) // 2
