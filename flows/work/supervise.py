"""Watching one job's process: its progress, its words, its leash, and the end of it and of all below it."""

import json
import logging
import os
import selectors
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.work.child import EVENTS
from flows.work.process_tree import kill_below, kill_those_with, reap_orphans

log = logging.getLogger(__name__)
FOLDER = "REELSCORE_JOB_FOLDER"  # in the environment of everything that works on a job, to find it again
LOOK_S = 0.5
TAIL_CHARS = 8000
PIECE_BYTES = 65_536


@dataclass(frozen=True)
class Ended:
    """How a job's process ended. end: its last word, {} where it had none.  stopped: why we killed it."""

    code: int
    end: dict[str, Any]
    step: str
    detail: str
    stderr_tail: str
    stopped: str | None


@dataclass
class Watched:
    """step, detail, share: the latest said.  moved_s: when anything was said last, on the steady clock."""

    step: str = ""
    detail: str = ""
    share: float = 0.0
    end: dict[str, Any] = field(default_factory=dict)
    moved_s: float = field(default_factory=time.monotonic)

    def hear(self, line: bytes) -> None:
        """Take in one line of the child's; a torn one (it was killed in mid-word) counts for nothing."""
        try:
            fact = json.loads(line)
        except ValueError:
            return
        self.moved_s = time.monotonic()
        if "end" in fact:
            self.end = fact
        else:
            self.step, self.detail, self.share = fact["step"], fact["detail"], fact["share"]


# Called twice a second; answers why the job must stop, or None.
Tick = Callable[[Watched], str | None]


def supervise(
    folder: Path, more: Sequence[str], started: Callable[[int], None], tick: Tick, stall_s: float
) -> Ended:
    """Do the job in `folder` in a process of its own and return when it and all below it have ended.

    A job that says nothing new for `stall_s` hangs, and is stopped.
    """
    kill_those_with(FOLDER, str(folder))
    hearing, telling = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.work.child", str(folder), *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=(telling,),
        start_new_session=True,
        env={**os.environ, EVENTS: str(telling), FOLDER: str(folder)},
    )
    os.close(telling)
    assert process.stdin is not None and process.stderr is not None
    started(process.pid)
    watched, tail = Watched(), deque[bytes]()
    try:
        stopped = _listen(process, hearing, watched, tail, tick, stall_s)
    finally:
        kill_below(os.getpid())
        process.wait()
        reap_orphans(process.pid)
        process.stdin.close()
        process.stderr.close()
        os.close(hearing)
    said = b"".join(tail).decode("utf-8", "replace")[-TAIL_CHARS:]
    return Ended(process.returncode, watched.end, watched.step, watched.detail, said, stopped)


def _listen(
    process: "subprocess.Popen[bytes]",
    hearing: int,
    watched: Watched,
    tail: "deque[bytes]",
    tick: Tick,
    stall_s: float,
) -> str | None:
    """Read both pipes until the process ends (None) or must be stopped (why)."""
    assert process.stderr is not None
    torn, next_look_s = b"", time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(hearing, selectors.EVENT_READ)
        selector.register(process.stderr.fileno(), selectors.EVENT_READ)
        while True:
            ended = process.poll() is not None
            for key, _ in selector.select(0 if ended else max(next_look_s - time.monotonic(), 0)):
                piece = os.read(key.fd, PIECE_BYTES)
                if not piece:
                    selector.unregister(key.fd)
                elif key.fd == hearing:
                    *lines, torn = (torn + piece).split(b"\n")
                    for line in lines:
                        watched.hear(line)
                else:
                    _keep(tail, piece)
                ended = False if piece else ended
            if ended:
                return None
            if time.monotonic() >= next_look_s:
                next_look_s = time.monotonic() + LOOK_S
                if process.poll() is None and (why := _must_stop(watched, tick, stall_s)) is not None:
                    return why


def _must_stop(watched: Watched, tick: Tick, stall_s: float) -> str | None:
    if time.monotonic() - watched.moved_s > stall_s:
        return f"no progress for {stall_s:.0f} s"
    return tick(watched)


def _keep(tail: "deque[bytes]", piece: bytes) -> None:
    tail.append(piece)
    while sum(map(len, tail)) - len(tail[0]) >= 4 * TAIL_CHARS:
        tail.popleft()
    for line in piece.decode("utf-8", "replace").splitlines():
        log.debug("%s", line)
