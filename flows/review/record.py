"""What people did, unchangeable: in the ledger and, line by line, in decisions.jsonl beside the film.

An event is on the disk in both before its sender hears that it was taken. The file comes first, within the
ledger's transaction: after a crash between the two, `restore` brings the ledger up to the file.
"""

import fcntl
import json
import os
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Literal

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.ledger.ledger import Ledger
from flows.review.results import FilmFolder
from flows.review.tables import ReviewEvent
from vision.artifact import Artifact
from vision.faultpoint import faultpoint

Kind = Literal["note", "reply", "resolve", "decision", "lock"]


class Event(Artifact):
    """One line of decisions.jsonl.

    body by kind: note {first, last, text, marker}; reply {note, text}; resolve {note, resolved};
    decision {subject ("version" or a cue's uid), label, verdict, why}; lock {cue, locked}.
    """

    event: str
    version: str
    kind: Kind
    at: float
    who: str
    body: dict[str, Any]


Check = Callable[[Sequence[Event]], None]


class Record:
    """Events of every film of one results folder, oldest first."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def events(self, film: FilmFolder) -> list[Event]:
        """Everything that was done with a film."""
        with self.ledger.read() as session:
            return self._events(session, film)

    def add(
        self,
        film: FilmFolder,
        kind: Kind,
        version: str,
        who: str,
        body: dict[str, Any],
        event: str = "",
        check: Check = lambda events: None,
    ) -> Event:
        """Add one event and return it once it is durable; sent again with the same id it is one event.

        check: sees all earlier events and raises where the new one may not follow them; of all that are
        adding, one at a time does so.
        """
        with self.ledger.write(serial=True) as session:
            before = self._events(session, film)
            known = next((one for one in before if event and one.event == event), None)
            if known is not None:
                return known
            check(before)
            at = round(self.ledger.now(session), 3)
            made = Event(event=event or new_event(), version=version, kind=kind, at=at, who=who, body=body)
            session.add(self._row(film, made))
            session.flush()
            _append(film, made)
            faultpoint("event-in-file")
        faultpoint("event-taken")
        return made

    def restore(self, film: FilmFolder) -> int:
        """Take over lines of the film's file that the ledger lacks; returns how many.

        After a crash, and for a results folder that came from elsewhere.
        """
        lines = read_lines(film)
        if not lines:
            return 0
        with self.ledger.write(serial=True) as session:
            known = {one.event for one in self._events(session, film)}
            missing = [line for line in lines if line.event not in known]
            session.add_all(self._row(film, line) for line in missing)
        return len(missing)

    def _events(self, session: Session, film: FilmFolder) -> list[Event]:
        rows = session.scalars(
            select(ReviewEvent)
            .where(ReviewEvent.results == self.ledger.results, ReviewEvent.film == film.name)
            .order_by(ReviewEvent.at, ReviewEvent.id)
        )
        return [
            Event.model_validate(
                {key: getattr(row, key) for key in ("event", "version", "kind", "at", "who", "body")}
            )
            for row in rows
        ]

    def _row(self, film: FilmFolder, event: Event) -> ReviewEvent:
        values = event.model_dump(exclude={"schema_version"})
        return ReviewEvent(results=self.ledger.results, film=film.name, **values)


def new_event() -> str:
    """An id for something that is about to be done."""
    return uuid.uuid4().hex


def read_lines(film: FilmFolder) -> list[Event]:
    """The film's decisions.jsonl; a line torn by a crash was never answered for and is left out."""
    try:
        text = film.record.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    found: dict[str, Event] = {}
    for line in text.splitlines():
        try:
            event = Event.model_validate_json(line)
        except ValidationError:
            continue
        found.setdefault(event.event, event)
    return list(found.values())


def _append(film: FilmFolder, event: Event) -> None:
    """Add one line and flush it to the disk; a torn last line is closed first."""
    film.record.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(event.model_dump(mode="json"), ensure_ascii=True) + "\n"
    file = os.open(film.record, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        size = os.fstat(file).st_size
        torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        os.write(file, (b"\n" if torn else b"") + line.encode())
        os.fsync(file)
    finally:
        os.close(file)
