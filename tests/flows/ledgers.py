"""Ledgers for tests: the same on a SQLite file and on a PostgreSQL server."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from flows.ledger.arrivals import Arrivals, Sight
from flows.ledger.database import VARIABLE
from flows.ledger.ledger import Ledger, open_ledger
from flows.ledger.queue import Claimed, Queue
from flows.ledger.tables import Film, JobRow
from flows.settings import JobSettings
from tests.postgres import Postgres, postgres, programs


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """One server a session; skipped where PostgreSQL is not installed."""
    with own_postgres() as server:
        yield server.url


def own_postgres() -> AbstractContextManager[Postgres]:
    """A server for one test alone; skips it where PostgreSQL is not installed."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed here (Debian: apt-get install postgresql)")
    return postgres(found)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Run the test on both; the ledger is a results place of its own either way."""
    if request.param == "postgresql":
        monkeypatch.setenv(VARIABLE, request.getfixturevalue("postgres_url"))
    else:
        monkeypatch.delenv(VARIABLE, raising=False)
    return str(request.param)


@pytest.fixture
def ledger(database: str, tmp_path: Path) -> Iterator[Ledger]:
    """An open ledger of a new results place."""
    opened = open_ledger(tmp_path / "results")
    yield opened
    opened.close()


def sight(name: str = "cut.mov", mark: str = "m1", inbox: str = "file:///inbox") -> Sight:
    return Sight(f"{inbox}/{name}", name, name.rpartition(".")[0], 1000, mark)


def arrived(ledger: Ledger, name: str = "cut.mov", mark: str = "m1") -> Film:
    return Arrivals(ledger).see([sight(name, mark)])[0]


def taken(
    ledger: Ledger,
    name: str = "cut.mov",
    content: str = "aa",
    settings: JobSettings | None = None,
    mark: str = "",
) -> JobRow:
    """A film that settled and became a job."""
    film = arrived(ledger, name, mark or content)
    return Arrivals(ledger).take(film.id, mark or content, content, settings or JobSettings())


def fresh(ledger: Ledger, job: JobRow) -> JobRow:
    found = ledger.job(job.id)
    assert found is not None
    return found


def claimed(queue: Queue) -> Claimed:
    found = queue.claim()
    assert found is not None
    return found
