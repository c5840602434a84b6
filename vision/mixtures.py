"""Where one picture mixes into another: evidence for dissolves, whatever moves in either picture.

Two signs.  The straight line: thumbnails of a dissolve between still pictures lie on the line from one to the
other.  The parabola: mixing unrelated pictures takes contrast away in every band of detail and in both
colour differences, (1-p)^2 of one and p^2 of the other plus what they share, so that variances sag between
the ends by an amount known beforehand.  Movement bends the line at once but leaves variances alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.likeness import Likeness
from vision.measures import Rows
from vision.planes import Bytes

Doubles = NDArray[np.float64]

HALF_LENGTHS: Final = (3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 30)
PARTS: Final = 9
"""Places looked at from end to end, both included."""
BEST_OF: Final = 2
"""Of neighbours this near only the best is noted."""
FURTHER: Final = 10
"""How much further out than its ends the pictures beside a mixture are compared."""
LEAST_DISTANCE = 6.0
"""RMS of thumbnails, 8-bit levels, between both ends of a dissolve; slow light changes stay under."""
MOST_RESIDUAL, MOST_BEND = 0.25, 0.25
"""Residual from the straight line between both ends, as a share of their distance; bend from an even pace."""
LEAST_SAG, LEAST_DEPTH = 0.6, 0.06
"""Sag: the part of the expected loss of contrast that is explained; dissolves read .8 up, pans .6 at most.
Depth: how much is expected, as a share of the contrast; two pictures alike expect none."""
LEAST_CHANGED, STRAIGHT_SAG = 0.3, 0.2
"""Share of cells that differ, and what a straight line must lose of its contrast, to be noted at all.

