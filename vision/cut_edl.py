"""Cuts of a CMX3600 EDL: the record times of its first picture track."""

import io
import re
from collections.abc import Iterator

from vision.cut_listing import FIT, Listed, listed_frame, moved
from vision.detector import Boundary
from vision.programme import Clock
from vision.rejected import RejectedInput

VIDEO_CHANNEL = re.compile(r"(.*/)?V1?|B")
"""CMX3600 names of the first picture track: V, A/V, AA/V, B (both)."""
EVENT_LINE = re.compile(r"\d+\s")


def read_edl(text: str, name: str, clock: Clock) -> Listed:
    """Boundaries from the first record-in on. A dissolve's or wipe's event runs from its record-in.

    Raises RejectedInput for a line that is no event and for timecode that the film's rate hasn't.
    """
    boundaries: list[Boundary] = []
    begins, ends, black = None, 0, False
    for line, source, transition, length, record_in, record_out in _edl_events(text, name):
        start, stop = (
            listed_frame(each, name, line, clock, _drops(text)) for each in (record_in, record_out)
        )
        begins, ends = start if begins is None else min(begins, start), max(ends, stop)
        was_black, black = black, source == "BL"
        if stop <= start:
            continue  # the outgoing side of a transition: it gives the picture and takes no time
        boundaries.append(_edl_boundary(start, transition, length, was_black, black))
    if begins is None:
        raise RejectedInput(f"--cuts {name} has no event on its picture track", "export the EDL of track V")
    inside = [moved(boundary, -begins) for boundary in boundaries]
    return Listed(tuple(each for each in inside if each.frame > 0), (0, ends - begins), begins)


def _edl_boundary(start: int, transition: str, length: int, was_black: bool, black: bool) -> Boundary:
    if transition == "C" or length < 2:
        return Boundary(start, "cut", start - 1, start)
    if black:
        return Boundary(start + length, "fade", start, start + length)
    if was_black:
        return Boundary(start, "fade", start, start + length)
    return Boundary(start + length // 2, "dissolve", start, start + length)


def _edl_events(text: str, name: str) -> Iterator[tuple[int, str, str, int, str, str]]:
    """(line, source, transition, its frames, record in, record out) of each picture edit.

    The statements are read, not pycmx's events: 1.5.1 loses an event's last edit where no remark follows it.
    """
    from pycmx.parse_cmx_statements import parse_cmx3600_statements
    from pycmx.statements import StmtEvent, StmtUnrecognized

    for number, statement in enumerate(parse_cmx3600_statements(io.StringIO(text), tolerant=True), 1):
        if isinstance(statement, StmtUnrecognized) and EVENT_LINE.match(text.splitlines()[number - 1]):
            raise RejectedInput(f"--cuts {name}, line {number} is no CMX3600 event", FIT)
        if isinstance(statement, StmtEvent) and VIDEO_CHANNEL.fullmatch(statement.channels.strip().upper()):
            operand = str(statement.trans_op).strip()
            yield (
                number,
                statement.source.strip(),
                statement.trans.strip(),
                int(operand) if operand.isdecimal() else 0,
                statement.record_in,
                statement.record_out,
            )


def _drops(text: str) -> bool | None:
    """Whether the EDL says that it counts drop-frame; None leaves it to the timecodes' separator."""
    return True if re.search(r"^FCM:\s*DROP FRAME", text, re.MULTILINE) else None
