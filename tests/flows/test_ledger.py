"""The ledger on SQLite and on PostgreSQL: what is allowed, who wins, what is counted, what is kept."""

import subprocess
import sys
import time
import uuid
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from psycopg import sql
from sqlalchemy import Connection, MetaData, inspect, text
from sqlalchemy.exc import DatabaseError

from flows.ledger.arrivals import Arrivals, folder_name
from flows.ledger.database import VARIABLE, VERSION_TABLE, database_url, newest_revision, open_engine
from flows.ledger.leases import Lease, LeaseWatch
from flows.ledger.ledger import Ledger, open_ledger, started_ticks
from flows.ledger.queue import Claimed, Death, Patience, Queue
from flows.ledger.states import ALLOWED, Cause, ForbiddenTransition, State
from flows.ledger.tables import Base, JobRow
from flows.results import open_results
from flows.settings import JobSettings
from flows.work.work_folder import WorkFolders
from flows.workplace import workplace
from tests.conftest import ROOT
from tests.flows.ledgers import arrived, database, fresh, ledger, postgres_url, sight, taken
from vision.rejected import RejectedInput

__all__ = ["database", "ledger", "postgres_url"]
DEATH = Death("compose", "p1", -11, "Segmentation fault", "reelscore step compose x")
pytestmark = pytest.mark.faults
AT_ONCE = Patience(pause_s=0.0)


def claimed(queue: Queue) -> Claimed:
    found = queue.claim()
    assert found is not None
    return found


