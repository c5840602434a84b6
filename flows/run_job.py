"""Working on one job, directly or under Prefect, with the record of the run beside the result."""

import os
import platform
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from flows.job import Job, film_from_uri, film_uri
from flows.score_film import LINE, score_film
from flows.settings import JobSettings
from flows.steps import Runner, Step, StepRun, Watch
from flows.texts import shown
from vision.artifact import Artifact, Frozen, read_json, write_json
from vision.rejected import RejectedInput


class JobFile(Artifact):
    """What `reelscore step NAME JOB` needs to go on with a job: .work/job.json."""

    film: str
    settings: JobSettings
    content: str | None = None
    mark: str | None = None


class Run(Frozen):
    """One run over the job; these facts differ from run to run and stand nowhere else."""

    began: str
    ended: str
    host: str
    machine: str
    cores: int
    load: tuple[float, float, float]
    version: str
    engine: str
    engine_run: str | None
    steps: tuple[StepRun, ...]


class RunRecord(Artifact):
    """The whole of run.json: every run that worked on this folder, oldest first."""

    runs: tuple[Run, ...]


def step_seconds(record: RunRecord) -> dict[str, float]:
    """Wall seconds by step over every run of a job, by name `wall_s_STEP`; steps reused count nothing."""
    seconds: dict[str, float] = {}
    for step in (step for run in record.runs for step in run.steps if not step.reused):
        name = f"wall_s_{step.step.split()[0]}"
        seconds[name] = round(seconds.get(name, 0.0) + step.wall_s, 3)
    return seconds


def run_directly(job: Job, watch: Watch, last: str = "publish") -> None:
    """Run the line in this process up to step `last`."""
    run_line(job, watch, last, engine="direct", engine_run=None, wrap=lambda runner: runner.run)


def run_line(
    job: Job,
    watch: Watch,
    last: str,
    *,
    engine: str,
    engine_run: str | None,
    wrap: Callable[[Runner], Callable[[Step], None]],
) -> None:
    """Run the line with each step through `wrap(runner)`, and record the run."""
    began = _now()
    write_json(
        job.work / "job.json",
        JobFile(film=film_uri(job.film), settings=job.settings, content=job.content, mark=job.mark),
    )
    runner = Runner(job.out, job.manifest, watch, job.hashes)
    score_film(job, wrap(runner), last)
    run = Run(
        began=began,
        ended=_now(),
        host=socket.gethostname(),
        machine=platform.platform(),
        cores=os.cpu_count() or 1,
        load=os.getloadavg(),
        version=version("reelscore"),
        engine=engine,
        engine_run=engine_run,
        steps=tuple(runner.runs),
    )
    write_json(job.run_record, RunRecord(runs=(*_earlier(job), run)))


def run_one(job: Job, watch: Watch, name: str) -> None:
    """Run the one step `name` in this process; raises RejectedInput where an earlier step is missing."""
    runner = Runner(job.out, job.manifest, watch, job.hashes)
    try:
        for step in LINE[name](job):
            runner.run(step)
    except FileNotFoundError as error:
        if error.filename is None or not Path(error.filename).is_relative_to(job.out):
            raise
        missing = Path(error.filename).relative_to(job.out)
        raise RejectedInput(f"step {name} needs {missing}", "run the steps before it first") from error


def stored_job(out: Path) -> Job:
    """The job that an earlier run left in `out`; raises RejectedInput where there is none."""
    path = out / ".work" / "job.json"
    if not path.is_file():
        raise RejectedInput(
            f"{shown(out)} holds no job", "score a film into it first: reelscore score FILM -o ..."
        )
    stored = read_json(path, JobFile)
    return Job(film_from_uri(stored.film), out, stored.settings, stored.content, stored.mark)


def _earlier(job: Job) -> tuple[Run, ...]:
    return read_json(job.run_record, RunRecord).runs if job.run_record.exists() else ()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
