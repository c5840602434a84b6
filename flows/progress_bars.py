"""How a run shows where it is: a bar a step on a terminal, a line a step in a log file."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flows.steps import Step, Watch


@contextmanager
def shown_progress(quiet: bool) -> Iterator[Watch]:
    """A Watch that draws on stderr while the context lasts; quiet: one that draws nothing."""
    if quiet:
        yield lambda step, share: None
    elif sys.stderr.isatty():
        with _bars() as watch:
            yield watch
    else:
        yield _Lines()


@contextmanager
def _bars() -> Iterator[Watch]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<12}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def watch(step: Step, share: float) -> None:
            if step.name not in tasks:
                tasks[step.name] = bars.add_task(step.name, total=1.0)
            bars.update(tasks[step.name], completed=(step.item + share) / step.items)

        yield watch


class _Lines:
    """One line for each step, when the last of its items is done."""

    def __init__(self) -> None:
        self._began_s: dict[str, float] = {}
        self._told: set[str] = set()

    def __call__(self, step: Step, share: float) -> None:
        began_s = self._began_s.setdefault(step.name, time.monotonic())
        if share >= 1.0 and step.item == step.items - 1 and step.name not in self._told:
            self._told.add(step.name)
            print(f"{step.name:<12}{time.monotonic() - began_s:7.1f} s", file=sys.stderr, flush=True)
