"""Key and mode of a cue from its notes alone; knows nothing of the composer, so that it can judge it.

A pitch-class weight is how long it sounds. Of 12 tonics x 6 modes the one fits best whose scale holds most of
the weight, whose tonic (and fifth) the bass rests on, and on which the music begins and ends.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

# Semitones above the tonic, and the degree that tells the mode from those of the same third.
SCALES: dict[str, tuple[int, ...]] = {
    "ionian": (0, 2, 4, 5, 7, 9, 11), "mixolydian": (0, 2, 4, 5, 7, 9, 10), "lydian": (0, 2, 4, 6, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10), "aeolian": (0, 2, 3, 5, 7, 8, 10), "phrygian": (0, 1, 3, 5, 7, 8, 10),
}  # fmt: skip
BASS_TONIC, BASS_FIFTH, FIRST, LAST = 0.35, 0.1, 0.1, 0.25


class Sounding(NamedTuple):
    """A note: start, end (any unit) and MIDI pitch."""

    start: float
    end: float
    pitch: int


def find_key(notes: Sequence[Sounding]) -> tuple[int, str]:
    """The likeliest tonic pitch class and mode. notes: at least one, percussion left out."""
    weights = np.zeros(12)
    for note in notes:
        weights[note.pitch % 12] += note.end - note.start
    weights /= weights.sum()
    bass, first, last = _bass(notes)
    scores = {
        (tonic, mode): sum(weights[(tonic + step) % 12] for step in steps)
        + BASS_TONIC * bass[tonic]
        + BASS_FIFTH * bass[(tonic + 7) % 12]
        + FIRST * (first == tonic)
        + LAST * (last == tonic)
        for tonic in range(12)
        for mode, steps in SCALES.items()
    }
    return max(scores, key=lambda found: scores[found])


def find_mode(notes: Sequence[Sounding], tonic: int) -> str:
    """The likeliest mode over a tonic that is known."""
    weights = np.zeros(12)
    for note in notes:
        weights[note.pitch % 12] += note.end - note.start
    return max(SCALES, key=lambda mode: sum(weights[(tonic + step) % 12] for step in SCALES[mode]))


def _bass(notes: Sequence[Sounding]) -> tuple[np.ndarray, int, int]:
    """How long each pitch class is the lowest, and the lowest of the first and of the last moment."""
    edges = sorted({edge for note in notes for edge in (note.start, note.end)})
    shares = np.zeros(12)
    lowest: list[int] = []
    for a, b in zip(edges, edges[1:], strict=False):
        sounding = [note.pitch for note in notes if note.start <= a and note.end >= b]
        if sounding:
            lowest.append(min(sounding) % 12)
            shares[lowest[-1]] += b - a
    return shares / max(shares.sum(), 1e-9), lowest[0], lowest[-1]
