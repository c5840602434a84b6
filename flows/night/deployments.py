"""What Prefect schedules: the nightly batch, the sweep of stale runs, retention and the digest.

The ledger is the truth about jobs; a flow here starts work, tidies or tells.  `serve_schedules` keeps the
deployments alive; `python -m flows.night.deployments SPEC` is the process that `reelscore serve` starts.
"""

import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import flows.prefect_line  # noqa: F401  first: it sets Prefect's defaults before Prefect reads them
from flows.buckets import is_bucket
from flows.job import film_from_uri
from flows.ledger.leases import LOOKS
from flows.ledger.ledger import open_ledger
from flows.ledger.queue import Queue
from flows.ledger.states import State
from flows.night.retention import KEEP_DAYS, retain
from flows.prefect_server import START_LIMIT_S, wait_for_server
from flows.results import FolderResults, open_results
from flows.work.work_folder import WorkFolders
from vision.artifact import Frozen

from prefect import flow, serve  # isort: skip
from prefect.client.orchestration import get_client  # isort: skip
from prefect.client.schemas.filters import FlowFilter, FlowRunFilter  # isort: skip
from prefect.client.schemas.objects import FlowRun  # isort: skip
from prefect.schedules import Cron  # isort: skip
from prefect.states import Crashed  # isort: skip

STOP_S = 60.0


class Schedules(Frozen):
    """cron, timezone: when the night begins; None: no batch, the watcher works all day.  hours: its window.
    more: further arguments of `reelscore watch`.  digest_cron: when the digest is due."""

    inbox: str
    results: str
    cron: str | None = None
    timezone: str = "UTC"
    hours: float = 10.0
    workers: int = 1
    order: Literal["oldest", "shortest"] = "oldest"
    more: tuple[str, ...] = ()
    sweep_s: float = 300.0
    keep_days: float = KEEP_DAYS
    digest_cron: str = "0 7 * * *"


@flow(name="night_batch", persist_result=False, retries=0)
def night_batch(inbox: str, results: str, hours: float, workers: int, order: str, more: list[str]) -> int:
    """Score what is in the inbox, for so many hours at most; what is left waits for the next night."""
    process = subprocess.Popen(
        [
            sys.executable, "-m", "flows.night.leashed", "watch", inbox, "-o", results, "--once",
            "--window", str(hours), "--workers", str(workers), "--order", order, *more,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        code = process.wait()
    finally:
        process.terminate()
        process.wait(STOP_S)
        assert process.stdin is not None
        process.stdin.close()
    if code != 0:
        raise RuntimeError(f"the batch ended with {code}")
    return code


@flow(name="sweep", persist_result=False, retries=0)
def sweep(results: str) -> int:
    """Take back jobs whose worker is gone, clear work folders, and close runs that died unseen."""
    place = open_results(results)
    ledger = open_ledger(results, place.state)
    try:
        folders, queue = WorkFolders(ledger, place), Queue(ledger)
        back = watch_leases(queue, folders)
        folders.clear_ended()
        running = {str(folders.of(job)) for job in ledger.jobs() if job.where is State.RUNNING}
    finally:
        ledger.close()
    _close_stale_runs(running)
    return len(back)


@flow(name="retention", persist_result=False, retries=0)
def retention(results: str, days: float = KEEP_DAYS) -> int:
    """Remove film-long audio that is old and not approved; returns the bytes freed."""
    place = open_results(results)
    if not isinstance(place, FolderResults):
        return 0  # a bucket has its own rules for old objects
    ledger = open_ledger(results, place.state)
    try:
        return sum(removed.bytes for removed in retain(ledger, place, days))
    finally:
        ledger.close()


@flow(name="digest", persist_result=False, retries=0)
def morning_digest(results: str) -> None:
    """Write the digest of the night, and tell who asked to be told."""
    from flows.cli_night import digest

    digest(Path(results))


def watch_leases(queue: Queue, folders: WorkFolders) -> list[int]:
    """Look at every claim for as long as the longest lease lasts; the jobs taken back."""
    back, pause_s = queue.sweep(folders.autopsy), queue.longest_lease_s / (2 * LOOKS)
    for _ in range(2 * LOOKS + 1 if pause_s > 0 else 0):
        time.sleep(pause_s)
        back += queue.sweep(folders.autopsy)
    return back


def _close_stale_runs(folders: set[str]) -> None:
    """Crash runs of score_film that count as running and of which the ledger knows no running job."""
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(
            flow_filter=FlowFilter.model_validate({"name": {"any_": ["score_film"]}}),
            flow_run_filter=FlowRunFilter.model_validate({"state": {"type": {"any_": ["RUNNING"]}}}),
        )
        for run in runs:
            if _folder(run) not in folders and "/.reelscore/work/" in _folder(run):
                client.set_flow_run_state(run.id, Crashed(message="its worker is gone"), force=True)


def _folder(run: FlowRun) -> str:
    return str(film_from_uri(str(run.parameters.get("out", "")))) if run.parameters else ""


def deployments(spec: Schedules) -> list[Any]:
    """One deployment each, with its schedule."""
    place: dict[str, Any] = {"results": spec.results}
    found: list[Any] = [  # RunnerDeployment; Prefect types the call as possibly a coroutine
        sweep.to_deployment("sweep", interval=timedelta(seconds=spec.sweep_s), parameters=place),
        retention.to_deployment(
            "retention",
            schedule=Cron("30 6 * * *", timezone=spec.timezone),
            parameters={**place, "days": spec.keep_days},
        ),
    ]
    if not is_bucket(spec.results):
        schedule = Cron(spec.digest_cron, timezone=spec.timezone)
        found.append(morning_digest.to_deployment("digest", schedule=schedule, parameters=place))
    if spec.cron is not None:
        batch = {"inbox": spec.inbox, "hours": spec.hours, "workers": spec.workers, "order": spec.order}
        found.append(
            night_batch.to_deployment(
                "night",
                schedule=Cron(spec.cron, timezone=spec.timezone),
                parameters={**place, **batch, "more": list(spec.more)},
                concurrency_limit=1,
            )
        )
    return found


def main(text: str) -> None:
    """Serve the schedules until standard input ends."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    wait_for_server(os.environ["PREFECT_API_URL"], START_LIMIT_S)
    serve(*deployments(Schedules.model_validate_json(text)), print_starting_message=False)


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
