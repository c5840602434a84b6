"""A figure's shape free of its chord, so that an ostinato keeps its line while the harmony moves under it."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from composer.theory import Chord, rubs

OCTAVE = 12
MIDDLE_RUNG, HALF_BAR = 1, 8
BENT_COST = 1.5  # semitones off its place that a line bears rather than one turn the wrong way
SHIFTS = (0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5)


@dataclass(frozen=True, slots=True)
class Turn:
    """One onset of a contour: chord tones above the figure's place, and whether the scale's next note up
    stands for the tone there."""

    rung: int
    upper: bool


Contour = tuple[Turn, ...]


@lru_cache(maxsize=4096)
def tones_of(chord: Chord, low: int, high: int) -> tuple[int, ...]:
    """The chord's tones but those that rub, ascending, from an octave below the range to one above it."""
    wanted = {pc for pc in chord.pitch_classes if not rubs(pc, chord)}
    return tuple(pitch for pitch in range(low - OCTAVE, high + OCTAVE + 1) if pitch % OCTAVE in wanted)


def contour_of(pitches: Sequence[int], chords: Sequence[Chord], strong: Sequence[bool]) -> Contour:
    """The shape of a line. A strong onset stands on a chord tone, whatever the line had there."""
    centre = sum(pitches) / len(pitches)
    found: list[Turn] = []
    for pitch, chord, on_beat in zip(pitches, chords, strong, strict=True):
        ladder = tones_of(chord, pitch - OCTAVE, pitch + OCTAVE)
        below = max(i for i, tone in enumerate(ladder) if tone <= pitch)
        found.append(Turn(below - _home(ladder, centre), ladder[below] != pitch and not on_beat))
    return tuple(found)


def shaped(shape: Sequence[float], onsets: Sequence[int], climbs: bool) -> Contour:
    """An ostinato: the shape's rungs (half ones: upper neighbours) by place in the bar, which it fills.

    A place keeps its rung whether or not its neighbours sound, so that more onsets fill the shape and change
    none of it.  climbs: the second half of the bar lies a rung higher.
    """
    each = max(16 // len(shape), 1)
    rungs = [shape[onset // each % len(shape)] for onset in onsets]
    return tuple(
        Turn(int(rung) - MIDDLE_RUNG + (climbs and onset >= HALF_BAR), rung % 1 > 0)
        for rung, onset in zip(rungs, onsets, strict=True)
    )


def laid(
    contour: Contour,
    chords: Sequence[Chord],
    scales: Sequence[frozenset[int]],
    place: float,
    low: int,
    high: int,
) -> list[int]:
    """The contour over other chords, its mean as near to `place` as whole steps of it allow, in range.

    Up stays up and down stays down, but where a chord's tones or the range leave no room. An upper neighbour
    is a tone of the scale; one a semitone over a chord tone would rub against the pad, and the chord tone
    stays.
    """
    spots = [_spot(*turn, place, low, high) for turn in zip(contour, chords, scales, strict=True)]
    options = [_at(spots, shift, low, high) for shift in SHIFTS]
    wanted = [_sign(_height(b) - _height(a)) for a, b in pairwise(contour)]

    def cost(line: list[int]) -> float:
        bent = sum(_sign(b - a) != sign for (a, b), sign in zip(pairwise(line), wanted, strict=True))
        return BENT_COST * bent + abs(sum(line) / len(line) - place)

    return min(options, key=cost)


def _height(turn: Turn) -> float:
    return turn.rung + 0.5 * turn.upper


def _sign(move: float) -> int:
    return (move > 0) - (move < 0)


class Spot(NamedTuple):
    """A turn over its chord: the ladder of tones, its rung there before any shift, its scale."""

    ladder: tuple[int, ...]
    rung: int
    turn: Turn
    scale: frozenset[int]
    chord: Chord


def _spot(turn: Turn, chord: Chord, scale: frozenset[int], place: float, low: int, high: int) -> Spot:
    ladder = tones_of(chord, low, high)
    return Spot(ladder, _home(ladder, place) + turn.rung, turn, scale, chord)


def _at(spots: Sequence[Spot], shift: int, low: int, high: int) -> list[int]:
    line: list[int] = []
    before: Turn | None = None
    for ladder, rung, turn, scale, chord in spots:
        pitch = ladder[min(max(rung + shift, 0), len(ladder) - 1)]
        if turn.upper:
            upper = next(p for p in range(pitch + 1, pitch + OCTAVE + 1) if p % OCTAVE in scale)
            flat = before is not None and upper == line[-1] and _height(turn) != _height(before)
            pitch = pitch if flat or rubs(upper, chord) else upper
        line.append(pitch if low <= pitch <= high else _in_range(pitch, low, high))
        before = turn
    return line


def _home(ladder: Sequence[int], place: float) -> int:
    index = bisect_left(ladder, place)
    if index and (index == len(ladder) or place - ladder[index - 1] <= ladder[index] - place):
        return index - 1
    return index


def _in_range(pitch: int, low: int, high: int) -> int:
    while pitch < low:
        pitch += OCTAVE
    while pitch > high:
        pitch -= OCTAVE
    return pitch
