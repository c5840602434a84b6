"""A night's inbox and results for fault tests: real films, real processes."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pretty_midi

from flows.ledger.ledger import Ledger, open_ledger
from flows.ledger.states import OPEN
from flows.ledger.tables import Attempt, Film, JobRow
from flows.manifest import Manifest
from tests.conftest import ROOT
from tests.films import TinyShot, tiny_film
from vision.artifact import read_json, sha256_file

# Rules and the embedded font: the line's cheapest real run.
FONT = Path(pretty_midi.__file__).parent / "TimGM6mb.sf2"
CHEAP = ("--composer", "rules", "--set", f"render.soundfont={FONT}")
LIMIT_S = 900.0


def short_film(path: Path, look: int = 1) -> Path:
    """2.5 s at 160x90 with a cut and a tone."""
    return tiny_film(path, [TinyShot(36), TinyShot(26, look=look)], tone_hz=220).path


def another(film: Path, path: Path, number: int) -> Path:
    """The same pictures with another content: a `free` box with a number at the end of the MP4."""
    note = f"{number:016d}".encode()
    path.write_bytes(film.read_bytes() + (8 + len(note)).to_bytes(4, "big") + b"free" + note)
    return path


@dataclass
class Night:
    """An inbox and its results."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.inbox.mkdir(parents=True, exist_ok=True)
        self.once.mkdir(exist_ok=True)

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    @property
    def results(self) -> Path:
        return self.home / "results"

    @property
    def once(self) -> Path:
        """Where crash points that kill once leave their marks."""
        return self.home / "once"

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[bytes]":
        """Start `reelscore ...` in a session of its own, its log beside the results."""
        places = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
        with (self.home / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "flows.cli", *arguments],
                env={**os.environ, **places, **self.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def run(self, *arguments: str, **environment: str) -> int:
        """Run it to its end."""
        process = self.start(*arguments, **environment)
        try:
            return process.wait(LIMIT_S)
        finally:
            process.kill()
            process.wait()

    def watching(self, *more: str) -> Sequence[str]:
        return ("watch", str(self.inbox), "-o", str(self.results), "--interval", "0.2", "--looks", "1", *more)

    def watch_once(self, *more: str, **environment: str) -> int:
        return self.run(*self.watching("--once", "--pause", "0.1", *CHEAP, *more), **environment)

    def work_once(self, *more: str, **environment: str) -> int:
        return self.run("work", str(self.results), "--once", "--pause", "0.1", *more, **environment)

    def queue(self, **environment: str) -> None:
        """Let a watcher without workers take what is in the inbox, and stop it again."""
        said, began = self.results / "status.json", time.time()
        watcher = self.start(*self.watching("--workers", "0", *CHEAP), **environment)
        try:
            until(lambda: said.exists() and said.stat().st_mtime >= began)
            films = {path.name for path in self.inbox.rglob("*") if path.suffix == ".mp4" and path.is_file()}
            until(lambda: films <= {film.label for film in self.films() if film.presence == "taken"})
        finally:
            watcher.terminate()
            assert watcher.wait(60) == 0

    @cached_property
    def ledger(self) -> Ledger:
        """Opened once and asked often; `close` lets go of it."""
        return open_ledger(self.results)

    def close(self) -> None:
        if "ledger" in self.__dict__:
            self.ledger.close()

    def jobs(self) -> list[JobRow]:
        return list(self.ledger.jobs())

    def films(self) -> list[Film]:
        return list(self.ledger.films())

    def attempts(self) -> list[Attempt]:
        """Every go at the first job, oldest first."""
        return [attempt for job in self.jobs()[:1] for attempt in self.ledger.attempts(job.id)]

    def job(self) -> JobRow:
        (only,) = self.jobs()
        return only

    def rest(self) -> None:
        """Wait until no job is queued or running."""
        until(lambda: all(job.where not in OPEN for job in self.jobs()))

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.results / "status.json").read_text())
        return found

    def states(self) -> dict[str, str]:
        """Where each film stands, as the status file says."""
        return {film["film"]: film["state"] for film in self.status()["films"]}

    def log(self) -> list[dict[str, Any]]:
        """What was logged, as the JSON lines that every line of it must be."""
        return [json.loads(line) for line in (self.home / "log").read_text().splitlines()]

    def check_published(self, job: JobRow) -> None:
        """Every file of a published version is there with its hash, and nothing half-written."""
        folder = self.results / job.folder
        manifest = read_json(folder / "manifest.json", Manifest)
        assert {name: sha256_file(folder / name) for name in manifest.files} == manifest.files
        assert not list(folder.rglob("*.part*"))

    def check_clean(self) -> None:
        """No work folder, no part of a file, no process of any job is left."""
        work = self.results / ".reelscore" / "work"
        assert not work.exists() or not list(work.iterdir()), list(work.iterdir())
        assert not list(self.results.rglob("*.part*"))
        assert not processes_in(self.results)


def processes_in(results: Path) -> list[str]:
    """Command lines of living processes that name the results or work for a job in them."""
    needle, found = os.fsencode(results), []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            if int(folder.name) != os.getpid() and needle in command + (folder / "environ").read_bytes():
                found.append(command.replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def until(holds: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)


def copy_into(film: Path, inbox: Path, name: str) -> Path:
    """Drop a copy of a film."""
    return Path(shutil.copyfile(film, inbox / name))
