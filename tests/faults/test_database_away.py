"""The ledger's PostgreSQL goes down in mid-job and comes back: work goes on, and is noted when it can be."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.ledger.database import VARIABLE
from flows.ledger.states import State
from tests.faults.night import CHEAP, Night, another, attempts, copy_into, short_film, until
from tests.flows.ledgers import own_postgres
from tests.postgres import Postgres

LEASE_S = 4.0
AWAY_S = 3 * LEASE_S


@pytest.fixture
def server() -> Iterator[Postgres]:
    with own_postgres() as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("step", ["claim", "analyse", "deliver"])
def test_a_server_that_crashes_in_mid_job_and_comes_back_costs_no_try(
    tmp_path: Path, server: Postgres, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Away for three leases: whoever renews none because he can't is not gone."""
    monkeypatch.setenv(VARIABLE, server.url)
    night = Night(tmp_path)
    copy_into(short_film(tmp_path / "short.mp4"), night.inbox, "cut.mp4")
    watcher = night.start(*night.watching("--workers", "2", "--lease", str(LEASE_S), *CHEAP))
    try:
        until(lambda: (night.results / "status.json").exists())
        until(lambda: any(job.where is State.RUNNING and job.step == step for job in night.jobs()))
        server.stop()
        another(night.inbox / "cut.mp4", night.inbox / "later.mp4", 1)
        time.sleep(AWAY_S)
        server.start()
        until(lambda: len(night.jobs()) == 2 and all(job.outcome is not None for job in night.jobs()))
    finally:
        watcher.terminate()
        assert watcher.wait(60) == 0
    assert [(each.ended, each.counted) for each in attempts(night)] == [("done", False)]
    for job in night.jobs():
        night.check_published(job)
    night.check_clean()
    assert any("the database is away" in line["message"] for line in night.log())
