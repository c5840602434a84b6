"""Workers and jobs: claiming, leases, attempts, and what becomes of a job when a go at it ends."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from flows.ledger.database import AWAY
from flows.ledger.leases import Lease, LeaseWatch
from flows.ledger.ledger import Ledger
from flows.ledger.states import PUBLISHED, ForbiddenTransition, Order, State
from flows.ledger.tables import Attempt, Film, JobRow

# How a go at a job ends that is not its own fault and no strike: it is queued again.
Again = Literal["again", "no room", "handed back"]
TAIL_CHARS = 8000


@dataclass(frozen=True)
class Patience:
    """lease_s: how long a claim holds without a heartbeat.  attempts: strikes until quarantine.
    pause_s: before the second try; it doubles with each strike up to most_pause_s."""

    lease_s: float = 30.0
    attempts: int = 3
    pause_s: float = 2.0
    most_pause_s: float = 300.0

    def after(self, strikes: int) -> float:
        """Seconds until the next try after so many strikes."""
        return min(self.pause_s * 2.0 ** min(strikes - 1, 30), self.most_pause_s)


@dataclass(frozen=True)
class Claimed:
    """A job that this process holds, and the row of its attempt."""

    job: JobRow
    attempt: int


@dataclass(frozen=True)
class Death:
    """How a go at a job died. progress: a mark of its receipts, "" where none could be read."""

    step: str
    progress: str
    code: int | None
    stderr_tail: str
    reproduce: str
    how: Literal["died", "lost"] = "died"


class Queue:
    """The work side of a ledger."""

    def __init__(self, ledger: Ledger, patience: Patience = Patience()) -> None:
        self.ledger = ledger
        self.patience = patience
        self._leases = LeaseWatch()

    def claim(self, order: Order = "oldest") -> Claimed | None:
        """Take the next queued job, or None. Of any number of racing callers exactly one gets a job."""
        with self.ledger.write() as session:
            now = self.ledger.now(session)
            by = (JobRow.size,) if order == "shortest" else (JobRow.queued_at,)
            job = session.scalars(
                select(JobRow)
                .where(
                    JobRow.results == self.ledger.results,
                    JobRow.state == State.QUEUED.value,
                    # No pause is that long: a clock that went back set it.
                    or_(JobRow.not_before <= now, JobRow.not_before > now + self.patience.most_pause_s),
                )
                .order_by(JobRow.priority.desc(), *by, JobRow.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).one_or_none()
            if job is None:
                return None
            self.ledger.move(session, job, State.RUNNING)
            job.worker, job.lease_until, job.claimed_at = self.ledger.me, now + self.patience.lease_s, now
            job.step, job.detail, job.share = "", "", 0.0
            attempt = Attempt(
                job_id=job.id, worker=self.ledger.me, host=socket.gethostname(), started_at=now, beat_at=now
            )
            session.add(attempt)
            session.flush()
            return Claimed(job, attempt.id)

    def started(self, claimed: Claimed, pid: int) -> None:
        """Note the process group that does the work."""
        with self.ledger.write() as session:
            session.get_one(Attempt, claimed.attempt).pid = pid

    def beat(self, claimed: Claimed, step: str, detail: str, share: float) -> bool:
        """Renew the lease and say where the job is; False where it is no longer this worker's to do."""
        with self.ledger.write() as session:
            now = self.ledger.now(session)
            changed = session.execute(
                update(JobRow)
                .where(JobRow.id == claimed.job.id, *self._mine())
                .values(step=step, detail=detail, share=share, lease_until=now + self.patience.lease_s)
                .returning(JobRow.id)
            ).scalar_one_or_none()
            attempt = session.get_one(Attempt, claimed.attempt)
            attempt.beat_at, attempt.step = now, step
            return changed is not None and attempt.ended is None

    def still_mine(self, claimed: Claimed) -> bool:
        """Whether the claim still holds; a look without a write, for every second or so."""
        with self.ledger.read() as session:
            found = select(JobRow.id).where(JobRow.id == claimed.job.id, *self._mine())
            return session.scalar(found) is not None

    def publish(
        self, claimed: Claimed, findings: Sequence[str], figures: dict[str, float | int | str | None]
    ) -> bool:
        """The job's version lies in its folder, verified. False where the claim was lost meanwhile."""
        state = State.NEEDS_A_LOOK if findings else State.READY
        with self.ledger.write() as session:
            job = self._held(session, claimed, "done", 3 if findings else 0)
            if job is None:
                return False
            job.outcome, job.findings, job.figures = state.value, list(findings), dict(figures)
            job.step, job.detail, job.share, job.stderr_tail = "", "", 1.0, ""
            self.ledger.move(session, job, state, findings[0] if findings else "")
            self._only_the_newest(session, job)
            return True

    def reject(self, claimed: Claimed, reason: str, remedy: str) -> bool:
        """The film, its directions or a setting is at fault; it is not tried again by itself."""
        with self.ledger.write() as session:
            job = self._held(session, claimed, "rejected", 2)
            if job is not None:
                self.ledger.move(session, job, State.REJECTED, reason, remedy)
            return job is not None

    def give_way(self, claimed: Claimed, reason: str) -> bool:
        """The source is no longer what this job is about: its next state of rest becomes a job of its own."""
        with self.ledger.write() as session:
            job = self._held(session, claimed, "superseded", 75)
            if job is not None:
                self.ledger.move(
                    session, job, State.SUPERSEDED, reason, "nothing to do: what lies there now is taken"
                )
                for film in session.scalars(select(Film).where(Film.current_job == job.id)):
                    film.taken_mark, film.looks = None, 0
            return job is not None

    def again(self, claimed: Claimed, how: Again, reason: str, pause_s: float) -> bool:
        """Queue it again without a strike: no room on the disk, its folder is held, its worker ends."""
        with self.ledger.write() as session:
            job = self._held(session, claimed, how, 75)
            if job is not None:
                self.ledger.move(session, job, State.QUEUED, reason)
                job.not_before = self.ledger.now(session) + pause_s
            return job is not None

    def let_go(self, claimed: Claimed) -> None:
        """End the attempt at a job that was cancelled, superseded or taken back meanwhile."""
        with self.ledger.write() as session:
            self._held(session, claimed, "stopped", None)

    def die(self, claimed: Claimed, death: Death) -> State | None:
        """A go at the job died: queued again, or quarantined. None where the claim was lost before."""
        with self.ledger.write() as session:
            job = self._held(session, claimed, death.how, death.code)
            return None if job is None else self._strike(session, job, claimed.attempt, death)

    def sweep(self, autopsy: Callable[[JobRow], Death]) -> list[int]:
        """One look at every claim: take back jobs whose worker is gone, by its process or by its silence.

        autopsy: says from a job's folder how far it came. Returns the jobs taken back.  Call it every few
        seconds: a lease is over when this very Queue saw it unrenewed for its length (flows.ledger.leases).
        """
        try:
            claims = self._claims()
        except AWAY:
            self._leases.forget()
            raise
        over = self._leases.over({attempt.id: lease for attempt, _, lease in claims})
        lost = [(attempt, job) for attempt, job, _ in claims if attempt.id in over]
        return [job.id for attempt, job in lost if self._take_back(attempt, job, autopsy(job))]

    @property
    def longest_lease_s(self) -> float:
        """Of the claims there are now, 0 where there is none."""
        return max((lease.length_s for _, _, lease in self._claims()), default=0.0)

    def _claims(self) -> list[tuple[Attempt, JobRow, Lease]]:
        """Attempts that have not ended, of jobs that may have moved on: cancelled, say."""
        with self.ledger.read() as session:
            rows = session.execute(
                select(Attempt, JobRow)
                .join(JobRow, JobRow.id == Attempt.job_id)
                .where(JobRow.results == self.ledger.results, Attempt.ended.is_(None))
            ).tuples()
            return [(attempt, job, self._lease(attempt, job)) for attempt, job in rows]

    def _lease(self, attempt: Attempt, job: JobRow) -> Lease:
        """The lease's length as its own worker set it, with the last heartbeat."""
        held = job.lease_until is not None and job.worker == attempt.worker
        length_s = (job.lease_until or 0.0) - attempt.beat_at if held else self.patience.lease_s
        return Lease(attempt.worker, attempt.beat_at, length_s)

    def _take_back(self, seen: Attempt, held: JobRow, death: Death) -> bool:
        """End the attempt if it has not renewed since it was seen; True where its job is queued again."""
        with self.ledger.write() as session:
            job = session.scalars(
                select(JobRow).where(JobRow.id == held.id).with_for_update(skip_locked=True)
            ).one_or_none()
            attempt = session.get_one(Attempt, seen.id)
            if job is None or attempt.ended is not None or attempt.beat_at != seen.beat_at:
                return False
            attempt.ended, attempt.ended_at = death.how, self.ledger.now(session)
            if job.where is not State.RUNNING or job.worker != attempt.worker:
                return False
            self._strike(session, job, attempt.id, death)
            return True

    def retry(self, job_id: int, who: str = "") -> JobRow:
        """Queue a rejected, quarantined or cancelled job once more, with a clean slate.

        Raises LookupError where there is none, ForbiddenTransition where it is in no such state.
        """
        with self.ledger.write() as session:
            job = self._existing(session, job_id)
            if job.where not in (State.REJECTED, State.QUARANTINED, State.CANCELLED):
                raise ForbiddenTransition(job.id, job.where, State.QUEUED)
            self.ledger.move(session, job, State.QUEUED, "asked to try again", who=who)
            job.strikes, job.strike_mark, job.not_before = 0, "", 0.0
            return job

    def cancel(self, job_id: int, who: str = "") -> JobRow:
        """Stop a job: its worker sees that the claim is gone and kills the whole process group.

        Raises LookupError where there is none, ForbiddenTransition where it is over already.
        """
        with self.ledger.write() as session:
            job = self._existing(session, job_id)
            self.ledger.move(
                session, job, State.CANCELLED, "cancelled", "`reelscore jobs retry` queues it", who
            )
            return job

    def _existing(self, session: Session, job_id: int) -> JobRow:
        job = session.get(JobRow, job_id, with_for_update=True)
        if job is None or job.results != self.ledger.results:
            raise LookupError(f"there is no job {job_id}")
        return job

    def _mine(self) -> tuple[ColumnElement[bool], ...]:
        return JobRow.state == State.RUNNING.value, JobRow.worker == self.ledger.me

    def _held(self, session: Session, claimed: Claimed, how: str, code: int | None) -> JobRow | None:
        """End the attempt; the job's row, locked, if the claim still holds."""
        attempt = session.get_one(Attempt, claimed.attempt)
        held = attempt.ended is None
        attempt.ended, attempt.ended_at, attempt.code = attempt.ended or how, self.ledger.now(session), code
        job = session.scalars(
            select(JobRow).where(JobRow.id == claimed.job.id, *self._mine()).with_for_update()
        ).one_or_none()
        return job if held else None

    def _strike(self, session: Session, job: JobRow, attempt: int, death: Death) -> State:
        """Count a death: the same step with no new receipt makes one more strike, else it is the first."""
        tail = death.stderr_tail.replace("\0", "")[-TAIL_CHARS:]
        job.strikes = job.strikes + 1 if job.strikes and job.strike_mark == death.progress else 1
        job.strike_mark, job.stderr_tail, job.reproduce = death.progress, tail, death.reproduce
        row = session.get(Attempt, attempt)
        if row is not None:
            row.counted, row.step, row.stderr_tail = True, death.step, tail
        how = "its worker was lost" if death.how == "lost" else f"it died with code {death.code}"
        reason = f"{how} in step {death.step or 'claim'}, {job.strikes} of {self.patience.attempts}"
        if job.strikes >= self.patience.attempts:
            self.ledger.move(session, job, State.QUARANTINED, reason, f"look at: {death.reproduce}")
            return State.QUARANTINED
        self.ledger.move(session, job, State.QUEUED, reason)
        job.not_before = self.ledger.now(session) + self.patience.after(job.strikes)
        return State.QUEUED

    def _only_the_newest(self, session: Session, job: JobRow) -> None:
        """Of a film's published versions only the current one stands; where that is none, the newest."""
        film = session.get_one(Film, job.film_id, with_for_update=True)
        session.flush()
        standing = session.scalars(
            select(JobRow)
            .where(JobRow.film_id == film.id, JobRow.state.in_([state.value for state in PUBLISHED]))
            .order_by(JobRow.version)
        ).all()
        current = next((row for row in standing if row.id == film.current_job), standing[-1])
        for row in standing:
            if row.id != current.id:
                self.ledger.supersede(session, row, current)
