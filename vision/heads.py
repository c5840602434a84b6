"""What stands before FFOA and after LFOA: slate, countdown, 2-pop, in the forms that exports have."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.analysis import RegionKind
from vision.cards import LINES_OF_SLATE, Card, find_cards
from vision.fades import FLAT_DEVIATION
from vision.measures import Rows

Flags = NDArray[np.bool_]

BLACK_BRIGHTNESS = 0.06
HEAD_LONGEST_S = 150.0
"""Bars, slate, leader: a tape-style head is 8 s to 2 minutes before the full hour."""
POP_BEFORE_S = 2
BLACK_SHARE = 0.9
"""Between pop and picture lies black, but for the flash and a frame that rounds."""
SLATE_LEAST_S, SLATE_MOST_S = 1.0, 60.0
COUNTDOWN_LEAST_S, COUNTDOWN_MOST_S, COUNTDOWN_BLACK_S = 2.5, 12.0, 1.0
COUNTDOWN_GREY, COUNTDOWN_BEAT, COUNTDOWN_ALIKE = 0.2, 0.6, 30.0
"""A countdown is all but grey, its changes repeat each second (correlation), and so does its drawing (RMS of
thumbnails in 8-bit levels)."""
FLASH_FRAMES = 2


@dataclass(frozen=True)
class Piece:
    """Frames [start, end) of a head or tail, named where the picture or sound says what they are."""

    kind: RegionKind
    start: int
    end: int
    confidence: float


def black_frames(rows: Rows) -> Flags:
    """[T] whether a frame is black."""
    return np.asarray((rows.brightness < BLACK_BRIGHTNESS) & (rows.deviation < FLAT_DEVIATION))


def picture_after_pop(pops: Sequence[int], rows: Rows, second: int) -> tuple[int, int] | None:
    """(pop, FFOA) in frames: two seconds apart with black between; None where no pop leads to picture."""
    black = black_frames(rows)
    for pop in pops:
        first = pop + POP_BEFORE_S * second
        between = black[pop + FLASH_FRAMES : first]
        if pop <= HEAD_LONGEST_S * second and first < len(black) and between.mean() >= BLACK_SHARE:
            return pop, first
    return None


def picture_before_pop(pops: Sequence[int], rows: Rows, second: int, first: int) -> tuple[int, int] | None:
    """(pop, LFOA) in frames: where the black before the tail's pop begins, about two seconds before it."""
    black = black_frames(rows)
    for pop in reversed(pops):
        last = pop - POP_BEFORE_S * second
        if last <= first or len(black) - pop > HEAD_LONGEST_S * second:
            continue
        if black[last + 2 : pop - 1].mean() >= BLACK_SHARE:
            start = last + 2
            while start > first and black[start - 1] and last - start < second // 4:
                start -= 1
            return pop, start - 1
    return None


def head_by_picture(rows: Rows, bars: Sequence[tuple[int, int]], second: int) -> list[Piece]:
    """Slate, countdown and the black round them, read from the first frame on as long as each is sure.

    Bars and plain black are the caller's; a lone card with few lines is a title and stays picture.
    """
    black, cards = black_frames(rows), find_cards(rows, round(SLATE_LEAST_S * second))
    ends = dict(bars)
    place, pieces, head = 0, list[Piece](), False
    while place < len(black):
        dark = _run_end(black, place)
        card = next(
            (card for card in cards if abs(card.start - place) <= 1 and _is_slate(card, second)), None
        )
        if place in ends:
            place, head = ends[place], True
        elif dark > place:
            pieces.append(Piece("black", place, dark, 0.9))
            place = dark
        elif card is not None:
            pieces.append(Piece("slate", place, card.end, 0.7))
            place, head = card.end, True
        elif (stop := countdown_end(rows, black, place, second)) is not None:
            pieces.append(Piece("leader", place, stop, 0.8))
            place, head = stop, True
        else:
            break
    return pieces if head else []


def named_in_head(rows: Rows, start: int, end: int, second: int) -> list[Piece]:
    """Names for a stretch that is known to lie outside the programme: cards are slates, the rest leader."""
    pieces, place = list[Piece](), start
    for card in find_cards(rows, round(SLATE_LEAST_S * second)):
        if card.start < start or card.end > end:
            continue
        if card.start > place:
            pieces.append(Piece("leader", place, card.start, 0.7))
        pieces.append(Piece("slate", card.start, card.end, 0.7))
        place = card.end
    if place < end:
        pieces.append(Piece("leader", place, end, 0.7))
    return pieces


def countdown_end(rows: Rows, black: Flags, start: int, second: int) -> int | None:
    """Where a countdown from `start` ends in a second of black; None where there is none."""
    longest = min(start + round(COUNTDOWN_MOST_S * second), len(black))
    dark = np.flatnonzero(black[start:longest])
    if not len(dark):
        return None
    end = start + int(dark[0])
    if end - start < COUNTDOWN_LEAST_S * second or _run_end(black, end) - end < COUNTDOWN_BLACK_S * second:
        return None
    if float(np.median(rows.saturation[start:end])) > COUNTDOWN_GREY:
        return None
    change = rows.difference[start + 1 : end].astype(np.float64)
    early, late = change[:-second], change[second:]
    if early.std() < 1e-6 or late.std() < 1e-6 or np.corrcoef(early, late)[0, 1] < COUNTDOWN_BEAT:
        return None
    thumbs = rows.thumbs[start:end].astype(np.float64)
    apart = np.sqrt(((thumbs[:-second] - thumbs[second:]) ** 2).mean((1, 2, 3)))
    return end if float(np.median(apart)) < COUNTDOWN_ALIKE else None


def _is_slate(card: Card, second: int) -> bool:
    return card.plain and card.lines >= LINES_OF_SLATE and card.end - card.start <= SLATE_MOST_S * second


def _run_end(flags: Flags, start: int) -> int:
    """The end of the run of True at `start`; `start` where there is none."""
    gaps = np.flatnonzero(~flags[start:])
    return start + int(gaps[0]) if len(gaps) else len(flags)
