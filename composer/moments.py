"""Moments as people write them: a frame number, a timecode, or seconds with an s."""

import math
import re
from fractions import Fraction

import numpy as np

from vision.analysis import Film
from vision.artifact import Frozen
from vision.curves import Curves

FRAME = re.compile(r"(?:frame\s+)?(\d+)$")
TIMECODE = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})[:;](\d{2})$")
CLOCK = re.compile(r"(?:(\d+):)?(\d{1,3}):(\d{2}(?:\.\d+)?)$")
SECONDS = re.compile(r"(\d+(?:\.\d+)?)\s*s(?:ec(?:onds?)?)?$")


class Moment(Frozen):
    """A moment as written, in exactly one of three ways."""

    frame: int | None = None
    timecode: tuple[int, int, int, int] | None = None
    seconds: float | None = None


def read_moment(text: str) -> Moment | None:
    """`2210`, `frame 2210`, `01:00:10:00`, `1:10` or `1:10.5` (minutes), `12.5 s`; None for anything else."""
    text = text.strip().lower()
    if found := FRAME.match(text):
        return Moment(frame=int(found[1]))
    if found := TIMECODE.match(text):
        hours, minutes, seconds, frames = (int(part) for part in found.groups())
        return Moment(timecode=(hours, minutes, seconds, frames)) if minutes < 60 and seconds < 60 else None
    if found := CLOCK.match(text):
        seconds_text = float(found[3])
        if seconds_text >= 60:
            return None
        return Moment(seconds=int(found[1] or 0) * 3600 + int(found[2]) * 60 + seconds_text)
    if found := SECONDS.match(text):
        return Moment(seconds=float(found[1]))
    return None


def frame_of(moment: Moment, film: Film, curves: Curves) -> int:
    """The frame a moment names; may lie outside the film. Seconds go to the nearest presentation time.

    A timecode before the film's start timecode counts from the first frame, as a stopwatch does.
    """
    if moment.frame is not None:
        return moment.frame
    if moment.timecode is not None:
        count = label_count(moment.timecode, film)
        start = label_count(_parts(film.start_timecode), film)
        return count - start if count >= start else count
    assert moment.seconds is not None
    half = 0.5 / float(film.rate)
    if moment.seconds >= film.duration_s - half:
        return (
            film.frames
            if moment.seconds <= film.duration_s + half
            else math.ceil(Fraction(moment.seconds) * film.rate)
        )
    return int(np.argmin(np.abs(curves.time_s - moment.seconds)))


def time_of(frame: int, film: Film, curves: Curves) -> float | None:
    """Presentation time of a frame; the film's end for the frame after the last; None outside the film."""
    if frame == film.frames:
        return film.duration_s
    return float(curves.time_s[frame]) if 0 <= frame < film.frames else None


def label_count(label: tuple[int, int, int, int], film: Film) -> int:
    """Frames since midnight of a timecode label, dropped labels left out where the film drops them."""
    hours, minutes, seconds, frames = label
    fps = max(math.floor(film.rate + Fraction(1, 2)), 1)
    count = ((hours * 60 + minutes) * 60 + seconds) * fps + frames
    if not film.drop_frame:
        return count
    whole = hours * 60 + minutes
    return count - (2 * fps // 30) * (whole - whole // 10)


def _parts(text: str) -> tuple[int, int, int, int]:
    hours, minutes, seconds, frames = (int(part) for part in text.replace(";", ":").split(":"))
    return hours, minutes, seconds, frames
