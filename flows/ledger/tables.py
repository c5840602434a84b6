"""The ledger's tables. Times are seconds since 1970 by the database's own clock (UTC).

Text from outside (names, reasons, tails of stderr) is escaped before it comes here: no NUL, no surrogate.
"""

from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from flows.ledger.states import State

JOB_STATES = tuple(state.value for state in State if state is not State.WAITING)


class Base(DeclarativeBase):
    """Every table of the ledger, the review page's too."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        int: BigInteger().with_variant(Integer, "sqlite"),
        float: Float(53),
        dict[str, Any]: JSON,
        list[str]: JSON,
    }


class Film(Base):
    """A place in an inbox where a film lies or lay: its look on the disk, and which job it is now.

    results: the results place that this row belongs to.  source: its URI.  name: its folder in RESULTS.
    presence: waiting (not settled), taken (it became a job), gone.  looks: how often it was seen unchanged.
    mark: what tells one state of the file from another (size, times, inode; an object's ETag).
    taken_mark, taken_wish: what the current job was made from (the mark, and the settings asked for).
    """

    __tablename__ = "films"
    __table_args__ = (
        UniqueConstraint("results", "source"),
        UniqueConstraint("results", "name"),
        CheckConstraint("presence in ('waiting', 'taken', 'gone')", name="films_presence"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    results: Mapped[str]
    source: Mapped[str]
    name: Mapped[str]
    label: Mapped[str]
    presence: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    size: Mapped[int] = mapped_column(default=0)
    mark: Mapped[str] = mapped_column(default="")
    looks: Mapped[int] = mapped_column(default=0)
    first_seen_at: Mapped[float]
    seen_at: Mapped[float]
    content: Mapped[str | None]
    taken_mark: Mapped[str | None]
    taken_wish: Mapped[str | None]
    versions: Mapped[int] = mapped_column(default=0)
    current_job: Mapped[int | None]


class JobRow(Base):
    """One job: one identity (content, settings, directions, chosen takes, seed), published once.

    settings: JobSettings as JSON.  folder: the version's folder in RESULTS, "FILM/v001".
    made_from: the job whose version this one starts from.  outcome: ready or needs a look, once published.
    step, share: where it is; detail: which cue.  strikes: deaths in a row at strike_mark (its receipts then).
    """

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("results", "identity"),
        CheckConstraint(
            "state in (" + ", ".join(f"'{state}'" for state in JOB_STATES) + ")", name="jobs_state"
        ),
        Index("jobs_by_state", "results", "state", "not_before"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    results: Mapped[str]
    identity: Mapped[str]
    film_id: Mapped[int] = mapped_column(ForeignKey("films.id"), index=True)
    version: Mapped[int]
    folder: Mapped[str]
    source: Mapped[str]
    mark: Mapped[str]
    content: Mapped[str]
    size: Mapped[int]
    settings: Mapped[dict[str, Any]]
    cause: Mapped[str]
    asked_by: Mapped[str] = mapped_column(default="")
    made_from: Mapped[int | None]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    remedy: Mapped[str] = mapped_column(default="")
    outcome: Mapped[str | None]
    findings: Mapped[list[str]] = mapped_column(default=list)
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    step: Mapped[str] = mapped_column(default="")
    detail: Mapped[str] = mapped_column(default="")
    share: Mapped[float] = mapped_column(default=0.0)
    priority: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[float] = mapped_column(default=0.0)
    worker: Mapped[str | None]
    lease_until: Mapped[float | None]
    strikes: Mapped[int] = mapped_column(default=0)
    strike_mark: Mapped[str] = mapped_column(default="")
    stderr_tail: Mapped[str] = mapped_column(default="")
    reproduce: Mapped[str] = mapped_column(default="")
    created_at: Mapped[float]
    queued_at: Mapped[float]
    claimed_at: Mapped[float | None]
    ended_at: Mapped[float | None]

    @property
    def where(self) -> State:
        """The state as a State."""
        return State(self.state)


class Attempt(Base):
    """One worker's go at a job.  pid: the job's process group; ended: done, rejected, died, lost, again,
    cancelled, superseded or handed back; counted: it was a strike."""

    __tablename__ = "attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"), index=True)
    worker: Mapped[str]
    host: Mapped[str]
    pid: Mapped[int | None]
    started_at: Mapped[float]
    beat_at: Mapped[float]
    ended_at: Mapped[float | None]
    ended: Mapped[str | None]
    code: Mapped[int | None]
    step: Mapped[str] = mapped_column(default="")
    counted: Mapped[bool] = mapped_column(default=False)
    stderr_tail: Mapped[str] = mapped_column(default="")


class Event(Base):
    """One transition; rows are never changed or removed (the database refuses)."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"), index=True)
    at: Mapped[float] = mapped_column(index=True)
    before: Mapped[str | None]
    after: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    who: Mapped[str] = mapped_column(default="")
