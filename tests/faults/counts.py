"""What the fault tests count: the crash points they died at, the bad inputs they fed.

A test marked `bad_inputs(n)` feeds n of them (1 without a number); one that dies at crash points names them
to `record_property("crash_points", ...)`.  Every test in tests/faults counts as marked `faults`.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

FAULTS = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)  # before tests are picked by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder."""
    for item in items:
        if FAULTS in item.path.parents:
            item.add_marker(pytest.mark.faults)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let the report of a test say how many bad inputs it feeds."""
    marker = item.get_closest_marker("bad_inputs")
    if marker is not None:
        item.user_properties.append(("bad_inputs", marker.args[0] if marker.args else 1))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line: what the tests that passed counted."""
    passed = [report for report in terminalreporter.getreports("passed") if report.when == "call"]
    named = (names.split() for report in passed for names in _said(report, "crash_points"))
    points = {point for names in named for point in names}
    bad = sum(number for report in passed for number in _said(report, "bad_inputs"))
    if points or bad:
        terminalreporter.write_line(f"crash points: {len(points)}, bad inputs: {bad}")


def _said(report: pytest.TestReport, name: str) -> Iterable[Any]:
    return (value for key, value in report.user_properties if key == name)
