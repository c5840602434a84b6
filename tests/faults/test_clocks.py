"""A machine that sleeps, a clock that jumps, a worker that freezes: nobody loses a job that they still do."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from flows.ledger.states import State
from flows.work.process_tree import below
from tests.conftest import ROOT
from tests.faults.night import CHEAP, Night, copy_into, short_film, until

LEASE_S = 6.0
# Python runs it in every process of the night: the wall clock, and it alone, is moved by the file's seconds.
MOVABLE = """
import os, time
real = time.time
def moved():
    with open(os.environ["CLOCK_MOVED_BY"]) as file:
        return real() + float(file.read() or 0)
time.time = moved
"""
HOUR_S = 3600.0


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return short_film(tmp_path_factory.mktemp("short") / "short.mp4")


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """The file that says by how many seconds the night's clock is moved."""
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(MOVABLE)
    moved = tmp_path / "clock" / "moved"
    moved.write_text("0")
    return moved


@pytest.fixture
def night(tmp_path: Path, clock: Path, film: Path) -> Iterator[Night]:
    """A night by a clock of its own, with one film queued."""
    path = os.pathsep.join((str(clock.parent), str(ROOT)))
    with closing(Night(tmp_path, {"PYTHONPATH": path, "CLOCK_MOVED_BY": str(clock)})) as night:
        copy_into(film, night.inbox, "cut.mp4")
        yield night


def move(clock: Path, seconds: float) -> None:
    """Set the night's clock, all at once for whoever reads it."""
    new = clock.with_name("new")
    new.write_text(str(seconds))
    new.replace(clock)


def freeze(pid: int) -> list[int]:
    """Stop a process and all below it, as a machine that sleeps does; returns them."""
    stopped: list[int] = []
    while news := [each for each in (pid, *below(pid)) if each not in stopped]:
        for each in news:
            os.kill(each, signal.SIGSTOP)
        stopped += news
    return stopped


def thaw(pids: list[int]) -> None:
    """Let them go on, those that were not killed meanwhile."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            continue


def in_work(night: Night) -> bool:
    return any(job.where is State.RUNNING and job.step not in ("", "claim") for job in night.jobs())


@pytest.mark.slow
def test_a_night_that_sleeps_beyond_the_lease_and_wakes_an_hour_later_goes_on_where_it_was(
    night: Night, clock: Path
) -> None:
    rules = ("--workers", "2", "--lease", str(LEASE_S), *CHEAP)
    watcher = night.start(*night.watching(*rules))
    try:
        until(lambda: in_work(night))
        asleep = freeze(watcher.pid)
        move(clock, HOUR_S)
        time.sleep(1.5 * LEASE_S)
        thaw(asleep)
        until(lambda: night.job().outcome is not None)
    finally:
        watcher.terminate()
        assert watcher.wait(60) == 0
    job = night.job()
    assert [(each.ended, each.counted) for each in night.attempts()] == [("done", False)] and job.strikes == 0
    night.check_published(job)
    night.check_clean()


@pytest.mark.slow
@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_set_in_mid_job_costs_no_try_and_a_pause_lasts_no_longer(
    night: Night, clock: Path, hours: int
) -> None:
    """It dies once, too: the pause before its second try was set by the clock of before."""
    night.queue()
    rules = ("work", str(night.results), "--lease", str(LEASE_S), "--pause", "1")
    faults = {"FAULT": "outputs-analyse", "FAULT_ONCE": str(night.once)}
    workers = [night.start(*rules, **faults) for _ in range(2)]
    try:
        until(lambda: any(each.ended == "died" for each in night.attempts()))
        move(clock, hours * HOUR_S)
        until(lambda: in_work(night), 60)
        move(clock, 0)
        until(lambda: night.job().outcome is not None)
    finally:
        for worker in workers:
            worker.terminate()
        assert [worker.wait(60) for worker in workers] == [0, 0]
    assert [(each.ended, each.counted) for each in night.attempts()] == [("died", True), ("done", False)]
    night.check_published(night.job())
    night.check_clean()


@pytest.mark.slow
def test_a_worker_frozen_beyond_its_lease_loses_its_job_to_another_and_publishes_nothing(
    night: Night,
) -> None:
    night.queue()
    rules = ("work", str(night.results), "--lease", str(LEASE_S), "--pause", "0.1")
    frozen = night.start(*rules)
    until(lambda: in_work(night))
    asleep = freeze(frozen.pid)
    other = night.start(*rules)
    try:
        until(lambda: night.job().outcome is not None)
    finally:
        thaw(asleep)
        for worker in (frozen, other):
            worker.terminate()
        assert [frozen.wait(60), other.wait(60)] == [0, 0]
    ends = [each.ended for each in night.attempts()]
    assert (ends[0], ends[-1], ends.count("done")) == ("lost", "done", 1)
    night.check_published(night.job())
    night.check_clean()
