"""Plain frames (black, white, any flat colour) and the ramps that lead into and out of them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vision.measures import Rows
from vision.thresholds import Thresholds

FLAT_DEVIATION: Final = Thresholds().flat_deviation / 255
"""Standard deviation of luma, 0..1, under which a frame shows nothing: black with grain reads 1 to 3."""
FLASH_S = 0.3
RAMP_S = 3.0
FADE_FRAMES = 3
ARRIVED_FRAMES = 6
LEAST_LEVEL = 1.5 / 255


@dataclass(frozen=True)
class PlainSpan:
    """Frames [start, end) of one flat colour, and how many frames of ramp lead into and out of it."""

    start: int
    end: int
    ramp_in: int
    ramp_out: int


def plain_spans(rows: Rows, frames_a_second: float, limits: Thresholds) -> list[PlainSpan]:
    """All maximal runs of flat frames, but those so short between two like pictures that they only blink."""
    level = min(limits.flat_deviation / 255, limits.flat_share * float(np.median(rows.deviation)))
    plain = rows.deviation < max(level, LEAST_LEVEL)
    flat = np.flatnonzero(np.diff(np.pad(plain.astype(np.int8), 1)))
    reach = max(round(RAMP_S * frames_a_second), FADE_FRAMES + 1)
    beside = max(round(FLASH_S * frames_a_second), FADE_FRAMES)
    spans = []
    for start, end in zip(flat[::2].tolist(), flat[1::2].tolist(), strict=True):
        if end - start <= FLASH_S * frames_a_second and _returns(rows.thumbs, start, end, beside, limits):
            continue
        before = rows.thumbs[max(start - reach, 0) : start + 1][::-1]
        after = rows.thumbs[end - 1 : end + reach]
        spans.append(PlainSpan(start, end, ramp_frames(before, limits), ramp_frames(after, limits)))
    return spans


def _returns(thumbs: NDArray[np.uint8], start: int, end: int, beside: int, limits: Thresholds) -> bool:
    """Whether the picture `beside` frames before the plain stretch is there again as long after it."""
    before, after = start - beside, end + beside - 1
    if before < 0 or after >= len(thumbs):
        return False
    return distance(thumbs[before], thumbs[after]) < limits.return_share * distance(
        thumbs[before], thumbs[start]
    )


def distance(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """RMS of two thumbnails in 8-bit levels."""
    return float(np.sqrt(((a.astype(np.float64) - b) ** 2).mean()))


def ramp_frames(thumbs: NDArray[np.uint8], limits: Thresholds) -> int:
    """Over how many frames the picture leaves the flat first one step by step; 0 where it jumps.

    thumbs: [N, 9, 16, 3], flat frame first.
    """
    way = np.array([distance(thumb, thumbs[0]) for thumb in thumbs])
    if len(way) <= FADE_FRAMES or way.max() < limits.least_way:
        return 0
    ahead = np.lib.stride_tricks.sliding_window_view(
        np.pad(way, (0, ARRIVED_FRAMES), "edge"), ARRIVED_FRAMES + 1
    )
    there = (ahead.max(1) <= (1 + limits.arrived_share) * way) & (way >= limits.least_way)
    arrival = int(np.argmax(there))
    gradual = arrival >= FADE_FRAMES and np.diff(way[: arrival + 1]).max() < limits.fade_step * way[arrival]
    return arrival if gradual else 0
