"""Making way for speech: one gain line a cue, shaped so that nobody hears a hand on the fader."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vision.analysis import SpeechSpan
from vision.artifact import Frozen

LOOK_AHEAD_S = 0.3
FALL_S = 0.25
HOLD_S = 1.2
RISE_S = 0.9
REVERSAL_S = 2.0  # no two changes of direction closer than this; pauses under 3.5 s are bridged by it
DEEPEST_DB = 9.0
LEAST_DB = 0.5  # less is not worth a movement
HOP_S = 0.01


class DuckPoint(Frozen):
    """A corner of the gain line; straight in dB between corners."""

    time_s: float
    gain_db: float


class Passage(Frozen):
    """Speech that is ducked as one: from the first word to the last, over bridged pauses."""

    start_s: float
    end_s: float


def passages(speech: Sequence[SpeechSpan], start_s: float, end_s: float) -> tuple[Passage, ...]:
    """Speech inside [start_s, end_s), joined wherever the gain could not rise and fall again in peace.

    A pause lets the gain up only if, after hold, two seconds pass before the next fall begins.
    """
    joined: list[Passage] = []
    for span in speech:
        first, last = max(span.start_s, start_s), min(span.end_s, end_s)
        if last <= first:
            continue
        if joined and first - LOOK_AHEAD_S - _released(joined[-1]) < REVERSAL_S:
            joined[-1] = Passage(start_s=joined[-1].start_s, end_s=max(last, joined[-1].end_s))
        else:
            joined.append(Passage(start_s=first, end_s=last))
    return tuple(joined)


def _released(passage: Passage) -> float:
    """When the rise begins: after hold, and not within two seconds of the end of the fall."""
    fallen = passage.start_s - LOOK_AHEAD_S + FALL_S
    return max(passage.end_s + HOLD_S, fallen + REVERSAL_S)


def duck_line(
    ducked: Sequence[Passage], depths_db: Sequence[float], start_s: float, end_s: float
) -> tuple[DuckPoint, ...]:
    """Corners of a cue's gain from start_s to end_s; depths are positive dB, one a passage."""
    corners: list[tuple[float, float]] = []
    for passage, depth in zip(ducked, depths_db, strict=True):
        if depth >= LEAST_DB:
            fall, rise = passage.start_s - LOOK_AHEAD_S, _released(passage)
            corners += [(fall, 0.0), (fall + FALL_S, -depth), (rise, -depth), (rise + RISE_S, 0.0)]
    return _cut(corners or [(start_s, 0.0)], start_s, end_s)


def _cut(corners: list[tuple[float, float]], start_s: float, end_s: float) -> tuple[DuckPoint, ...]:
    """The part of the line inside the cue; a cue that starts or ends inside a passage does so ducked."""
    times, gains = [t for t, _ in corners], [g for _, g in corners]
    first, last = (float(np.interp(t, times, gains)) for t in (start_s, end_s))
    inner = [(t, g) for t, g in corners if start_s < t < end_s]
    line = [(start_s, first), *inner, (end_s, last)]
    return tuple(DuckPoint(time_s=round(t, 6), gain_db=round(g, 4)) for t, g in line)


def gain_at(line: Sequence[DuckPoint], times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear gain at each time; outside the line its end values hold."""
    db = np.interp(times_s, [p.time_s for p in line], [p.gain_db for p in line])
    gain: NDArray[np.float64] = np.where(db == 0.0, 1.0, 10.0 ** (db / 20.0))
    return gain


def moves(line: Sequence[DuckPoint]) -> list[tuple[float, float]]:
    """(start time, dB) of every movement of a line."""
    return [(a.time_s, b.gain_db - a.gain_db) for a, b in pairwise(line) if a.gain_db != b.gain_db]


def film_curve(
    lines: Sequence[Sequence[DuckPoint]], duration_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """(times, dB) every 10 ms for the whole film: the deepest of the cues' lines, 0 where there is no cue."""
    times: NDArray[np.float64] = np.arange(int(duration_s / HOP_S) + 1, dtype=np.float64) * HOP_S
    deepest = np.zeros(len(times))
    for line in lines:
        inside = (times >= line[0].time_s) & (times <= line[-1].time_s)
        db = np.interp(times[inside], [p.time_s for p in line], [p.gain_db for p in line])
        deepest[inside] = np.minimum(deepest[inside], db)
    return times, np.asarray(deepest, np.float32)
