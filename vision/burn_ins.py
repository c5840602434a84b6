"""Burnt-in counters, names and watermarks: small areas that stand still while the pictures round them change.

Found among the frames sought before the pass.  An edge that has the same sign in pictures of different
scenes belongs to no scene (median of gradients, Dekel et al. 2017); a running counter shows by its box, its
colons and its slow digits, and is followed sideways as long as every picture has strong edges there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.planes import Bytes, Window

Box = tuple[int, int, int, int]
Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

LEAST_SCENES, FEW_SCENES = 4, 2
UNLIKE: Final = 12.0
"""Mean difference, 8-bit levels, from which two frames are of different scenes; less proves nothing."""
EDGE: Final = 14.0
"""Least gradient, 8-bit levels over two cells, of an overlay's edge in every picture."""
AGREEMENT: Final = 0.85
FEW_EDGE: Final = 35.0
FEW_EDGES, FEW_HELD, FEW_EDGE_SHARE, FEW_SURE = 20, 0.8, 0.2, 0.5
"""Two or three scenes agree by chance more often.  Then all must, on strong edges; the areas lie in the upper
or lower fifth, where counters stand; and they hold nearly all that is steady, or one set-up returns."""
JOIN_ROWS, JOIN_COLUMNS = 3, 7
"""Letters of a line stand closer than this, in cells of 1/216 of the height and 1/192 of the width."""
LEAST_EDGES: Final = 10
MOST_HEIGHT, MOST_AREA, MOST_TOTAL = 0.16, 0.10, 0.15
"""Shares of the picture: a caption or a counter stays under them, a split screen or a frame doesn't."""
BUSY, SAME = 40.0, 10.0
"""8-bit levels: digits keep a stronger edge in every picture, a box keeps its level."""
SAME_LINE: Final = 0.15
"""Boxes of the same rows this near, as a share of the width, are ends of one counter: its middle runs."""
MARGIN: Final = 1
RIM: Final = 0.04
"""Share of the picture at each side where a steady edge is the film frame's own border (abomb_bw.mp4)."""


@dataclass(frozen=True)
class BurnIn:
    """An area of the coded frame, as shares of its height and width, and how sure that it is no picture."""

    area: Window
    confidence: float

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """left, top, right, bottom."""
        return self.area.left, self.area.top, self.area.right, self.area.bottom


def find_burn_ins(samples: Sequence[Bytes], window: Window) -> tuple[BurnIn, ...]:
    """Areas inside `window` that are overlaid on the whole film, top to bottom.

    samples: [rows, columns] luma of places all over the film.  None where they hold fewer than FEW_SCENES
    different scenes, or where what stands still is too large to be a burn-in; fewer than LEAST_SCENES prove
    only lines of lettering at the top and bottom.
    """
    if not samples:
        return ()
    rows, columns = samples[0].shape
    top, bottom = round(window.top * rows), round(window.bottom * rows)
    left, right = round(window.left * columns), round(window.right * columns)
    scenes = different([sample[top:bottom, left:right] for sample in samples])
    if len(scenes) < FEW_SCENES:
        return ()
    few = len(scenes) < LEAST_SCENES
    steady, busy = _edges(np.stack(scenes).astype(np.float32), FEW_EDGE if few else EDGE)
    found = _boxes(steady)
    if few:
        found = _surely_overlaid(found, steady)
    boxes = [_followed(box, busy) for box in found]
    height, width = steady.shape
    if sum(_size(box) for box in boxes) > MOST_TOTAL * height * width:
        return ()
    sure = FEW_SURE if few else round(min(0.5 + 0.05 * len(scenes), 0.95), 2)
    shares = [
        Window(
            (top + max(y - MARGIN, 0)) / rows,
            (top + min(y + h + MARGIN, height)) / rows,
            (left + max(x - MARGIN, 0)) / columns,
            (left + min(x + w + MARGIN, width)) / columns,
        )
        for x, y, w, h in _merged(boxes, round(SAME_LINE * width))
    ]
    return tuple(BurnIn(area, sure) for area in shares)


