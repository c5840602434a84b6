"""`reelscore watch, work, jobs`: the night shift."""

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli_score import Assign, Composer, Directions, Draft, Loudness, Seed
from flows.exit_codes import READY
from flows.ledger.states import ForbiddenTransition, Order, State
from flows.logs import log_as_json
from flows.results import open_results
from flows.settings import job_settings
from flows.stop_signal import stop_on_signal
from flows.texts import given_text, shown
from flows.watch.fleet import Fleet
from vision.rejected import RejectedInput

# The ledger's tables take half a second to load, which no other command is to wait for.
if TYPE_CHECKING:
    from flows.ledger.ledger import Ledger
    from flows.ledger.queue import Patience
    from flows.ledger.tables import JobRow

log = logging.getLogger(__name__)
CANCEL_WAIT_S = 15.0

Place = Annotated[str, typer.Argument(metavar="RESULTS", help="The results: a folder or a URL.")]
ResultsOption = Annotated[
    str, typer.Option("-o", "--results", metavar="RESULTS", help="Where results go: a folder or a URL.")
]
OrderOption = Annotated[Order, typer.Option(help="Which film comes next.")]
Lease = Annotated[float, typer.Option(metavar="S", help="A worker silent for so long has lost its job.")]
Attempts = Annotated[int, typer.Option(help="Deaths in the same step until a job is quarantined.")]
Pause = Annotated[float, typer.Option(metavar="S", help="Wait before a second try; it doubles with each.")]
Stall = Annotated[float, typer.Option(metavar="S", help="A job without progress for so long is killed.")]
PrefectOption = Annotated[bool, typer.Option("--prefect", help="Run each job as a Prefect flow.")]
Listen = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="Answer /health and /metrics (Prometheus) there.")
]
JobNumber = Annotated[int, typer.Argument(metavar="JOB", help="Its number, as `reelscore jobs list` says.")]

jobs_app = typer.Typer(
    help="See and steer the jobs of a results place.", no_args_is_help=True, rich_markup_mode=None
)


def watch(
    inbox: Annotated[str, typer.Argument(metavar="INBOX", help="A folder, or s3://, gs://, az://.")],
    results: ResultsOption,
    workers: Annotated[int, typer.Option(help="Jobs at once; 0: only queue, other machines work.")] = 1,
    once: Annotated[bool, typer.Option("--once", help="Do what is there, then end (for cron).")] = False,
    window: Annotated[float | None, typer.Option(metavar="HOURS", help="End after so many hours.")] = None,
    interval: Annotated[float, typer.Option(metavar="S", help="Seconds between looks.")] = 5.0,
    looks: Annotated[int, typer.Option(help="How often a film must be seen unchanged first.")] = 3,
    order: OrderOption = "oldest",
    priority: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Film names, the most urgent first (* is anything).")
    ] = None,
    lease: Lease = 30.0,
    attempts: Attempts = 3,
    pause: Pause = 2.0,
    stall: Stall = 1800.0,
    prefect: PrefectOption = False,
    listen: Listen = None,
    directions: Directions = None,
    seed: Seed = None,
    composer: Composer = None,
    draft: Draft = False,
    loudness: Loudness = None,
    assign: Assign = None,
) -> int:
    """Watch a folder or bucket: every film that settles there is scored, once.

    \b
      reelscore watch /mnt/cuts -o /mnt/scored --workers 2
      reelscore watch s3://cuts/incoming -o s3://scored --loudness ebu
      reelscore watch /mnt/cuts -o /mnt/scored --once        from cron

    A film is taken when size, times and inode were the same over --looks looks. RESULTS/status.html (and
    .txt, .json) says within seconds where each one stands; its versions are RESULTS/FILM/v001, v002, ...
    Directions travel beside a film: CUT.mov.reelscore.yaml, or reelscore.yaml in its folder and above.
    The inbox is never written to. The ledger is RESULTS/.reelscore/ledger.sqlite, or the PostgreSQL
    database that REELSCORE_DATABASE_URL names. Logs are JSON lines on stderr. REELSCORE_ON_READY and
    REELSCORE_ON_REJECTED name somebody to tell: cmd:COMMAND (JSON on its input), mailto:ADDRESS, https://...
    """
    from flows.ledger.ledger import open_ledger
    from flows.ledger.queue import Patience
    from flows.night.health import outside
    from flows.watch.inbox import open_inbox
    from flows.watch.shift import Shift
    from flows.watch.status import StatusFiles
    from flows.watch.watcher import Watcher, WatchRules

    log_as_json()
    options = {
        "seed": seed,
        "directions": given_text(directions),
        "directions_name": None if directions is None else shown(directions.name),
        "composer.composer": composer,
        "composer.draft": draft or None,
        "render.loudness": loudness,
    }
    settings = job_settings(options, assign or ())
    place = open_results(results)
    watched = open_inbox(inbox, results)
    ledger = open_ledger(results, place.state)
    rules = _work_arguments(results, order, prefect, Patience(lease, attempts, pause), stall)
    watcher = Watcher(watched, ledger, settings, WatchRules(interval, looks))
    window_s = None if window is None else window * 3600
    fleet = Fleet([("flows.night.leashed", "work", *rules)] * workers)
    shift = Shift(inbox, watcher, fleet, StatusFiles(place), once, window_s, given_text(priority) or "")
    stop_on_signal(shift.ending, watcher.news)
    try:
        with outside(listen, ledger, shift.pulse) if listen else nullcontext():
            shift.run()
    finally:
        ledger.close()
    return READY


