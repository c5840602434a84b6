"""Timecode at the edge: a film's own start and rate, drop-frame where the film says so."""

import math
from fractions import Fraction

from vision.analysis import Film

MINUTES_A_DAY = 24 * 60


def timecode(film: Film, frame: int) -> str:
    """Frame `frame` of `film` as HH:MM:SS:FF (";" before FF when drop-frame), round the clock after 24 h.

    Drop-frame leaves out labels 0 and 1 (0 to 3 at 59.94) of each minute but every tenth: SMPTE ST 12-1.
    """
    fps = nominal_fps(film.rate)
    label = _label(_count(film.start_timecode, fps, film.drop_frame) + frame, fps, film.drop_frame)
    minutes, rest = divmod(label, 60 * fps)
    seconds, frames = divmod(rest, fps)
    hours, minutes = divmod(minutes % MINUTES_A_DAY, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{';' if film.drop_frame else ':'}{frames:02}"


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
    return _count(film.start_timecode, nominal_fps(film.rate), film.drop_frame)


def nominal_fps(rate: Fraction) -> int:
    """The rate that timecode counts in: 24 for 24000/1001, 30 for 30000/1001."""
    return max(math.floor(rate + Fraction(1, 2)), 1)


def clock(time_s: float) -> str:
    """Plain minutes and seconds for sentences: 0:07, 12:30, 1:02:03."""
    seconds = math.floor(time_s)
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def _count(text: str, fps: int, drop: bool) -> int:
    hours, minutes, seconds, frames = (int(part) for part in text.replace(";", ":").split(":"))
    label = ((hours * 60 + minutes) * 60 + seconds) * fps + frames
    whole = hours * 60 + minutes
    return label - _dropped_a_minute(fps) * (whole - whole // 10) if drop else label


def _label(count: int, fps: int, drop: bool) -> int:
    if not drop:
        return count
    dropped = _dropped_a_minute(fps)
    tens, rest = divmod(count, 600 * fps - 9 * dropped)
    minutes = max(rest - dropped, 0) // (60 * fps - dropped)  # the first of ten minutes is a whole one
    return count + dropped * (9 * tens + minutes)


def _dropped_a_minute(fps: int) -> int:
    return fps // 15
