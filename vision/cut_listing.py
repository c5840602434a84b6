"""A list of cuts in its own numbers, before it is laid against the film."""

from dataclasses import dataclass

from vision.detector import Boundary
from vision.programme import Clock
from vision.rejected import RejectedInput
from vision.timecode import parse_timecode

FIT = "export the list again from the cut that this film shows"


@dataclass(frozen=True)
class Listed:
    """A list's own numbers: boundaries in frames, and the span it covers (None where it names none).

    origin: the frame number (from midnight) of frame 0 of the list; None where it counts from the film.
    """

    boundaries: tuple[Boundary, ...]
    span: tuple[int, int] | None
    origin: int | None


def listed_frame(text: str, name: str, line: int, clock: Clock, drop: bool | None) -> int:
    """Frame number from midnight of a list's timecode; raises RejectedInput that names the line."""
    try:
        return parse_timecode(text, clock.rate, True if clock.drop_frame else drop)
    except ValueError as error:
        raise RejectedInput(f"--cuts {name}, line {line}: {error}", "give frames or HH:MM:SS:FF") from error


def from_midnight(timecode: str, clock: Clock) -> int:
    """Frame number of the film's own timecode."""
    return parse_timecode(timecode, clock.rate, clock.drop_frame)


def moved(boundary: Boundary, by: int) -> Boundary:
    """The same boundary `by` frames later."""
    return Boundary(boundary.frame + by, boundary.kind, boundary.first + by, boundary.last + by)
