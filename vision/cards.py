"""Cards: lettering that stands still on a plain ground, as slates, titles and missing scenes do."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.fades import FLAT_DEVIATION
from vision.measures import Rows, each_frame

STILL = 0.0025
"""Mean difference of luma, 0..1: coding noise of a held card stays under it, film grain doesn't."""
GROUND, GROUND_SHARE = 10, 0.5
"""Half of the 9 x 16 cells, and nearly all at both sides, lie within so many levels of the commonest one."""
SIDE_SHARE = 0.95
CONTRAST = 6.0
LINES_OF_SLATE = 5
HUE = 16


@dataclass(frozen=True)
class Card:
    """Frames [start, end) of one card; lines: rows of the nine that carry lettering.

    plain: whether ink and ground are of one hue or none, as typed slates are and photographs on black aren't.
    """

    start: int
    end: int
    lines: int
    plain: bool


def find_cards(rows: Rows, least_frames: int) -> list[Card]:
    """Every card that is held for least_frames or more."""
    flags = each_frame(_plain_ground, rows.thumbs) & (rows.deviation > FLAT_DEVIATION)
    still = rows.difference < STILL
    held = flags & (still | np.append(still[1:], False))
    cards = []
    for start, end in still_runs(held, still):
        if end - start >= least_frames:
            thumb = rows.thumbs[(start + end) // 2]
            cards.append(Card(start, end, _lines(thumb), _is_plain(thumb)))
    return cards


def still_runs(held: NDArray[np.bool_], still: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """[start, end) of runs of `held`; one that is broken by a change begins anew there."""
    found: list[tuple[int, int]] = []
    start = None
    for frame, is_held in enumerate(held.tolist()):
        if start is not None and (not is_held or not still[frame]):
            found.append((start, frame))
            start = None
        if start is None and is_held:
            start = frame
    return [*found, (start, len(held))] if start is not None else found


def _plain_ground(thumbs: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """[T] whether most cells, and both sides, have the commonest colour of the sides."""
    flat = thumbs.astype(np.int16)
    sides = np.concatenate([flat[:, :, 0], flat[:, :, -1]], axis=1)  # (T, 18, 3)
    ground = np.median(sides, axis=1)
    like = (np.abs(flat - ground[:, None, None]) <= GROUND).all(-1)  # (T, 9, 16)
    beside = (np.abs(sides - ground[:, None]) <= GROUND).all(-1)
    return np.asarray((like.mean((1, 2)) >= GROUND_SHARE) & (beside.mean(1) >= SIDE_SHARE))


def _lines(thumb: NDArray[np.uint8]) -> int:
    return int((np.ptp(thumb[..., 0].astype(np.int16), axis=1) > CONTRAST).sum())


def _is_plain(thumb: NDArray[np.uint8]) -> bool:
    return int(np.ptp(thumb[..., 1:].astype(np.int16), axis=(0, 1)).max()) <= HUE
