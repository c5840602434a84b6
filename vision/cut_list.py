"""Shot boundaries that the editor gives: a CSV of frames, a CMX3600 EDL or an OpenTimelineIO timeline.

What a list is, its text says: a name on disk proves nothing.  Its frames count at the film's rate from the
film's start timecode; a list that does not fit the film is refused with the difference.
"""

import csv
import io
from typing import Final

import numpy as np

from vision.analysis import Programme, Transition
from vision.cut_edl import read_edl
from vision.cut_listing import FIT, Listed, from_midnight, listed_frame
from vision.cut_timeline import read_timeline
from vision.detector import Boundary
from vision.programme import Clock
from vision.rejected import RejectedInput
from vision.timecode import format_timecode

SLACK_FRAMES: Final = 1
"""An end that rounds differently is the same end; two frames are another cut of the film."""
KINDS: Final[tuple[Transition, ...]] = ("cut", "dissolve", "fade")


def read_cuts(text: str, name: str, clock: Clock, programme: Programme) -> list[Boundary]:
    """Boundaries by rising frame, none at frame 0, in frames of the film.

    text: the file's content; name: for messages.  Raises RejectedInput for text that is no list of cuts,
    for a cut outside the film and for a list longer or shorter than its picture, saying by how much.
    """
    listed = _listed(text, name, clock)
    shift = _shift(listed, name, clock, programme)
    frames = len(clock.time_s)
    found: dict[int, Boundary] = {}
    for boundary in listed.boundaries:
        _refuse_outside(boundary.frame + shift, name, clock)
        frame, first, last = (
            _film_frame(number + shift, clock) for number in (boundary.frame, boundary.first, boundary.last)
        )
        if 0 < frame < frames:
            found[frame] = Boundary(frame, boundary.kind, max(first, 0), min(last, frames - 1))
    return [found[frame] for frame in sorted(found)]


def _listed(text: str, name: str, clock: Clock) -> Listed:
    if text.lstrip().startswith("{"):
        return read_timeline(text, name, clock.rate)
    if any(line.startswith(("TITLE:", "FCM:")) for line in text.splitlines()[:20]):
        return read_edl(text, name, clock)
    return _read_csv(text, name, clock)


def _shift(listed: Listed, name: str, clock: Clock, programme: Programme) -> int:
    """What turns the list's frames into the film's; refuses a list that does not cover the programme.

    Where film and list both carry timecode it decides.  Otherwise the list begins with the film or with its
    programme, whichever has its length.
    """
    frames, last = _nominal_frames(clock), programme.last_frame + 1
    if listed.span is None:
        return 0
    start, end = listed.span
    if listed.origin is not None and clock.start_timecode is not None:
        shift = listed.origin - from_midnight(clock.start_timecode, clock)
    elif abs((end - start) - (last - programme.first_frame)) <= SLACK_FRAMES:
        shift = programme.first_frame - start
    else:
        shift = -start
    begins, ends = start + shift, end + shift
    if begins < 0 or ends > frames + SLACK_FRAMES:
        _refuse_span(name, clock, begins, ends)
    if begins > programme.first_frame + SLACK_FRAMES or ends < last - SLACK_FRAMES:
        _refuse_short(name, (begins, ends), programme)
    return shift


def _refuse_span(name: str, clock: Clock, begins: int, ends: int) -> None:
    frames = _nominal_frames(clock)
    off = [f"begins {-begins} frames before it"] if begins < 0 else []
    off += [f"ends {ends - frames} frames after it"] if ends > frames else []
    zero = clock.start_timecode or format_timecode(0, clock.rate, clock.drop_frame)
    raise RejectedInput(
        f"--cuts {name} is {ends - begins} frames long, the film {frames} from {zero}: "
        f"the list {' and '.join(off)}",
        FIT,
    )


def _refuse_short(name: str, span: tuple[int, int], programme: Programme) -> None:
    begins, ends = span
    late, early = begins - programme.first_frame, programme.last_frame + 1 - ends
    parts = [f"begins {late} frames after its first"] if late > SLACK_FRAMES else []
    parts += [f"ends {early} frames before its last"] if early > SLACK_FRAMES else []
    raise RejectedInput(
        f"--cuts {name} is {ends - begins} frames long, the picture "
        f"{programme.last_frame + 1 - programme.first_frame} (frames {programme.first_frame} to "
        f"{programme.last_frame}): the list {' and '.join(parts)}",
        f"{FIT}, or name the picture with --programme IN OUT",
    )


def _refuse_outside(frame: int, name: str, clock: Clock) -> None:
    frames = _nominal_frames(clock)
    if frame > frames:
        raise RejectedInput(
            f"--cuts {name} has a cut at frame {frame}, {frame - frames + 1} beyond the film's last "
            f"({frames - 1})",
            FIT,
        )
    if frame < 0:
        raise RejectedInput(f"--cuts {name} has a cut {-frame} frames before the film begins", FIT)


def _read_csv(text: str, name: str, clock: Clock) -> Listed:
    """A row a shot: its first frame (from 0) or timecode, then `cut` (default), `dissolve` or `fade`.

    One line of headings and lines that begin with # are passed over.
    """
    try:
        rows = list(csv.reader(io.StringIO(text)))
    except csv.Error as error:
        raise RejectedInput(f"--cuts {name} is no CSV: {error}", "give one shot a line") from error
    numbered = [(number, [cell.strip() for cell in row]) for number, row in enumerate(rows, 1)]
    filled = [(number, row) for number, row in numbered if row and row[0] and not row[0].startswith("#")]
    if filled and not any(char.isdigit() for char in filled[0][1][0]):
        filled = filled[1:]
    if not filled:
        raise RejectedInput(f"--cuts {name} names no cut", "give a CSV of frames, a CMX3600 EDL or an OTIO")
    return Listed(tuple(_csv_boundary(row, number, name, clock) for number, row in filled), None, None)


def _csv_boundary(row: list[str], number: int, name: str, clock: Clock) -> Boundary:
    kind = row[1].lower() if len(row) > 1 and row[1] else "cut"
    known = next((each for each in KINDS if each == kind), None)
    if known is None:
        raise RejectedInput(f"--cuts {name}, line {number}: {kind!r}", f"write {', '.join(KINDS)} or nothing")
    if row[0].isdecimal():
        frame = int(row[0])
    else:
        start = from_midnight(clock.start_timecode, clock) if clock.start_timecode else 0
        frame = listed_frame(row[0], name, number, clock, None) - start
    return Boundary(frame, known, frame - 1, frame)


def _nominal_frames(clock: Clock) -> int:
    """The film's length in frames of its rate; a variable-rate film holds another number of pictures."""
    return round(clock.end_s * clock.rate)


def _film_frame(number: int, clock: Clock) -> int:
    """The picture shown at frame `number` of the even rate: what timecode counts, whatever was left out."""
    return int(np.searchsorted(clock.time_s, (number - 0.5) / float(clock.rate)))
