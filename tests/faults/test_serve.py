"""Schedules on a real Prefect server: a run really appears and runs; the house stands and falls as one."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from flows.ledger.queue import Patience, Queue
from flows.ledger.states import State
from flows.prefect_server import free_port
from tests.conftest import ROOT, reelscore
from tests.faults.night import CHEAP, Night, copy_into, processes_in, short_film, until


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A Prefect of its own, and no setting of the user's."""
    state = tmp_path_factory.mktemp("prefect")
    return {"PREFECT_HOME": str(state), "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    with closing(Night(tmp_path)) as night:
        yield night
    until(lambda: not processes_in(tmp_path / "results"), 60)


def asked(api: str, path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        f"{api}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def is_up(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.slow
def test_a_scheduled_run_really_appears_and_runs_and_the_house_falls_as_one(
    night: Night, tmp_path: Path, home: dict[str, str]
) -> None:
    """Server, schedules, watcher, worker and review page by one command; then that command is killed."""
    copy_into(short_film(tmp_path / "short.mp4"), night.inbox, "cut.mp4")
    port, page, outside = free_port(), free_port(), free_port()
    api = f"http://127.0.0.1:{port}/api"
    command = (
        "serve", str(night.inbox), "-o", str(night.results), "--port", str(port), "--review-port", str(page),
        "--listen", f"127.0.0.1:{outside}", "--sweep", "20", "--",
        "--interval", "0.5", "--looks", "1", *CHEAP,
    )  # fmt: skip
    house = night.start(*command, **home)
    try:
        until(lambda: is_up(f"{api}/health") or house.poll() is not None, 300)
        assert house.poll() is None

        def ran() -> list[dict[str, Any]]:
            try:
                found = asked(api, "/flow_runs/filter", {"flows": {"name": {"any_": ["sweep"]}}})
            except OSError:  # a busy machine answers late
                return []
            return [run for run in found if run["state_type"] == "COMPLETED" and run["auto_scheduled"]]

        until(lambda: bool(ran()), 300)
        until(lambda: any(job.outcome is not None for job in night.jobs()), 300)
        assert is_up(f"http://127.0.0.1:{outside}/health") and is_up(f"http://127.0.0.1:{page}/")
        names = {each["name"] for each in asked(api, "/deployments/filter", {})}
        assert names == {"sweep", "retention", "digest"}
    finally:
        os.kill(house.pid, signal.SIGKILL)
        house.wait()
    until(lambda: not is_up(f"{api}/health"), 60)
    night.check_published(night.job())


@pytest.mark.slow
def test_the_nightly_batch_works_off_the_inbox_and_ends(night: Night, tmp_path: Path) -> None:
    copy_into(short_film(tmp_path / "short.mp4"), night.inbox, "cut.mp4")
    code = (
        "import sys; from flows.night.deployments import night_batch;"
        "night_batch.fn(sys.argv[1], sys.argv[2], 1.0, 1, 'shortest', sys.argv[3:])"
    )
    arguments = [str(night.inbox), str(night.results), "--interval", "0.2", "--looks", "1", *CHEAP]
    subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, check=True, timeout=600)
    assert night.job().outcome is not None


@pytest.mark.slow
def test_a_window_that_closes_hands_back_what_is_in_work(night: Night, tmp_path: Path) -> None:
    copy_into(short_film(tmp_path / "short.mp4"), night.inbox, "cut.mp4")
    assert night.watch_once("--window", "0.0005") == 0
    job = night.jobs()[0]
    assert (job.where, job.strikes) == (State.QUEUED, 0)


@pytest.mark.slow
def test_without_the_engines_server_a_job_is_done_directly(
    night: Night, tmp_path: Path, home: dict[str, str]
) -> None:
    copy_into(short_film(tmp_path / "short.mp4"), night.inbox, "cut.mp4")
    assert night.watch_once("--prefect", PREFECT_API_URL="http://127.0.0.1:1/api", **home) == 0
    job = night.job()
    assert job.outcome is not None
    run = json.loads((night.results / job.folder / "run.json").read_text())["runs"][-1]
    assert run["engine"] == "direct"


@pytest.mark.slow
def test_a_server_of_the_engine_that_dies_in_mid_job_costs_a_try_at_most(
    night: Night, tmp_path: Path, home: dict[str, str]
) -> None:
    copy_into(short_film(tmp_path / "short.mp4"), night.inbox, "cut.mp4")
    night.queue()
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    server = subprocess.Popen(
        [sys.executable, "-m", "flows.prefect_server", str(port)],
        stdin=subprocess.PIPE,
        env={**os.environ, **home, "PYTHONPATH": str(ROOT)},
    )
    try:
        until(lambda: is_up(f"{api}/health"), 300)
        worker = night.start(
            "work", str(night.results), "--prefect", "--pause", "0.1", "--once", PREFECT_API_URL=api, **home
        )
        until(lambda: any(job.step not in ("", "claim") for job in night.jobs()))
    finally:
        server.kill()
        server.wait()
        assert server.stdin is not None
        server.stdin.close()
    assert worker.wait(600) == 0
    ends = [attempt.ended for attempt in night.attempts()]
    assert ends[-1] == "done" and set(ends[:-1]) <= {"died"} and len(ends) <= 2
    night.check_published(night.job())


@pytest.mark.slow
def test_a_job_whose_worker_vanished_on_another_machine_is_taken_back_when_its_lease_ends(
    night: Night, tmp_path: Path
) -> None:
    copy_into(short_film(tmp_path / "short.mp4"), night.inbox, "cut.mp4")
    night.queue()
    night.ledger.me = "elsewhere:1:1"
    assert Queue(night.ledger, Patience(lease_s=3.0)).claim() is not None
    began = time.monotonic()
    assert night.work_once() == 0
    assert time.monotonic() - began > 2.0
    assert night.job().outcome is not None


def test_a_schedule_that_can_not_be_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    schedule = ("--cron", "every night", "--timezone", "Europe/Berlin")
    answer = reelscore("serve", tmp_path / "inbox", "-o", tmp_path / "results", *schedule)
    assert answer.code == 2 and "cron line" in answer.err, answer.err
    assert not (tmp_path / "results").exists()