Likeness is dear, and the detector asks for .5 and .3."""
BAND_FLOOR, NOISE_VARIANCE = 0.15, 0.5
"""A band counts for at least this share of the strongest one; variance that coding adds."""


@dataclass(frozen=True)
class MixEvidence:
    """Frames frame-half..frame+half look like a mixture on its way.

    residual, bend: from the straight line (1 where it was not near).  sag, depth: of the parabola (0 where it
    was not near).  distance: RMS between the ends' thumbnails.  likeness: of both ends.  bridge: the best
    likeness of pictures further out.  changed: share of thumbnail cells that differ between the ends.
    chain: the least likeness of frames a third of `half` apart.
    """

    frame: int
    half: int
    residual: float
    bend: float
    sag: float
    depth: float
    distance: float
    likeness: float
    bridge: float
    changed: float
    chain: float


def mixtures(
    luma: Bytes, rows: Rows, likeness: Likeness, first: int, judged: range, stride: int
) -> Iterator[MixEvidence]:
    """Evidence at frames `judged` of a window that starts at film frame `first`, by rising frame and length.

    luma [W, 54, 96] and rows of the same frames.  stride: frames that count as one.
    """
    spans = _Spans(rows)
    found: list[tuple[int, int, float, float, float, float, float]] = []
    for half in HALF_LENGTHS:
        found += spans.candidates(half * stride, judged.start - first, judged.stop - first, stride)
    for t, half, residual, bend, sag, depth, distance in sorted(found):
        a, b = t - half, t + half
        apart = np.abs(rows.thumbs[a, ..., 0].astype(int) - rows.thumbs[b, ..., 0])
        changed = float((apart > distance / 4).mean())
        if changed < LEAST_CHANGED:
            continue
        alike = likeness.of(luma[a], luma[b])
        step = max(half // 3, 2)
        pairs = zip(luma[a : b + 1 : step], luma[a + step : b + 1 : step], strict=False)
        unlike = alike < UNLIKE_ENDS
        yield MixEvidence(
            frame=first + t,
            half=half,
            residual=residual,
            bend=bend,
            sag=sag,
            depth=depth,
            distance=distance,
            likeness=alike,
            bridge=_bridge(luma, rows.thumbs, likeness, t, half, stride) if unlike else alike,
            changed=changed,
            chain=min(likeness.of(*pair) for pair in pairs) if unlike else 1.0,
        )


UNLIKE_ENDS = 0.45
"""Ends more alike than this are one scene: nothing further is asked of them."""


def _bridge(luma: Bytes, thumbs: Bytes, likeness: Likeness, t: int, half: int, stride: int) -> float:
    """The best likeness of a frame before with one after, further out."""
    best, last = 0.0, len(luma) - 1
    for back, on in ((0, 5), (5, 0), (5, 5), (0, FURTHER), (FURTHER, 0), (FURTHER, FURTHER)):
        a, b = max(t - half - back * stride, 0), min(t + half + on * stride, last)
        best = max(best, likeness.of(luma[a], luma[b]))
    return best


class _Spans:
    """All spans of a window, from inner products and variances of its thumbnails."""

    def __init__(self, rows: Rows) -> None:
        flat, nothing = rows.thumbs.reshape(len(rows.thumbs), -1).astype(np.float64), np.empty((0, 0))
        # (W, W): exact, since the sums stay under 2^53; OpenCV's product runs on this thread alone and took
        # 1.4 ms of CPU where numpy's threads, on a busy machine, burnt 6.2.
        self._gram = np.asarray(cv2.gemm(flat, flat, 1, nothing, 0, flags=cv2.GEMM_2_T), np.float64)
        self._cells = flat.shape[1]
        self._spread = rows.spread.astype(np.float64)  # (W, 5)
        centred = rows.thumbs.reshape(len(flat), -1, 3).astype(np.float64)
        self._centred = centred - centred.mean(1, keepdims=True)  # (W, 144, 3)

    def candidates(
        self, half: int, start: int, stop: int, stride: int
    ) -> list[tuple[int, int, float, float, float, float, float]]:
        """(t, half, residual, bend, sag, depth, distance), each the best t of five neighbours by a sign."""
        reach = BEST_OF * stride
        t = np.arange(max(start - reach, half), min(stop + reach, len(self._gram) - half))
        if not len(t):
            return []
        offsets = np.unique(np.rint(np.linspace(-half, half, PARTS)).astype(int))[1:-1]
        distance = self._distance(t, half)
        apart = np.flatnonzero(distance > LEAST_DISTANCE)
        if not len(apart):
            return []
        residual, bend = self._line(t[apart], half, offsets)
        sag, depth = self._parabola(t[apart], half, offsets)
        straight = (residual < MOST_RESIDUAL) & (bend < MOST_BEND) & (sag > STRAIGHT_SAG)
        sagging = (sag > LEAST_SAG) & (depth > LEAST_DEPTH)
        best = _least_nearby(np.where(straight, residual + bend, np.inf), t[apart], reach)
        best |= _least_nearby(np.where(sagging, -sag, np.inf), t[apart], reach)
        best &= (t[apart] >= start) & (t[apart] < stop)
        return [
            (int(t[j]), half, *_floats(residual[i], bend[i]), *_floats(sag[i], depth[i]), float(distance[j]))
            for i in np.flatnonzero(best).tolist()
            for j in (apart[i],)
        ]

    def _distance(self, t: NDArray[np.int64], half: int) -> Doubles:
        """RMS between the thumbnails of both ends."""
        gram, own, a, b = self._gram, np.diag(self._gram), t - half, t + half
        return np.asarray(np.sqrt(np.maximum(own[a] + own[b] - 2 * gram[a, b], 1.0) / self._cells))

    def _line(
        self, t: NDArray[np.int64], half: int, offsets: NDArray[np.int64]
    ) -> tuple[Doubles, Doubles]:
        """Residual and bend.

        With D = b - a, a frame x lies at p = <x-a, D> / <D, D> and is off the line by |x-a|^2 - p^2 <D, D>.
        """
        gram, own, a, b = self._gram, np.diag(self._gram), t - half, t + half
        span = np.maximum(own[a] + own[b] - 2 * gram[a, b], 1.0)
        x = t + offsets[:, None]  # (P, T)
        along = (gram[x, b] - gram[x, a] - gram[a, b] + own[a]) / span
        off = np.maximum(own[x] + own[a] - 2 * gram[x, a] - along**2 * span, 0.0)
        bend = np.abs(along - (offsets[:, None] + half) / (2 * half)).max(0)
        return np.sqrt(off / span).max(0), bend

    def _parabola(
        self, t: NDArray[np.int64], half: int, offsets: NDArray[np.int64]
    ) -> tuple[Doubles, Doubles]:
        """Sag and depth, over all bands and places: 1 - (seen - expected)^2 / (straight - expected)^2."""
        a, b = self._spread[t - half], self._spread[t + half]  # (T, 5)
        shared = np.zeros_like(a)
        shared[:, [0, 3, 4]] = (self._centred[t - half] * self._centred[t + half]).mean(1)
        p = ((offsets + half) / (2 * half))[:, None, None]  # (P, 1, 1)
        straight = (1 - p) * a + p * b
        expected = (1 - p) ** 2 * a + p**2 * b + 2 * p * (1 - p) * shared
        size = np.sqrt((a + b) / 2 + NOISE_VARIANCE)
        size = np.maximum(size, BAND_FLOOR * size.max(1, keepdims=True))
        seen = _deviation(self._spread[t + offsets[:, None]])  # (P, T, 5)
        wrong = (((seen - _deviation(expected)) / size) ** 2).sum((0, 2))
        due = (((_deviation(straight) - _deviation(expected)) / size) ** 2).sum((0, 2))
        parts = len(offsets) * a.shape[1]
        return 1 - wrong / np.maximum(due, 1e-9), np.sqrt(due / parts)


def _floats(one: np.float64, other: np.float64) -> tuple[float, float]:
    return float(one), float(other)


def _deviation(variance: Doubles) -> Doubles:
    return np.asarray(np.sqrt(np.maximum(variance, 0.0) + NOISE_VARIANCE))


def _least_nearby(cost: Doubles, t: NDArray[np.int64], reach: int) -> NDArray[np.bool_]:
    """Where `cost` at rising frames t is finite and the least of all within `reach` frames."""
    padded = np.full(int(t[-1] - t[0]) + 1 + 2 * reach, np.inf)
    place = t - t[0] + reach
    padded[place] = cost
    least = np.min([padded[place + i] for i in range(-reach, reach + 1)], axis=0)
    return np.asarray(np.isfinite(cost) & (cost <= least))
