"""Which frames are the film proper: FFOA, LFOA, and what stands before, between and after.

Only what the picture supports is called: colour bars by their layout, black by its level, a head by the
timecode's full hour.  Everything else stays picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from vision.analysis import Programme, Region, RegionKind
from vision.burn_ins import BurnIn
from vision.curves import Times
from vision.fades import FLAT_DEVIATION
from vision.heads import (
    HEAD_LONGEST_S,
    Piece,
    black_frames,
    head_by_picture,
    named_in_head,
    picture_after_pop,
    picture_before_pop,
)
from vision.logos import find_logos
from vision.measures import Rows, each_frame
from vision.rejected import RejectedInput
from vision.sound_curves import SoundCurves
from vision.timecode import counting_rate, parse_timecode
from vision.titles import name_cards

BLACK_MID_S = 2.0
BLACK_END_S = 0.25
"""Black inside the film is worth a region from two seconds; at its ends from a quarter."""
BARS_LEAST_S = 1.0
BARS_SATURATION = 0.35
STILL_CHANGE = 0.003
CREDITS_LEAST_S = 10.0
CREDITS_BLACK, CREDITS_DARK_SHARE, CREDITS_LETTERED = 24, 0.65, 0.7
"""White names on black leave two thirds of the thumbnail's cells under level 24; a night scene that does so
to its very end for ten seconds was not met in nine films."""


@dataclass(frozen=True)
class Clock:
    """What turns frames into times and timecode."""

    time_s: Times
    end_s: float
    rate: Fraction
    start_timecode: str | None
    drop_frame: bool


def find_programme(
    rows: Rows, clock: Clock, given: tuple[str, str] | None, pops_s: Sequence[float] = ()
) -> tuple[Programme, tuple[Region, ...]]:
    """The programme and its regions; `given` IN and OUT (frames or timecode, both inclusive) decide alone.

    pops_s: when lone bursts of 1 kHz sound.  Raises RejectedInput where IN and OUT do not fit the film.
    """
    frames = len(clock.time_s)
    regions = [*_blacks(rows, clock), *_bars(rows, clock)]
    if given is not None:
        first, last = _given_frame(given[0], clock), _given_frame(given[1], clock)
        if not 0 <= first <= last < frames:
            raise RejectedInput(
                f"--programme {given[0]} {given[1]}: frames {first} to {last} of 0 to {frames - 1}",
                "give IN and OUT inside the film, as frames or timecode",
            )
        return _programme(first, last, clock), sorted_regions(regions)
    first, last, found = _ends(rows, regions, clock, [_frame_at(clock, pop) for pop in pops_s])
    regions = _with(regions, found, clock)
    regions += _leaders(rows, regions, (first, last), clock)
    regions += _credits(rows, last, clock)
    return _programme(first, last, clock), sorted_regions(regions)


def card_regions(rows: Rows, clock: Clock, programme: Programme, heard: SoundCurves) -> tuple[Region, ...]:
    """Logos, the main title, and cards that stand for missing scenes."""
    second = counting_rate(clock.rate)
    logos = find_logos(rows, programme, second)
    cards = name_cards(rows, clock.time_s.tolist(), second, programme, heard)
    opened = logos[-1].end if logos else 0
    return tuple(_as_regions([*logos, *(card for card in cards if card.start >= opened)], clock))


def burn_in_regions(burn_ins: Sequence[BurnIn], clock: Clock) -> tuple[Region, ...]:
    """A region as long as the film for each overlaid area."""
    frames = len(clock.time_s)
    return tuple(
        _region("burn_in", 0, frames, clock, burn_in.confidence).model_copy(
            update={"area": tuple(round(edge, 4) for edge in burn_in.edges)}
        )
        for burn_in in burn_ins
    )


def _ends(rows: Rows, regions: list[Region], clock: Clock, pops: list[int]) -> tuple[int, int, list[Piece]]:
    """FFOA, LFOA and what was named on the way.

    A pop decides, then a full hour; else black, bars, slate and countdown at the ends are outside.
    """
    frames, second = len(clock.time_s), counting_rate(clock.rate)
    bars = [(region.start_frame, region.end_frame) for region in regions if region.kind == "bars"]
    found = head_by_picture(rows, bars, second)
    first, last = 0, frames - 1
    for region in sorted([*regions, *_as_regions(found, clock)], key=lambda region: region.start_frame):
        if region.start_frame <= first and region.end_frame < frames:
            first = max(first, region.end_frame)
    for region in sorted(regions, key=lambda region: -region.end_frame):
        if region.end_frame > last and region.start_frame > first:
            last = min(last, region.start_frame - 1)
    hour, head = _full_hour_frame(clock), picture_after_pop(pops, rows, second)
    if head is not None:
        first, found = head[1], [Piece("pop", head[0], head[0] + 1, 0.95)]
    elif hour is not None and first <= hour < last:
        first, found = hour, []
    tail = picture_before_pop([pop for pop in pops if pop > first], rows, second, first)
    if tail is not None:
        last = min(last, tail[1])
        found.append(Piece("pop", tail[0], tail[0] + 1, 0.95))
    return first, max(last, first), found


def _with(regions: list[Region], found: list[Piece], clock: Clock) -> list[Region]:
    """Both, without what of `found` is covered by a region already."""
    new = [
        piece
        for piece in _as_regions(found, clock)
        if not any(r.start_frame <= piece.start_frame and piece.end_frame <= r.end_frame for r in regions)
    ]
    return [*regions, *new]


def _as_regions(pieces: list[Piece], clock: Clock) -> list[Region]:
    return [_region(piece.kind, piece.start, piece.end, clock, piece.confidence) for piece in pieces]


def _leaders(rows: Rows, regions: list[Region], picture: tuple[int, int], clock: Clock) -> list[Region]:
    """What stands outside the picture and is nothing else: slates, countdowns, the frame that flashes."""
    frames = len(clock.time_s)
    unnamed = np.ones(frames, np.bool_)
    unnamed[picture[0] : picture[1] + 1] = False
    for region in regions:
        unnamed[region.start_frame : region.end_frame] = False
    black, second = black_frames(rows), counting_rate(clock.rate)
    pieces = [
        piece for start, end in runs(unnamed & ~black) for piece in named_in_head(rows, start, end, second)
    ]
    pieces += [Piece("black", start, end, 0.9) for start, end in runs(unnamed & black)]
    return _as_regions(pieces, clock)


def _credits(rows: Rows, last: int, clock: Clock) -> list[Region]:
    """A tail of at least CREDITS_LEAST_S in which nearly all of the picture is black but for lettering."""
    luma = rows.thumbs[: last + 1, ..., 0]
    dark = (luma < CREDITS_BLACK).mean((1, 2)) >= CREDITS_DARK_SHARE
    lettered = dark & (rows.deviation[: last + 1] > FLAT_DEVIATION)
    bright = np.flatnonzero(~dark)
    start = int(bright[-1]) + 1 if len(bright) else 0
    seconds = _at(clock, last + 1) - _at(clock, start)
    if start == 0 or seconds < CREDITS_LEAST_S or lettered[start:].mean() < CREDITS_LETTERED:
        return []
    return [_region("credits", start, last + 1, clock, 0.6)]


def _full_hour_frame(clock: Clock) -> int | None:
    """The frame at the next full hour, where a head of at most HEAD_LONGEST_S stands before it."""
    if clock.start_timecode is None:
        return None
    try:
        start = parse_timecode(clock.start_timecode, clock.rate, clock.drop_frame)
        hours = int(clock.start_timecode.strip().split(":")[0]) + 1
        at_hour = parse_timecode(f"{hours:02d}:00:00:00", clock.rate, clock.drop_frame)
    except ValueError:
        return None
    frame = at_hour - start
    inside = 0 < frame < len(clock.time_s) and frame <= HEAD_LONGEST_S * clock.rate
    return frame if inside else None


def _blacks(rows: Rows, clock: Clock) -> list[Region]:
    black = black_frames(rows)
    found = []
    for start, end in runs(black):
        seconds = _at(clock, end) - _at(clock, start)
        at_end = start == 0 or end == len(black)
        if seconds >= (BLACK_END_S if at_end else BLACK_MID_S):
            found.append(_region("black", start, end, clock, 0.95))
    return found


def _bars(rows: Rows, clock: Clock) -> list[Region]:
    """Colour bars: still, saturated, seven or more columns that don't change from top to two thirds down."""
    striped = each_frame(_striped, rows.thumbs) & (rows.saturation > BARS_SATURATION)
    still = rows.difference < STILL_CHANGE
    still[1:] |= striped[1:] & ~striped[:-1]
    spans = runs(striped & still)
    return [
        _region("bars", start, end, clock, 0.9)
        for start, end in spans
        if _at(clock, end) - _at(clock, start) >= BARS_LEAST_S
    ]


