"""The ledger's PostgreSQL goes down in mid-job and comes back: work goes on, and is noted when it can be."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from flows.ledger.database import VARIABLE
from flows.ledger.states import State
from flows.ledger.tables import JobRow
from flows.score_film import LINE
from tests.faults.night import CHEAP, Night, another, copy_into, until
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
    small_film: Path, tmp_path: Path, server: Postgres, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Away for three leases, from the step named on: whoever renews none because he can't is not gone."""
    monkeypatch.setenv(VARIABLE, server.url)
    with closing(Night(tmp_path)) as night:
        copy_into(small_film, night.inbox, "cut.mp4")
        watcher = night.start(*night.watching("--workers", "2", "--lease", str(LEASE_S), *CHEAP))
        try:
            until(lambda: any(is_at(job, step) for job in night.jobs()))
            server.stop()
            another(small_film, night.inbox / "later.mp4", 1)
            time.sleep(AWAY_S)
            server.start()
            until(lambda: len(night.jobs()) == 2 and all(job.outcome is not None for job in night.jobs()))
        finally:
            watcher.terminate()
            assert watcher.wait(60) == 0
        assert [(each.ended, each.counted) for each in night.attempts()] == [("done", False)]
        for job in night.jobs():
            night.check_published(job)
        night.check_clean()
    assert any("the database is away" in line["message"] for line in night.log())


def is_at(job: JobRow, step: str) -> bool:
    """Whether a job is in work, in that step or a later one."""
    steps = list(LINE)
    return job.where is State.RUNNING and steps.index(job.step or "claim") >= steps.index(step)
