"""Timecode at the edge: a film's own start and rate, drop-frame where the film says so."""

import math
from fractions import Fraction

from vision.analysis import Film
from vision.timecode import format_timecode, parse_timecode


def timecode(film: Film, frame: int) -> str:
    """Frame `frame` of `film` as HH:MM:SS:FF (";" before FF when drop-frame), round the clock after 24 h."""
    return format_timecode(start_count(film) + frame, film.rate, film.drop_frame)


def frame_at(film: Film, time_s: float) -> int:
    """The frame whose start is nearest to `time_s`, counted at the film's rate.

    Nearest, since containers round presentation times (Matroska to 1 ms). A variable-rate film has no
    exact answer: its average rate counts here, as its timecode does.
    """
    return round(Fraction(time_s) * film.rate)


def timecode_at(film: Film, time_s: float) -> str:
    """Timecode of a moment in seconds from the first shown frame."""
    return timecode(film, frame_at(film, time_s))


def start_count(film: Film) -> int:
    """The film's first frame as a count of frames since midnight."""
    return parse_timecode(film.start_timecode, film.rate, film.drop_frame)


def clock(time_s: float) -> str:
    """Plain minutes and seconds for sentences: 0:07, 12:30, 1:02:03."""
    seconds = math.floor(time_s)
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"
