"""The runner: what runs again, what never does, and what a crash leaves."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from flows.steps import Runner, Step
from vision.artifact import write_text
from vision.progress import Progress


class Line:
    """A folder with one input and a step that copies it in capitals, counting how often it worked."""

    def __init__(self, root: Path) -> None:
        self.root, self.worked = root, 0
        self.source, self.copy = root / "in.txt", root / "out.txt"
        self.source.write_text("quiet night")

    def step(self, settings: Mapping[str, Any] | None = None, revision: int = 1, extra: bool = False) -> Step:
        def work(progress: Progress) -> tuple[Path, ...]:
            self.worked += 1
            write_text(self.copy, self.source.read_text().upper())
            if extra:
                write_text(self.root / "extra.txt", "more")
            return (self.copy, self.root / "extra.txt") if extra else (self.copy,)

        return Step("copy", revision, (self.source,), settings or {}, work, self.root / "receipt.json")

    def run(self, step: Step) -> None:
        Runner(self.root, self.root / "manifest.json").run(step)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def test_a_finished_step_never_runs_again(line: Line) -> None:
    line.run(line.step())
    line.run(line.step())
    assert line.worked == 1
    assert line.copy.read_text() == "QUIET NIGHT"


def test_a_changed_input_setting_or_revision_runs_it_again(line: Line) -> None:
    line.run(line.step())
    line.source.write_text("busy day")
    line.run(line.step())
    line.run(line.step({"loud": True}))
    line.run(line.step({"loud": True}, revision=2))
    assert line.worked == 4


def test_a_touched_but_unchanged_input_does_not(line: Line) -> None:
    line.run(line.step())
    line.source.touch()
    line.run(line.step())
    assert line.worked == 1


def test_a_changed_output_is_made_again_even_at_the_same_size(line: Line) -> None:
    line.run(line.step())
    line.copy.write_text("quiet night")
    line.run(line.step())
    assert line.worked == 2 and line.copy.read_text() == "QUIET NIGHT"


def test_a_removed_output_is_made_again(line: Line) -> None:
    line.run(line.step())
    line.copy.unlink()
    line.run(line.step())
    assert line.worked == 2


@pytest.mark.parametrize("damage", ["", "{", '{"schema_version": 1}', '{"steps": {"copy": {"key": "x"}}}'])
def test_a_damaged_receipt_vouches_for_nothing(line: Line, damage: str) -> None:
    line.run(line.step())
    (line.root / "receipt.json").write_text(damage)
    line.run(line.step())
    assert line.worked == 2


def test_the_seal_goes_before_anything_changes_and_stays_when_nothing_does(line: Line) -> None:
    line.run(line.step())
    seal = line.root / "manifest.json"
    seal.write_text("a result")
    line.run(line.step())
    assert seal.exists()
    line.run(line.step({"changed": 1}))
    assert not seal.exists()


def test_what_a_step_no_longer_writes_is_removed(line: Line) -> None:
    line.run(line.step(extra=True))
    assert (line.root / "extra.txt").exists()
    line.run(line.step({"changed": 1}))
    assert not (line.root / "extra.txt").exists()


def test_two_steps_share_one_receipt_file(line: Line) -> None:
    first, runner = line.step(), Runner(line.root, line.root / "manifest.json")
    runner.run(first)
    runner.run(Step("other", 1, (line.copy,), {}, lambda progress: (line.source,), first.receipt))
    runner.run(first)
    assert line.worked == 1
    assert [run.reused for run in runner.runs] == [False, False, True]


def test_an_empty_output_is_our_bug(line: Line) -> None:
    def work(progress: Progress) -> tuple[Path, ...]:
        line.copy.write_text("")
        return (line.copy,)

    with pytest.raises(RuntimeError, match="empty"):
        line.run(Step("copy", 1, (), {}, work, line.root / "receipt.json"))
    assert not (line.root / "receipt.json").exists()


def test_a_missing_input_says_which(line: Line) -> None:
    line.source.unlink()
    with pytest.raises(FileNotFoundError, match=r"in\.txt"):
        line.run(line.step())
