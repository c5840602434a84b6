"""Notes for other programs: a table, a marker list for Resolve, an OpenTimelineIO timeline."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import opentimelineio as otio

from flows.review.notes import Note
from render.score_markers import one_line
from render.timecode import start_count, timecode
from vision.analysis import Film

Writer = Callable[[Film, Sequence[Note]], str]
# A cell that begins so is a formula to a spreadsheet (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
MOST_EVENTS = 999
COLUMNS = ("timecode", "to", "frame", "to frame", "version", "who", "note", "resolved", "replies", "written")


def notes_csv(film: Film, notes: Sequence[Note]) -> str:
    """A row a note; cells that a spreadsheet would run are made text."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for note in notes:
        replies = " / ".join(f"{who}: {text}" for who, text, _ in note.replies)
        written = datetime.fromtimestamp(note.at, UTC).isoformat(timespec="seconds")
        codes = (timecode(film, note.first), timecode(film, note.last))
        cells = (note.version, note.who, note.text, "yes" if note.resolved else "no", replies, written)
        table.writerow([*codes, note.first, note.last, *(inert(cell) for cell in cells)])
    return "\ufeff" + out.getvalue()


def inert(cell: str) -> str:
    """`cell` as text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def notes_edl(film: Film, notes: Sequence[Note]) -> str:
    """DaVinci Resolve's timeline markers; a frame's notes are one marker, since it keeps one a frame."""
    lines = ["TITLE: Reelscore notes", f"FCM: {'' if film.drop_frame else 'NON-'}DROP FRAME"]
    frames = sorted({note.first for note in notes})[:MOST_EVENTS]
    for number, frame in enumerate(frames, 1):
        here = [note for note in notes if note.first == frame]
        code, after = timecode(film, frame), timecode(film, frame + 1)
        text = _field("; ".join(f"{note.who}: {note.text}" for note in here))
        length = max(note.last for note in here) - frame + 1
        colour = "ResolveColorGreen" if all(note.resolved for note in here) else "ResolveColorYellow"
        lines.append(f"{number:03}  001      V     C        {code} {after} {code} {after}")
        lines.append(f"_{text} |C:{colour} |M:{_field(here[0].who)} |D:{length}")
    return "\r\n".join(lines) + "\r\n"


def notes_otio(film: Film, notes: Sequence[Note]) -> str:
    """A timeline of the film's length whose markers are the notes, on the film's frames."""
    rate = float(film.rate)

    def span(first: int, frames: int) -> otio.opentime.TimeRange:
        return otio.opentime.TimeRange(
            otio.opentime.RationalTime(first, rate), otio.opentime.RationalTime(frames, rate)
        )

    timeline = otio.schema.Timeline(
        "Reelscore notes", global_start_time=otio.opentime.RationalTime(start_count(film), rate)
    )
    track = otio.schema.Track(name="Picture", kind="Video")
    picture = otio.schema.MissingReference(available_range=span(0, film.frames))
    track.append(otio.schema.Clip("picture", picture, span(0, film.frames)))
    timeline.tracks.append(track)
    for note in notes:
        marker = otio.schema.Marker(
            one_line(note.text)[:80],
            span(note.first, note.last - note.first + 1),
            "GREEN" if note.resolved else "YELLOW",
        )
        marker.metadata["reelscore"] = {
            "who": note.who,
            "note": note.text,
            "version": note.version,
            "resolved": note.resolved,
            "replies": [f"{who}: {text}" for who, text, _ in note.replies],
        }
        timeline.tracks.markers.append(marker)
    return str(otio.adapters.write_to_string(timeline, "otio_json")) + "\n"


def _field(text: str) -> str:
    return one_line(text).replace("|", "/")


WRITERS: dict[str, tuple[str, Writer]] = {
    "csv": ("text/csv; charset=utf-8", notes_csv),
    "edl": ("text/plain; charset=utf-8", notes_edl),
    "otio": ("application/json", notes_otio),
}
