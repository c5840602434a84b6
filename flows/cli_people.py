"""`reelscore people`: who may sign in to the review page from other machines."""

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from vision.rejected import RejectedInput

Folder = Annotated[Path, typer.Argument(metavar="RESULTS", help="The folder that `reelscore watch` fills.")]


def people(
    results: Folder,
    add: Annotated[str | None, typer.Option(metavar="NAME", help="Add a person, or change one.")] = None,
    role: Annotated[str, typer.Option(help="viewer, reviewer, editor or admin.")] = "reviewer",
    remove: Annotated[str | None, typer.Option(metavar="NAME", help="Remove a person; notes stay.")] = None,
) -> int:
    """List, add and remove the people of a results folder.

    \b
      reelscore people RESULTS
      reelscore people RESULTS --add Ada --role editor
      reelscore people RESULTS --remove Ada

    The password is asked for, or read from standard input where that is no terminal. Viewers watch;
    reviewers note and decide too; editors move cues and make links; admins are editors for now.
    """
    from flows.ledger.ledger import open_ledger
    from flows.review.people import People
    from flows.review.results import Results

    found = Results(results)
    ledger = open_ledger(found.root, found.state)
    try:
        known = People(ledger)
        if add is not None:
            known.put(add, role, _password(add))
        if remove is not None:
            known.remove(remove)
        for person in known.everyone():
            print(f"{person.role:<10}{person.name}")
    finally:
        ledger.close()
    return 0


def _password(name: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass(f"Password for {name}: ")
    if getpass.getpass("Again: ") != first:
        raise RejectedInput("the two passwords differ", "try again")
    return first


def add_to(app: typer.Typer) -> None:
    """Put the command into `app`."""
    app.command("people")(people)
