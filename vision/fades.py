"""Plain frames (black, white, any flat colour) and the ramps that lead into and out of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.measures import Rows

FLAT_DEVIATION = 6 / 255
"""Standard deviation of luma under which a frame shows nothing: black with grain reads 1 to 3 levels."""
RAMP_S = 3.0
FADE_STEP = 0.5
"""A fade arrives gradually: its largest single step is under half of the whole way; a cut is one step."""
FADE_FRAMES = 3
LEAST_WAY = 4.0
"""RMS in 8-bit levels: less is a flicker of black."""


@dataclass(frozen=True)
class PlainSpan:
    """Frames [start, end) of one flat colour, and how many frames of ramp lead into and out of it."""

    start: int
    end: int
    ramp_in: int
    ramp_out: int


def plain_spans(rows: Rows, frames_a_second: float) -> list[PlainSpan]:
    """All maximal runs of flat frames."""
    flat = np.flatnonzero(np.diff(np.pad((rows.deviation < FLAT_DEVIATION).astype(np.int8), 1)))
    reach = max(round(RAMP_S * frames_a_second), FADE_FRAMES + 1)
    spans = []
    for start, end in zip(flat[::2].tolist(), flat[1::2].tolist(), strict=True):
        before = rows.thumbs[max(start - reach, 0) : start + 1][::-1]
        after = rows.thumbs[end - 1 : end + reach]
        spans.append(PlainSpan(start, end, ramp_frames(before), ramp_frames(after)))
    return spans


def ramp_frames(thumbs: NDArray[np.uint8]) -> int:
    """Over how many frames the picture leaves the flat first one step by step; 0 where it jumps.

    thumbs: [N, 9, 16, 3], flat frame first.  The way is measured until it first reaches nine tenths of its
    greatest distance within the reach.
    """
    away = thumbs.reshape(len(thumbs), -1).astype(np.float64)
    distance = np.sqrt(((away - away[0]) ** 2).mean(1))
    if len(distance) <= FADE_FRAMES or distance.max() < LEAST_WAY:
        return 0
    arrival = int(np.argmax(distance >= 0.9 * distance.max()))
    steps = np.diff(distance[: arrival + 1])
    gradual = arrival >= FADE_FRAMES and steps.max() < FADE_STEP * distance[arrival]
    return arrival if gradual else 0
