"""The one place that starts a native tool: own process group, limits, stderr tail, exit code."""

import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

STDERR_TAIL_CHARS = 4000


class ToolFailed(Exception):
    """A native tool exited non-zero, ran too long, or could not be started; may be retried."""

    def __init__(self, command: Sequence[str], code: int | None, stderr_tail: str) -> None:
        super().__init__(f"{Path(command[0]).name} exited with {code}: {stderr_tail.strip()[-400:]}")
        self.command = list(command)
        self.code = code
        self.stderr_tail = stderr_tail


@dataclass(frozen=True)
class ToolResult:
    """What a tool that exited with 0 printed."""

    stdout: bytes
    stderr_tail: str


def ffmpeg_path() -> str:
    """The ffmpeg that the imageio-ffmpeg wheel carries; no system ffmpeg is ever used."""
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def run_tool(command: Sequence[str], *, timeout_s: float, cwd: Path | None = None) -> ToolResult:
    """Run `command` with stdin closed, in a process group of its own, both outputs drained.

    Raises ToolFailed on a non-zero exit or after `timeout_s`; then the whole group is killed.
    """
    process = subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        start_new_session=True,
    )
    try:
        stdout, stderr = process.communicate(timeout=timeout_s)
    except BaseException as error:
        _kill_group(process)
        if isinstance(error, subprocess.TimeoutExpired):
            raise ToolFailed(command, None, f"no end after {timeout_s:.0f} s") from error
        raise
    tail = stderr.decode("utf-8", "replace")[-STDERR_TAIL_CHARS:]
    if process.returncode != 0:
        raise ToolFailed(command, process.returncode, tail)
    return ToolResult(stdout, tail)


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.communicate()