def test_tables_and_migrations_say_the_same(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        options = {"compare_type": True, "version_table": VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_a_film_waits_until_it_holds_still_and_then_is_one_job(ledger: Ledger) -> None:
    arrivals = Arrivals(ledger)
    assert arrivals.see([sight(mark="a")])[0].looks == 0
    assert arrivals.see([sight(mark="b")])[0].looks == 0  # it grew
    film = arrivals.see([sight(mark="b")])[0]
    assert (film.looks, film.presence, film.reason) == (1, "waiting", "settling")
    job = arrivals.take(film.id, "b", "content", JobSettings())
    assert job.where is State.QUEUED and job.folder == "cut/v001"
    assert arrivals.take(film.id, "b", "content", JobSettings()).id == job.id
    assert arrivals.see([sight(mark="b")])[0].presence == "taken"
    assert [event.after for event in ledger.events(job.id)] == [State.QUEUED]


def test_a_renamed_copy_is_the_same_job_and_a_namesake_has_its_own_folder(ledger: Ledger) -> None:
    first, copy = taken(ledger, "cut.mov", "aa"), taken(ledger, "copy of cut.mov", "aa")
    other = taken(ledger, "b/cut.mov", "bb")
    assert copy.id == first.id != other.id
    assert other.folder.startswith("b_cut") or other.folder.startswith("cut-")


def test_new_content_under_the_same_name_is_a_new_version_and_the_old_one_is_kept(ledger: Ledger) -> None:
    queue = Queue(ledger)
    old = taken(ledger, content="aa")
    assert queue.publish(claimed(queue), [], {})
    new = taken(ledger, content="bb")
    assert (new.version, new.cause, new.made_from) == (2, Cause.RECUT, None)
    assert fresh(ledger, old).where is State.READY  # until the new one is published
    assert queue.publish(claimed(queue), ["coverage is odd"], {"cues": 2})
    assert fresh(ledger, old).where is State.SUPERSEDED
    assert fresh(ledger, new).where is State.NEEDS_A_LOOK
    back = taken(ledger, content="aa", mark="back")
    assert back.id == old.id and back.where is State.READY
    assert fresh(ledger, new).where is State.SUPERSEDED


def test_a_film_changed_before_its_turn_supersedes_the_job_that_waited(ledger: Ledger) -> None:
    old = taken(ledger, content="aa")
    new = taken(ledger, content="bb")
    assert fresh(ledger, old).where is State.SUPERSEDED
    assert claimed(Queue(ledger)).job.id == new.id


def test_other_directions_are_a_new_version_made_from_the_old_one(ledger: Ledger) -> None:
    first = taken(ledger)
    calmer = taken(ledger, settings=JobSettings(directions="energy: -0.5", directions_name="cut.mov.yaml"))
    assert (calmer.cause, calmer.made_from) == (Cause.DIRECTIONS, first.id)
    renamed = taken(ledger, settings=JobSettings(directions="energy: -0.5", directions_name="other.yaml"))
    assert renamed.id == calmer.id


def test_a_redone_cue_is_not_undone_by_the_next_look_at_the_inbox(ledger: Ledger) -> None:
    queue = Queue(ledger)
    first = taken(ledger)
    assert queue.publish(claimed(queue), [], {})
    redo = ledger.request_version(first.id, JobSettings(cue_seeds={"u1": 2}), Cause.REDO, "anna")
    assert (redo.version, redo.made_from, redo.asked_by, redo.where) == (2, first.id, "anna", State.QUEUED)
    assert taken(ledger).id == redo.id
    assert ledger.request_version(first.id, JobSettings(cue_seeds={"u1": 2}), Cause.REDO).id == redo.id
    with pytest.raises(LookupError):
        ledger.request_version(999, JobSettings(), Cause.REDO)


def test_what_people_wait_for_goes_before_the_night(ledger: Ledger) -> None:
    queue = Queue(ledger)
    first = taken(ledger)
    assert queue.publish(claimed(queue), [], {})
    taken(ledger, "other.mov", "bb")
    redo = ledger.request_version(first.id, JobSettings(seed=2), Cause.REDO)
    assert claimed(queue).job.id == redo.id


def test_only_allowed_transitions_happen(ledger: Ledger) -> None:
    job = taken(ledger)
    for state in set(State) - ALLOWED[State.QUEUED]:
        with pytest.raises(ForbiddenTransition), ledger.write() as session:
            ledger.move(session, session.get_one(JobRow, job.id), state)
    assert fresh(ledger, job).where is State.QUEUED
    assert len(ledger.events(job.id)) == 1


@pytest.mark.parametrize(
    "change", ["UPDATE events SET reason = 'x'", "DELETE FROM events", "UPDATE jobs SET state = 'lost'"]
)
def test_the_database_itself_refuses_to_rewrite_history(ledger: Ledger, change: str) -> None:
    taken(ledger)
    with pytest.raises(DatabaseError), ledger.write() as session:
        session.execute(text(change))


RACER = """
import sys, time
from pathlib import Path
from flows.ledger.ledger import open_ledger
from flows.ledger.queue import Queue
results = Path(sys.argv[1])
queue = Queue(open_ledger(results))
print("ready", flush=True)
while not (results / "go").exists():
    time.sleep(0.01)
while (found := queue.claim()) is not None:
    print(found.job.id)
    queue.publish(found, [], {})
"""


@pytest.mark.parametrize("number", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_of_racing_processes_exactly_one_gets_each_job(ledger: Ledger, tmp_path: Path, number: int) -> None:
    jobs = {taken(ledger, f"{n}.mov", f"c{n}").id for n in range(24)}
    results = tmp_path / "results"
    results.mkdir(exist_ok=True)
    command = [sys.executable, "-c", RACER, str(results)]
    racers = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(number)]
    for racer in racers:
        assert racer.stdout is not None and racer.stdout.readline() == "ready\n"
    (results / "go").touch()
    won = [int(line) for racer in racers for line in racer.communicate(timeout=60)[0].split()]
    assert sorted(won) == sorted(jobs)
    assert ledger.counts() == {State.READY: 24}
    assert all(len(ledger.attempts(job)) == 1 for job in jobs)


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


def test_a_rejected_film_is_taken_up_again_when_it_changes(ledger: Ledger) -> None:
    queue = Queue(ledger)
    half = taken(ledger, content="half")
    assert queue.reject(claimed(queue), "cut short: 3 of 9 s", "copy it again")
    assert taken(ledger, content="half").where is State.REJECTED
    whole = taken(ledger, content="whole")
    assert whole.where is State.QUEUED and fresh(ledger, half).where is State.SUPERSEDED


def test_an_emptied_inbox_marks_films_gone_and_touches_no_job(ledger: Ledger) -> None:
    job = taken(ledger)
    arrived(ledger, "b.mov")
    gone = Arrivals(ledger).gone({"file:///inbox/b.mov"}, "file:///inbox/")
    assert [film.label for film in gone] == ["cut.mov"]
    assert fresh(ledger, job).where is State.QUEUED


def test_reopening_migrates_nothing_and_loses_nothing(ledger: Ledger, tmp_path: Path) -> None:
    job = taken(ledger)
    again = open_ledger(tmp_path / "results")
    assert again.job(job.id) is not None
    again.close()


NOTHING = {"reason": "", "remedy": "", "step": "", "detail": "", "stderr_tail": "", "who": "", "asked_by": ""}


def fill(connection: Connection, table: str, **values: object) -> None:
    """Put a row into a table as it is in the database, whatever the tables are called today."""
    kept = MetaData()
    kept.reflect(connection, only=[table])
    columns = kept.tables[table].columns.keys()
    rest = {name: value for name, value in NOTHING.items() if name in columns}
    connection.execute(kept.tables[table].insert(), {**rest, **values})


def fill_first_revision(connection: Connection, place: str) -> None:
    """A film, its job in work by a worker of another machine, and how it came there."""
    source = {"results": place, "source": "file:///inbox/cut.mov", "mark": "m", "content": "aa", "size": 9}
    film = {"name": "cut", "label": "cut.mov", "presence": "taken", "looks": 3, "versions": 1}
    fill(connection, "films", first_seen_at=1.5, seen_at=2.5, current_job=1, **film, **source)
    job = {"identity": "i", "version": 1, "folder": "cut/v001", "cause": "arrival", "state": "running"}
    more = {"settings": {}, "findings": [], "figures": {}, "share": 0.5, "priority": 0, "not_before": 0.0}
    held = {"worker": "gone:1:1", "lease_until": 10.7, "strikes": 1, "strike_mark": "p", "reproduce": ""}
    times = {"created_at": 3.5, "queued_at": 3.5, "claimed_at": 10.5}
    fill(connection, "jobs", film_id=1, **job, **more, **held, **times, **source)
    times = {"started_at": 10.5, "beat_at": 10.5}
    fill(connection, "attempts", job_id=1, worker="gone:1:1", host="gone", counted=False, **times)
    fill(connection, "events", job_id=1, at=3.5, after="queued")
    fill(connection, "events", job_id=1, at=10.5, before="queued", after="running")


def test_a_ledger_of_the_first_revision_is_opened_with_all_that_it_holds(
    database: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    if database == "postgresql":
        monkeypatch.setenv(VARIABLE, new_database(request.getfixturevalue("postgres_url")))
    first = open_engine(database_url(results / ".reelscore"), "0001")
    place = "." if database == "sqlite" else str(results)
    with first.begin() as connection:
        fill_first_revision(connection, place)
        assert not inspect(connection).has_table("review_events")
    first.dispose()
    opened = open_ledger(results)
    with opened.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert context.get_current_revision() == newest_revision()
    assert [event.after for event in opened.events(1)] == [State.QUEUED, State.RUNNING]
    queue = Queue(opened, Patience(lease_s=0.0, pause_s=0.0))
    while not (back := queue.sweep(lambda row: Death("mix", "q", None, "", "", "lost"))):
        time.sleep(0.1)
    assert back == [1] and opened.attempts(1)[0].ended == "lost"
    assert queue.publish(claimed(queue), [], {})
    opened.close()


def new_database(url: str) -> str:
    """Another, empty database on the same server."""
    name = f"d{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return url.replace("/postgres?", f"/{name}?")


def test_a_newer_ledger_is_refused_in_words(ledger: Ledger, tmp_path: Path) -> None:
    if ledger.engine.dialect.name != "sqlite":
        pytest.skip("the server is shared by the other tests")
    with ledger.write() as session:
        session.execute(text("UPDATE reelscore_revision SET version_num = '9999'"))
    with pytest.raises(RejectedInput, match="newer"):
        open_ledger(tmp_path / "results")


@pytest.mark.parametrize("url", ["mysql://h/d", "postgresql://reelscore:secret@127.0.0.1:1/none"])
def test_a_database_that_is_not_there_is_said_without_its_password(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, url)
    with pytest.raises(RejectedInput) as refused:
        open_ledger(tmp_path)
    assert "secret" not in str(refused.value) and refused.value.remedy


@pytest.mark.parametrize(
    ("stem", "folder"),
    [
        ("Ep 1 (v2)", "Ep_1_v2"),
        ("..", "film"),
        ("../../etc/passwd", "etc_passwd"),
        ("Été", "Été"),
        ("x" * 300, "x" * 80),
        ("$(x) %03d a:b", "x_03d_a_b"),
    ],
)
def test_a_hostile_name_becomes_a_plain_folder(stem: str, folder: str) -> None:
    assert folder_name(stem) == folder
