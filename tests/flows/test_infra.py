"""The files under infra/ that can't be run here: what can be checked of them is."""

import asyncio
import importlib
import re
import shlex
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typer
import yaml

from flows.cli import app
from flows.ledger.ledger import open_ledger
from flows.ledger.queue import Patience, Queue
from flows.results import open_results
from flows.work.work_folder import WorkFolders
from tests.conftest import ROOT
from tests.flows.ledgers import taken

INFRA = ROOT / "infra"
COMPOSE: dict[str, Any] = yaml.safe_load((INFRA / "compose.yaml").read_text())
PREFECT: dict[str, Any] = yaml.safe_load((INFRA / "prefect.yaml").read_text())
OURS = [
    name for name, service in COMPOSE["services"].items()
    if service.get("image") == "reelscore:local" and "entrypoint" not in service
]  # fmt: skip


@pytest.mark.parametrize("name", OURS)
def test_every_service_of_ours_is_a_command_with_options_that_exist(name: str) -> None:
    words = COMPOSE["services"][name]["command"]
    command: Any = typer.main.get_command(app).commands[words[0]]  # type: ignore[attr-defined]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= known


def test_the_house_is_complete() -> None:
    assert {"database", "bucket", "prefect", "watcher", "worker", "review"} <= COMPOSE["services"].keys()
    assert COMPOSE["services"]["worker"]["deploy"]["replicas"] == 2
    volumes = set(COMPOSE["volumes"])
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source.startswith(("$", ".", "/")) or source in volumes
        for needed in service.get("depends_on", ()):
            assert needed in COMPOSE["services"]


def test_no_port_is_open_to_the_world_and_prefect_has_a_database_of_its_own() -> None:
    for service in COMPOSE["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    environment = COMPOSE["services"]["prefect"]["environment"]
    ledger = environment["REELSCORE_DATABASE_URL"].rpartition("/")[2]
    assert environment["PREFECT_API_DATABASE_CONNECTION_URL"].rpartition("/")[2] != ledger


@pytest.mark.parametrize("deployment", PREFECT["deployments"], ids=lambda each: str(each["name"]))
def test_every_deployment_names_a_flow_and_parameters_that_it_takes(deployment: dict[str, Any]) -> None:
    path, _, name = deployment["entrypoint"].partition(":")
    flow = getattr(importlib.import_module(path.removesuffix(".py").replace("/", ".")), name)
    assert set(deployment["parameters"]) <= set(flow.parameters.properties)
    for schedule in deployment.get("schedules", ()):
        assert "interval" in schedule or len(schedule["cron"].split()) == 5


def test_the_image_copies_and_runs_what_there_is() -> None:
    lines = (INFRA / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    words = {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}
    assert words <= {"FROM", "RUN", "WORKDIR", "COPY", "USER", "ENV", "STOPSIGNAL", "ENTRYPOINT", "CMD"}
    (base,) = (line for line in lines if line.startswith("FROM"))
    assert "python:3.11" in base  # the only one that pyproject.toml admits
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M)
    (install,) = (shlex.split(line) for line in lines if line.startswith("RUN make"))
    assert install[2] in targets
    users = [line for line in lines if line.startswith("USER")]
    assert users and users[-1].split()[1] != "root"


def test_what_was_not_run_says_so() -> None:
    for name in ("Dockerfile", "compose.yaml", "cluster.md"):
        assert "NOT RUN" in Path(INFRA / name).read_text()


@pytest.mark.parametrize("day", [datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC)])
@pytest.mark.parametrize("cron", ["0 22 * * *", "30 2 * * *"])
def test_every_night_begins_once_over_a_change_of_clocks(day: datetime, cron: str) -> None:
    """By the wall's time, in the scheduler's own reckoning; 02:30 comes twice in one of these nights."""
    from prefect.server.schemas.schedules import CronSchedule

    from flows.night.deployments import Schedules, deployments

    berlin = ZoneInfo("Europe/Berlin")
    spec = Schedules(inbox="/in", results="/out", cron=cron, timezone="Europe/Berlin")

    def reckoned() -> list[datetime]:
        (night,) = (each for each in deployments(spec) if each.name == "night")
        schedule = CronSchedule.model_validate(night.schedules[0].schedule.model_dump())
        found = asyncio.run(schedule.get_dates(5, start=day))
        return list(found)

    # In a thread of its own: a browser that another test left open keeps a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        begins = [begin.astimezone(berlin) for begin in thread.submit(reckoned).result()]
    days = {begin.date() for begin in begins}
    assert len(days) == 5 and max(days) - min(days) == timedelta(days=4)
    missing = cron.startswith("30 2") and day.month == 3  # there is no 02:30 on that Sunday
    usual = [begin for begin in begins if not (missing and begin.date().day == 29)]
    assert {f"{begin.minute} {begin.hour} * * *" for begin in usual} == {cron}


def test_one_sweep_lasts_until_it_is_clear_that_nobody_renews_a_lease(tmp_path: Path) -> None:
    from flows.night.deployments import watch_leases

    ledger = open_ledger(tmp_path)
    job = taken(ledger)
    ledger.me = "elsewhere:1:1"
    assert Queue(ledger, Patience(lease_s=1.0)).claim() is not None
    folders = WorkFolders(ledger, open_results(str(tmp_path)))
    assert watch_leases(Queue(ledger), folders) == [job.id]
    assert watch_leases(Queue(ledger), folders) == []
    ledger.close()
