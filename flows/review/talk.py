"""Notes on the page: the list, writing, answering, resolving, and lists for other programs."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from flows.review.form import Sent
from flows.review.note_lists import WRITERS
from flows.review.notes import checked_span, checked_text, known_note, notes_of
from flows.review.record import new_event
from flows.review.results import Version
from flows.review.review import Review, review_of
from flows.review.templates import page
from flows.review.visitor import Denied, Visitor, visitor_of
from render.timecode import timecode
from vision.analysis import Film

router = APIRouter(include_in_schema=False)
Who = Annotated[Visitor, Depends(visitor_of)]


@router.get("/film/{film}/{version}/notes")
def notes(request: Request, visitor: Who, film: str, version: str) -> Response:
    """The list of notes."""
    review = review_of(request)
    return _list(review, visitor, review.version(visitor, film, version))


@router.post("/film/{film}/{version}/notes")
def write(request: Request, visitor: Who, sent: Sent, film: str, version: str) -> Response:
    """A note on a frame or a range."""
    review = review_of(request)
    found = review.version(visitor, film, version)
    text = sent.get("text", "")
    marker = sent.get("marker") == "yes" and not text.strip()
    add_note(
        review,
        visitor,
        found,
        sent.number("first"),
        sent.number("last"),
        "Marker" if marker else text,
        sent.get("name", ""),
        sent.get("event", ""),
        marker,
    )
    return _list(review, visitor, found)


@router.post("/film/{film}/{version}/notes/{note}/reply")
def reply(request: Request, visitor: Who, sent: Sent, film: str, version: str, note: str) -> Response:
    """An answer in a note's thread."""
    visitor.need("comment")
    review = review_of(request)
    found = review.version(visitor, film, version)
    name, text = visitor.signs(sent.get("name", "")), checked_text(sent.get("text", ""))
    known_note(found.film, note, review.events(found.film))
    body = {"note": note, "text": text}
    review.record.add(found.film, "reply", found.name, name, body, sent.get("event", "")[:64])
    return _list(review, visitor, found)


@router.post("/film/{film}/{version}/notes/{note}/resolve")
def resolve(request: Request, visitor: Who, sent: Sent, film: str, version: str, note: str) -> Response:
    """Close a note, or open it again."""
    visitor.need("comment")
    review = review_of(request)
    found = review.version(visitor, film, version)
    name = visitor.signs(sent.get("name", ""))
    known_note(found.film, note, review.events(found.film))
    body = {"note": note, "resolved": sent.get("resolved") == "yes"}
    review.record.add(found.film, "resolve", found.name, name, body, sent.get("event", "")[:64])
    return _list(review, visitor, found)


@router.get("/film/{film}/{version}/notes/list.{kind}")
def listed(request: Request, visitor: Who, film: str, version: str, kind: str) -> Response:
    """Every note as CSV, EDL markers or OTIO."""
    review = review_of(request)
    found = review.version(visitor, film, version)
    if kind not in WRITERS:
        raise Denied(404, "notes come as csv, edl or otio")
    media_type, writer = WRITERS[kind]
    text = writer(film_of(review, found), notes_of(review.events(found.film)))
    saved = f'attachment; filename="notes.{kind}"'
    return Response(text, media_type=media_type, headers={"content-disposition": saved})


def add_note(
    review: Review,
    visitor: Visitor,
    version: Version,
    first: int,
    last: int,
    text: str,
    name: str,
    event: str,
    marker: bool = False,
) -> str:
    """Write a note and return its id; raises Denied."""
    visitor.need("comment")
    who, plain = visitor.signs(name), checked_text(text)
    first, last = checked_span(first, last, film_of(review, version).frames)
    body = {"first": first, "last": last, "text": plain, "marker": marker}
    return review.record.add(version.film, "note", version.name, who, body, event[:64]).event


def film_of(review: Review, version: Version) -> Film:
    """The film's facts; raises Denied (409) before the analysis is there."""
    analysis = review.results.analysis(version)
    if analysis is None:
        raise Denied(409, "this version has not been analysed yet", "wait until it has run")
    return analysis.film


def note_values(review: Review, visitor: Visitor, version: Version) -> dict[str, Any]:
    """What the list of notes shows."""
    analysis = review.results.analysis(version)
    found = notes_of(review.events(version.film)) if analysis is not None else []
    return {
        "visitor": visitor,
        "here": f"{visitor.base}/film/{version.film.key}/{version.key}",
        "version": version,
        "notes": found,
        "code": (lambda frame: timecode(analysis.film, frame)) if analysis is not None else str,
        "new_event": new_event,
    }


def _list(review: Review, visitor: Visitor, version: Version) -> HTMLResponse:
    return page("note_list.html.j2", **note_values(review, visitor, version))
