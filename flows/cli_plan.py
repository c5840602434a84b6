"""`reelscore plan`: what a night would take, before it begins."""

from pathlib import Path
from typing import Annotated

import typer

from flows.buckets import is_bucket
from flows.cli_score import AsJson, Assign
from flows.exit_codes import READY
from flows.ledger.states import Order
from flows.settings import job_settings
from flows.texts import shown
from vision.rejected import RejectedInput


def plan_night(
    inbox: Annotated[Path, typer.Argument(metavar="INBOX", help="The folder that is watched.")],
    results: Annotated[
        Path, typer.Option("-o", "--results", metavar="RESULTS", help="Where results go (its disk counts).")
    ] = Path("."),
    hours: Annotated[float, typer.Option(help="How long the night is.")] = 10.0,
    workers: Annotated[int, typer.Option(help="How many workers there are.")] = 1,
    order: Annotated[Order, typer.Option(help="Which film comes first.")] = "oldest",
    assign: Assign = None,
    as_json: AsJson = False,
) -> int:
    """Say what each film in an inbox will take, in minutes and gigabytes, and what fits into the night.

    \b
      reelscore plan /mnt/cuts -o /mnt/scored --hours 9 --workers 2
      reelscore plan /mnt/cuts --order shortest --json

    Nothing is read but the films' headers. Minutes are rounded up, gigabytes rather too many than too few.
    """
    from flows.plan import as_table, plan
    from flows.watch.inbox import open_inbox

    if is_bucket(str(inbox).replace(":/", "://", 1)):
        raise RejectedInput(f"{shown(inbox)} is a bucket", "plan a folder: a header needs a file on a disk")
    found = open_inbox(str(inbox), str(results)).look().films
    planned = plan(
        found, results.absolute(), job_settings({}, assign or ()), hours, workers, order == "shortest"
    )
    print(planned.model_dump_json(indent=1) if as_json else as_table(planned))
    return READY


def add_to(app: typer.Typer) -> None:
    """Put the command into `app`."""
    app.command("plan")(plan_night)
