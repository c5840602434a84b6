"""Leases on SQLite and on PostgreSQL: who has a job, what a death counts, whom a clock can hurt."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.ledger.leases import Lease, LeaseWatch
from flows.ledger.ledger import Ledger, started_ticks
from flows.ledger.queue import Death, Patience, Queue
from flows.ledger.states import State
from flows.results import open_results
from flows.work.work_folder import WorkFolders
from flows.workplace import workplace
from tests.flows.ledgers import claimed, database, fresh, ledger, postgres_url, taken

__all__ = ["database", "ledger", "postgres_url"]
DEATH = Death("compose", "p1", -11, "Segmentation fault", "reelscore step compose x")
pytestmark = pytest.mark.faults
AT_ONCE = Patience(pause_s=0.0)


def test_a_poison_film_is_quarantined_after_exactly_three_deaths_in_one_place(ledger: Ledger) -> None:
    queue = Queue(ledger, AT_ONCE)
    job = taken(ledger)
    assert [queue.die(claimed(queue), DEATH) for _ in range(3)] == [
        State.QUEUED, State.QUEUED, State.QUARANTINED,
    ]  # fmt: skip
    assert queue.claim() is None
    row = fresh(ledger, job)
    assert "3 of 3" in row.reason and row.stderr_tail == "Segmentation fault"
    assert row.reproduce in row.remedy
    assert queue.retry(job.id).strikes == 0
    assert queue.die(claimed(queue), DEATH) is State.QUEUED


def test_a_death_after_a_new_receipt_is_the_first_of_its_kind(ledger: Ledger) -> None:
    queue = Queue(ledger, AT_ONCE)
    job = taken(ledger)
    marks = ["p1", "p1", "p2", "p2", "p3", "p3", "p3"]
    ends = [queue.die(claimed(queue), Death("mix", mark, 1, "", "")) for mark in marks]
    assert ends == [*[State.QUEUED] * 6, State.QUARANTINED]
    assert len(ledger.attempts(job.id)) == 7


def test_being_handed_back_is_no_strike(ledger: Ledger) -> None:
    queue = Queue(ledger, AT_ONCE)
    job = taken(ledger)
    for _ in range(5):
        assert queue.again(claimed(queue), "no room", "no room on the disk: needs 2 GB", 0.0)
    row = fresh(ledger, job)
    assert (row.where, row.strikes) == (State.QUEUED, 0) and "no room" in row.reason


def test_a_pause_keeps_a_job_from_being_claimed_at_once(ledger: Ledger) -> None:
    queue = Queue(ledger, Patience(pause_s=60))
    taken(ledger)
    queue.die(claimed(queue), DEATH)
    assert queue.claim() is None


def test_a_lease_that_ran_out_is_taken_back_and_the_late_worker_publishes_nothing(ledger: Ledger) -> None:
    queue = Queue(ledger, Patience(lease_s=-1.0, pause_s=0.0))
    job = taken(ledger)
    late = claimed(queue)
    assert Queue(ledger, AT_ONCE).sweep(lambda row: DEATH) == [job.id]
    second = claimed(Queue(ledger))
    assert second.job.id == job.id
    assert not queue.publish(late, [], {})
    assert not queue.beat(late, "mix", "", 0.5)
    assert fresh(ledger, job).where is State.RUNNING
    assert [attempt.ended for attempt in ledger.attempts(job.id)] == ["died", None]
    assert Queue(ledger).publish(second, [], {})


def test_a_dead_worker_of_this_machine_is_known_before_its_lease_ends(ledger: Ledger) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    worker = f"{ledger.me.rpartition(':')[0].rpartition(':')[0]}:{ended.pid}:{started_ticks(ended.pid)}"
    ended.wait()
    queue = Queue(ledger)
    job = taken(ledger)
    mine, ledger.me = ledger.me, worker
    claimed(queue)
    ledger.me = mine
    assert queue.sweep(lambda row: Death("mix", "", None, "", "", "lost")) == [job.id]
    assert queue.sweep(lambda row: DEATH) == []


def test_a_clock_that_jumps_takes_no_job_from_a_worker_that_lives(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, job = Queue(ledger), taken(ledger)
    held = claimed(queue)
    for hours in (1, -1, 24):
        monkeypatch.setattr(ledger, "now", lambda session, hours=hours: time.time() + hours * 3600)
        assert queue.sweep(lambda row: DEATH) == []
        assert queue.beat(held, "mix", "", 0.1) and queue.sweep(lambda row: DEATH) == []
    assert fresh(ledger, job).strikes == 0
    assert queue.publish(held, [], {})


def test_a_pause_that_a_clock_set_before_it_went_back_is_void(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, job = Queue(ledger, Patience(pause_s=20)), taken(ledger)
    queue.die(claimed(queue), DEATH)
    monkeypatch.setattr(ledger, "now", lambda session: time.time() - 10)
    assert queue.claim() is None
    monkeypatch.setattr(ledger, "now", lambda session: time.time() - 3600)
    assert claimed(queue).job.id == job.id


def test_a_silent_lease_is_over_after_its_own_length_and_not_in_one_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock_s = [100.0]
    monkeypatch.setattr("flows.ledger.leases.time.monotonic", lambda: clock_s[0])
    watch, lease = LeaseWatch(), Lease("elsewhere:1:1", 5.0, 12.0)
    looks = 0
    while not watch.over({1: lease}):
        clock_s[0] += 2.0
        looks += 1
    assert looks * 2.0 == 12.0
    renewed = Lease("elsewhere:1:1", 9.0, 12.0)
    assert not watch.over({1: renewed})
    clock_s[0] += 3600.0  # it was this process that was frozen
    assert not watch.over({1: renewed})
    watch.forget()
    assert not watch.over({1: renewed})


def test_an_attempt_ends_with_the_job_that_another_cut_takes_the_place_of(ledger: Ledger) -> None:
    queue, old = Queue(ledger), taken(ledger, content="aa")
    held = claimed(queue)
    taken(ledger, content="bb")
    (attempt,) = ledger.attempts(old.id)
    assert (attempt.ended, attempt.counted) == ("superseded", False) and attempt.ended_at is not None
    assert not queue.beat(held, "mix", "", 0.5)
    queue.let_go(held)
    assert ledger.attempts(old.id)[0].ended == "superseded"


def test_the_folder_of_a_superseded_job_is_cleared_once_nobody_works_in_it(
    ledger: Ledger, tmp_path: Path
) -> None:
    queue, folders = Queue(ledger), WorkFolders(ledger, open_results(str(tmp_path / "results")))
    old = taken(ledger, content="aa")
    claimed(queue)
    with workplace(folders.of(old)) as work:
        assert folders.clear_ended() == []  # it is in work
        taken(ledger, content="bb")
        assert folders.clear_ended() == [] and work.is_dir()  # its process has not seen it yet
    assert folders.clear_ended() == [work.name] and not work.exists()


def test_a_cancelled_job_whose_worker_died_before_it_saw_is_closed_by_the_sweep(ledger: Ledger) -> None:
    queue, job = Queue(ledger, Patience(lease_s=-1.0)), taken(ledger)
    claimed(queue)
    queue.cancel(job.id)
    assert queue.sweep(lambda row: DEATH) == []
    assert [attempt.ended for attempt in ledger.attempts(job.id)] == ["died"]
    assert fresh(ledger, job).where is State.CANCELLED and fresh(ledger, job).strikes == 0


def test_a_heartbeat_renews_the_lease_and_says_where_the_job_is(ledger: Ledger) -> None:
    queue = Queue(ledger)
    job = taken(ledger)
    held = claimed(queue)
    assert queue.beat(held, "compose", "1M02", 0.25) and queue.still_mine(held)
    row = fresh(ledger, job)
    assert (row.step, row.detail, row.share) == ("compose", "1M02", 0.25)
    assert (row.lease_until or 0) >= (held.job.lease_until or 0)
    assert queue.sweep(lambda row: DEATH) == []


def test_a_cancelled_job_is_no_longer_its_workers(ledger: Ledger) -> None:
    queue = Queue(ledger)
    job = taken(ledger)
    held = claimed(queue)
    queue.cancel(job.id, "anna")
    assert not queue.still_mine(held) and not queue.beat(held, "mix", "", 0.1)
    assert not queue.publish(held, [], {})
    assert fresh(ledger, job).where is State.CANCELLED
    assert queue.retry(job.id).where is State.QUEUED
    with pytest.raises(LookupError):
        queue.cancel(12345)
