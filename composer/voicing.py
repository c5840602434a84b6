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

Pitches = npt.NDArray[np.int64]
Costs = npt.NDArray[np.float64]


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
        moves = _move_costs(before, here)  # (here, before)
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
    options = np.array(list(combinations(pitches, count)))
    options = options[(np.diff(options, axis=1) <= 12).all(1)]
    if not len(options):
        options = np.array([pitches[:count]])
    costs = _own_costs(wish, options)
    best = np.argsort(costs, kind="stable")[:CANDIDATES]
    return tuple(tuple(option) for option in options[best].tolist())


def _own_costs(wish: VoicingWish, options: Sequence[tuple[int, ...]] | Pitches) -> Costs:
    """What each voicing [O, voices] costs by itself, [O]."""
    table = np.array(options)
    voices = table.shape[1]
    costs: Costs = CENTRE_COST * wish.weight * voices * np.abs(table.mean(1) - wish.centre)
    needed = [pc for pc in wish.chord.pitch_classes if pc != wish.chord.root]
    colour = needed[:1] + needed[2:] if len(needed) > 2 else needed
    for pc in colour[:voices]:
        costs += MISSING_TONE_COST * (table % 12 != pc).all(1)
    for low, high in combinations(range(voices), 2):
        costs += MINOR_NINTH_COST * (table[:, high] - table[:, low] == 13)
    gaps, below = np.diff(table, axis=1), table[:, :-1]
    costs += (GAP_COST * np.maximum(gaps - 9, 0) + 2.0 * (gaps == 1)).sum(1)
    costs += (CLOSE_LOW_COST * ((below < C3) & (gaps < 7)) * (7 - gaps)).sum(1)
    return costs


def _move_costs(before: Sequence[tuple[int, ...]], here: Sequence[tuple[int, ...]]) -> Costs:
    """What it costs to come from each voicing to each, [here, before].

    Voices are paired in order from the top; where one chord has fewer, its lowest voice is shared.
    """
    voices = max(len(before[0]), len(here[0]))
    a, b = (np.array([(one[0],) * (voices - len(one)) + one for one in table]) for table in (before, here))
    moves = b[:, None] - a  # (here, before, voices)
    far = np.abs(moves)
    costs: Costs = MOVE_COST * far.sum(2) + LEAP_COST * np.maximum(far - 4, 0).sum(2)
    for low, high in combinations(range(voices), 2):
        apart, interval = (b[:, high] - b[:, low]) % 12, (a[:, high] - a[:, low]) % 12
        parallel = (apart[:, None] == interval) & ((apart == 0) | (apart == 7))[:, None]
        parallel &= (moves[..., low] != 0) & ((moves[..., low] > 0) == (moves[..., high] > 0))
        costs += PARALLEL_COST * parallel
    return costs


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
