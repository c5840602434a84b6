"""One worker: takes jobs from the ledger one after another, each in a process of its own, until stopped."""

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from flows.exit_codes import READY, REJECTED, TRY_AGAIN
from flows.ledger.database import AWAY, away
from flows.ledger.ledger import open_ledger
from flows.ledger.queue import Claimed, Death, Patience, Queue
from flows.ledger.states import OPEN, Order, State
from flows.line_look import Changed
from flows.logs import job_log
from flows.night.hooks import tell
from flows.results import open_results
from flows.run_job import step_seconds
from flows.sources import mark_now
from flows.texts import shown
from flows.work.process_tree import adopt_orphans
from flows.work.supervise import Ended, Watched, supervise
from flows.work.work_folder import WorkFolders
from flows.workplace import workplace
from vision.faultpoint import faultpoint
from vision.rejected import RejectedInput

log = logging.getLogger(__name__)
NO_ROOM_PAUSE_S = 60.0
BUSY_PAUSE_S = 5.0
SWEEP_S = 2.0
OUTAGE_S = 2.0
IDLE_S = 1.0


@dataclass(frozen=True)
class WorkRules:
    """patience: leases and strikes.  order: which job comes next.  prefect: steps as tasks of a flow.
    stall_s: how long a job may say nothing new.  once: end when nothing is queued."""

    patience: Patience = Patience()
    order: Order = "oldest"
    prefect: bool = False
    stall_s: float = 1800.0
    once: bool = False


class Worker:
    """Works for one results place."""

    def __init__(self, place: str, rules: WorkRules) -> None:
        self.rules = rules
        self.results = open_results(place)
        self.ledger = open_ledger(place, self.results.state)
        self.queue = Queue(self.ledger, rules.patience)
        self.folders = WorkFolders(self.ledger, self.results)
        self.ending = threading.Event()
        self._swept_s = 0.0

    def run(self) -> None:
        """Work until `ending` is set, or with `once` until nothing is queued or running."""
        adopt_orphans()
        while not self.ending.is_set():
            try:
                self._sweep()
                claimed = self.queue.claim(self.rules.order)
            except AWAY as error:
                log.warning("the database is away: %s", away(error))
                self.ending.wait(OUTAGE_S)
                continue
            if claimed is not None:
                self.work(claimed)
            elif self.rules.once and not self._open_jobs():
                self.folders.clear_ended()
                return
            else:
                self.ending.wait(IDLE_S)

    def work(self, claimed: Claimed) -> None:
        """Do one job and say in the ledger what came of it."""
        job = claimed.job
        with job_log(job.id):
            log.info("claimed: %s version %s", job.folder, job.version)
            faultpoint("job-claimed")
            try:
                ended = self._do(claimed)
                self._patiently(lambda: self._finish(claimed, ended))
            except (Changed, RejectedInput, OSError, *AWAY) as error:
                fault = error
                self._patiently(lambda: self._put_aside(claimed, fault))

    def _put_aside(self, claimed: Claimed, fault: Exception) -> None:
        """What becomes of a job that this worker could not even begin or publish."""
        if isinstance(fault, Changed):
            self._give_way(claimed, str(fault))
        elif isinstance(fault, RejectedInput):
            self._reject(claimed, fault)
        else:
            log.warning("handed back: %s", fault)
            reason = f"the worker could not go on: {shown(str(fault))}"
            self.queue.again(claimed, "again", reason, NO_ROOM_PAUSE_S)

    def _patiently(self, action: Callable[[], object]) -> None:
        """Do what ends a job; while the database is away, wait for it, so that no work is lost.

        A worker that is stopped meanwhile leaves it at that: its job is taken back by another.
        """
        while True:
            try:
                action()
                return
            except AWAY as error:
                log.warning("the database is away: %s", away(error))
                if self.ending.is_set():
                    return
                self.ending.wait(OUTAGE_S)

    def _do(self, claimed: Claimed) -> Ended | None:
        """Run the job's process; None where its version is published and only the ledger doesn't know."""
        job = claimed.job
        if self.results.holds(job.folder) == job.identity:
            return None
        if mark_now(job.source) != job.mark:
            raise Changed("the film changed or went away before its turn came")
        folder = self.folders.prepare(job)
        faultpoint("job-prepared")
        beat = _Beat(self.queue, claimed, self.ending, self._sweep)
        more = ("prefect", self.results.address(job.folder)) if self.rules.prefect else ()
        return supervise(folder, more, lambda pid: self._started(claimed, pid), beat, self.rules.stall_s)

    def _started(self, claimed: Claimed, pid: int) -> None:
        """Note the process, for who looks; the work needs no such note."""
        try:
            self.queue.started(claimed, pid)
        except AWAY as error:
            log.warning("its process is not noted, the database is away: %s", away(error))

    def _finish(self, claimed: Claimed, ended: Ended | None) -> None:
        job = claimed.job
        if ended is None or self.results.holds(job.folder) == job.identity:
            self._note(claimed)
        elif ended.stopped == ENDING:
            self.queue.again(claimed, "handed back", "its worker was stopped", 0.0)
        elif ended.stopped == NOT_MINE:
            log.info("stopped: the job was cancelled or taken back")
            self.queue.let_go(claimed)
            self.folders.clear_ended()
        elif ended.stopped is None and ended.code == READY and ended.end.get("end") == "done":
            self._publish(claimed)
        elif mark_now(job.source) != job.mark:
            self._give_way(claimed, "the film changed or went away while it was in work")
        elif ended.code == REJECTED and ended.end.get("end") == "rejected":
            log.info("rejected: %s", ended.end["reason"])
            self._reject(claimed, RejectedInput(ended.end["reason"], ended.end["remedy"]))
        elif ended.code == TRY_AGAIN and ended.end.get("end") in ("busy", "noroom"):
            room = ended.end["end"] == "noroom"
            log.info("handed back: %s", ended.end["reason"])
            pause_s = NO_ROOM_PAUSE_S if room else BUSY_PAUSE_S
            self.queue.again(claimed, "no room" if room else "again", ended.end["reason"], pause_s)
        else:
            self._died(claimed, ended)

    def _died(self, claimed: Claimed, ended: Ended) -> None:
        job = claimed.job
        job.step = ended.step
        tail = ended.stderr_tail if ended.stopped is None else f"{ended.stderr_tail}\n{ended.stopped}"
        death = Death(ended.step, self.folders.progress(job), ended.code, tail, self.folders.reproduce(job))
        state = self.queue.die(claimed, death)
        log.warning("died with code %s in step %s: %s", ended.code, ended.step, state)
        if state is State.QUARANTINED:
            tell(
                "rejected", self._facts(claimed, reason=f"died in step {ended.step}", remedy=death.reproduce)
            )

    def _publish(self, claimed: Claimed) -> None:
        """Rename (or upload) and note it; a crash in between is mended by the next go at the job."""
        job = claimed.job
        work = self.folders.of(job)
        if mark_now(job.source) != job.mark:
            raise Changed("the film changed while it was in work")
        with workplace(work):  # a worker that took the job back while this one slept finds it held
            self.folders.seal(job, work)
            if not self.queue.still_mine(claimed):
                return
            faultpoint("job-before-publish")
            self.results.publish(work, job.folder)
        faultpoint("job-after-publish")
        self._note(claimed)

    def _note(self, claimed: Claimed) -> None:
        manifest = self.results.manifest(claimed.job.folder)
        figures = {**manifest.quality, **step_seconds(self.results.runs(claimed.job.folder))}
        if self.queue.publish(claimed, manifest.findings, figures):
            log.info("published: %s, %s", claimed.job.folder, "; ".join(manifest.findings) or "ready")
            tell("ready", self._facts(claimed, findings=list(manifest.findings)))
        faultpoint("job-noted")
        self.folders.clear(claimed.job)

    def _reject(self, claimed: Claimed, fault: RejectedInput) -> None:
        if self.queue.reject(claimed, fault.reason, fault.remedy):
            tell("rejected", self._facts(claimed, reason=fault.reason, remedy=fault.remedy))
        self.folders.clear(claimed.job)

    def _facts(self, claimed: Claimed, **more: object) -> dict[str, object]:
        """What a hook is told about a job."""
        job = claimed.job
        return {"job": job.id, "source": job.source, "folder": job.folder, "version": job.version, **more}

    def _give_way(self, claimed: Claimed, reason: str) -> None:
        log.info("given up: %s", reason)
        self.queue.give_way(claimed, reason)
        self.folders.clear(claimed.job)

    def _sweep(self) -> None:
        if time.monotonic() - self._swept_s < SWEEP_S:
            return
        for job in self.queue.sweep(self.folders.autopsy):
            with job_log(job):
                log.warning("taken back from a worker that is gone")
        # A job may be superseded or cancelled in the very moment in which its worker is killed.
        self.folders.clear_ended()
        self._swept_s = time.monotonic()

    def _open_jobs(self) -> bool:
        return any(state in OPEN for state in self.ledger.counts())