def _striped(thumbs: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """[T] whether columns of unlike colours don't change from top to two thirds down."""
    upper = thumbs[:, 1:5].astype(np.float32)  # (T, 4, 16, 3)
    down = upper.std(axis=1).mean((1, 2))
    across = upper.mean(axis=1).std(axis=1)  # (T, 3)
    return np.asarray((down < 3) & (across[:, 1:].min(axis=1) > 25))


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """[start, end) of every run of True."""
    edges = np.flatnonzero(np.diff(np.pad(flags.astype(np.int8), 1)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _given_frame(text: str, clock: Clock) -> int:
    if text.strip().isdigit():
        return int(text)
    try:
        wanted = parse_timecode(text, clock.rate, clock.drop_frame)
        start = parse_timecode(clock.start_timecode or "00:00:00:00", clock.rate, clock.drop_frame)
    except ValueError as error:
        raise RejectedInput(f"--programme: {error}", "give a frame number or HH:MM:SS:FF") from error
    return wanted - start


def _programme(first: int, last: int, clock: Clock) -> Programme:
    return Programme(
        first_frame=first, last_frame=last, start_s=_at(clock, first), end_s=_at(clock, last + 1)
    )


def _region(kind: RegionKind, start: int, end: int, clock: Clock, confidence: float) -> Region:
    return Region(
        kind=kind,
        start_frame=start,
        end_frame=end,
        start_s=_at(clock, start),
        end_s=_at(clock, end),
        confidence=confidence,
    )


def _frame_at(clock: Clock, time_s: float) -> int:
    """The frame that is shown nearest to a moment."""
    return int(np.argmin(np.abs(clock.time_s - time_s)))


def _at(clock: Clock, frame: int) -> float:
    return float(clock.time_s[frame]) if frame < len(clock.time_s) else clock.end_s


def sorted_regions(regions: Sequence[Region]) -> tuple[Region, ...]:
    """By first frame, then last frame, then kind."""
    return tuple(sorted(regions, key=lambda region: (region.start_frame, region.end_frame, region.kind)))
