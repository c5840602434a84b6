"""What the pass notes about possible transitions while the small planes are still at hand.

Frames are judged in the middle of a sliding window, so that memory does not grow and a film cut into
chunks (with OVERLAP frames to spare) gives the same evidence.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from vision.likeness import Likeness, mixture
from vision.measures import Rows
from vision.planes import Bytes

Doubles = NDArray[np.float64]

OVERLAP = 33
MEDIAN_FRAMES = 17
"""Local median over about 0.7 s: longer than a flash, shorter than a shot."""
LEAST_CHANGE, LEAST_RATIO, RATIO_FLOOR = 0.008, 2.0, 0.004
"""Proposals are many on purpose (the weakest real cut of seven films has .10 and 2.5); likeness decides."""
HALF_LENGTHS = (3, 4, 6, 8, 11, 15, 20, 26, 30)
LEAST_DISTANCE = 10.0
"""RMS of thumbnails, 8-bit levels, between both ends of a dissolve; slow light changes stay under."""
MOST_RESIDUAL, MOST_BEND = 0.45, 0.25
SHORT_RESIDUAL, SHORT_HALF = 0.25, 6
STRAIGHT_RESIDUAL, UNLIKE_ENDS = 0.2, 0.3
"""Residual from the straight line between both ends, as a share of their distance; bend from an even pace.

A pan of three frames is nearly a mixture, so short spans must fit better."""


@dataclass(frozen=True)
class CutEvidence:
    """A jump before `frame`: change (luma + chroma), its ratio to the local median, and three likenesses.

    across: frame-1 and frame.  later: frame-1 and frame+3.  after_flash: the best of frame-1 with frame+5
    and frame+8.
    """

    frame: int
    change: float
    ratio: float
    across: float
    later: float
    after_flash: float


@dataclass(frozen=True)
class MixEvidence:
    """Frames frame-half..frame+half lie on a line from one picture to another.

    residual, bend, distance: as above.  likeness: of both ends.  mixed, left_over: how the middle frame is
    a mixture of both ends.  changed: share of thumbnail cells that differ between the ends.  chain: the least
    likeness of frames a third of `half` apart; followed step by step a pan stays one scene, a dissolve
    doesn't.  It is looked at where the straight line alone can't tell (1 elsewhere).
    """

    frame: int
    half: int
    residual: float
    bend: float
    distance: float
    likeness: float
    mixed: float
    left_over: float
    changed: float
    chain: float


@dataclass(frozen=True)
class Evidence:
    """Everything noted, by rising frame."""

    cuts: tuple[CutEvidence, ...]
    mixes: tuple[MixEvidence, ...]


class Witness:
    """Judges the frames of each window."""

    def __init__(self) -> None:
        self._likeness = Likeness()

    def judge(self, luma: Bytes, rows: Rows, first: int, judged: range) -> Evidence:
        """Evidence at frames `judged` (film numbers) of a window that starts at film frame `first`.

        luma [W, 54, 96] and rows of the same W frames.
        """
        cuts = tuple(self._cuts(luma, rows, first, judged))
        mixes = tuple(self._mixes(luma, rows.thumbs, first, judged))
        return Evidence(cuts, mixes)

    def _cuts(self, luma: Bytes, rows: Rows, first: int, judged: range) -> Iterator[CutEvidence]:
        change = (rows.difference + rows.chroma_difference).astype(np.float64)
        ratio = change / (median_filter(change, MEDIAN_FRAMES) + RATIO_FLOOR)
        hot = (change > LEAST_CHANGE) & (ratio > LEAST_RATIO)
        last = len(luma) - 1
        for frame in judged:
            t = frame - first
            if t < 1 or not hot[t]:
                continue
            before = luma[t - 1]
            across = self._likeness.of(before, luma[t])
            later = self._likeness.of(before, luma[min(t + 3, last)])
            flash = max(self._likeness.of(before, luma[min(t + gap, last)]) for gap in (5, 8))
            yield CutEvidence(frame, float(change[t]), float(ratio[t]), across, later, flash)

    def _mixes(self, luma: Bytes, thumbs: Bytes, first: int, judged: range) -> Iterator[MixEvidence]:
        flat, nothing = thumbs.reshape(len(thumbs), -1).astype(np.float64), np.empty((0, 0))
        # (W, W): exact, since the sums stay under 2^53; OpenCV's product runs on this thread alone and took
        # 1.4 ms of CPU where numpy's threads, on a busy machine, burnt 6.2.
        gram = np.asarray(cv2.gemm(flat, flat, 1, nothing, 0, flags=cv2.GEMM_2_T), np.float64)
        found: list[tuple[int, int, float, float, float]] = []
        for half in HALF_LENGTHS:
            found += _straight(gram, flat.shape[1], half, judged.start - first, judged.stop - first)
        for t, half, residual, bend, distance in sorted(found):
            a, b = luma[t - half], luma[t + half]
            apart = np.abs(thumbs[t - half, ..., 0].astype(int) - thumbs[t + half, ..., 0])
            mixed, left_over = mixture(a, b, luma[t])
            likeness = self._likeness.of(a, b)
            doubtful = residual >= STRAIGHT_RESIDUAL and likeness < UNLIKE_ENDS
            yield MixEvidence(
                frame=first + t,
                half=half,
                residual=residual,
                bend=bend,
                distance=distance,
                likeness=likeness,
                mixed=mixed,
                left_over=left_over,
                changed=float((apart > distance / 4).mean()),
                chain=self._chain(luma[t - half : t + half + 1], max(half // 3, 2)) if doubtful else 1.0,
            )

    def _chain(self, luma: Bytes, step: int) -> float:
        """Least likeness of frames `step` apart, over all of them."""
        return min(self._likeness.of(a, b) for a, b in zip(luma[::step], luma[step::step], strict=False))


def _straight(
    gram: Doubles, length: int, half: int, start: int, stop: int
) -> list[tuple[int, int, float, float, float]]:
    """(t, half, residual, bend, distance) where the frames round t run straight between their ends.

    All from inner products: with D = b - a, a frame x lies at p = <x-a, D> / <D, D> and is off the line by
    |x-a|^2 - p^2 <D, D>.  Only the best t of five neighbours is kept.
    """
    t = np.arange(max(start, half), min(stop, len(gram) - half))
    if not len(t):
        return []
    own, a, b = np.diag(gram), t - half, t + half
    span = np.maximum(own[a] + own[b] - 2 * gram[a, b], 1.0)
    residual, bend = np.zeros(len(t)), np.zeros(len(t))
    for offset in np.unique(np.rint(np.linspace(-half, half, 9)[1:-1]).astype(int)):
        x = t + offset
        along = (gram[x, b] - gram[x, a] - gram[a, b] + own[a]) / span
        off = np.maximum(own[x] + own[a] - 2 * gram[x, a] - along**2 * span, 0.0)
        residual = np.maximum(residual, np.sqrt(off / span))
        bend = np.maximum(bend, np.abs(along - (offset + half) / (2 * half)))
    distance = np.sqrt(span / length)
    limit = MOST_RESIDUAL if half >= SHORT_HALF else SHORT_RESIDUAL
    fits = (distance > LEAST_DISTANCE) & (residual < limit) & (bend < MOST_BEND)
    cost = np.where(fits, residual + bend, np.inf)
    padded = np.pad(cost, 2, constant_values=np.inf)
    best = fits & (cost <= np.min([padded[i : i + len(cost)] for i in range(5)], axis=0))
    rows = zip(t[best], residual[best], bend[best], distance[best], strict=True)
    return [(int(x), half, float(off), float(uneven), float(apart)) for x, off, uneven, apart in rows]
