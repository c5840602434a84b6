"""Key and mode of music from its notes alone; knows nothing of the composer, so that it can judge it.

A pitch-class weight is how long it sounds. Of 12 tonics x 6 modes the one fits best whose scale holds most of
the weight, whose tonic and fifth the bass rests on, whose fifth and third sound, and on which it begins
and ends. How much each counts differs: a whole cue ends at home, a passage cut out of a piece need not.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Semitones above the tonic, and the degree that tells the mode from those of the same third.
SCALES: dict[str, tuple[int, ...]] = {
    "ionian": (0, 2, 4, 5, 7, 9, 11), "mixolydian": (0, 2, 4, 5, 7, 9, 10), "lydian": (0, 2, 4, 6, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10), "aeolian": (0, 2, 3, 5, 7, 8, 10), "phrygian": (0, 1, 3, 5, 7, 8, 10),
}  # fmt: skip


class Clues(NamedTuple):
    """What each clue to a tonic counts beside the share of notes in the scale."""

    bass_tonic: float
    bass_fifth: float
    fifth: float
    third: float
    first: float
    last: float


WHOLE = Clues(0.35, 0.1, 0.0, 0.0, 0.1, 0.25)
# Fitted on 200 passages of the training split, of which it finds tonic and mode in 78 %; WHOLE does in 37 %.
PASSAGE = Clues(1.0, 1.0, 0.7, 0.5, 0.05, 0.05)


class Sounding(NamedTuple):
    """A note: start, end (any unit) and MIDI pitch."""

    start: float
    end: float
    pitch: int


def find_key(notes: Sequence[Sounding], clues: Clues = WHOLE) -> tuple[int, str]:
    """The likeliest tonic pitch class and mode. notes: at least one, percussion left out."""
    weights = _weights(notes)
    bass, first, last = _bass(notes)
    scores: dict[tuple[int, str], float] = {}
    for tonic in range(12):
        fifth = (tonic + 7) % 12
        for mode, steps in SCALES.items():
            scores[tonic, mode] = (
                sum(weights[(tonic + step) % 12] for step in steps)
                + clues.bass_tonic * bass[tonic]
                + clues.bass_fifth * bass[fifth]
                + clues.fifth * weights[fifth]
                + clues.third * weights[(tonic + steps[2]) % 12]
                + clues.first * (first == tonic)
                + clues.last * (last == tonic)
            )
    return max(scores, key=lambda found: scores[found])


def find_mode(notes: Sequence[Sounding], tonic: int) -> str:
    """The likeliest mode over a tonic that is known."""
    weights = _weights(notes)
    return max(SCALES, key=lambda mode: sum(weights[(tonic + step) % 12] for step in SCALES[mode]))


def _weights(notes: Sequence[Sounding]) -> list[float]:
    """Share of the sounding time of each pitch class."""
    weights = np.zeros(12)
    for note in notes:
        weights[note.pitch % 12] += note.end - note.start
    return [float(weight) for weight in weights / weights.sum()]


def _bass(notes: Sequence[Sounding]) -> tuple[NDArray[np.float64], int, int]:
    """How long each pitch class is the lowest, and the lowest of the first and of the last moment."""
    edges = sorted({edge for note in notes for edge in (note.start, note.end)})
    shares = np.zeros(12)
    lowest: list[int] = []
    for a, b in zip(edges, edges[1:], strict=False):
        sounding = [note.pitch for note in notes if note.start <= a and note.end >= b]
        if sounding:
            lowest.append(min(sounding) % 12)
            shares[lowest[-1]] += b - a
    return shares / max(float(shares.sum()), 1e-9), lowest[0], lowest[-1]
