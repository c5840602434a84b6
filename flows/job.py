"""One job: a film, its settings, and the folder that everything lands in."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote_to_bytes

from flows.settings import JobSettings
from flows.steps import FileHashes
from vision.artifact import Artifact, Frozen


class Identity(Frozen):
    """What tells one state of a file from another without reading it."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @property
    def mark(self) -> str:
        """The part of it that stays when a share is mounted again, or a link to the file is made."""
        return f"{self.size}-{self.mtime_ns}-{self.inode}"


class Claim(Artifact):
    """The film as it was when this job took it: where it lay, its identity and its content."""

    film: str
    identity: Identity
    sha256: str


@dataclass(frozen=True)
class Job:
    """film: the user's own file, absolute.  out: the job's folder (one version of one score).

    content, mark: the film's sha256 and its state then (flows.sources.file_mark), where it was read before.
    hashes: what is known of its files, so that none is read twice for its hash.
    """

    film: Path
    out: Path
    settings: JobSettings
    content: str | None = field(default=None, compare=False)
    mark: str | None = field(default=None, compare=False)
    hashes: FileHashes = field(default_factory=FileHashes, compare=False, repr=False)

    @property
    def work(self) -> Path:
        """What the line keeps for itself: receipts, the source's link, intermediate artifacts."""
        return self.out / ".work"

    @property
    def claim(self) -> Path:
        return self.work / "claim.json"

    @property
    def analysis(self) -> Path:
        return self.out / "analysis.json"

    @property
    def film_curves(self) -> Path:
        """The analysis's curves; deliver writes them once more, with the duck, as OUT/curves.npz."""
        return self.work / "curves.npz"

    @property
    def plan(self) -> Path:
        return self.work / "plan.json"

    @property
    def spotting(self) -> Path:
        return self.out / "spotting.json"

    @property
    def themes(self) -> Path:
        return self.out / "themes.json"

    @property
    def mix_facts(self) -> Path:
        return self.work / "mix.json"

    @property
    def preview_facts(self) -> Path:
        return self.work / "preview.json"

    @property
    def takes(self) -> Path:
        """How the takes of each cue compare; only where a cue has several."""
        return self.work / "takes.json"

    @property
    def quality(self) -> Path:
        """What verify measured, and what needs a look."""
        return self.work / "quality.json"

    @property
    def preview(self) -> Path:
        return self.out / "preview.mp4"

    @property
    def report(self) -> Path:
        return self.out / "report.html"

    @property
    def manifest(self) -> Path:
        return self.out / "manifest.json"

    @property
    def run_record(self) -> Path:
        return self.out / "run.json"

    @property
    def suffix(self) -> str:
        """The film's own suffix where it is an ordinary one, for the link's name."""
        suffix = self.film.suffix.lower()
        return suffix if re.fullmatch(r"\.[a-z0-9]{1,5}", suffix) else ".film"

    def take(self, uid: str, take: int) -> Path:
        """The folder of one take of one cue."""
        return self.out / "cues" / uid / str(take)

    def receipt(self, step: str) -> Path:
        """The receipt file of a film-level step."""
        return self.work / "receipts" / f"{step}.json"


def default_out(film: Path) -> Path:
    """FILM_reelscore beside the caller; bytes that native code might stumble over become underscores."""
    return Path.cwd() / f"{re.sub(r'[^ -~À-ɏͰ-῿⺀-퟿]', '_', film.stem)}_reelscore"


def film_uri(film: Path) -> str:
    """An absolute path as text that survives JSON, whatever bytes its name holds."""
    return film.as_uri()


def film_from_uri(uri: str) -> Path:
    """The path that film_uri wrote."""
    return Path(os.fsdecode(unquote_to_bytes(uri.removeprefix("file://"))))
