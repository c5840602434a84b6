"""Who plays what: the melody of a score, and bass, pad and arpeggio among the rest."""

import numpy as np
from numpy.typing import NDArray

from composer.training.grid import GridScore

BLOCK_STEPS = 64  # the leading voice is chosen anew every four bars
LOWEST_MELODY = 53  # F3
HIGHEST_BASS = 55
BASS, PAD, ARPEGGIO = 0, 1, 2
_VOICES = (52, 53, 54)


def melody_notes(score: GridScore, first: int, bars: int) -> NDArray[np.int64]:
    """Indices of the melody's notes in a run, by start, one at a time.

    A singer's track where there is one; else, block by block, the highest track that plays one note at a time
    in most of the block; else the top line of everything from F3 up.
    """
    inside = (score.start >= first) & (score.start < first + bars * 16) & ~score.drum
    singer = inside & np.isin(score.programme, _VOICES)
    if singer.any():
        lead = int(score.track[singer].min())
        return _top_line(score, np.flatnonzero(inside & (score.track == lead)))
    lines = []
    for at in range(first, first + bars * 16, BLOCK_STEPS):
        here = np.flatnonzero(inside & (score.start >= at) & (score.start < at + BLOCK_STEPS))
        lines.append(_top_line(score, _leading(score, here)))
    return np.concatenate(lines) if lines else np.zeros(0, np.int64)


def _leading(score: GridScore, here: NDArray[np.int64]) -> NDArray[np.int64]:
    best, chosen = -1.0, here[score.pitch[here] >= LOWEST_MELODY]
    for track in np.unique(score.track[here]):
        own = here[score.track[here] == track]
        starts = np.unique(score.start[own])
        covered = np.minimum(score.end[own] - score.start[own], 16).sum() / BLOCK_STEPS
        mean = float(score.pitch[own].mean())
        if (
            len(starts) >= 0.9 * len(own)
            and len(starts) >= 4
            and covered > 0.4
            and mean >= 58
            and mean > best
        ):
            best, chosen = mean, own
    return chosen


def _top_line(score: GridScore, notes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of notes, those that are highest at their onset and not below a longer note that still sounds."""
    order = notes[np.lexsort((-score.pitch[notes], score.start[notes]))]
    kept: list[int] = []
    for index in order:
        start, pitch = score.start[index], score.pitch[index]
        if kept:
            last = kept[-1]
            covered = score.end[last] > start + 1 and score.pitch[last] > pitch + 7
            if score.start[last] == start or covered:
                continue
        kept.append(int(index))
    return np.array(kept, np.int64)


def roles(score: GridScore, notes: NDArray[np.int64], lowest: NDArray[np.int64]) -> NDArray[np.int64]:
    """BASS, PAD or ARPEGGIO for each note of `notes`. lowest: [steps] lowest pitch that sounds at each step.

    Bass: the lowest note at its onset, G3 or below. Pad: a quarter or longer, or struck with two others of
    its track. Arpeggio: what moves in ones and twos, shorter than a quarter.
    """
    start, pitch = score.start[notes], score.pitch[notes]
    bass = (pitch <= lowest[start]) & (pitch <= HIGHEST_BASS)
    struck = start * 64 + np.minimum(score.track[notes], 63)
    others = np.where(bass, -1 - np.arange(len(notes)), struck)  # bass notes count for no chord
    _, inverse, counts = np.unique(others, return_inverse=True, return_counts=True)
    pad = (score.end[notes] - start >= 4) | (counts[inverse] >= 3)
    return np.where(bass, BASS, np.where(pad, PAD, ARPEGGIO))
