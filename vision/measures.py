"""Features of every frame, from small planes, in batches.

Batches keep numpy's call overhead out of the pass: all measures of a frame cost about .25 ms of CPU.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.planes import Bytes

Floats = NDArray[np.float32]

MOTION_S = 1 / 12
"""The span over which motion is measured, whatever the frame rate."""
COLOURFUL_MOST = 109.0
"""Hasler & Suesstrunk's 'extremely colourful' on 8-bit RGB."""


PIECE_FRAMES = 4096


@dataclass(frozen=True)
class Rows:
    """A row a frame. Means of the picture area; differences are against the frame before (0 for the first).

    brightness, saturation, colourfulness, difference, chroma_difference: 0..1.
    deviation: standard deviation of luma, 0..1.  thumbs: [T, 9, 16, 3] uint8, luma, blue, red.
    spread: [T, 5] variances in levels squared: luma's coarse, middle and fine detail, blue, red.
    """

    brightness: Floats
    deviation: Floats
    saturation: Floats
    colourfulness: Floats
    difference: Floats
    chroma_difference: Floats
    thumbs: Bytes
    spread: Floats


def each_frame(measure: Callable[[Bytes], NDArray[Any]], thumbs: Bytes) -> NDArray[Any]:
    """[T] what `measure` says of each frame's thumbnail, PIECE_FRAMES of them at a time.

    Two hours of thumbnails are 75 MB; as floats, with what a measure holds beside them, they were 1.6 GB.
    """
    pieces = [measure(thumbs[at : at + PIECE_FRAMES]) for at in range(0, len(thumbs), PIECE_FRAMES)]
    return np.concatenate(pieces) if pieces else measure(thumbs)


def measure_batch(luma: Bytes, blue: Bytes, red: Bytes) -> Rows:
    """Rows of frames 1..B-1 of a batch whose frame 0 is the one before (a copy of frame 1 at the start).

    luma [B, 54, 96], blue and red [B, 27, 48], full range.
    """
    small = _blocks(luma, 2)  # (B, 27, 48)
    saturation, colourfulness = _colour(small[1:], blue[1:], red[1:])
    chroma = _mean_change(blue) + _mean_change(red)
    brightness, deviation = _level(luma[1:])
    thumbs = thumbnails(small[1:], blue[1:], red[1:])
    return Rows(
        brightness=brightness,
        deviation=deviation,
        saturation=saturation,
        colourfulness=colourfulness,
        difference=_mean_change(luma),
        chroma_difference=chroma,
        thumbs=thumbs,
        spread=_spread(deviation, small[1:], thumbs, blue[1:], red[1:]),
    )


def join_rows(parts: list[Rows]) -> Rows:
    """All batches' rows as one."""
    return Rows(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Rows)})


def thumbnails(small: Floats, blue: Bytes, red: Bytes) -> Bytes:
    """[B, 9, 16, 3] uint8: what dissolves and look-alike shots are judged by, 432 bytes a frame."""
    cells = [_blocks(plane, 3) for plane in (small, blue, red)]
    return np.asarray(np.rint(np.stack(cells, axis=-1)), np.uint8)


def _blocks(planes: Bytes | Floats, side: int) -> Floats:
    """[B, H / side, W / side] mean of each block; rows are added, then columns: a third of mean()'s time."""
    rows = planes[:, ::side].astype(np.float32)
    for offset in range(1, side):
        rows += planes[:, offset::side]
    cells = rows[:, :, ::side].copy()
    for offset in range(1, side):
        cells += rows[:, :, offset::side]
    cells *= np.float32(1 / side**2)
    return cells


