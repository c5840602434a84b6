"""What lies in RESULTS: films, their versions, and what each version's files say."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from composer.spotting import Spotting
from flows.texts import shown
from render.mix import MixFacts
from vision.analysis import Analysis
from vision.artifact import read_json, sha256_text
from vision.rejected import RejectedInput

PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
M = TypeVar("M", bound=BaseModel)


class Manifest(BaseModel):
    """What the page reads of manifest.json: older and newer versions may hold more, or other things."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    film: str
    film_sha256: str
    findings: tuple[str, ...] = ()
    files: dict[str, str]
    settings: dict[str, Any] = {}
    quality: dict[str, float | int | str | None] = {}


@dataclass(frozen=True)
class Version:
    """One version of one film's score. key: what stands for it in an address."""

    film: "FilmFolder"
    key: str
    name: str
    folder: Path

    @property
    def own(self) -> Path:
        """What the review page keeps beside this version: proxies and renders, never published."""
        return self.folder / ".work" / "review"

    @property
    def finished(self) -> bool:
        """Whether the version was published: the manifest is written last of all."""
        return (self.folder / "manifest.json").is_file()


@dataclass(eq=False)
class FilmFolder:
    """A film in RESULTS. record: where decisions.jsonl lies."""

    key: str
    name: str
    folder: Path
    record: Path
    versions: tuple[Version, ...] = field(default=(), repr=False)

    @property
    def newest(self) -> Version | None:
        """The newest finished version, else the newest of all."""
        finished = [version for version in self.versions if version.finished]
        found = finished or list(self.versions)
        return found[-1] if found else None

    def version(self, key: str) -> Version | None:
        """A version by its key."""
        return next((version for version in self.versions if version.key == key), None)


class Results:
    """RESULTS/<film>/<version>/, or a single folder that `reelscore score` made, as one film."""

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise RejectedInput(f"there is no folder {shown(root)}", "name the RESULTS of `reelscore watch`")
        self.root = root.absolute()
        self.single = is_version(self.root)
        self._read: dict[tuple[Path, type[BaseModel]], tuple[tuple[int, int], BaseModel]] = {}
        if not self.single and not self.films() and not _fresh(self.root):
            raise RejectedInput(
                f"{shown(root)} holds no results",
                "name a RESULTS folder (RESULTS/film/version) or what `reelscore score` made",
            )

    @property
    def state(self) -> Path:
        """The folder for what belongs to the whole of RESULTS."""
        return self.root / ".work" / "review" if self.single else self.root / ".reelscore"

    def films(self) -> list[FilmFolder]:
        """Every film by name; symbolic links are not followed."""
        if self.single:
            return [_film(self.root, [self.root], self.root / ".work" / "review")]
        return [
            _film(folder, versions, folder)
            for folder in _folders(self.root)
            if (versions := _versions(folder))
        ]

    def film(self, key: str) -> FilmFolder | None:
        """A film by its key."""
        return next((film for film in self.films() if film.key == key), None)

    def read(self, path: Path, model: type[M]) -> M | None:
        """An artifact, read anew when its file changes; None where it is missing or torn."""
        try:
            stat = path.stat()
            mark = (stat.st_mtime_ns, stat.st_size)
            known = self._read.get((path, model))
            if known is None or known[0] != mark:
                known = self._read[path, model] = (mark, read_json(path, model))
            value = known[1]
            assert isinstance(value, model)
            return value
        except (OSError, ValidationError):
            return None

    def manifest(self, version: Version) -> Manifest | None:
        """manifest.json, None until the version is published."""
        return self.read(version.folder / "manifest.json", Manifest)

    def analysis(self, version: Version) -> Analysis | None:
        """analysis.json."""
        return self.read(version.folder / "analysis.json", Analysis)

    def spotting(self, version: Version) -> Spotting | None:
        """spotting.json."""
        return self.read(version.folder / "spotting.json", Spotting)

    def mix(self, version: Version) -> MixFacts | None:
        """Levels as the mix was written."""
        return self.read(version.folder / ".work" / "mix.json", MixFacts)


def _fresh(root: Path) -> bool:
    """Whether a folder is a RESULTS into which nothing came yet."""
    return (root / ".reelscore").is_dir() or not any(root.iterdir())


def is_version(folder: Path) -> bool:
    """Whether a folder is a job's own: `reelscore score` or a worker made it."""
    return (folder / "manifest.json").is_file() or (folder / ".work").is_dir()


def film_key(name: str) -> str:
    """What stands for a film in an address: no name from outside ever does."""
    return sha256_text(name)[:12]


def _film(folder: Path, versions: list[Path], record: Path) -> FilmFolder:
    name = folder.name
    film = FilmFolder(film_key(_text(name)), shown(name), folder, record / "decisions.jsonl")
    film.versions = tuple(Version(film, _key(path.name), shown(path.name), path) for path in versions)
    return film


def _key(name: str) -> str:
    return name if PLAIN_NAME.match(name) else film_key(_text(name))


def _text(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _folders(root: Path) -> list[Path]:
    with os.scandir(root) as entries:
        names = [e.name for e in entries if e.is_dir(follow_symlinks=False) and not e.name.startswith(".")]
    return [root / name for name in sorted(names, key=_natural)]


def _versions(folder: Path) -> list[Path]:
    return [path for path in _folders(folder) if is_version(path)]


def _natural(name: str) -> list[tuple[int, str]]:
    """v2 before v10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", _text(name))]
