"""A score on the 16th grid: notes in steps, and runs of whole bars of four quarters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from composer.midi_read import MidiScore

STEPS = 16
# A 16th is .25 of a quarter; a triplet eighth lies .083 off the grid and is the nearest thing to drop.
OFF_GRID_QUARTERS = 0.06
MAX_OFF_GRID = 0.25  # share of a bar's onsets that may lie off the grid
MIN_RUN_BARS = 4
REPHASE_GAIN = 1.25  # novelty at another beat must beat the written barline's by this factor

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class GridScore:
    """Notes sorted by (start, pitch), times in 16ths of the whole score; all arrays [N].

    runs: (first step, bars) of each stretch of 4-quarter bars that lie on the grid.  us_per_quarter: the
    score's median tempo.  moved: bars whose barline was moved, for the data card.
    """

    start: Ints
    end: Ints
    pitch: Ints
    velocity: Ints
    track: Ints
    programme: Ints
    drum: NDArray[np.bool_]
    runs: tuple[tuple[int, int], ...]
    us_per_quarter: int
    moved: int


def to_grid(score: MidiScore) -> GridScore:
    """Quantise a score to 16ths and find its usable runs (possibly none)."""
    table = np.array([tuple(note) for note in score.notes], np.int64).reshape(-1, 7)
    exact = table[:, 0] * 4 / score.division
    start = np.floor(exact + 0.5).astype(np.int64)
    end = np.maximum(np.floor(table[:, 1] * 4 / score.division + 0.5).astype(np.int64), start + 1)
    off = np.abs(exact - start) / 4 > OFF_GRID_QUARTERS
    stretches = _stretches(score, int(end.max(initial=0)))
    novelty = _beat_novelty(start, end, table[:, 2], table[:, 6] == 1)
    runs: list[tuple[int, int]] = []
    moved = 0
    for first, bars, free in stretches:
        shift = _phase(novelty, first, bars, free)
        moved += bars if shift else 0
        runs += _clean_runs(start, off, first + shift, bars - (1 if shift else 0))
    tempo = int(np.median([us for _, us in score.tempi])) if score.tempi else 500_000
    pitch, velocity, track, programme, drum = table[:, 2:].T
    return GridScore(start, end, pitch, velocity, track, programme, drum == 1, tuple(runs), tempo, moved)


def _stretches(score: MidiScore, last_step: int) -> list[tuple[int, int, tuple[int, ...]]]:
    """(first step, windows of 16 steps.

    Barline shifts to try in steps) for each time signature that has them.
    """
    signatures = score.signatures or []
    marks = [(0, 4, 4), *((s.tick, s.numerator, s.denominator) for s in signatures)]
    found = []
    for (tick, numerator, denominator), following in zip(marks, [*marks[1:], None], strict=True):
        first = round(tick * 4 / score.division)
        until = last_step if following is None else round(following[0] * 4 / score.division)
        quarters = 4 * numerator / denominator
        windows = (until - first) // STEPS
        if windows < MIN_RUN_BARS or (quarters % 4 and quarters != 2):
            continue
        shifts: tuple[int, ...] = (0, 8) if quarters == 2 else (0,) if signatures else (0, 4, 8, 12)
        found.append((first, windows, shifts))
    return found


def _beat_novelty(start: Ints, end: Ints, pitch: Ints, drum: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How much the pitch classes change at each beat (4 steps), plus 1 for a low onset; [beats]."""
    beats = int(end.max(initial=0)) // 4 + 2
    chroma = np.zeros((beats, 12))
    low = np.zeros(beats)
    tonal = ~drum
    np.add.at(chroma, (start[tonal] // 4, pitch[tonal] % 12), np.minimum(end - start, 8)[tonal])
    on_beat = tonal & (start % 4 == 0) & (pitch < 52)
    low[start[on_beat] // 4] = 1
    chroma /= np.maximum(np.linalg.norm(chroma, axis=1, keepdims=True), 1e-9)
    change = np.linalg.norm(np.diff(chroma, axis=0, prepend=chroma[:1]), axis=1)
    return np.asarray(change + low)


def _phase(novelty: NDArray[np.float64], first: int, bars: int, shifts: tuple[int, ...]) -> int:
    """The barline shift in steps whose beats bring most novelty; the written one unless clearly beaten."""
    strength = [float(novelty[(first + s) // 4 : (first + bars * STEPS) // 4 : 4].mean()) for s in shifts]
    best = int(np.argmax(strength))
    return shifts[best] if strength[best] > REPHASE_GAIN * strength[0] else 0


def _clean_runs(start: Ints, off: NDArray[np.bool_], first: int, bars: int) -> list[tuple[int, int]]:
    """Cut a stretch where a bar holds no onset or too many off the grid."""
    inside = (start >= first) & (start < first + bars * STEPS)
    bar = (start[inside] - first) // STEPS
    onsets = np.bincount(bar, minlength=bars)
    loose = np.bincount(bar, weights=off[inside], minlength=bars)
    good = (onsets > 0) & (loose <= MAX_OFF_GRID * onsets)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(np.int8), [0]])))
    return [
        (first + int(a) * STEPS, int(b - a))
        for a, b in zip(edges[::2], edges[1::2], strict=True)
        if b - a >= MIN_RUN_BARS
    ]
