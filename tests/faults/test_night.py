"""Whole nights with real processes: one published result whatever dies, clear words for the rest."""

import os
import resource
import shlex
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from flows.ledger.states import State
from tests.faults.night import CHEAP, Night, another, copy_into, processes_in, short_film, until
from tests.faults.test_tools import is_alive


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return short_film(tmp_path_factory.mktemp("short") / "short.mp4")


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    with closing(Night(tmp_path)) as night:
        yield night


@pytest.mark.bad_inputs(2)
def test_a_night_with_a_copy_a_text_and_bad_directions(night: Night, film: Path) -> None:
    copy_into(film, night.inbox, "cut.mp4")
    copy_into(film, night.inbox, "copy of cut.mp4")
    (night.inbox / "text.mp4").write_text("not a film\n" * 50)
    another(film, night.inbox / "told.mp4", 1)
    (night.inbox / "told.mp4.reelscore.yaml").write_text("tone: dark\nstile: chamber\n")
    before = {path: path.stat().st_mtime_ns for path in night.inbox.iterdir()}
    assert night.watch_once() == 0
    status = {film["film"]: film for film in night.status()["films"]}
    assert {name: film["state"] in ("ready", "needs a look") for name, film in status.items()} == {
        "cut.mp4": True, "copy of cut.mp4": True, "text.mp4": False, "told.mp4": False,
    }  # fmt: skip
    assert status["cut.mp4"]["job"] == status["copy of cut.mp4"]["job"]
    assert "text" in status["text.mp4"]["reason"] and status["text.mp4"]["remedy"]
    assert "told.mp4.reelscore.yaml line 2" in status["told.mp4"]["reason"]
    assert "did you mean 'style'" in status["told.mp4"]["remedy"]
    for job in night.jobs():
        if job.outcome is not None:
            night.check_published(job)
    night.check_clean()
    assert {path: path.stat().st_mtime_ns for path in night.inbox.iterdir()} == before
    assert all({"at", "level", "job", "message"} <= line.keys() for line in night.log())


@pytest.mark.slow
def test_poison_is_quarantined_after_exactly_three_and_the_queue_moves_on(night: Night, film: Path) -> None:
    copy_into(film, night.inbox, "poison.mp4")
    night.queue()
    another(film, night.inbox / "text.mp4", 2).write_text("no film")
    night.queue()
    assert night.work_once(FAULT="start-claim") == 0
    poison, text = night.jobs()
    assert (poison.where, text.where) == (State.QUARANTINED, State.REJECTED)
    assert [(attempt.ended, attempt.code, attempt.counted) for attempt in night.attempts()] == [
        ("died", -9, True)
    ] * 3
    assert "3 of 3" in poison.reason
    assert poison.reproduce.startswith("reelscore step claim ") and poison.reproduce in poison.remedy
    command = shlex.split(poison.reproduce)[1:]
    assert night.run(*command, FAULT="start-claim") == -signal.SIGKILL
    assert night.run(*command) == 0


@pytest.mark.slow
def test_only_deaths_in_one_step_with_nothing_new_done_count_towards_the_three(
    night: Night, film: Path
) -> None:
    """Two deaths in each of four steps: eight in all, and no quarantine."""
    copy_into(film, night.inbox, "cut.mp4")
    night.queue()
    steps = ("claim", "analyse", "spot", "mix")
    points = [f"{when}-{step}" for step in steps for when in ("start", "outputs")]
    assert night.work_once(FAULT=",".join(points), FAULT_ONCE=str(night.once)) == 0
    assert {path.name for path in night.once.iterdir()} == set(points)
    died = [one for one in night.attempts() if one.ended == "died"]
    assert [(one.step, one.code, one.counted) for one in died] == [
        (step, -signal.SIGKILL, True) for step in steps for _ in range(2)
    ]
    job = night.job()
    assert job.outcome is not None
    night.check_published(job)


@pytest.mark.slow
def test_out_of_memory_ends_the_job_alone_and_the_tail_of_its_stderr_is_kept(
    night: Night, film: Path
) -> None:
    copy_into(film, night.inbox, "cut.mp4")
    night.queue()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (700_000_000, hard))
    try:
        code = night.work_once("--attempts", "1")
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    job = night.job()
    assert code == 0 and job.where is State.QUARANTINED
    assert "Error" in job.stderr_tail and "Error" in job.stderr_tail.splitlines()[-1]


