"""Notes on frames: threads, resolved or open, made from what people did."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flows.review.record import Event
from flows.review.results import FilmFolder
from flows.review.visitor import Denied

LONGEST_TEXT = 4000


@dataclass
class Note:
    """first, last: frames, both inclusive; alike for a note on one frame.  marker: made by a key alone."""

    id: str
    version: str
    first: int
    last: int
    text: str
    who: str
    at: float
    marker: bool
    resolved: bool = False
    replies: list[tuple[str, str, float]] = field(default_factory=list)


def notes_of(events: Sequence[Event]) -> list[Note]:
    """Every note by frame, with its replies (who, text, at)."""
    notes: dict[str, Note] = {}
    for event in events:
        body = event.body
        if event.kind == "note":
            notes[event.event] = Note(
                id=event.event,
                version=event.version,
                first=body["first"],
                last=body["last"],
                text=body["text"],
                who=event.who,
                at=event.at,
                marker=body.get("marker", False),
            )
        elif event.kind == "reply" and body["note"] in notes:
            notes[body["note"]].replies.append((event.who, body["text"], event.at))
        elif event.kind == "resolve" and body["note"] in notes:
            notes[body["note"]].resolved = body["resolved"]
    return sorted(notes.values(), key=lambda note: (note.first, note.at))


def checked_text(text: str) -> str:
    """A note's text without control characters; raises Denied (422) where it is empty or too long."""
    plain = "".join(c for c in text.replace("\r\n", "\n") if c == "\n" or c.isprintable()).strip()
    if not plain:
        raise Denied(422, "the note is empty", "write what you see or hear")
    if len(plain) > LONGEST_TEXT:
        raise Denied(422, f"the note is longer than {LONGEST_TEXT} characters", "make it two")
    return plain


def checked_span(first: int, last: int, frames: int) -> tuple[int, int]:
    """Frames of the film in order; raises Denied (422)."""
    if not 0 <= first <= last < frames:
        raise Denied(
            422, f"frames {first} to {last} are not in this film", f"it has frames 0 to {frames - 1}"
        )
    return first, last


def known_note(film: FilmFolder, note: str, events: Sequence[Event]) -> Note:
    """A note of the film; raises Denied (404)."""
    found = next((one for one in notes_of(events) if one.id == note), None)
    if found is None:
        raise Denied(404, "there is no such note here")
    return found
