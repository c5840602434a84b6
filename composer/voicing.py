"""Voices that move as players' hands do: one best path of voicings through a cue's chords."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
import numpy.typing as npt

from composer.theory import Chord

C3 = 48
MOVE_COST = 1.0
LEAP_COST = 0.35  # of each semitone beyond a third, on top of MOVE_COST
CENTRE_COST = 1.2
PARALLEL_COST = 6.0
MISSING_TONE_COST = 5.0
GAP_COST = 1.5
CLOSE_LOW_COST = 3.0
MINOR_NINTH_COST = 3.0
CANDIDATES = 24


@dataclass(frozen=True, slots=True)
class VoicingWish:
    """What one chord's voicing should be: how many voices, their mean pitch, and the range they keep to.

    weight: what its mean counts, by how long the chord sounds.
    """

    chord: Chord
    voices: int
    centre: float
    low: int
    high: int
    weight: float = 1.0


def voice(wishes: Sequence[VoicingWish]) -> list[tuple[int, ...]]:
    """One ascending tuple of pitches a chord, by dynamic programming over the whole run.

    Cost: movement of each voice, leaps beyond a third, distance from the centre, missing tones, gaps over an
    octave between upper voices, thirds below C3, and parallel fifths and octaves. Every pitch belongs to its
    chord and lies in its range; a range of an octave or more always holds a voicing.
    """
    return list(_voiced(tuple(wishes)))


@lru_cache(maxsize=64)
def _voiced(wishes: tuple[VoicingWish, ...]) -> tuple[tuple[int, ...], ...]:
    """Kept, because the engine and whoever repairs and performs its notes ask for the same path."""
    if not wishes:
        return ()
    tables = [_candidates(wish) for wish in wishes]
    total = _own_costs(wishes[0], tables[0])
    back: list[npt.NDArray[np.intp]] = []
    for wish, before, here in zip(wishes[1:], tables, tables[1:], strict=False):
        moves = np.array([[_move_cost(a, b) for a in before] for b in here])  # (here, before)
        costs = moves + total[None, :]
        back.append(costs.argmin(axis=1))
        total = costs.min(axis=1) + _own_costs(wish, here)
    index = int(total.argmin())
    path = [index]
    for pointers in reversed(back):
        index = int(pointers[index])
        path.append(index)
    return tuple(table[i] for table, i in zip(tables, reversed(path), strict=True))


@lru_cache(maxsize=4096)
def _candidates(wish: VoicingWish) -> tuple[tuple[int, ...], ...]:
    tones = set(wish.chord.pitch_classes)
    reach = 7 + 3 * wish.voices
    low = max(wish.low, round(wish.centre) - reach)
    high = min(wish.high, round(wish.centre) + reach)
    if high - low < 12:
        low, high = max(wish.low, min(low, wish.high - 12)), min(wish.high, max(high, wish.low + 12))
    pitches = [pitch for pitch in range(low, high + 1) if pitch % 12 in tones]
    count = min(wish.voices, len(pitches))
    options = [
        c for c in combinations(pitches, count) if all(b - a <= 12 for a, b in zip(c, c[1:], strict=False))
    ]
    if not options:
        options = [tuple(pitches[:count])]
    costs = _own_costs(wish, options)
    best = np.argsort(costs, kind="stable")[:CANDIDATES]
    return tuple(options[int(i)] for i in best)


def _own_costs(wish: VoicingWish, options: Sequence[tuple[int, ...]]) -> npt.NDArray[np.float64]:
    return np.array([_own_cost(option, wish) for option in options])


def _own_cost(option: tuple[int, ...], wish: VoicingWish) -> float:
    cost = CENTRE_COST * wish.weight * len(option) * abs(sum(option) / len(option) - wish.centre)
    sounding = {pitch % 12 for pitch in option}
    needed = [pc for pc in wish.chord.pitch_classes if pc != wish.chord.root]
    colour = needed[:1] + needed[2:] if len(needed) > 2 else needed
    cost += MISSING_TONE_COST * sum(pc not in sounding for pc in colour[: len(option)])
    cost += MINOR_NINTH_COST * sum(b - a == 13 for a, b in combinations(option, 2))
    for below, above in zip(option, option[1:], strict=False):
        gap = above - below
        cost += GAP_COST * max(gap - 9, 0) + (2.0 if gap == 1 else 0.0)
        if below < C3 and gap < 7:
            cost += CLOSE_LOW_COST * (7 - gap)
    return cost


@lru_cache(maxsize=200_000)
def _move_cost(before: tuple[int, ...], here: tuple[int, ...]) -> float:
    pairs = _paired(before, here)
    cost = 0.0
    for a, b in pairs:
        distance = abs(a - b)
        cost += MOVE_COST * distance + LEAP_COST * max(distance - 4, 0)
    for (a1, b1), (a2, b2) in combinations(pairs, 2):
        parallel = (a2 - a1) % 12 == (b2 - b1) % 12 and (a2 - a1) % 12 in (0, 7)
        if parallel and a1 != b1 and (b1 > a1) == (b2 > a2):
            cost += PARALLEL_COST
    return cost


def _paired(before: tuple[int, ...], here: tuple[int, ...]) -> list[tuple[int, int]]:
    """Voices in order from the top; where one chord has fewer, its lowest voice is shared."""
    size = max(len(before), len(here))
    a = (before[0],) * (size - len(before)) + before
    b = (here[0],) * (size - len(here)) + here
    return list(zip(a, b, strict=True))


def low_enough(chord: Chord, pitches: tuple[int, ...]) -> tuple[int, ...]:
    """The voicing with nothing but its lowest note and octaves of it below C3."""
    low = [pitch for pitch in pitches if pitch < C3]
    kept = [pitch for pitch in low if (pitch - low[0]) % 12 == 0]
    return tuple([*kept, *(pitch for pitch in pitches if pitch >= C3)])


def rooted(chord: Chord, pitches: tuple[int, ...], low: int) -> tuple[int, ...]:
    """The voicing over its chord's bass, an octave or less below it and not under `low`.

    For bars where no bass plays: without it a pad hangs in the air on a third or a fifth.
    """
    below = [p for p in range(max(low, pitches[0] - 12), pitches[0]) if p % 12 == chord.bass_pc]
    return (below[-1], *pitches) if below else pitches


def bass_line(chords: Sequence[Chord], low: int, high: int, places: Sequence[float]) -> list[int]:
    """A bass pitch for each chord, moving by the nearest way and drifting to each chord's place."""
    line: list[int] = []
    for chord, place in zip(chords, places, strict=True):
        before = line[-1] if line else place
        choices = [pitch for pitch in range(low, high + 1) if pitch % 12 == chord.bass_pc]
        line.append(min(choices, key=lambda p: (abs(p - before) + 0.6 * abs(p - place), p)))
    return line
