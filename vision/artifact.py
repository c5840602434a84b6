"""Files that a step leaves behind: written whole or not at all, the same bytes each time."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from vision.faultpoint import faultpoint
from vision.progress import Progress, silent

SCHEMA_VERSION = 1
HASHED_BYTES = 2**20  # at a time


class Frozen(BaseModel):
    """Base of every value type: immutable, strict about unknown fields, never NaN or infinite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Artifact(Frozen):
    """Base of every JSON file's top level; each carries its schema_version."""

    schema_version: int = SCHEMA_VERSION


A = TypeVar("A", bound=BaseModel)


@contextmanager
def part_file(path: Path) -> Iterator[Path]:
    """Yield `name.part` beside `path`; on success it is flushed to disk and renamed, on failure removed.

    The part's own suffix comes first (`mix.part.wav`), since encoders choose a format by the last one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    try:
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())
        faultpoint(f"before-rename:{path.name}")
        part.replace(path)
        faultpoint(f"after-rename:{path.name}")
    finally:
        part.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path` by part, flush and rename."""
    with part_file(path) as part:
        part.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 `text` to `path` by part, flush and rename; line ends are kept as they are."""
    write_bytes(path, text.encode("utf-8"))


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: the form that keys are hashed over."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def write_json(path: Path, value: BaseModel | dict[str, Any]) -> None:
    """Write a model or a plain dict as indented JSON, field order kept; same value, same bytes."""
    data = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    write_text(path, json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path, model: type[A]) -> A:
    """Read `path` as `model`; raises pydantic's ValidationError where the file does not fit it."""
    return model.model_validate_json(path.read_bytes())


def sha256_file(path: Path, progress: Progress = silent) -> str:
    """Hex sha256 of a file's bytes. A hundred gigabytes take minutes, so it says how far it is."""
    digest, read, size = hashlib.sha256(), 0, max(path.stat().st_size, 1)
    piece = bytearray(HASHED_BYTES)
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(piece):
            digest.update(memoryview(piece)[:count])
            read += count
            progress(min(read / size, 1.0))
    return digest.hexdigest()


def sha256_text(text: str) -> str:
    """Hex sha256 of a UTF-8 string."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
