"""The ledger on SQLite and on PostgreSQL: its tables, what is allowed, who wins, older and newer ones."""

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

from flows.ledger.database import VARIABLE, VERSION_TABLE, database_url, newest_revision, open_engine
from flows.ledger.ledger import Ledger, open_ledger
from flows.ledger.queue import Death, Patience, Queue
from flows.ledger.states import ALLOWED, ForbiddenTransition, State
from flows.ledger.tables import Base, JobRow
from tests.conftest import ROOT
from tests.flows.ledgers import claimed, database, fresh, ledger, postgres_url, taken
from vision.rejected import RejectedInput

__all__ = ["database", "ledger", "postgres_url"]
pytestmark = pytest.mark.faults


def test_tables_and_migrations_say_the_same(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        options = {"compare_type": True, "version_table": VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


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