def different(samples: list[Bytes]) -> list[Bytes]:
    """Those of the samples that are unlike every one kept before; plain frames say nothing."""
    kept: list[Bytes] = []
    for sample in samples:
        if float(sample.std()) < UNLIKE:
            continue
        if all(float(cv2.absdiff(sample, other).mean()) >= UNLIKE for other in kept):
            kept.append(sample)
    return kept


def _surely_overlaid(boxes: list[Box], steady: Flags) -> list[Box]:
    """Those of few scenes' boxes that no returning set-up explains; all or none."""
    height = len(steady)
    outer = [
        (x, y, w, h)
        for x, y, w, h in boxes
        if (y + h <= FEW_EDGE_SHARE * height or y >= (1 - FEW_EDGE_SHARE) * height)
        and int(steady[y : y + h, x : x + w].sum()) >= FEW_EDGES
    ]
    held = sum(int(steady[y : y + h, x : x + w].sum()) for x, y, w, h in outer)
    return outer if outer and held >= FEW_HELD * int(steady.sum()) else []


def _edges(scenes: Floats, least: float) -> tuple[Flags, Flags]:
    """Where nearly all scenes have an edge of one sign; where they have a strong edge, or all one level."""
    need = int(np.ceil(AGREEMENT * len(scenes)))
    across, down = np.zeros_like(scenes), np.zeros_like(scenes)
    across[:, :, 1:-1] = scenes[:, :, 2:] - scenes[:, :, :-2]
    down[:, 1:-1] = scenes[:, 2:] - scenes[:, :-2]
    signed = (across, -across, down, -down)
    steady = np.any([(step >= least).sum(0) >= need for step in signed], axis=0)
    around = np.ones((2 * JOIN_ROWS + 1, JOIN_COLUMNS), np.uint8)
    strongest = np.maximum(np.abs(across), np.abs(down))
    busy = np.stack([np.asarray(cv2.dilate(picture, around)) >= BUSY for picture in strongest])
    rim = round(RIM * steady.shape[1])
    steady[:, :rim] = steady[:, steady.shape[1] - rim :] = False
    same = np.ptp(scenes, axis=0) <= SAME
    return steady, (busy.sum(0) >= need) | same


def _boxes(steady: Flags) -> list[tuple[int, int, int, int]]:
    """(x, y, width, height) of clusters of steady edges that are small and no single line."""
    joined = cv2.dilate(steady.astype(np.uint8), np.ones((JOIN_ROWS, JOIN_COLUMNS), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    height, width = steady.shape
    found = []
    for label in range(1, count):
        ys, xs = np.nonzero(steady & (labels == label))
        box = (int(xs.min()), int(ys.min()), int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1)
        thick = min(box[2] / width, box[3] / height) >= 0.01
        small = box[3] <= MOST_HEIGHT * height and _size(box) <= MOST_AREA * height * width
        if len(ys) >= LEAST_EDGES and thick and small:
            found.append(box)
    return found


def _followed(box: tuple[int, int, int, int], busy: Flags) -> tuple[int, int, int, int]:
    """The box, longer to either side as long as its rows are busy or of one level: digits, box."""
    x, y, w, h = box
    band = busy[y : y + h].mean(0) >= 0.6
    start, end = x, x + w
    while start > 0 and band[start - 1]:
        start -= 1
    while end < len(band) and band[end]:
        end += 1
    return start, y, end - start, h


def _merged(boxes: list[tuple[int, int, int, int]], gap: int) -> list[tuple[int, int, int, int]]:
    """Boxes that overlap, or stand on one line at most `gap` apart, become one; from top to bottom."""
    left = sorted(boxes, key=lambda box: (box[1], box[0]))
    merged: list[tuple[int, int, int, int]] = []
    for x, y, w, h in left:
        for place, (a, b, c, d) in enumerate(merged):
            beside = min(y + h, b + d) - max(y, b) >= min(h, d) / 2
            reach = gap if beside else 0
            if x <= a + c + reach and a <= x + w + reach and y <= b + d and b <= y + h:
                right, low = max(x + w, a + c), max(y + h, b + d)
                merged[place] = (min(x, a), min(y, b), right - min(x, a), low - min(y, b))
                break
        else:
            merged.append((x, y, w, h))
    return merged


def _size(box: tuple[int, int, int, int]) -> int:
    return box[2] * box[3]
