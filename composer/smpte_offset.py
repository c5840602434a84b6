"""A film's start timecode as MIDI can say it: four rates, whole frames and hundredths."""

from dataclasses import dataclass
from typing import Any, Final

import mido

from vision.analysis import Film
from vision.timecode import counting_rate

DROP: Final = 29.97  # the one drop-frame rate that MIDI has a code for
CODES: Final = (25, 30, 24)  # 120 is four times 30 before it is five times 24


@dataclass(frozen=True, slots=True)
class SmpteOffset:
    """The event's fields; warning: what of the true timecode they can't say, empty where they say it all."""

    code: float
    hours: int
    minutes: int
    seconds: int
    frames: int
    hundredths: int
    warning: str

    def event(self) -> Any:
        """The meta event."""
        return mido.MetaMessage(
            "smpte_offset",
            frame_rate=self.code,
            hours=self.hours,
            minutes=self.minutes,
            seconds=self.seconds,
            frames=self.frames,
            sub_frames=self.hundredths,
        )


def smpte_offset(film: Film) -> SmpteOffset:
    """23.976 counts as 24, 50 as 25, 59.94 as 29.97 drop-frame, 29.97 without dropping as 30.

    The label stays the film's own; frames of a doubled rate become half as many, odd ones a half more.
    """
    hours, minutes, seconds, frames = (
        int(part) for part in film.start_timecode.replace(";", ":").split(":")
    )
    base, pulled_down = counting_rate(film.rate), film.rate.denominator == 1001
    nominal = next((code for code in CODES if base % code == 0 or code % base == 0), 30)
    doubled = pulled_down and base == 60
    code: float = DROP if film.drop_frame or doubled else nominal
    whole, rest = divmod(frames * nominal, base)
    if code == DROP and minutes % 10 and seconds == 0 and whole < 2:
        whole = 2  # labels 0 and 1 are left out there
    return SmpteOffset(
        code, hours % 24, minutes, seconds, whole, 100 * rest // base, _warning(film, base, nominal, code)
    )


def _warning(film: Film, base: int, nominal: int, code: float) -> str:
    said = f"MIDI has no rate for {film.frame_rate} frames a second"
    if base % nominal and nominal % base:
        return f"{said}: its start timecode stands there at 30"
    if film.drop_frame or film.rate.denominator != 1001 or nominal != 30:
        return ""
    where = "29.97 drop-frame" if code == DROP else "30"
    return f"{said} without drop-frame: its start timecode stands there as {where}, the true one as a marker"
