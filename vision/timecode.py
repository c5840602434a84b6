"""Timecode strings at the edge: HH:MM:SS:FF for any rate, HH:MM:SS;FF where frames are dropped.

Frame numbers count from midnight.  SMPTE ST 12-1: timecode counts in whole frames a second (24 for 23.976);
drop-frame leaves out numbers 0 and 1 (0 to 3 at 59.94) of each minute but every tenth, so that 29.97 keeps
step with the clock to 86 ms a day.
"""

import re
from fractions import Fraction

_PATTERN = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)([:;.])(\d{2,3})")


def counting_rate(rate: Fraction) -> int:
    """Frame numbers a timecode second: 24 for 24000/1001, never under 1."""
    return max(round(rate), 1)


def may_drop(rate: Fraction) -> bool:
    """Whether drop-frame exists at this rate: multiples of 30000/1001."""
    return rate.denominator == 1001 and rate.numerator % 30000 == 0


def format_timecode(frame: int, rate: Fraction, drop_frame: bool = False) -> str:
    """Frame number from midnight as a timecode; runs round after 24 hours."""
    base = counting_rate(rate)
    if drop_frame:
        frame += _dropped_before(frame, base)
    frame %= 24 * 3600 * base
    seconds, frames = divmod(frame, base)
    minutes, seconds = divmod(seconds, 60)
    digits = 3 if base > 100 else 2
    separator = ";" if drop_frame else ":"
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}{separator}{frames:0{digits}d}"


def parse_timecode(text: str, rate: Fraction, drop_frame: bool | None = None) -> int:
    """Frame number from midnight.

    drop_frame: None reads it from the separator.  Raises ValueError for text that is no timecode, for a
    frame number that the rate hasn't, and for a number that drop-frame leaves out.
    """
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a timecode such as 01:00:00:00")
    hours, minutes, seconds, frames = (int(match[group]) for group in (1, 2, 3, 5))
    base = counting_rate(rate)
    if frames >= base:
        raise ValueError(f"{text!r} has frame {frames}, but a second has {base} frames")
    number = ((hours * 60 + minutes) * 60 + seconds) * base + frames
    if not (match[4] != ":" if drop_frame is None else drop_frame):
        return number
    left_out = base // 15
    if minutes % 10 and seconds == 0 and frames < left_out:
        raise ValueError(f"{text!r} is left out by drop-frame counting")
    total_minutes = hours * 60 + minutes
    return number - left_out * (total_minutes - total_minutes // 10)


def _dropped_before(frame: int, base: int) -> int:
    """How many numbers drop-frame counting has left out by the `frame`-th real frame."""
    left_out = base // 15
    minute = 60 * base - left_out
    ten_minutes = 600 * base - 9 * left_out
    tens, rest = divmod(frame, ten_minutes)
    minutes = (rest - left_out) // minute if rest >= left_out else 0
    return left_out * (9 * tens + minutes)
