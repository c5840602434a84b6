"""Taking an output folder: it is ours, nobody else works in it, and a rejection leaves nothing behind."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.texts import shown
from vision.rejected import RejectedInput


class Busy(Exception):
    """Another process works on the same folder, or the machine has no room now: try again later."""


@contextmanager
def workplace(out: Path) -> Iterator[Path]:
    """Make, hold and yield `out` for this process; on RejectedInput remove it if this call made it.

    Raises RejectedInput where it can't be made or written or holds somebody else's files, and Busy where
    another process holds it. The lock goes with the process, so a killed one leaves none.
    """
    made = _make(out)
    try:
        with (out / ".work" / "lock").open("w") as lock:
            _hold(lock.fileno(), out)
            _sweep(out)
            yield out
    except RejectedInput:
        _remove(made)
        raise


def is_held(out: Path) -> bool:
    """Whether a process works in `out` now."""
    try:
        with (out / ".work" / "lock").open("r") as lock:
            _hold(lock.fileno(), out)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except Busy:
        return True
    return False


def _make(out: Path) -> Path | None:
    """Make `out/.work` and return the topmost folder that did not exist, None where it all did."""
    made = None
    try:
        missing = [folder for folder in (out / ".work", out, *out.parents) if not folder.exists()]
        made = missing[-1] if missing else None
        if made == out / ".work" and any(out.iterdir()):
            made = None
            raise RejectedInput(f"{shown(out)} holds other files", "name an empty or a new folder with -o")
        (out / ".work").mkdir(parents=True, exist_ok=True)
        (out / ".work" / "lock").open("a").close()
    except OSError as error:
        _remove(made)
        why = (error.strerror or str(error)).lower()
        raise RejectedInput(f"can't write to {shown(out)}: {why}", "name another folder with -o") from error
    return made


def _remove(made: Path | None) -> None:
    if made is not None and made.is_dir():
        shutil.rmtree(made, ignore_errors=True)


def _hold(lock: int, out: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Busy(f"another run is working in {shown(out)}; try again when it has ended") from error


def _sweep(out: Path) -> None:
    """Remove the parts that a killed run left: nobody else can be writing them while we hold the lock."""
    for part in sorted(out.rglob("*.part*")):
        if part.is_file() and part.stem.endswith(".part") or part.suffix == ".part":
            part.unlink()
