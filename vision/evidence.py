"""What the pass notes about possible transitions while the small planes are still at hand.

Frames are judged in the middle of a sliding window, so that memory does not grow and a film cut into
chunks (with overlap_frames to spare) gives the same evidence.  Notes are many on purpose and their
figures final: the detector decides once, on all of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from vision.likeness import FLAT_DEVIATION, Likeness
from vision.measures import Rows
from vision.mixtures import FURTHER, HALF_LENGTHS, MixEvidence, mixtures
from vision.planes import Bytes

MEDIAN_FRAMES = 17
"""Local median over about 0.7 s: longer than a flash, shorter than a shot."""
LEAST_CHANGE, LEAST_RATIO, RATIO_FLOOR = 0.008, 2.0, 0.004
PEAK = 1.25
"""Proposals: the weakest real cut of seven films has .10 and 2.5.  Where much moves, as behind a car that
crosses, the median says nothing: there a change this much above its four neighbours is one too."""
FULL_RATE = 36.0
"""Frames a second from which every second frame is looked at for what lasts: spans are meant in time."""
LATER = 3
BRIEF = (
    (0, 2),
    (0, 3),
    (0, 4),
    (0, 5),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 0),
    (1, 2),
    (2, 1),
    (2, 2),
    (1, 4),
    (4, 1),
)
LONG = ((0, 8), (0, 12), (0, 17), (8, 0), (12, 0), (17, 0), (5, 5), (8, 8), (12, 5), (5, 12), (14, 14))
"""How many frames further back and on a jump is bridged: over less than the shortest shot, and over more."""
AFTER = ((0, 5), (0, 8), (0, 12))
BRIDGED_FROM = 0.65
"""Only a jump that is less alike than this is bridged: others are no cuts anyway."""
NEARER = 0.85
"""Two frames are bridge enough to be compared when their thumbnails are this much nearer than the jump's."""


@dataclass(frozen=True)
class CutEvidence:
    """A jump before `frame`: change (luma + chroma), its ratio to the local median, likenesses across it.

    across: frame-1 and frame.  later: frame-1 and three frames on.  brief, bridge: the best over a few
    frames that skip an interruption shorter than a shot, or as long as one.  after: the same picture up to
    half a second later.  calm: the lesser of frame-2 with frame-1 and frame with frame+1.  Where a jump
    needed no bridge, all four are 0.
    """

    frame: int
    change: float
    ratio: float
    across: float
    later: float
    brief: float = 0.0
    bridge: float = 0.0
    after: float = 0.0
    calm: float = 0.0


@dataclass(frozen=True)
class Evidence:
    """Everything noted, by rising frame."""

    cuts: tuple[CutEvidence, ...]
    mixes: tuple[MixEvidence, ...]


class Witness:
    """Judges the frames of each window of a film of `frames_a_second`."""

    def __init__(self, frames_a_second: float) -> None:
        self._likeness = Likeness()
        self._stride = _stride(frames_a_second)

    def judge(self, luma: Bytes, rows: Rows, first: int, judged: range) -> Evidence:
        """Evidence at frames `judged` (film numbers) of a window that starts at film frame `first`.

        luma [W, 54, 96] and rows of the same W frames.
        """
        cuts = tuple(self._cuts(luma, rows, first, judged))
        mixes = tuple(mixtures(luma, rows, self._likeness, first, judged, self._stride))
        return Evidence(cuts, mixes)

    def _cuts(self, luma: Bytes, rows: Rows, first: int, judged: range) -> Iterator[CutEvidence]:
        change = (rows.difference + rows.chroma_difference).astype(np.float64)
        ratio = change / (median_filter(change, MEDIAN_FRAMES * self._stride) + RATIO_FLOOR)
        hot = (change > LEAST_CHANGE) & ((ratio > LEAST_RATIO) | (change > PEAK * _beside(change)))
        for frame in judged:
            t = frame - first
            if t < 1 or not hot[t]:
                continue
            across = self._likeness.of(luma[t - 1], luma[t])
            later = self._alike(luma, t, (0, LATER))
            noted = CutEvidence(frame, float(change[t]), float(ratio[t]), across, later)
            yield self._bridged(noted, luma, rows.thumbs, t) if across < BRIDGED_FROM else noted

    def _bridged(self, jump: CutEvidence, luma: Bytes, thumbs: Bytes, t: int) -> CutEvidence:
        last = len(luma) - 1
        calm = min(
            self._likeness.of(luma[max(t - 2, 0)], luma[t - 1]),
            self._likeness.of(luma[t], luma[min(t + 1, last)]),
        )
        return CutEvidence(
            jump.frame,
            jump.change,
            jump.ratio,
            jump.across,
            jump.later,
            brief=self._best(luma, thumbs, t, BRIEF),
            bridge=self._best(luma, thumbs, t, LONG),
            after=self._best(luma, thumbs, t, AFTER),
            calm=calm,
        )

    def _best(self, luma: Bytes, thumbs: Bytes, t: int, gaps: Sequence[tuple[int, int]]) -> float:
        """The best likeness over gaps whose thumbnails come nearer to each other than across the jump."""
        apart = _distance(thumbs, t - 1, t)
        best = 0.0
        for gap in gaps:
            before, after = self._ends(len(luma), t, gap)
            nearer = _distance(thumbs, before, after) < NEARER * apart
            if nearer and float(luma[before].std()) > FLAT_DEVIATION:  # two plain frames tell of no shot
                best = max(best, self._likeness.of(luma[before], luma[after]))
        return best

    def _alike(self, luma: Bytes, t: int, gap: tuple[int, int]) -> float:
        before, after = self._ends(len(luma), t, gap)
        return self._likeness.of(luma[before], luma[after])

    def _ends(self, frames: int, t: int, gap: tuple[int, int]) -> tuple[int, int]:
        back, on = gap
        return max(t - 1 - back * self._stride, 0), min(t + on * self._stride, frames - 1)


def overlap_frames(frames_a_second: float) -> int:
    """Frames that a window needs to either side of those judged."""
    return (max(HALF_LENGTHS) + FURTHER) * _stride(frames_a_second) + 1


def _stride(frames_a_second: float) -> int:
    """Frames that count as one: 1 up to 30 a second, 2 at 48 to 60."""
    return max(round(frames_a_second / FULL_RATE + 0.2), 1)


def _beside(change: NDArray[np.float64]) -> NDArray[np.float64]:
    """The greatest of two neighbours to either side."""
    padded = np.pad(change, 2)
    return np.asarray(np.max([padded[:-4], padded[1:-3], padded[3:-1], padded[4:]], axis=0))


def _distance(thumbs: Bytes, a: int, b: int) -> float:
    return float(np.linalg.norm(thumbs[a].astype(np.float32) - thumbs[b]))
