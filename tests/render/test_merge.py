"""MoviePy's merge runs under the tool runner: its clock stops a tool that hangs, children and all."""

import time
from pathlib import Path

import pytest

from render import merge
from vision.process import ToolFailed


def test_a_merge_that_hangs_is_stopped_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, pid = tmp_path / "ffmpeg", tmp_path / "pid"
    hanging.write_text(f"#!/bin/sh\necho $$ > {pid}\nexec sleep 60\n")
    hanging.chmod(0o755)
    monkeypatch.setenv("FFMPEG_BINARY", str(hanging))
    monkeypatch.setattr(merge, "LEAST_S", 5.0)
    with pytest.raises(ToolFailed, match="no end"):
        merge.merge(tmp_path / "p.mp4", tmp_path / "s.m4a", tmp_path / "o.mp4", 0.0)
    assert not _lives(int(pid.read_text()))


def test_a_merge_of_nothing_fails_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="No such file"):
        merge.merge(tmp_path / "p.mp4", tmp_path / "s.m4a", tmp_path / "o.mp4", 0.0)


def _lives(pid: int) -> bool:
    for _ in range(20):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
        except FileNotFoundError:
            return False
        if state == "Z":
            return False
        time.sleep(0.05)
    return True