class MotionMeter:
    """Mean optical-flow magnitude over the last 1/12 s, in frame widths a second.

    Measured where a twelfth of a second of the film's time ends, so that spans tile the film and a higher
    frame rate costs no more.  Dense inverse search, Kroeger et al. 2016, OpenCV's ultrafast preset;
    normalisation ours: independent of picture size and frame rate.
    """

    def __init__(self, aspect: float) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._aspect = aspect
        self._past: list[tuple[float, Bytes]] = []
        self._twelfth: int | None = None

    def feed(self, time_s: float, luma: Bytes) -> float:
        """Motion at a frame that ends a twelfth, NaN at others and at the first."""
        past, twelfth = self._past, int(time_s / MOTION_S + 1e-6)
        past.append((time_s, luma))
        while len(past) > 2 and past[1][0] <= time_s - MOTION_S + 1e-6:
            past.pop(0)
        due = self._twelfth is not None and twelfth > self._twelfth
        self._twelfth = twelfth
        return self._measure(time_s, luma) if due else math.nan

    def _measure(self, time_s: float, luma: Bytes) -> float:
        wanted = time_s - MOTION_S
        before_s, before = min(self._past[:-1], key=lambda entry: abs(entry[0] - wanted))
        rows, columns = luma.shape
        flow = np.asarray(self._flow.calc(before, luma, np.zeros((rows, columns, 2), np.float32)))
        across = flow[..., 0] * np.float32(1 / columns)
        down = flow[..., 1] * np.float32(1 / (rows * self._aspect))
        # numpy sums in one order wherever the array lies in memory; cv2.sumElems' last bit changed with it.
        return float(np.sqrt(across * across + down * down).mean()) / (time_s - before_s)


def _level(luma: Bytes) -> tuple[Floats, Floats]:
    """Mean and standard deviation of luma, 0..1."""
    moments = [cv2.meanStdDev(plane) for plane in luma]
    levels = np.array([(mean[0, 0], deviation[0, 0]) for mean, deviation in moments]) / 255
    return levels[:, 0].astype(np.float32), levels[:, 1].astype(np.float32)


def _spread(deviation: Floats, small: Floats, thumbs: Bytes, blue: Bytes, red: Bytes) -> Floats:
    """[B, 5] variances by band: what 9 x 16 cells hold, what 27 x 48 add, and the rest, and both colours."""
    whole = (255 * deviation) ** 2
    middle = small.reshape(len(small), -1).var(1)
    coarse = thumbs[..., 0].reshape(len(thumbs), -1).var(1, dtype=np.float32)
    colours = [np.array([cv2.meanStdDev(plane)[1][0, 0] for plane in planes]) ** 2 for planes in (blue, red)]
    return np.stack([coarse, middle - coarse, whole - middle, *colours], axis=1).astype(np.float32)


def _mean_change(planes: Bytes) -> Floats:
    """[B-1] mean absolute difference of neighbours, 0..1."""
    changes = [cv2.norm(a, b, cv2.NORM_L1) for a, b in zip(planes[:-1], planes[1:], strict=True)]
    return np.asarray(np.array(changes) / (255 * planes[0].size), np.float32)


def _colour(luma: Floats, blue: Bytes, red: Bytes) -> tuple[Floats, Floats]:
    """Saturation (mean chroma over mean value, so that noise in the dark doesn't count) and colourfulness.

    Colourfulness after Hasler & Suesstrunk 2003. RGB by BT.601, as untagged films are meant.
    """
    u, v = blue.astype(np.float32) - 128, red.astype(np.float32) - 128
    r = np.clip(luma + 1.402 * v, 0, 255)
    g = np.clip(luma - 0.344 * u - 0.714 * v, 0, 255)
    b = np.clip(luma + 1.772 * u, 0, 255)
    high = np.maximum(np.maximum(r, g), b)
    low = np.minimum(np.minimum(r, g), b)
    total = _flat_mean(high)
    saturation = np.where(total > 4, _flat_mean(high - low) / np.maximum(total, 4), 0)
    rg, yb = r - g, (r + g) / 2 - b
    spread = np.hypot(rg.std((1, 2)), yb.std((1, 2)))
    shift = np.hypot(_flat_mean(rg), _flat_mean(yb))
    colourful = np.minimum((spread + 0.3 * shift) / COLOURFUL_MOST, 1)
    return saturation.astype(np.float32), colourful.astype(np.float32)


def _flat_mean(planes: Floats) -> Floats:
    return np.asarray(planes.reshape(len(planes), -1).mean(1))
