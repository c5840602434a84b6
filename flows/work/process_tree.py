"""Every process below this one, and how to end them all (Linux)."""

import ctypes
import os
import signal
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36  # <sys/prctl.h>
PATIENCE_S = 30.0


def adopt_orphans() -> None:
    """Let processes below this one that lose their parent become our children, so that none gets away."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1)


def below(pid: int) -> list[int]:
    """Every process below `pid`, nearest first."""
    found, todo = [], [pid]
    while todo:
        parent = todo.pop()
        try:
            tasks = list(Path(f"/proc/{parent}/task").iterdir())
            children = [int(word) for task in tasks for word in (task / "children").read_text().split()]
        except OSError:
            continue
        found += children
        todo += children
    return found


def kill_below(pid: int) -> None:
    """Kill every process below `pid` until there is none, orphans that came to us meanwhile too.

    Zombies whose parent we are get reaped, except `pid`'s own direct child that a Popen waits for: that one
    has its code read by Popen.wait afterwards.
    """
    deadline = time.monotonic() + PATIENCE_S
    while living := [child for child in below(pid) if not is_zombie(child)]:
        for child in living:
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if time.monotonic() > deadline:
            raise RuntimeError(f"processes {living} do not end, even killed")
        time.sleep(0.01)


def reap_orphans(apart: int) -> None:
    """Take the codes of adopted orphans that ended, so that no zombie stays; not that of `apart`."""
    for child in below(os.getpid()):
        if child != apart and is_zombie(child):
            try:
                os.waitpid(child, os.WNOHANG)
            except ChildProcessError:
                continue


def is_zombie(pid: int) -> bool:
    """Whether the process has ended and only waits to be taken note of."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] == "Z"
    except OSError:
        return True


def kill_those_with(variable: str, value: str) -> list[int]:
    """Kill processes that carry `variable`=`value` in their environment: a dead worker's leftovers."""
    wanted = os.fsencode(f"{variable}={value}")
    killed = []
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        try:
            if pid != os.getpid() and wanted in (folder / "environ").read_bytes().split(b"\0"):
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
        except OSError:
            continue
    return killed
