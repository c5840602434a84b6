"""kill -9 at every named point of watcher, worker, line and files: one published result, nothing left."""

import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from flows.score_film import LINE
from tests.faults.night import Night, short_film

WORKER_POINTS = ("job-claimed", "job-prepared", "job-before-publish", "job-after-publish", "job-noted")
WATCH_POINTS = ("film-read", "film-taken")
LINE_POINTS = tuple(f"{when}-{step}" for step in LINE for when in ("start", "outputs", "receipt"))
FILE_POINTS = tuple(
    f"{when}-rename:{name}"
    for name in ("claim.json", "analysis.json", "spotting.json", "score.mid", "mix.wav", "manifest.json")
    for when in ("before", "after")
)
POINTS = (*WORKER_POINTS, *WATCH_POINTS, *LINE_POINTS, *FILE_POINTS)


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    """A night with one film in its inbox."""
    with closing(Night(tmp_path)) as night:
        short_film(night.inbox / "cut.mp4")
        yield night


def test_a_few_kills_anywhere_leave_one_published_result(
    night: Night, record_property: Callable[[str, object], None]
) -> None:
    points = "film-taken,job-prepared,outputs-analyse,before-rename:mix.wav,job-after-publish"
    code = night.watch_once("--attempts", "20", FAULT=points, FAULT_ONCE=str(night.once))
    assert code == -signal.SIGKILL  # the watcher itself, at film-taken
    assert night.watch_once("--attempts", "20", FAULT=points, FAULT_ONCE=str(night.once)) == 0
    assert {path.name for path in night.once.iterdir()} == set(points.split(","))
    record_property("crash_points", points.replace(",", " "))
    job = night.job()
    assert job.outcome is not None
    night.check_published(job)
    night.check_clean()


@pytest.mark.slow
def test_every_named_crash_point_is_died_at_and_one_result_is_published(
    night: Night, record_property: Callable[[str, object], None]
) -> None:
    faults = {"FAULT": ",".join(POINTS), "FAULT_ONCE": str(night.once)}
    deaths = 0
    while night.watch_once("--attempts", "99", **faults) == -signal.SIGKILL:
        deaths += 1
    assert deaths == len(WATCH_POINTS)
    reached = {path.name for path in night.once.iterdir()}
    assert reached == {point.replace("/", "_") for point in POINTS}
    record_property("crash_points", " ".join(POINTS))
    job = night.job()
    assert job.outcome is not None
    night.check_published(job)
    night.check_clean()