def work(
    results: Place,
    once: Annotated[bool, typer.Option("--once", help="End when nothing is queued or running.")] = False,
    order: OrderOption = "oldest",
    lease: Lease = 30.0,
    attempts: Attempts = 3,
    pause: Pause = 2.0,
    stall: Stall = 1800.0,
    prefect: PrefectOption = False,
) -> int:
    """Work on queued jobs, one after another; as many of these as you like, on any machine that sees RESULTS.

    \b
      reelscore work /mnt/scored
      REELSCORE_DATABASE_URL=postgresql://... reelscore work s3://scored

    Each job runs in a process of its own: a crash in it costs that try and nothing else. On SIGTERM the job
    in work is handed back, and the next worker goes on from its last finished step.
    """
    from flows.ledger.queue import Patience
    from flows.work.worker import Worker, WorkRules

    log_as_json()
    worker = Worker(results, WorkRules(Patience(lease, attempts, pause), order, prefect, stall, once))
    stop_on_signal(worker.ending)
    worker.run()
    return READY


@jobs_app.command("list")
def jobs_list(
    results: Place,
    state: Annotated[str | None, typer.Option(help="Only those: queued, running, rejected, ...")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> int:
    """Every job: its number, state, film and version, and why.

    \b
      reelscore jobs list /mnt/scored
      reelscore jobs list /mnt/scored --state rejected
    """
    from flows.ledger.ledger import public

    known = [each.value for each in State]
    if state is not None and state not in known:
        raise RejectedInput(f"there is no state {state!r}", f"it is one of {', '.join(known)}")
    ledger = _ledger(results)
    rows = [job for job in ledger.jobs() if state is None or job.state == state]
    if as_json:
        print(json.dumps([public(job) for job in rows]))
        return READY
    for job in rows:
        where = f"{job.step} {round(100 * job.share)} %" if job.where is State.RUNNING else job.reason
        print(f"{job.id:>6}  {job.state:<12} {job.folder:<32} {where}".rstrip())
    return READY


@jobs_app.command("show")
def jobs_show(results: Place, number: JobNumber) -> int:
    """All about one job: what happened when, every try, the tail of its stderr, how to reproduce it."""
    ledger = _ledger(results)
    job = _existing(ledger, number)
    print(json.dumps(_all_of(ledger, job), indent=1))
    return READY


@jobs_app.command("retry")
def jobs_retry(results: Place, number: JobNumber) -> int:
    """Queue a rejected, quarantined or cancelled job again."""
    from flows.ledger.queue import Queue

    ledger = _ledger(results)
    with _allowed(ledger, number, "only a rejected, quarantined or cancelled job is tried again"):
        Queue(ledger).retry(number, "command line")
    print(f"job {number} is queued", file=sys.stderr)
    return READY


@jobs_app.command("cancel")
def jobs_cancel(results: Place, number: JobNumber) -> int:
    """Cancel a job; if it is in work, its whole process group is killed and this command waits for that."""
    from flows.ledger.queue import Queue

    ledger = _ledger(results)
    with _allowed(ledger, number, "only a queued, running or quarantined job can be cancelled"):
        Queue(ledger).cancel(number, "command line")
    deadline = time.monotonic() + CANCEL_WAIT_S
    while any(attempt.ended is None for attempt in ledger.attempts(number)):
        if time.monotonic() > deadline:
            print(f"job {number} is cancelled; its worker has not answered yet", file=sys.stderr)
            return READY
        time.sleep(0.2)
    print(f"job {number} is cancelled", file=sys.stderr)
    return READY


def add_to(app: typer.Typer) -> None:
    """Put the commands into `app`."""
    app.command("watch")(watch)
    app.command("work")(work)
    app.add_typer(jobs_app, name="jobs")


def _work_arguments(
    results: str, order: Order, prefect: bool, patience: "Patience", stall: float
) -> list[str]:
    numbers = (
        ("--lease", patience.lease_s),
        ("--attempts", patience.attempts),
        ("--pause", patience.pause_s),
        ("--stall", stall),
    )
    more = [word for name, number in numbers for word in (name, str(number))]
    return [*more, "--order", order, *(["--prefect"] if prefect else []), "--", results]


def _ledger(results: str) -> "Ledger":
    from flows.ledger.ledger import open_ledger

    place = open_results(results)
    if not place.state.is_dir():
        raise RejectedInput(f"{shown(results)} has no ledger", "name the RESULTS of `reelscore watch`")
    return open_ledger(results, place.state)


def _existing(ledger: "Ledger", number: int) -> "JobRow":
    job = ledger.job(number)
    if job is None or job.results != ledger.results:
        raise RejectedInput(f"there is no job {number}", "`reelscore jobs list RESULTS` names them")
    return job


def _all_of(ledger: "Ledger", job: "JobRow") -> dict[str, object]:
    from flows.ledger.ledger import public

    return {
        **public(job),
        "events": [public(event) for event in ledger.events(job.id)],
        "attempts_made": [public(attempt) for attempt in ledger.attempts(job.id)],
    }


@contextmanager
def _allowed(ledger: "Ledger", number: int, remedy: str) -> Iterator[None]:
    """A change of a job that is there; where its state forbids it, `remedy` says which states allow it."""
    job = _existing(ledger, number)
    try:
        yield
    except ForbiddenTransition as error:
        raise RejectedInput(f"job {number} is {job.state}", remedy) from error
