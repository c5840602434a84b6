"""Where versions are published: a folder, by one rename, or a bucket, by uploads with the manifest last.

Either way a version counts only when its manifest stands there, and `.work/ledger.json` beside it says which
job it is, so that a crash between publishing and noting it in the ledger is mended by looking.
"""

import os
from pathlib import Path
from typing import Protocol

from flows.buckets import is_bucket, open_bucket, reaching
from flows.manifest import Manifest
from flows.run_job import RunRecord
from flows.state_home import STATE_HOME
from flows.texts import shown
from vision.artifact import Artifact, read_json, sha256_text, write_text
from vision.faultpoint import faultpoint
from vision.rejected import RejectedInput

MARKER = ".work/ledger.json"
MANIFEST = "manifest.json"
RUNS = "run.json"
# Never shared with a copy of a version: who holds the folder, the record of its runs, what makes it a result.
OWN = (".work/lock", RUNS, MANIFEST, MARKER)


class Published(Artifact):
    """Which job's result a version folder is."""

    identity: str


class Results(Protocol):
    """A place for finished versions, and a folder of this machine for work and state."""

    state: Path

    def holds(self, folder: str) -> str | None:
        """The identity of the finished version in `folder`, None where there is none."""

    def publish(self, work: Path, folder: str) -> None:
        """Make the finished job in `work` the version `folder`, all at once for who looks at the manifest."""

    def bring(self, folder: str, work: Path) -> bool:
        """Fill the new folder `work` with what version `folder` holds, but OWN; False where there is none."""

    def manifest(self, folder: str) -> Manifest:
        """The manifest of the finished version in `folder`."""

    def runs(self, folder: str) -> RunRecord:
        """The record of the runs that made the finished version in `folder`."""

    def address(self, folder: str) -> str:
        """The URI that a version has once it is published."""

    def write(self, name: str, text: str) -> None:
        """Write a small file (the status, a digest) at the top of the place."""


def open_results(place: str) -> Results:
    """The results place at a folder or a URL; raises RejectedInput where it can't be one."""
    if is_bucket(place):
        state = STATE_HOME / "reelscore" / "places" / sha256_text(place.rstrip("/"))[:16]
        return BucketResults(place, state)
    return FolderResults(Path(place).absolute())


class FolderResults:
    """Versions under a folder; work happens on the same disk, so that publishing is one rename."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = root / ".reelscore"

    def holds(self, folder: str) -> str | None:
        """See Results."""
        version = self.root / folder
        if not (version / MANIFEST).is_file() or not (version / MARKER).is_file():
            return None
        return read_json(version / MARKER, Published).identity

    def publish(self, work: Path, folder: str) -> None:
        """See Results. A version folder is never written over: something foreign there is an error."""
        target = self.root / folder
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            raise RejectedInput(
                f"{shown(target)} lies in the results already and is not this job's",
                "move it away, then retry",
            )
        os.rename(work, target)
        _flush_folder(target.parent)

    def bring(self, folder: str, work: Path) -> bool:
        """See Results. Large files are shared by hard links: every writer makes a new file and renames it."""
        version = self.root / folder
        if not version.is_dir():
            return False
        copy_version(version, work)
        return True

    def manifest(self, folder: str) -> Manifest:
        """See Results."""
        return read_json(self.root / folder / MANIFEST, Manifest)

    def runs(self, folder: str) -> RunRecord:
        """See Results."""
        return read_json(self.root / folder / RUNS, RunRecord)

    def address(self, folder: str) -> str:
        """See Results."""
        return (self.root / folder).as_uri()

    def write(self, name: str, text: str) -> None:
        """See Results."""
        write_text(self.root / name, text)


class BucketResults:
    """Versions under a URL; work happens in the state folder of this machine."""

    def __init__(self, url: str, state: Path) -> None:
        self.url = url.rstrip("/")
        self.state = state
        self._store = open_bucket(self.url)

    def holds(self, folder: str) -> str | None:
        """See Results."""
        import obstore

        try:
            with reaching(self.url):
                obstore.head(self._store, f"{folder}/{MANIFEST}")
            return Published.model_validate_json(self._read(f"{folder}/{MARKER}")).identity
        except FileNotFoundError:
            return None

    def publish(self, work: Path, folder: str) -> None:
        """See Results. The same bytes again after a crash do no harm."""
        import obstore

        files = [path for path in sorted(work.rglob("*")) if path.is_file() and not path.is_symlink()]
        files = [path for path in files if path != work / ".work" / "lock"]
        for path in sorted(files, key=lambda path: path == work / MANIFEST):
            if path == work / MANIFEST:
                faultpoint("job-before-manifest")
            with reaching(self.url):
                obstore.put(self._store, f"{folder}/{path.relative_to(work).as_posix()}", path)

    def bring(self, folder: str, work: Path) -> bool:
        """See Results."""
        import obstore

        with reaching(self.url):
            found = [meta["path"] for pieces in obstore.list(self._store, folder) for meta in pieces]
        for key in found:
            target = work / key.removeprefix(f"{folder}/")
            if target.relative_to(work).as_posix() in OWN:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with reaching(self.url), target.open("wb") as file:
                for piece in obstore.get(self._store, key).stream():
                    file.write(piece)
        return bool(found)

    def manifest(self, folder: str) -> Manifest:
        """See Results."""
        return Manifest.model_validate_json(self._read(f"{folder}/{MANIFEST}"))

    def runs(self, folder: str) -> RunRecord:
        """See Results."""
        return RunRecord.model_validate_json(self._read(f"{folder}/{RUNS}"))

    def address(self, folder: str) -> str:
        """See Results."""
        return f"{self.url}/{folder}"

    def write(self, name: str, text: str) -> None:
        """See Results."""
        import obstore

        with reaching(self.url):
            obstore.put(self._store, name, text.encode("utf-8"))

    def _read(self, key: str) -> bytes:
        import obstore

        with reaching(self.url):
            return bytes(obstore.get(self._store, key).bytes())


def copy_version(version: Path, work: Path) -> None:
    """Fill `work` with hard links to a version's files and copies of its symbolic links, OWN left out."""
    for path in sorted(version.rglob("*")):
        name = path.relative_to(version)
        if name.as_posix() in OWN or path.is_dir() and not path.is_symlink():
            continue
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            (work / name).symlink_to(path.readlink())
        else:
            os.link(path, work / name)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
