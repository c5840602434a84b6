"""A film's source in an inbox, on a disk or in a bucket: what tells its states apart, bringing it here."""

import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from flows.buckets import is_bucket, open_bucket, reaching
from flows.job import film_from_uri
from flows.line_look import Changed
from flows.texts import shown
from vision.artifact import part_file

if TYPE_CHECKING:
    from obstore import ObjectMeta

PIECE_BYTES: Final = 8 * 2**20


def file_mark(status: os.stat_result) -> str:
    """What tells one state of a file from another: size, modification time, inode."""
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}"  # as flows.job.Identity.mark


def object_mark(meta: "ObjectMeta") -> str:
    """What tells one state of an object from another: size, ETag, and its time where it has no ETag."""
    tag = meta.get("e_tag") or meta["last_modified"].isoformat()
    return f"{meta['size']}-{tag}"


def mark_now(source: str) -> str | None:
    """The source's mark as it is now; None where it is gone, or no plain file any more."""
    if is_bucket(source):
        import obstore

        folder, _, key = source.rpartition("/")
        try:
            with reaching(folder):
                return object_mark(obstore.head(open_bucket(folder), key_of(key)))
        except FileNotFoundError:
            return None
    try:
        status = os.lstat(film_from_uri(source))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return file_mark(status) if stat.S_ISREG(status.st_mode) else None


def read_content(film: Path, mark: str) -> str:
    """sha256 of a film on a disk, in one reading pass; raises Changed where it isn't in the state `mark`.

    Never follows a link and never opens anything but a plain file.
    """
    try:
        descriptor = os.open(film, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (FileNotFoundError, OSError) as error:
        raise Changed(f"{shown(film.name)} can't be opened now: {error.strerror}") from error
    with open(descriptor, "rb", buffering=0) as file:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode) or file_mark(before) != mark:
            raise Changed(f"{shown(film.name)} changed before it was read")
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if file_mark(os.fstat(descriptor)) != mark or mark_now(film.as_uri()) != mark:
            raise Changed(f"{shown(film.name)} changed while it was read")
    return sha256


def download(source: str, mark: str, into: Path) -> str:
    """Write an object to `into`; its sha256, taken on the way.  Raises Changed if it isn't `mark` now."""
    import obstore

    folder, _, name = source.rpartition("/")
    try:
        with reaching(folder):
            answer = obstore.get(open_bucket(folder), key_of(name))
    except FileNotFoundError as error:
        raise Changed(f"{shown(name)} is no longer in the bucket") from error
    if object_mark(answer.meta) != mark:
        raise Changed(f"{shown(name)} was overwritten after it was listed")
    digest = hashlib.sha256()
    with part_file(into) as part, part.open("wb") as file, reaching(folder):
        for piece in answer.stream(min_chunk_size=PIECE_BYTES):
            digest.update(piece)
            file.write(piece)
    if into.stat().st_size != answer.meta["size"]:
        raise OSError(f"{shown(name)} came short: {into.stat().st_size} of {answer.meta['size']} bytes")
    return digest.hexdigest()


def key_of(quoted: str) -> str:
    """An object's key from its last part in a source URI."""
    return unquote(quoted)
