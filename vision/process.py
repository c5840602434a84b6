"""The one place that starts a native tool: own process group, limits, watchdog, stderr tail, exit code."""

import ctypes
import errno
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import imageio_ffmpeg

STDERR_TAIL_CHARS = 4000
PIECE_BYTES = 65_536
STDOUT_MOST_BYTES = 64_000_000  # what a tool may say on stdout, which is kept whole; none of ours says 1 MB
STALL_S = 120.0  # without a byte written, a word said or a tick of CPU; ffmpeg has never been still for 10 s
LOOK_S = 0.5
FULL_WORDS = ("No space left", "File too large", "Disk quota exceeded")  # strerror of what no_room means
PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
_prctl = ctypes.CDLL(None, use_errno=True).prctl


class ToolFailed(Exception):
    """A native tool exited non-zero, ran too long, hung, or could not be started; may be retried."""

    def __init__(self, command: Sequence[str], code: int | None, stderr_tail: str) -> None:
        super().__init__(f"{Path(command[0]).name} exited with {code}: {stderr_tail.strip()[-400:]}")
        self.command = list(command)
        self.code = code
        self.stderr_tail = stderr_tail


def no_room(error: Exception) -> bool:
    """Whether a full disk, a quota or a limit on file size is behind an error of ours or of a tool's."""
    if isinstance(error, ToolFailed):
        return error.code == -signal.SIGXFSZ or any(words in error.stderr_tail for words in FULL_WORDS)
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class ToolResult:
    """What a tool that exited with 0 printed."""

    stdout: bytes
    stderr_tail: str


def ffmpeg_path() -> str:
    """The ffmpeg that the imageio-ffmpeg wheel carries; no system ffmpeg is ever used."""
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def run_tool(
    command: Sequence[str],
    *,
    timeout_s: float,
    cwd: Path | None = None,
    stall_s: float = STALL_S,
    stdin: IO[bytes] | None = None,
) -> ToolResult:
    """Run `command` in a process group of its own, both outputs drained; stdin is an open file, or closed.

    Raises ToolFailed on a non-zero exit, after `timeout_s`, when it shows no sign of life for `stall_s` or
    says more than STDOUT_MOST_BYTES; then the whole group is killed.  It dies with this process, too (Linux).
    """
    process = subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL if stdin is None else stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        start_new_session=True,
        preexec_fn=_die_with_parent,
    )
    assert process.stdout is not None and process.stderr is not None
    said, tail = _Drain(process.stdout, STDOUT_MOST_BYTES), _Drain(process.stderr, None)
    try:
        _wait(process, command, (said, tail), timeout_s, stall_s)
    except BaseException:
        _kill_group(process)
        raise
    finally:
        said.close()
        tail.close()
    if process.returncode != 0:
        raise ToolFailed(command, process.returncode, tail.text())
    return ToolResult(said.data(), tail.text())


class _Drain(threading.Thread):
    """Reads a pipe to its end: all of it up to a limit, or the last STDERR_TAIL_CHARS only."""

    def __init__(self, pipe: IO[bytes], most_bytes: int | None) -> None:
        super().__init__(daemon=True)
        self.bytes = 0
        self.over = False
        self._pipe, self._most = pipe, most_bytes
        self._pieces: deque[bytes] = deque()
        self._kept = 0
        self.start()

    def run(self) -> None:
        descriptor = self._pipe.fileno()
        while piece := os.read(descriptor, PIECE_BYTES):
            self.bytes += len(piece)
            self.over = self._most is not None and self.bytes > self._most
            if self.over:
                continue
            self._pieces.append(piece)
            self._kept += len(piece)
            while self._most is None and self._kept - len(self._pieces[0]) >= 4 * STDERR_TAIL_CHARS:
                self._kept -= len(self._pieces.popleft())

    def close(self) -> None:
        self.join()
        self._pipe.close()

    def data(self) -> bytes:
        return b"".join(self._pieces)

    def text(self) -> str:
        return self.data().decode("utf-8", "replace")[-STDERR_TAIL_CHARS:]


def _wait(
    process: "subprocess.Popen[bytes]",
    command: Sequence[str],
    drains: tuple[_Drain, _Drain],
    timeout_s: float,
    stall_s: float,
) -> None:
    deadline = alive_s = time.monotonic()
    deadline += timeout_s
    signs: object = None
    while True:
        try:
            process.wait(min(LOOK_S, max(deadline - time.monotonic(), 0.0)))
            return
        except subprocess.TimeoutExpired as error:
            now_s, seen = time.monotonic(), (_effort(process.pid), *(drain.bytes for drain in drains))
            alive_s, signs = (alive_s, signs) if seen == signs else (now_s, seen)
            why = (
                f"no end after {timeout_s:.0f} s"
                if now_s >= deadline
                else f"no sign of life for {stall_s:.0f} s"
                if now_s - alive_s >= stall_s
                else "said far too much"
                if any(drain.over for drain in drains)
                else None
            )
            if why is not None:
                raise ToolFailed(command, None, why) from error


def _effort(pid: int) -> tuple[str, ...]:
    """CPU ticks and bytes written so far of a process and all below it: what grows while they do anything."""
    try:
        ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[11:13]
        written = [line for line in Path(f"/proc/{pid}/io").read_text().split("\n") if line[:5] == "wchar"]
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return ()
    return (*ticks, *written, *(effort for child in children for effort in _effort(int(child))))


def _die_with_parent() -> None:
    """In the new process: be killed when the one that waits for it is, however that one ends."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
