"""What lies in an inbox: films, the directions beside them, and what is passed over and why.

The inbox is read, never written.  Only plain files are films: no link is followed, no pipe or device opened,
no folder entered that is named like a film or hidden.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import quote

from flows.buckets import is_bucket, open_bucket, reaching
from flows.job import film_from_uri
from flows.ledger.arrivals import Sight
from flows.sources import file_mark, object_mark, read_content
from flows.texts import MAX_BYTES, given_text, shown
from vision.rejected import RejectedInput

if TYPE_CHECKING:
    from obstore import ObjectMeta

FILMS: Final = frozenset(
    ".mp4 .mov .m4v .mkv .webm .mxf .avi .ts .m2ts .mts .mpg .mpeg .vob .wmv .asf .flv .ogv .ogg .gxf".split()
)
UNFINISHED: Final = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", ".download", "~")
BESIDE: Final = ".reelscore.yaml"  # CUT.mov.reelscore.yaml
ABOVE: Final = "reelscore.yaml"  # for every film in its folder and below


@dataclass(frozen=True)
class Sidecar:
    """A directions file: where it lies (a path, or a key in the bucket), and its state."""

    place: str
    mark: str


@dataclass(frozen=True)
class Found:
    """A film, and the directions file that counts for it: its own, else the nearest above."""

    sight: Sight
    sidecar: Sidecar | None


@dataclass
class Look:
    """One look at an inbox.  passed_over: label -> why, for files somebody may wonder about.
    folders: those looked into, on a disk."""

    films: list[Found] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    passed_over: dict[str, str] = field(default_factory=dict)


class Inbox(Protocol):
    """A place to watch.  uri: what every source in it starts with.  whole: files appear all at once there."""

    uri: str
    whole: bool

    def look(self) -> Look:
        """Everything there now; raises OSError where it can't be reached."""

    def content(self, sight: Sight) -> str:
        """What the film is by its content; raises Changed where it is no longer as seen."""

    def text(self, sidecar: Sidecar) -> str:
        """A directions file's text; raises RejectedInput where it is none."""


def open_inbox(place: str, results: str) -> Inbox:
    """The inbox at a folder or URL; raises RejectedInput where there is none."""
    if is_bucket(place):
        return BucketInbox(place)
    root = Path(place).absolute()
    if not root.is_dir():
        raise RejectedInput(f"there is no folder {shown(place)}", "make it, mount it, or correct the name")
    return FolderInbox(root, None if is_bucket(results) else Path(results).absolute())


class FolderInbox:
    """A folder and all below it."""

    whole = False

    def __init__(self, root: Path, apart: Path | None = None) -> None:
        """apart: the results, which are not looked into where they lie inside the inbox."""
        self.root = root
        self.uri = root.as_uri().rstrip("/") + "/"
        self._apart = apart

    def look(self) -> Look:
        """See Inbox."""
        seen = Look()
        self._folder(self.root, None, seen)
        return seen

    def content(self, sight: Sight) -> str:
        """See Inbox: the sha256, in one reading pass."""
        return read_content(film_from_uri(sight.source), sight.mark)

    def text(self, sidecar: Sidecar) -> str:
        """See Inbox."""
        return given_text(Path(sidecar.place)) or ""

    def _folder(self, folder: Path, above: Sidecar | None, seen: Look) -> None:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
        except PermissionError:
            seen.passed_over[self._label(folder)] = "a folder that can't be read"
            return
        seen.folders.append(folder)
        plain = {entry.name: entry for entry in entries if entry.is_file(follow_symlinks=False)}
        nearest = _sidecar(plain.get(ABOVE)) or above
        for entry in entries:
            label = self._label(Path(entry.path))
            if entry.is_dir(follow_symlinks=False):
                if Path(entry.path) == self._apart or entry.name.startswith("."):
                    continue
                if _is_film(entry.name):
                    seen.passed_over[label] = "a folder named like a film"
                else:
                    self._folder(Path(entry.path), nearest, seen)
            elif why := _passed_over(entry.name, plain=entry.name in plain, link=entry.is_symlink()):
                seen.passed_over[label] = why
            elif entry.name in plain and _is_film(entry.name):
                found = self._film(entry, label, _sidecar(plain.get(entry.name + BESIDE)) or nearest)
                seen.films += [found] if found is not None else []

    def _film(self, entry: "os.DirEntry[str]", label: str, sidecar: Sidecar | None) -> Found | None:
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        path = Path(entry.path)
        sight = Sight(path.as_uri(), label, shown(path.stem), status.st_size, file_mark(status))
        return Found(sight, sidecar)

    def _label(self, path: Path) -> str:
        return shown(path.relative_to(self.root))


class BucketInbox:
    """Every object under a URL.  Objects appear whole; what they hold is told by their ETag, unread."""

    whole = True

    def __init__(self, url: str) -> None:
        self.uri = url.rstrip("/") + "/"
        self._store = open_bucket(url)

    def look(self) -> Look:
        """See Inbox."""
        import obstore

        with reaching(self.uri):
            metas = {meta["path"]: meta for pieces in obstore.list(self._store) for meta in pieces}
        seen = Look()
        for key in sorted(metas):
            name = key.rpartition("/")[2]
            hidden = any(part.startswith(".") for part in key.split("/")[:-1])
            if why := _passed_over(name, plain=True, link=False):
                seen.passed_over[shown(key)] = why
            elif _is_film(name) and not hidden:
                meta = metas[key]
                stem = shown(name.rpartition(".")[0])
                sight = Sight(self.uri + quote(key), shown(key), stem, meta["size"], object_mark(meta))
                seen.films.append(Found(sight, _nearest(key, metas)))
        return seen

    def content(self, sight: Sight) -> str:
        """See Inbox: the ETag, which the same bytes put the same way have in common (S3)."""
        return f"etag:{sight.mark}"

    def text(self, sidecar: Sidecar) -> str:
        """See Inbox."""
        import obstore

        name = shown(sidecar.place)
        with reaching(self.uri):
            answer = obstore.get(self._store, sidecar.place)
            if answer.meta["size"] > MAX_BYTES:
                raise RejectedInput(f"{name} is larger than {MAX_BYTES} bytes", "give a text file")
            data = bytes(answer.bytes())
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise RejectedInput(f"{name} is not UTF-8 text", "save it as UTF-8") from error


def _sidecar(entry: "os.DirEntry[str] | None") -> Sidecar | None:
    if entry is None:
        return None
    try:
        return Sidecar(entry.path, file_mark(entry.stat(follow_symlinks=False)))
    except FileNotFoundError:
        return None


def _nearest(key: str, metas: "dict[str, ObjectMeta]") -> Sidecar | None:
    for place in _places(key):
        if place in metas:
            return Sidecar(place, object_mark(metas[place]))
    return None


def _places(key: str) -> Iterator[str]:
    yield key + BESIDE
    folder = key
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        yield f"{folder}/{ABOVE}"
    yield ABOVE


def _is_film(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in FILMS


def _passed_over(name: str, *, plain: bool, link: bool) -> str | None:
    """Why a file named or made like this is passed over although somebody might expect otherwise."""
    bare = name.lower()
    for mark in UNFINISHED:
        bare = bare.removesuffix(mark)
    if not _is_film(bare):
        return None
    if name.startswith("."):
        return "a hidden file"
    if bare != name.lower():
        return "being copied, by its name"
    if link:
        return "a link, which is not followed"
    return None if plain else "a pipe or device, not a file"
