"""A new version through the same queue as every other job; a version made elsewhere is adopted first."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from sqlalchemy import select

from flows.job import Claim, film_from_uri
from flows.ledger.ledger import Ledger, identity_of, settings_of
from flows.ledger.states import OPEN, Cause, State
from flows.ledger.tables import Event, Film, JobRow
from flows.line_look import identity
from flows.review.results import Manifest, Results, Version
from flows.review.visitor import Denied
from flows.run_job import JobFile
from flows.settings import JobSettings

SINGLE = "this folder holds one score and no results of a night"


def job_of(ledger: Ledger, version: Version) -> JobRow | None:
    """The job whose result a version is."""
    folder = f"{version.film.folder.name}/{version.folder.name}"
    jobs = ledger.jobs(JobRow.folder == folder)
    return jobs[-1] if jobs else None


def base_job(ledger: Ledger, results: Results, version: Version) -> JobRow:
    """The job that a new version starts from; raises Denied (409)."""
    if results.single:
        raise Denied(409, SINGLE, "use `reelscore redo`, or put it into RESULTS/FILM/v001")
    known = job_of(ledger, version)
    return known or _adopted(ledger, results, version)


def settings_behind(job: JobRow) -> JobSettings:
    """The settings that a version was made with."""
    return settings_of(job)


def ask(ledger: Ledger, base: JobRow, settings: JobSettings, by_hand: bool, who: str) -> JobRow:
    """Queue the version; the job that is there already where this very thing was asked before."""
    cause = Cause.SPOTTING if by_hand else Cause.REDO
    return ledger.request_version(base.id, settings, cause, asked_by=who)


def _adopted(ledger: Ledger, results: Results, version: Version) -> JobRow:
    """Enter a finished version that the ledger never saw (scored by hand into RESULTS) as a published job."""
    manifest = results.manifest(version)
    stored = results.read(version.folder / ".work" / "job.json", JobFile)
    claim = results.read(version.folder / ".work" / "claim.json", Claim)
    if manifest is None or stored is None or claim is None:
        raise Denied(409, "nothing says how this version was made", "score the film again into RESULTS")
    source = film_from_uri(stored.film)
    if not source.is_file():
        raise Denied(
            409, f"the film {source.name} is no longer where it was", "bring it back, then ask again"
        )
    with ledger.write(serial=True) as session:
        now = ledger.now(session)
        name = version.film.folder.name
        film = session.scalars(
            select(Film).where(Film.results == ledger.results, Film.name == name)
        ).one_or_none()
        if film is None:
            film = Film(
                results=ledger.results,
                source=stored.film,
                name=name,
                label=version.film.name,
                presence="taken",
                size=source.stat().st_size,
                mark=_mark(stored, source),
                first_seen_at=now,
                seen_at=now,
                content=claim.sha256,
                versions=len(list(version.film.folder.iterdir())),
            )
            session.add(film)
            session.flush()
        job = _published(ledger, film, version, manifest, stored, now)
        session.add(job)
        session.flush()
        film.current_job = film.current_job or job.id
        film.versions = max(film.versions, _number(version), len(version.film.versions))
        session.add(Event(job_id=job.id, at=now, after=job.state, reason="adopted", who=ledger.me))
        return job


def _published(
    ledger: Ledger, film: Film, version: Version, manifest: Manifest, stored: JobFile, now: float
) -> JobRow:
    state = State.NEEDS_A_LOOK if manifest.findings else State.READY
    return JobRow(
        results=ledger.results,
        identity=identity_of(manifest.film_sha256, stored.settings),
        film_id=film.id,
        version=_number(version),
        folder=f"{version.film.folder.name}/{version.folder.name}",
        source=film.source,
        mark=film.mark,
        content=manifest.film_sha256,
        size=film.size,
        settings=stored.settings.model_dump(mode="json"),
        cause=Cause.ARRIVAL.value,
        state=state.value,
        outcome=state.value,
        findings=list(manifest.findings),
        figures=dict(manifest.quality),
        created_at=now,
        queued_at=now,
        ended_at=now,
    )


def _number(version: Version) -> int:
    digits = "".join(c for c in version.folder.name if c.isdecimal())
    return int(digits[:6]) if digits else 1


def _mark(stored: JobFile, source: Path) -> str:
    """The source's mark as the queue writes it."""
    from flows.sources import mark_now

    return mark_now(stored.film) or str(identity(source).size)


class Helper:
    """A worker of this page's own, started when something was asked for and ended when nothing is left.

    Workers that run already may be faster: a claim is one transaction, so that each job is done once.
    """

    def __init__(self, ledger: Ledger, root: Path, allowed: bool = True) -> None:
        self._ledger, self._root, self._allowed = ledger, root, allowed
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def wake(self) -> None:
        """See that somebody works; returns at once."""
        with self._lock:
            if not self._allowed or (self._process is not None and self._process.poll() is None):
                return
            command = [sys.executable, "-m", "flows.cli", "work", str(self._root), "--once"]
            self._process = subprocess.Popen(
                ["nice", "-n", "5", *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ},
            )

    def wake_for_waiting(self) -> None:
        """Go on with what an earlier page left queued by its people."""
        waiting = self._ledger.jobs(JobRow.state == State.QUEUED.value, JobRow.asked_by != "")
        if waiting:
            self.wake()

    def close(self) -> None:
        """End the worker: a job in work is handed back and goes on with the next one."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def progress_of(job: JobRow) -> dict[str, Any]:
    """Where an asked-for version stands."""
    return {
        "job": job.id,
        "version": job.folder.rpartition("/")[2],
        "state": job.state,
        "open": job.where in OPEN,
        "step": f"{job.step} {job.detail}".strip(),
        "share": job.share,
        "reason": job.reason,
        "remedy": job.remedy,
    }
