"""The line as a Prefect flow: each step a task round the same runner, so that both ways give the same bytes.

The engine's own caching, retries and result storage stay off: receipts decide what runs, and a crash is
mended by running the flow again.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flows.job import Job, film_from_uri, film_uri
from flows.prefect_server import temporary_server
from flows.run_job import run_line
from flows.settings import JobSettings
from flows.state_home import STATE_HOME
from flows.steps import Runner, Step, Watch
from vision.rejected import RejectedInput

# Set before Prefect is imported: it reads its settings then. What the user has set stays as it is.
DEFAULTS = {
    "PREFECT_HOME": str(STATE_HOME / "reelscore" / "prefect"),
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "DO_NOT_TRACK": "1",
}
for _name, _value in DEFAULTS.items():
    os.environ.setdefault(_name, _value)
try:
    # Prefect 3.8.8 makes the last folder only; without the ones above it, its server ends at once.
    Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise RejectedInput(
        f"Prefect can't keep its state in {os.environ['PREFECT_HOME']}: {error.strerror}",
        "set PREFECT_HOME to a folder that can be written",
    ) from error

from prefect import flow, runtime, task  # noqa: E402  the settings above come first
from prefect.cache_policies import NO_CACHE  # noqa: E402
from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: E402

from flows.prefect_artifacts import show_artifacts  # noqa: E402

# The terminal's bars belong to the process, not to the flow's parameters, which Prefect stores as JSON.
_watches: dict[str, Watch] = {}


@task(cache_policy=NO_CACHE, persist_result=False, retries=0, task_run_name="{label}")
def run_step(label: str, runner: Runner, step: Step) -> None:
    """Run one step, or find that its receipt fits."""
    runner.run(step)


@flow(name="score_film", persist_result=False, retries=0, validate_parameters=False)
def score_film(
    film: str, out: str, settings: dict[str, Any], last: str = "publish", home: str = ""
) -> None:
    """Score the film at URI `film` into the folder at URI `out`; home: where that will lie once published."""
    job = Job(film_from_uri(film), film_from_uri(out), JobSettings.model_validate(settings))
    run_line(
        job,
        _watches.get(out, lambda step, share: None),
        last,
        engine="prefect",
        engine_run=runtime.flow_run.id,
        wrap=_as_tasks,
    )
    if last == "publish":
        show_artifacts(job, home or out)


def run_under_prefect(job: Job, watch: Watch, last: str = "publish", home: str = "") -> None:
    """Run the flow in this process, on the server that PREFECT_API_URL names or one of its own."""
    out = film_uri(job.out)
    _watches[out] = watch
    try:
        with _server():
            score_film(film_uri(job.film), out, job.settings.model_dump(mode="json"), last, home)
    finally:
        del _watches[out]


@contextmanager
def _server() -> Iterator[None]:
    if PREFECT_API_URL.value():
        yield
        return
    with temporary_server() as address, temporary_settings({PREFECT_API_URL: address}):
        yield


def _as_tasks(runner: Runner) -> Callable[[Step], None]:
    def run(step: Step) -> None:
        run_step(step.label, runner, step)

    return run
