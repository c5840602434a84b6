"""What every test shares: one small scored film, the command line, and a check that nothing was left."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.faults.counts import (
    pytest_collection_modifyitems,
    pytest_runtest_setup,
    pytest_terminal_summary,
)
from tests.films import TinyShot, tiny_film

__all__ = ["pytest_collection_modifyitems", "pytest_runtest_setup", "pytest_terminal_summary"]
ROOT = Path(__file__).parent.parent
CHROMIUM = Path("/usr/bin/chromium")
NO_BROWSER = not CHROMIUM.exists() or find_spec("playwright") is None
WHY_NO_BROWSER = f"no browser at {CHROMIUM}, or no playwright: apt-get install chromium"
OFFLINE = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--mute-audio"]
os.environ["REELSCORE_SOUNDFONTS"] = ""  # the embedded font plays, whatever this machine has


@dataclass(frozen=True)
class Said:
    """What a command line answered."""

    code: int
    out: str
    err: str


def reelscore(*arguments: str | bytes | Path, cwd: Path | None = None, **environment: str) -> Said:
    """Run the real command line in a process of its own."""
    command: Sequence[str | bytes | Path] = (sys.executable, "-m", "flows.cli", *arguments)
    places = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **places, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=600,
    )
    return Said(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


def score(film: Path, out: Path, *more: str, **environment: str) -> Said:
    """Score with rules, which compose in a tenth of a second and load no network."""
    return reelscore("score", film, "-o", out, "--composer", "rules", *more, **environment)


@pytest.fixture(scope="session")
def small_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 s at 160x90 with five cuts and a tone: long enough for a cue."""
    shots = [TinyShot(frames) for frames in (96, 120, 60, 84, 144, 72)]
    return tiny_film(tmp_path_factory.mktemp("film") / "small.mp4", shots, tone_hz=220).path


@pytest.fixture(scope="session")
def scored(small_film: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small film, scored once a session; tests read it and never write to it."""
    out = tmp_path_factory.mktemp("scored") / "out"
    said = score(small_film, out)
    assert said.code in (0, 3), said.err
    return out


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's chromium, one for the session: playwright's loop can't be started twice in a process."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=OFFLINE)
        yield chromium
        chromium.close()


@pytest.fixture(autouse=True)
def _nothing_is_left(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test that logs an error, leaves a child process running or a part of a file in its folder."""
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    before = _children()
    yield
    errors = [log.getMessage() for log in caplog.get_records("call") if log.levelno >= logging.ERROR]
    assert not errors, f"logged: {errors}"
    running = _children() - before
    assert not running, f"left running: {sorted(running)}"
    parts = sorted(folder.rglob("*.part*")) if folder is not None else []
    assert not parts, f"left half-written: {parts}"


def _children() -> set[int]:
    """Process ids of this process's children that have not ended (Linux)."""
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    try:
        pids = {int(pid) for pid in path.read_text().split()}
    except FileNotFoundError:
        return set()
    return {pid for pid in pids if _is_running(pid)}


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False
