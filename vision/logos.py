"""Logos: marks of companies on a plain ground that open a film, each between blanks or fades."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vision.analysis import Programme
from vision.cards import GROUND, HUE, Card, find_cards
from vision.fades import FLAT_DEVIATION
from vision.heads import Piece
from vision.measures import Rows, each_frame

LOGO_LEAST_S, LOGO_MOST_S = 1.5, 16.0
LOGOS_WITHIN_S: Final = 75.0
BLANK_LEAST: Final = 2
"""Frames of one flat colour that part two marks, the last frames of a fade among them."""
RIM_SHARE: Final = 0.9
"""Cells round the edge that keep the ground's colour: a mark stands in the middle, a scene fills all."""
MARKED: Final = 0.8
"""Share of a stretch that must look like a mark, glints and sparks across the rim left over."""
LETTER_ROWS: Final = 3
PICTURE_SHARE: Final = 0.5
SURE: Final = 0.6


def find_logos(rows: Rows, programme: Programme, second: int) -> list[Piece]:
    """Every mark from the programme's first frame on, as long as one follows another.

    A still card of few lines in plain ink may be the main title, so that it is no logo and ends the row; and
    a film that is made of marks throughout (titles, motion graphics) has none.
    """
    first, end = programme.first_frame, programme.last_frame + 1
    marks = each_frame(_plain_rim, rows.thumbs) & (rows.deviation >= FLAT_DEVIATION)
    blank = rows.deviation < FLAT_DEVIATION
    if (marks | blank)[first:end].mean() > PICTURE_SHARE:
        return []
    cards = find_cards(rows, second)
    found, place = list[Piece](), first
    while place < min(end, first + round(LOGOS_WITHIN_S * second)):
        start = place + _run(blank[place:end])
        stop = start + _run(~blank[start:end])
        parted = stop < end and _run(blank[stop:end]) >= BLANK_LEAST
        lasts = LOGO_LEAST_S * second <= stop - start <= LOGO_MOST_S * second
        if not (parted and lasts and marks[start:stop].mean() >= MARKED):
            break
        if _is_title(rows, cards, start, stop):
            break
        found.append(Piece("logo", start, stop, SURE))
        place = stop
    return found


def _plain_rim(thumbs: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """[T] whether the rim has one colour."""
    flat = thumbs.astype(np.int16)
    rim = np.concatenate([flat[:, 0], flat[:, -1], flat[:, 1:-1, 0], flat[:, 1:-1, -1]], axis=1)  # (T, 46, 3)
    ground = np.median(rim, axis=1)
    return np.asarray((np.abs(rim - ground[:, None]) <= GROUND).all(-1).mean(1) >= RIM_SHARE)


def _is_title(rows: Rows, cards: list[Card], start: int, stop: int) -> bool:
    """Whether most of the stretch is one still card of few lines in plain ink."""
    held = [card for card in cards if card.start < stop and card.end > start]
    still = sum(min(card.end, stop) - max(card.start, start) for card in held)
    if still < (stop - start) / 2:
        return False
    chroma = rows.thumbs[(start + stop) // 2, ..., 1:].astype(np.int16)
    coloured = int(np.ptp(chroma, axis=(0, 1)).max()) > HUE
    return not coloured and all(card.lines <= LETTER_ROWS for card in held)


def _run(flags: NDArray[np.bool_]) -> int:
    """How many frames from the first on are True."""
    gaps = np.flatnonzero(~flags)
    return int(gaps[0]) if len(gaps) else len(flags)
