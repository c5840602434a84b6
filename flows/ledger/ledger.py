"""The ledger that the rest of the house talks to: reading, and the one way a job changes its state."""

import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Engine, func, select, text, update
from sqlalchemy.orm import Session

from flows.ledger.database import database_url, open_engine
from flows.ledger.states import Cause, State, check
from flows.ledger.tables import Attempt, Event, Film, JobRow
from flows.settings import JobSettings
from vision.artifact import canonical_json, sha256_text

# Any number, the same in every process.
SERIAL_LOCK = 7_335_2664


def open_ledger(results: Path | str, state: Path | None = None) -> "Ledger":
    """The ledger of a results place: a folder, or a URL with its `state` folder on this machine.

    One PostgreSQL database may serve several results places; a SQLite file belongs to its own.
    """
    home = state or Path(results) / ".reelscore"
    url = database_url(home)
    place = "." if url.startswith("sqlite") else str(results)
    return Ledger(open_engine(url), place)


def who_am_i() -> str:
    """This process for the ledger: host, pid and start time, so that a pid used again is told apart."""
    return f"{socket.gethostname()}:{os.getpid()}:{started_ticks(os.getpid())}"


def started_ticks(pid: int) -> str:
    """When the process began, in the kernel's ticks since boot; empty where there is none (Linux)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def identity_of(content: str, settings: JobSettings) -> str:
    """A job's identity: the film's content and everything that decides its score, no name of anything."""
    return sha256_text(canonical_json([content, settings.deciding()]))


class Ledger:
    """Films, jobs, attempts and events of one results place."""

    def __init__(self, engine: Engine, results: str) -> None:
        self.engine = engine
        self.results = results
        self.me = who_am_i()

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one moment and writes nothing; its rows stay readable afterwards."""
        engine = self.engine.execution_options(read_only=True)
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def write(self, serial: bool = False) -> Iterator[Session]:
        """A session in one transaction: durable when the context ends, undone where it raises.

        serial: of all that ask for it, one at a time, so that what is looked for and not found can be made.
        SQLite has one writer anyway.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            if serial and self.engine.dialect.name == "postgresql":
                session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SERIAL_LOCK})
            yield session

    def now(self, session: Session) -> float:
        """Seconds since 1970 by the clock that all workers share: the server's, or this machine's."""
        if self.engine.dialect.name == "postgresql":
            return float(session.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())
        return time.time()

    def films(self) -> Sequence[Film]:
        """Every film ever seen here, by name."""
        with self.read() as session:
            return session.scalars(select(Film).where(Film.results == self.results).order_by(Film.name)).all()

    def film(self, film_id: int) -> Film | None:
        """One film."""
        with self.read() as session:
            return session.get(Film, film_id)

    def jobs(self, *where: ColumnElement[bool]) -> Sequence[JobRow]:
        """Jobs that meet every condition (on JobRow), newest last."""
        with self.read() as session:
            return session.scalars(
                select(JobRow).where(JobRow.results == self.results, *where).order_by(JobRow.id)
            ).all()

    def job(self, job_id: int) -> JobRow | None:
        """One job."""
        with self.read() as session:
            return session.get(JobRow, job_id)

    def events(self, job_id: int) -> Sequence[Event]:
        """What happened to a job, oldest first."""
        with self.read() as session:
            return session.scalars(select(Event).where(Event.job_id == job_id).order_by(Event.id)).all()

    def attempts(self, job_id: int) -> Sequence[Attempt]:
        """Every go at a job, oldest first."""
        with self.read() as session:
            return session.scalars(select(Attempt).where(Attempt.job_id == job_id).order_by(Attempt.id)).all()

    def counts(self) -> dict[State, int]:
        """How many jobs are in each state."""
        with self.read() as session:
            rows = session.execute(
                select(JobRow.state, func.count())
                .where(JobRow.results == self.results)
                .group_by(JobRow.state)
            )
            return {State(state): number for state, number in rows.tuples()}

    def move(
        self, session: Session, job: JobRow, after: State, reason: str = "", remedy: str = "", who: str = ""
    ) -> None:
        """Take `job` to state `after`, with its event; raises ForbiddenTransition where it may not go."""
        check(job.id, job.where, after)
        now = self.now(session)
        session.add(
            Event(job_id=job.id, at=now, before=job.state, after=after, reason=reason, who=who or self.me)
        )
        job.state, job.reason, job.remedy = after.value, reason, remedy
        if after is State.QUEUED:
            job.queued_at, job.ended_at = now, None
        elif after is not State.RUNNING:
            job.ended_at = now
        if after is not State.RUNNING:
            job.worker = job.lease_until = None

    def request_version(
        self, job_id: int, settings: JobSettings, cause: Cause, asked_by: str = "", priority: int = 10
    ) -> JobRow:
        """Queue a new version of a job's film with other settings: a cue redone, a spotting by hand.

        Returns the job there is already where that very identity was asked for before.  People wait for it,
        so it goes before the night's films (`priority`).  Raises LookupError where there is no such job.
        """
        with self.write(serial=True) as session:
            base = session.get(JobRow, job_id)
            if base is None or base.results != self.results:
                raise LookupError(f"there is no job {job_id}")
            film = session.get_one(Film, base.film_id, with_for_update=True)
            job = self.enqueue(
                session, film, base.content, settings, cause, made_from=base, asked_by=asked_by
            )
            job.priority = max(job.priority, priority)
            return job

    def enqueue(
        self,
        session: Session,
        film: Film,
        content: str,
        settings: JobSettings,
        cause: Cause,
        made_from: JobRow | None = None,
        asked_by: str = "",
    ) -> JobRow:
        """The one job of this content under these settings: made and queued, or found and made current again.

        What the film was before is superseded if nobody had finished it; a published version stays until a
        newer one is published.  For a serial transaction.
        """
        identity = identity_of(content, settings)
        job = session.scalars(
            select(JobRow).where(JobRow.results == self.results, JobRow.identity == identity)
        ).one_or_none()
        before = session.get(JobRow, film.current_job) if film.current_job is not None else None
        if job is None:
            job = self._new_job(
                session, film, identity, content, settings, cause, made_from or before, asked_by
            )
        elif job.where is State.SUPERSEDED:
            self.move(session, job, State(job.outcome or State.QUEUED), "asked for again")
        elif job.where is State.CANCELLED and cause is not Cause.ARRIVAL:
            self.move(session, job, State.QUEUED, "asked for again")
        film.current_job = job.id
        session.flush()
        if before is not None and before.id != job.id:
            self.supersede(session, before, job)
        return job

    def supersede(self, session: Session, before: JobRow, job: JobRow) -> None:
        """Let `before` give way to `job`, unless another film is it, or only `before` is published."""
        others = select(func.count()).where(Film.current_job == before.id)
        if before.where is State.SUPERSEDED or session.scalar(others):
            return
        if before.outcome is None or job.outcome is not None:
            self._end_attempts(session, before)
            self.move(session, before, State.SUPERSEDED, f"job {job.id} took its place")

    def _end_attempts(self, session: Session, job: JobRow) -> None:
        """Close what is open at a job: its worker sees it at its next heartbeat, or is gone."""
        session.execute(
            update(Attempt)
            .where(Attempt.job_id == job.id, Attempt.ended.is_(None))
            .values(ended="superseded", ended_at=self.now(session))
        )

    def _new_job(
        self,
        session: Session,
        film: Film,
        identity: str,
        content: str,
        settings: JobSettings,
        cause: Cause,
        made_from: JobRow | None,
        asked_by: str,
    ) -> JobRow:
        now = self.now(session)
        film.versions += 1
        job = JobRow(
            results=self.results,
            identity=identity,
            film_id=film.id,
            version=film.versions,
            folder=f"{film.name}/v{film.versions:03d}",
            source=film.source,
            mark=film.mark,
            content=content,
            size=film.size,
            settings=settings.model_dump(mode="json"),
            cause=cause.value,
            asked_by=asked_by,
            made_from=made_from.id if made_from is not None and made_from.content == content else None,
            state=State.QUEUED.value,
            findings=[],
            figures={},
            created_at=now,
            queued_at=now,
        )
        session.add(job)
        session.flush()
        session.add(
            Event(job_id=job.id, at=now, after=State.QUEUED, reason=cause.value, who=asked_by or self.me)
        )
        return job


def settings_of(job: JobRow) -> JobSettings:
    """A job's settings as their model."""
    return JobSettings.model_validate(job.settings)


def public(row: JobRow | Film | Attempt | Event) -> dict[str, Any]:
    """A row as plain values by column."""
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}
