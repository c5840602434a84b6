"""Decisions on a version and on its cues, and which cues they hold.

The rules: a decision is on the newest version or on one of its cues; whoever decides has seen the decision
before it, so of two at once the first counts and the second is told; a newer version inherits none; a cue
whose newest decision, in whichever version, is an approval is held: it never changes until that is
withdrawn by another decision. Nothing is ever removed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from flows.review.record import Event
from flows.review.results import Version
from flows.review.visitor import Denied

Verdict = Literal["approve", "changes", "reject"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
WORDS: dict[Verdict, str] = {"approve": "approved", "changes": "needs changes", "reject": "rejected"}
VERSION = "version"


@dataclass(frozen=True)
class Decision:
    """subject: "version" or a cue's uid.  label: what the subject was called then."""

    id: str
    version: str
    subject: str
    label: str
    verdict: Verdict
    why: str
    who: str
    at: float

    @property
    def words(self) -> str:
        """`approved by Ada`."""
        return f"{WORDS[self.verdict]} by {self.who}"


def decisions_of(events: Sequence[Event]) -> list[Decision]:
    """Every decision, oldest first."""
    return [
        Decision(
            id=event.event,
            version=event.version,
            subject=event.body["subject"],
            label=event.body["label"],
            verdict=event.body["verdict"],
            why=event.body["why"],
            who=event.who,
            at=event.at,
        )
        for event in events
        if event.kind == "decision"
    ]


def newest_on(decisions: Sequence[Decision], version: str, subject: str) -> Decision | None:
    """What holds for a subject of one version."""
    here = [one for one in decisions if one.version == version and one.subject == subject]
    return here[-1] if here else None


def held_cues(events: Sequence[Event]) -> dict[str, str]:
    """Cue uids that may not change, with the reason: approved in some version, or locked."""
    held: dict[str, str] = {}
    for event in events:
        if event.kind == "decision" and event.body["subject"] != VERSION:
            uid = event.body["subject"]
            if event.body["verdict"] == "approve":
                held[uid] = f"approved by {event.who} in {event.version}"
            elif held.get(uid, "").startswith("approved"):
                del held[uid]
    for event in events:
        if event.kind == "lock":
            uid = event.body["cue"]
            if event.body["locked"]:
                held.setdefault(uid, f"locked by {event.who}")
            elif held.get(uid, "").startswith("locked"):
                del held[uid]
    return held


def check_decision(version: Version, subject: str, verdict: str, why: str, cues: Sequence[str]) -> None:
    """Raise Denied unless a person may decide this here and now."""
    if verdict not in VERDICTS:
        raise Denied(422, f"there is no decision {verdict!r}", f"it is one of {', '.join(VERDICTS)}")
    if subject != VERSION and subject not in cues:
        raise Denied(404, "there is no such cue in this version")
    if verdict == "changes" and not why.strip():
        raise Denied(422, "say what has to change", "write it beside the decision")
    if not version.finished:
        raise Denied(409, "this version is not finished", "decide when it is")
    newest = version.film.newest
    if newest is not None and newest.key != version.key:
        raise Denied(409, f"{newest.name} is newer than {version.name}", f"decide on {newest.name}")


def check_seen(decisions: Sequence[Decision], version: str, subject: str, seen: str) -> None:
    """Raise Denied (409) where somebody decided since the page was drawn."""
    newest = newest_on(decisions, version, subject)
    if newest is not None and newest.id != seen:
        raise Denied(
            409,
            f"meanwhile {newest.label} was {newest.words}",
            "look at it and decide again if you still want to",
        )
