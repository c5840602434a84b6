"""Plain frames (black, white, any flat colour) and the ramps that lead into and out of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.measures import Rows

FLAT_DEVIATION = 6 / 255
FLAT_SHARE = 0.3
"""Standard deviation of luma under which a frame shows nothing: black with grain reads 1 to 3 levels.  In a
film of low contrast (the median of its frames) a plain frame has at most this share of the usual."""
FLASH_S, RETURN_SHARE = 0.3, 0.25
"""A plain stretch this short between two like pictures is a flash or a blink, no transition; like means a
distance under this share of the distance to plain."""
RAMP_S = 3.0
FADE_STEP = 0.5
"""A fade arrives gradually: its largest single step is under half of the whole way; a cut is one step."""
FADE_FRAMES = 3
LEAST_LEVEL = 1.5 / 255
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
    level = min(FLAT_DEVIATION, FLAT_SHARE * float(np.median(rows.deviation)))
    plain = rows.deviation < max(level, LEAST_LEVEL)
    flat = np.flatnonzero(np.diff(np.pad(plain.astype(np.int8), 1)))
    reach = max(round(RAMP_S * frames_a_second), FADE_FRAMES + 1)
    beside = max(round(FLASH_S * frames_a_second), FADE_FRAMES)
    spans = []
    for start, end in zip(flat[::2].tolist(), flat[1::2].tolist(), strict=True):
        if end - start <= FLASH_S * frames_a_second and _returns(rows.thumbs, start, end, beside):
            continue
        before = rows.thumbs[max(start - reach, 0) : start + 1][::-1]
        after = rows.thumbs[end - 1 : end + reach]
        spans.append(PlainSpan(start, end, ramp_frames(before), ramp_frames(after)))
    return spans


def _returns(thumbs: NDArray[np.uint8], start: int, end: int, beside: int) -> bool:
    """Whether the picture `beside` frames before the plain stretch is there again as long after it."""
    before, after = start - beside, end + beside - 1
    if before < 0 or after >= len(thumbs):
        return False
    return distance(thumbs[before], thumbs[after]) < RETURN_SHARE * distance(thumbs[before], thumbs[start])


def distance(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """RMS of two thumbnails in 8-bit levels."""
    return float(np.sqrt(((a.astype(np.float64) - b) ** 2).mean()))


def ramp_frames(thumbs: NDArray[np.uint8]) -> int:
    """Over how many frames the picture leaves the flat first one step by step; 0 where it jumps.

    thumbs: [N, 9, 16, 3], flat frame first.  The way is measured until it first reaches nine tenths of its
    greatest distance within the reach.
    """
    way = np.array([distance(thumb, thumbs[0]) for thumb in thumbs])
    if len(way) <= FADE_FRAMES or way.max() < LEAST_WAY:
        return 0
    arrival = int(np.argmax(way >= 0.9 * way.max()))
    gradual = arrival >= FADE_FRAMES and np.diff(way[: arrival + 1]).max() < FADE_STEP * way[arrival]
    return arrival if gradual else 0
