"""Deciding on the page: a version, its cues, and locks."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from flows.review.decisions import (
    VERSION,
    WORDS,
    check_decision,
    check_seen,
    decisions_of,
    held_cues,
    newest_on,
)
from flows.review.form import Sent
from flows.review.notes import LONGEST_TEXT
from flows.review.record import new_event
from flows.review.results import Version
from flows.review.review import Review, review_of
from flows.review.templates import page
from flows.review.visitor import Denied, Visitor, visitor_of

router = APIRouter(include_in_schema=False)
Who = Annotated[Visitor, Depends(visitor_of)]


@router.get("/film/{film}/{version}/decisions")
def decisions(request: Request, visitor: Who, film: str, version: str) -> Response:
    """What was decided, and what may be."""
    review = review_of(request)
    return _panel(review, visitor, review.version(visitor, film, version))


@router.post("/film/{film}/{version}/decisions")
def decide(request: Request, visitor: Who, sent: Sent, film: str, version: str) -> Response:
    """Approve, ask for changes, or reject."""
    review = review_of(request)
    found = review.version(visitor, film, version)
    fields = {name: sent.get(name, "") for name in ("subject", "verdict", "why", "seen", "name", "event")}
    try:
        add_decision(review, visitor, found, **fields)
    except Denied as denied:
        if denied.status != 409:
            raise
        return _panel(review, visitor, found, denied)
    return _panel(review, visitor, found)


@router.post("/film/{film}/{version}/locks")
def lock(request: Request, visitor: Who, sent: Sent, film: str, version: str) -> Response:
    """Lock a cue against change, or let it go."""
    review = review_of(request)
    found = review.version(visitor, film, version)
    add_lock(
        review, visitor, found, sent.get("cue", ""), sent.get("locked") == "yes", sent.get("name", ""),
        sent.get("event", ""),
    )  # fmt: skip
    return _panel(review, visitor, found)


def add_decision(
    review: Review,
    visitor: Visitor,
    version: Version,
    subject: str,
    verdict: str,
    why: str,
    seen: str,
    name: str,
    event: str,
) -> str:
    """Decide, durably, and return the decision's id; raises Denied (409 where somebody was faster)."""
    visitor.need("approve")
    who, names = visitor.signs(name), _cue_names(review, version)
    check_decision(version, subject, verdict, why, list(names))
    if len(why) > LONGEST_TEXT:
        raise Denied(422, f"the reason is longer than {LONGEST_TEXT} characters", "make it shorter")
    label = f"version {version.name}" if subject == VERSION else names[subject]
    body = {"subject": subject, "label": label, "verdict": verdict, "why": why.strip()}
    return review.record.add(
        version.film,
        "decision",
        version.name,
        who,
        body,
        event[:64],
        check=lambda before: check_seen(decisions_of(before), version.name, subject, seen),
    ).event


def add_lock(
    review: Review, visitor: Visitor, version: Version, cue: str, locked: bool, name: str, event: str
) -> str:
    """Lock or unlock a cue; raises Denied."""
    visitor.need("edit")
    who = visitor.signs(name)
    if cue not in _cue_names(review, version):
        raise Denied(404, "there is no such cue in this version")
    body = {"cue": cue, "locked": locked}
    return review.record.add(version.film, "lock", version.name, who, body, event[:64]).event


def decision_values(review: Review, visitor: Visitor, version: Version) -> dict[str, Any]:
    """What the panel of decisions shows."""
    events = review.events(version.film)
    found, held = decisions_of(events), held_cues(events)
    newest = version.film.newest
    names = _cue_names(review, version)
    subjects = [(VERSION, f"Version {version.name}"), *names.items()]
    return {
        "visitor": visitor,
        "here": f"{visitor.base}/film/{version.film.key}/{version.key}",
        "version": version,
        "open": newest is not None and newest.key == version.key and visitor.may("approve"),
        "newest": newest,
        "subjects": [(uid, label, newest_on(found, version.name, uid)) for uid, label in subjects],
        "held": held,
        "history": [(one, _day(one.at)) for one in reversed(found)],
        "words": WORDS,
        "new_event": new_event,
        "conflict": None,
    }


def _panel(
    review: Review, visitor: Visitor, version: Version, conflict: Denied | None = None
) -> HTMLResponse:
    values = decision_values(review, visitor, version)
    return page("decision_list.html.j2", **{**values, "conflict": conflict})


def _cue_names(review: Review, version: Version) -> dict[str, str]:
    spotting = review.results.spotting(version)
    return {cue.uid: cue.id for cue in spotting.cues} if spotting else {}


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
