"""`reelscore serve`: the whole house on one machine."""

import logging
import sys
import threading
from typing import Annotated

import typer

from flows.buckets import is_bucket
from flows.cli_watch import OrderOption, ResultsOption
from flows.exit_codes import READY
from flows.logs import log_as_json
from flows.results import open_results
from flows.stop_signal import stop_on_signal
from flows.texts import shown
from flows.watch.fleet import Fleet
from vision.rejected import RejectedInput

log = logging.getLogger(__name__)
LOOK_S = 1.0


def serve(
    context: typer.Context,
    inbox: Annotated[str, typer.Argument(metavar="INBOX", help="A folder, or s3://, gs://, az://.")],
    results: ResultsOption,
    workers: Annotated[int, typer.Option(help="Jobs at once.")] = 1,
    cron: Annotated[
        str | None, typer.Option(metavar="CRON", help='Work only from then on, such as "0 22 * * *".')
    ] = None,
    timezone: Annotated[
        str, typer.Option(help="The clock of every schedule, such as Europe/Berlin.")
    ] = "UTC",
    hours: Annotated[float, typer.Option(help="How long the night's window is.")] = 10.0,
    order: OrderOption = "oldest",
    keep_days: Annotated[float, typer.Option(help="How long film-long audio is kept.")] = 14.0,
    sweep: Annotated[float, typer.Option(metavar="S", help="Seconds between sweeps of stale runs.")] = 300.0,
    digest: Annotated[str, typer.Option(metavar="CRON", help="When the digest is due.")] = "0 7 * * *",
    port: Annotated[int, typer.Option(help="Port of the Prefect server.")] = 4200,
    review_port: Annotated[int, typer.Option(help="Port of the review page; 0: none.")] = 8300,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where /health and /metrics answer.")
    ] = "127.0.0.1:9464",
) -> int:
    """Serve everything on one machine: Prefect server and schedules, watcher, workers, review page.

    \b
      reelscore serve /mnt/cuts -o /mnt/scored --workers 2
      reelscore serve /mnt/cuts -o /mnt/scored --cron "0 22 * * 1-5" --timezone Europe/Berlin --hours 9
      reelscore serve /mnt/cuts -o /mnt/scored -- --loudness ebu --composer rules

    With --cron films are taken in all day and scored in the night's window; without it they are scored as
    they come. What stands after `--` goes to `reelscore watch`. Each part is restarted when it dies; a part
    that is down holds up no other, since the ledger says what there is to do.
    """
    from flows.watch.inbox import open_inbox

    log_as_json()
    check_cron(cron, digest, timezone)
    open_inbox(inbox, results)
    open_results(results)
    more = tuple(context.args)
    api = f"http://127.0.0.1:{port}/api"
    watch = ("watch", inbox, "-o", results, "--order", order, "--listen", listen, *more)
    commands: list[tuple[str, ...]] = [
        ("flows.prefect_server", str(port)),
        ("flows.night.leashed", *watch, "--workers", "0" if cron else str(workers)),
        (
            "flows.night.deployments",
            _spec(inbox, results, cron, timezone, hours, workers, order, more, sweep, keep_days, digest),
        ),
    ]
    if review_port and not is_bucket(results):
        commands.append(("flows.night.leashed", "review", results, "--port", str(review_port)))
    ending = threading.Event()
    stop_on_signal(ending)
    # Its SQLite file gives up after 10 s by itself: on a busy machine a scheduled run was lost by that.
    fleet = Fleet(commands, {"PREFECT_API_URL": api, "PREFECT_SERVER_DATABASE_TIMEOUT": "60"})
    pages = 0 if is_bucket(results) else review_port
    print(_where(port, pages, listen, results), file=sys.stderr, flush=True)
    try:
        while not ending.is_set():
            fleet.keep_alive()
            ending.wait(LOOK_S)
    finally:
        fleet.stop()
    return READY


def check_cron(cron: str | None, digest: str, timezone: str) -> None:
    """Raise RejectedInput where a schedule can't be one, before anything is started."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from prefect.schedules import Cron

    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RejectedInput(f"there is no time zone {timezone!r}", "write it as Europe/Berlin") from error
    for text in (cron, digest):
        try:
            if text is not None:
                Cron(text, timezone=timezone)
        except ValueError as error:
            raise RejectedInput(f"{text!r} is no cron line", 'five fields, as in "0 22 * * 1-5"') from error


def _spec(
    inbox: str,
    results: str,
    cron: str | None,
    timezone: str,
    hours: float,
    workers: int,
    order: str,
    more: tuple[str, ...],
    sweep: float,
    keep_days: float,
    digest: str,
) -> str:
    from flows.night.deployments import Schedules

    return Schedules(
        inbox=inbox,
        results=results,
        cron=cron,
        timezone=timezone,
        hours=hours,
        workers=workers,
        order="shortest" if order == "shortest" else "oldest",
        more=more,
        sweep_s=sweep,
        keep_days=keep_days,
        digest_cron=digest,
    ).model_dump_json()


def _where(port: int, review_port: int, listen: str, results: str) -> str:
    lines = [
        f"status    {shown(results)}/status.html",
        f"prefect   http://127.0.0.1:{port}",
        f"metrics   http://{listen}/metrics",
    ]
    return "\n".join([*lines, *([f"review    http://127.0.0.1:{review_port}"] if review_port else [])])


def add_to(app: typer.Typer) -> None:
    """Put the command into `app`."""
    app.command("serve", context_settings={"allow_extra_args": True})(serve)
