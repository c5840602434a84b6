"""Written notes as symbols: chords in voices, cut at bar lines into note values and tied."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from composer.written_score import UNITS_PER_BEAT, WrittenNote

# Units of 1/64 note: (length, name, dots), longest first.
VALUES: Final[tuple[tuple[int, str, int], ...]] = (
    (96, "whole", 1),
    (64, "whole", 0),
    (48, "half", 1),
    (32, "half", 0),
    (24, "quarter", 1),
    (16, "quarter", 0),
    (12, "eighth", 1),
    (8, "eighth", 0),
    (6, "16th", 1),
    (4, "16th", 0),
    (3, "32nd", 1),
    (2, "32nd", 0),
    (1, "64th", 0),
)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A chord, or a rest without pitches, `at` units after its bar's start; tied from before, to after."""

    at: int
    units: int
    value: str
    dots: int
    pitches: tuple[int, ...]
    tied_from: bool = False
    tied_to: bool = False


# Voices of a bar, the first without gaps; a further one only where it sounds.
Bar = dict[int, list[Symbol]]


def engraved(notes: Sequence[WrittenNote], bars: Sequence[int]) -> list[Bar]:
    """The bars of a part. bars: lengths in beats; notes end with the last of them.

    No voice has two chords at once, so that overlapping notes are legal.
    """
    starts = [beats * UNITS_PER_BEAT for beats in (0, *accumulate(bars))]
    part: list[Bar] = [defaultdict(list) for _ in bars]
    for voice, chords in enumerate(_voices(notes), 1):
        for start, end, pitches in chords:
            for index, symbol in _symbols(start, end, pitches, starts):
                part[index][voice].append(symbol)
    for index, bar in enumerate(part):
        if bar:
            bar[1] = _without_gaps(bar[1], starts[index + 1] - starts[index])
    return [dict(sorted(bar.items())) for bar in part]


def _voices(notes: Sequence[WrittenNote]) -> list[list[tuple[int, int, tuple[int, ...]]]]:
    """Notes of one place and length as a chord; each chord in the first voice that is free."""
    chords: dict[tuple[int, int], list[int]] = defaultdict(list)
    for note in notes:
        chords[note.start, note.end].append(note.pitch)
    voices: list[list[tuple[int, int, tuple[int, ...]]]] = []
    for (start, end), pitches in sorted(chords.items(), key=lambda chord: (chord[0][0], -max(chord[1]))):
        free = next((voice for voice in voices if voice[-1][1] <= start), None)
        if free is None:
            voices.append(free := [])
        free.append((start, end, tuple(sorted(pitches))))
    return voices


def _symbols(
    start: int, end: int, pitches: tuple[int, ...], starts: Sequence[int]
) -> Iterator[tuple[int, Symbol]]:
    """(bar, symbol) of a chord, tied from piece to piece."""
    at = start
    while at < end:
        bar = bisect_right(starts, at) - 1
        for length, value, dots in _values(at - starts[bar], min(end, starts[bar + 1]) - at):
            before, after = at > start, at + length < end
            yield bar, Symbol(at - starts[bar], length, value, dots, pitches, before, after)
            at += length


def _values(at: int, units: int) -> Iterator[tuple[int, str, int]]:
    """Note values that fill [at, at + units) of a bar: each begins where half of it (undotted) may begin."""
    while units:
        length, value, dots = next(
            (length, value, dots)
            for length, value, dots in VALUES
            if length <= units and at % (length // 3 * 2 if dots else max(length // 2, 1)) == 0
        )
        yield length, value, dots
        at, units = at + length, units - length


def _without_gaps(symbols: Sequence[Symbol], units: int) -> list[Symbol]:
    """A voice of a bar with rests wherever nothing sounds."""
    filled: list[Symbol] = []
    at = 0
    for symbol in [*symbols, None]:
        until = units if symbol is None else symbol.at
        for length, value, dots in _values(at, until - at):
            filled.append(Symbol(at, length, value, dots, ()))
            at += length
        if symbol is not None:
            filled.append(symbol)
            at = symbol.at + symbol.units
    return filled
