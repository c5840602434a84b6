"""The one runner: a step runs when its key or its outputs changed, and commits its receipt last.

A step's key is the sha256 of its name and revision, of what its input files hold and of the settings that
it declares (weights and font hashes among them where it composes or synthesises). A crash at any instant
loses at most the running step: without a fitting receipt it runs again, with one it never does.
"""

import logging
import os
import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vision.artifact import (
    Artifact,
    Frozen,
    canonical_json,
    read_json,
    sha256_file,
    sha256_text,
    write_json,
)
from vision.faultpoint import faultpoint
from vision.progress import Progress

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """A plain function from artifacts to artifacts, with all that decides whether it must run.

    inputs: files that it reads, all inside the job's folder.  settings: JSON values; only what it declares
    here may change its outputs.  work: does it and returns every file that it wrote.
    receipt: where its receipt stands (the two steps of one cue share one file).
    item, items: its place among steps of the same name, for progress; detail: which one it is ("1M03").
    """

    name: str
    revision: int
    inputs: tuple[Path, ...]
    settings: Mapping[str, Any]
    work: Callable[[Progress], tuple[Path, ...]]
    receipt: Path
    detail: str = ""
    item: int = 0
    items: int = 1

    @property
    def label(self) -> str:
        """ "compose 1M03", or the bare name of a film-level step."""
        return f"{self.name} {self.detail}".rstrip()


class Receipt(Frozen):
    """That a step is done: its key, and the sha256 of each output by its path in the job's folder."""

    key: str
    outputs: dict[str, str]


class Receipts(Artifact):
    """A receipt file: receipts by step name."""

    steps: dict[str, Receipt]


class StepRun(Frozen):
    """What a step cost in this run; reused: a fitting receipt stood there already."""

    step: str
    reused: bool
    wall_s: float
    cpu_s: float


# Called with the step and its share done, 0 to 1.
Watch = Callable[[Step, float], None]


class FileHashes:
    """sha256 of files, each read once for as long as device, inode, size and times stay what they were.

    A symbolic link counts as its target's name: what it points to has a hash of its own (the claim's).
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int, int, int], str] = {}

    def sha256(self, path: Path) -> str:
        """Hex digest; raises FileNotFoundError where there is none."""
        if path.is_symlink():
            return sha256_text(f"link {os.fsencode(path.readlink())!r}")
        stat = path.stat()
        place = (str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        if place not in self._known:
            self._known[place] = sha256_file(path)
        return self._known[place]


@dataclass
class Runner:
    """Runs steps of the one job in `root`; runs collects what each cost.

    seal: the file that declares `root` a finished result; it goes before any step changes a file.
    """

    root: Path
    seal: Path
    watch: Watch = lambda step, share: None
    hashes: FileHashes = field(default_factory=FileHashes)
    runs: list[StepRun] = field(default_factory=list)

    def run(self, step: Step) -> None:
        """Run `step` unless its receipt fits its key and every output still has its hash."""
        wall_s, cpu_s = time.monotonic(), _cpu_s()
        self.watch(step, 0.0)
        faultpoint(f"start-{step.name}")
        key = self.key(step)
        reused = self._is_done(step, key)
        if not reused:
            self._work(step, key)
        self.watch(step, 1.0)
        spent = StepRun(
            step=step.label,
            reused=reused,
            wall_s=round(time.monotonic() - wall_s, 3),
            cpu_s=round(_cpu_s() - cpu_s, 3),
        )
        self.runs.append(spent)
        log.info("%s: %s, %.1f s", step.label, "unchanged" if reused else "done", spent.wall_s)

    def key(self, step: Step) -> str:
        """The step's key; raises FileNotFoundError where an input is missing."""
        inputs = {self._name(path): self.hashes.sha256(path) for path in step.inputs}
        return sha256_text(canonical_json([step.name, step.revision, inputs, dict(step.settings)]))

    def _work(self, step: Step, key: str) -> None:
        self.seal.unlink(missing_ok=True)
        outputs = step.work(lambda share: self.watch(step, share))
        empty = [str(path) for path in outputs if not path.is_symlink() and path.stat().st_size == 0]
        if empty:
            raise RuntimeError(f"{step.label} left empty files: {', '.join(empty)}")
        faultpoint(f"outputs-{step.name}")
        receipt = Receipt(
            key=key, outputs={self._name(path): self.hashes.sha256(path) for path in sorted(outputs)}
        )
        receipts = self._receipts(step)
        self._drop_stale(receipts.get(step.name), receipt)
        write_json(step.receipt, Receipts(steps=dict(sorted({**receipts, step.name: receipt}.items()))))
        faultpoint(f"receipt-{step.name}")

    def _is_done(self, step: Step, key: str) -> bool:
        receipt = self._receipts(step).get(step.name)
        if receipt is None or receipt.key != key:
            return False
        try:
            return all(self.hashes.sha256(self.root / name) == sha for name, sha in receipt.outputs.items())
        except FileNotFoundError:
            return False

    def _receipts(self, step: Step) -> dict[str, Receipt]:
        """The step's receipt file; a missing or damaged one vouches for nothing."""
        try:
            return read_json(step.receipt, Receipts).steps
        except (FileNotFoundError, ValidationError):
            return {}

    def _drop_stale(self, before: Receipt | None, now: Receipt) -> None:
        """Remove what the step wrote in an earlier life and no longer does (a role that fell silent)."""
        for name in sorted(set(before.outputs if before else ()) - set(now.outputs)):
            (self.root / name).unlink(missing_ok=True)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def _cpu_s() -> float:
    """CPU seconds of this process and of the children it has waited for."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