ENDING = "the worker ends"
NOT_MINE = "the job is no longer this worker's"


class _Beat:
    """Looks twice a second whether the job may go on, renews its lease three times in its span, and looks
    after the others' leases."""

    def __init__(
        self, queue: Queue, claimed: Claimed, ending: threading.Event, sweep: Callable[[], None]
    ) -> None:
        self._queue, self._claimed, self._ending, self._sweep = queue, claimed, ending, sweep
        self._beat_s, self._looked_s, self._away_s, self._step = -math.inf, -math.inf, -math.inf, ""

    def __call__(self, watched: Watched) -> str | None:
        if self._ending.is_set():
            return ENDING
        now_s = time.monotonic()
        if now_s - self._away_s < OUTAGE_S:
            return None
        try:
            if not self._look(watched, now_s):
                return NOT_MINE
            self._sweep()
        except AWAY as error:
            # Without its ledger the work goes on; who took the job meanwhile finds its folder held.
            log.warning("no heartbeat, the database is away: %s", away(error))
            self._away_s = time.monotonic()
        return None

    def _look(self, watched: Watched, now_s: float) -> bool:
        mine = True
        if now_s - self._beat_s >= self._queue.patience.lease_s / 3 or watched.step != self._step:
            mine = self._queue.beat(self._claimed, watched.step, watched.detail, watched.share)
            self._beat_s, self._step = now_s, watched.step
        elif now_s - self._looked_s >= 1.0:
            mine = self._queue.still_mine(self._claimed)
        else:
            return True
        self._looked_s = now_s
        return mine
