"""The page's facts and acts as JSON, for the page's own scripts and for other programs."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import Field

from flows.ledger.tables import JobRow
from flows.review.changes import MOST_CHANGES, Change, changed_settings, open_desk
from flows.review.compare import compare
from flows.review.decisions import decisions_of, held_cues
from flows.review.night import night_rows
from flows.review.notes import LONGEST_TEXT, notes_of
from flows.review.remake import ask, base_job, progress_of, settings_behind
from flows.review.review import review_of
from flows.review.talk import add_note
from flows.review.verdicts import add_decision
from flows.review.visitor import Denied, Visitor, visitor_of
from vision.artifact import Frozen

REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"description": words}
    for status, words in (
        (400, "can't be read"),
        (401, "sign in first"),
        (403, "not allowed"),
        (404, "not here"),
        (409, "somebody was faster, or it is held"),
        (413, "too long"),
        (422, "not possible; reason and remedy say why"),
    )
}
router = APIRouter(prefix="/api", responses=REFUSALS)
Who = Annotated[Visitor, Depends(visitor_of)]
Key = Annotated[str, Path(max_length=80)]
Frame = Annotated[int, Field(ge=0, lt=2**31)]


class NoteIn(Frozen):
    """A note on frames first to last, both inclusive. event: the sender's own id, so that twice is once."""

    first: Frame
    last: Frame
    text: str = Field(max_length=LONGEST_TEXT)
    name: str = Field(default="", max_length=80)
    event: str = Field(default="", max_length=64)


class DecisionIn(Frozen):
    """subject: "version" or a cue's uid.  seen: the id of the decision that the sender knows of."""

    subject: str = Field(default="version", max_length=80)
    verdict: str = Field(max_length=20)
    why: str = Field(default="", max_length=LONGEST_TEXT)
    seen: str = Field(default="", max_length=64)
    name: str = Field(default="", max_length=80)
    event: str = Field(default="", max_length=64)


class ChangesIn(Frozen):
    """What a new version shall do differently."""

    changes: list[Change] = Field(max_length=MOST_CHANGES)
    name: str = Field(default="", max_length=80)


class Made(Frozen):
    """The id of what was written."""

    id: str


@router.get("/films")
def films(request: Request, visitor: Who) -> list[dict[str, Any]]:
    """Every film that the visitor sees, what needs a person first."""
    rows = night_rows(review_of(request))
    return [
        {**{k: v for k, v in asdict(row).items() if k != "searched"}} for row in rows if visitor.sees(row.key)
    ]


@router.get("/films/{film}")
def film(request: Request, visitor: Who, film: Key) -> dict[str, Any]:
    """A film and its versions, oldest first."""
    found = review_of(request).film(visitor, film)
    versions = [version for version in found.versions if visitor.sees(found.key, version.key)]
    return {
        "key": found.key,
        "name": found.name,
        "versions": [{"key": one.key, "name": one.name, "finished": one.finished} for one in versions],
    }


@router.get("/films/{film}/notes")
def notes(request: Request, visitor: Who, film: Key) -> list[dict[str, Any]]:
    """Every note of a film by frame."""
    review = review_of(request)
    return [asdict(note) for note in notes_of(review.events(review.film(visitor, film)))]


@router.post("/films/{film}/versions/{version}/notes", status_code=201)
def note(request: Request, visitor: Who, film: Key, version: Key, sent: NoteIn) -> Made:
    """Write a note."""
    review = review_of(request)
    found = review.version(visitor, film, version)
    return Made(id=add_note(review, visitor, found, sent.first, sent.last, sent.text, sent.name, sent.event))


@router.get("/films/{film}/decisions")
def decisions(request: Request, visitor: Who, film: Key) -> dict[str, Any]:
    """Every decision on a film, oldest first, and the cues that are held."""
    review = review_of(request)
    events = review.events(review.film(visitor, film))
    return {"decisions": [asdict(one) for one in decisions_of(events)], "held": held_cues(events)}


@router.post("/films/{film}/versions/{version}/decisions", status_code=201)
def decide(request: Request, visitor: Who, film: Key, version: Key, sent: DecisionIn) -> Made:
    """Decide on a version or a cue."""
    review = review_of(request)
    found = review.version(visitor, film, version)
    return Made(id=add_decision(review, visitor, found, **sent.model_dump()))


@router.post("/films/{film}/versions/{version}/changes", status_code=202)
def change(request: Request, visitor: Who, film: Key, version: Key, sent: ChangesIn) -> dict[str, Any]:
    """Ask for a new version: cues moved, added, taken out or done again, every other one kept as it is."""
    visitor.need("edit")
    review = review_of(request)
    found = review.version(visitor, film, version)
    who = visitor.signs(sent.name)
    base = base_job(review.ledger, review.results, found)
    desk = open_desk(review.results, found, review.events(found.film), settings_behind(base))
    settings = changed_settings(review.results, desk, sent.changes, who)
    by_hand = any(one.do != "again" for one in sent.changes)
    job = ask(review.ledger, base, settings, by_hand, who)
    review.helper.wake()
    return progress_of(job)


@router.get("/films/{film}/jobs/{job}")
def job(
    request: Request, visitor: Who, film: Key, job: Annotated[int, Path(ge=0, lt=2**31)]
) -> dict[str, Any]:
    """Where a version that was asked for stands."""
    review = review_of(request)
    found = review.film(visitor, film)
    row = review.ledger.job(job)
    if row is None or row.results != review.ledger.results or not _belongs(row, found.folder.name):
        raise Denied(404, "there is no such job here")
    return progress_of(row)


@router.get("/films/{film}/versions/{version}/differences")
def differences(
    request: Request, visitor: Who, film: Key, version: Key, other: str = ""
) -> list[dict[str, Any]]:
    """Which cues differ from the version `other`, and in them which bars."""
    review = review_of(request)
    found, before = review.version(visitor, film, version), review.version(visitor, film, other)
    return [asdict(one) for one in compare(review.results, before, found)]


def _belongs(row: JobRow, film: str) -> bool:
    return row.folder.partition("/")[0] == film
