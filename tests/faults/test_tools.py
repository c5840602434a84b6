"""Native tools that hang, chatter, spin or are killed: the runner ends them, drains them and says so."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from vision.process import ToolFailed, run_tool


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def dies(pid: int) -> bool:
    """Whether a process is gone within seconds: what was killed ends when the kernel comes to it."""
    for _ in range(100):
        if not is_alive(pid):
            return True
        time.sleep(0.05)
    return False


def test_a_tool_that_hangs_is_killed_long_before_its_time_is_up() -> None:
    began = time.monotonic()
    with pytest.raises(ToolFailed, match="no sign of life for 1 s"):
        run_tool(["sleep", "60"], timeout_s=60, stall_s=1)
    assert time.monotonic() - began < 20


def test_a_tool_that_waits_for_a_working_child_is_left_alone() -> None:
    child = "import time; end = time.monotonic() + 3\\nwhile time.monotonic() < end: sum(range(9999))"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '''{child}'''])"
    run_tool(python(code), timeout_s=120, stall_s=1.5)


def test_a_tool_that_spins_for_ever_meets_its_limit() -> None:
    with pytest.raises(ToolFailed, match="no end after 2 s"):
        run_tool(python("while True: pass"), timeout_s=2, stall_s=1)


def test_a_chatty_tool_is_drained_and_only_its_tail_is_kept() -> None:
    code = "import sys\nfor n in range(40000): print('warning', n, 'x' * 200, file=sys.stderr)\nprint('done')"
    said = run_tool(python(code), timeout_s=60)
    assert said.stdout == b"done\n" and "warning 39999" in said.stderr_tail
    assert len(said.stderr_tail) <= 4000


def test_a_tool_that_reads_its_input_finds_it_closed() -> None:
    assert run_tool(["cat"], timeout_s=10).stdout == b""


def test_a_tool_of_which_only_the_group_remains_is_killed_with_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = (
        "import subprocess, time; child = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(pid_file)!r}, 'w').write(str(child.pid)); time.sleep(60)"
    )
    with pytest.raises(ToolFailed):
        run_tool(python(code), timeout_s=60, stall_s=2)
    assert dies(int(pid_file.read_text()))


def test_a_tool_dies_with_the_process_that_waits_for_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = (
        "from vision.process import run_tool\n"
        f"run_tool(['sh', '-c', 'echo $$ > {pid_file}; exec sleep 60'], timeout_s=60)"
    )
    waiting = subprocess.Popen(python(code), cwd=ROOT)
    while not pid_file.exists() or not pid_file.read_text().strip():
        time.sleep(0.05)
    tool = int(pid_file.read_text())
    os.kill(waiting.pid, signal.SIGKILL)
    waiting.wait()
    assert dies(tool)


def test_a_tool_killed_from_outside_is_a_failure_with_its_signal() -> None:
    def kill() -> None:
        time.sleep(0.5)
        children = Path(f"/proc/self/task/{threading.main_thread().native_id}/children").read_text().split()
        os.kill(int(children[-1]), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(ToolFailed) as failed:
        run_tool(["sleep", "30"], timeout_s=60)
    killer.join()
    assert failed.value.code == -signal.SIGKILL
