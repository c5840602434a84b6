"""`reelscore train, evaluate`: how the weights were made, and how good they are."""

import typer


def add_to(app: typer.Typer) -> None:
    """Put the commands into `app`."""