@pytest.mark.slow
def test_cancel_kills_the_whole_process_group(night: Night, film: Path) -> None:
    copy_into(film, night.inbox, "cut.mp4")
    night.queue()
    worker = night.start("work", str(night.results))
    try:
        until(lambda: night.job().step not in ("", "claim"))
        assert night.run("jobs", "cancel", str(night.results), str(night.job().id)) == 0
        until(lambda: not [line for line in processes_in(night.results) if "flows.work.child" in line], 90)
        assert night.job().where is State.CANCELLED
        until(lambda: not list((night.results / ".reelscore" / "work").iterdir()), 90)
        assert worker.poll() is None
    finally:
        worker.terminate()
        assert worker.wait(60) == 0
    assert night.run("jobs", "cancel", str(night.results), str(night.job().id)) == 2
    assert night.run("jobs", "retry", str(night.results), str(night.job().id)) == 0
    assert night.job().where is State.QUEUED


@pytest.mark.slow
def test_a_killed_worker_takes_its_job_along_and_the_next_goes_on(night: Night, film: Path) -> None:
    copy_into(film, night.inbox, "cut.mp4")
    night.queue()
    worker = night.start("work", str(night.results), "--lease", "60")
    until(lambda: night.job().step not in ("", "claim", "analyse"))
    pid = night.attempts()[-1].pid
    assert pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    until(lambda: not is_alive(pid), 90)
    began = time.monotonic()
    assert night.work_once() == 0
    assert time.monotonic() - began < 300
    job = night.job()
    assert job.outcome is not None and [one.ended for one in night.attempts()] == ["lost", "done"]
    night.check_published(job)
    night.check_clean()


@pytest.mark.slow
def test_sigterm_hands_the_job_back_without_a_strike(night: Night, film: Path) -> None:
    copy_into(film, night.inbox, "cut.mp4")
    night.queue()
    worker = night.start("work", str(night.results))
    until(lambda: night.job().step not in ("", "claim"))
    worker.terminate()
    assert worker.wait(60) == 0
    job = night.job()
    assert (job.where, job.strikes) == (State.QUEUED, 0)
    assert [one.ended for one in night.attempts()] == ["handed back"]
    assert not processes_in(night.results)


@pytest.mark.slow
def test_a_film_replaced_while_in_work_becomes_a_version_of_its_own(night: Night, film: Path) -> None:
    cut = copy_into(film, night.inbox, "cut.mp4")
    watcher = night.start(*night.watching(*CHEAP))
    try:
        until(lambda: any(job.step not in ("", "claim") for job in night.jobs()))
        another(film, night.home / "new.mp4", 7).replace(cut)
        until(lambda: len(night.jobs()) == 2 and night.jobs()[1].outcome is not None)
    finally:
        watcher.terminate()
        assert watcher.wait(60) == 0
    old, new = night.jobs()
    assert (old.where, old.outcome, new.version) == (State.SUPERSEDED, None, 2)
    assert not (night.results / old.folder).exists()
    night.check_published(new)
    night.check_clean()


@pytest.mark.slow
def test_a_film_removed_in_mid_work_is_said_and_taken_up_when_it_is_back(night: Night, film: Path) -> None:
    cut = copy_into(film, night.inbox, "cut.mp4")
    another(film, night.inbox / "stays.mp4", 3)
    night.queue()
    worker = night.start("work", str(night.results))
    until(lambda: any(job.step not in ("", "claim") for job in night.jobs()))
    aside = cut.rename(night.home / "aside.mp4")
    until(lambda: night.jobs()[0].where is State.SUPERSEDED)
    worker.terminate()
    assert worker.wait(60) == 0
    assert "went away" in night.jobs()[0].reason or "removed" in night.jobs()[0].reason
    aside.rename(cut)
    night.queue()
    until(lambda: night.jobs()[0].where is State.QUEUED, 90)


@pytest.mark.slow
def test_no_room_on_the_disk_is_waited_out_and_costs_no_strike(night: Night, film: Path) -> None:
    copy_into(film, night.inbox, "cut.mp4")
    night.queue()
    free_gb = shutil.disk_usage(night.home).free / 1e9
    worker = night.start("work", str(night.results), REELSCORE_RESERVE_GB=f"{free_gb + 100:.0f}")
    try:
        until(lambda: "no room" in night.job().reason)
    finally:
        worker.terminate()
        assert worker.wait(60) == 0
    job = night.job()
    assert (job.where, job.strikes) == (State.QUEUED, 0) and "GB" in job.reason
