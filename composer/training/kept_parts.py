"""What an evaluation has found so far, part by part, so that one that is broken off goes on."""

import hashlib
import json
import logging
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import composer
from composer.training.engine_music import Made
from composer.training.excerpt import Excerpt
from vision.artifact import part_file, sha256_text, write_json

log = logging.getLogger(__name__)


class KeptParts:
    """Parts in a folder, each with what it was made of (weights, data, extent, code).

    What was made of anything else is made anew.
    """

    def __init__(self, folder: Path, made_of: Sequence[str]) -> None:
        self._folder = folder
        self._sha256 = sha256_text("\n".join(made_of))
        self._began = time.monotonic()

    def has(self, name: str) -> bool:
        """Whether a part of the same making is there."""
        path = self._path(name)
        return path.exists() and bool(read_value(path)["made_of"] == self._sha256)

    def read(self, name: str) -> Any:
        """The figures of a part that is there."""
        return read_value(self._path(name))["found"]

    def found(self, name: str, title: str, make: Callable[[], Any]) -> Any:
        """A part's figures: those that are there, or new ones, written before they are returned."""
        if self.has(name):
            log.info("%s: as found before", title)
            return self.read(name)
        log.info("%s ...", title)
        began = time.monotonic()
        write_json(self._path(name), {"made_of": self._sha256, "found": finite(make())})
        log.info("  %.0f s, %.0f s in all", time.monotonic() - began, time.monotonic() - self._began)
        return self.read(name)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def music(self, name: str, title: str, make: Callable[[], Made]) -> Made:
        """Excerpts likewise."""
        path = self._folder / f"{name}-{self._sha256[:12]}.npz"
        if path.exists():
            log.info("%s: as made before", title)
            with np.load(path, allow_pickle=False) as file:
                return Made(_excerpts(file, "given"), _excerpts(file, "own"))
        log.info("%s ...", title)
        made = make()
        with part_file(path) as part:
            np.savez_compressed(part, **_arrays(made.given, "given"), **_arrays(made.own, "own"))
        return made


def read_value(path: Path) -> Any:
    """What a JSON file holds."""
    return json.loads(path.read_text(encoding="utf-8"))


def _arrays(excerpts: Sequence[Excerpt], prefix: str) -> dict[str, Any]:
    return {
        f"{prefix}_chords": np.stack([one.chords for one in excerpts]),
        f"{prefix}_melody": np.stack([one.melody for one in excerpts]),
        f"{prefix}_rolls": np.stack([one.rolls for one in excerpts]),
        f"{prefix}_key": np.array([[one.mode, one.tonic] for one in excerpts]),
    }


def _excerpts(file: Any, prefix: str) -> list[Excerpt]:
    columns = [file[f"{prefix}_{name}"] for name in ("chords", "melody", "rolls", "key")]
    return [
        Excerpt(chords, melody, rolls, int(key[0]), int(key[1]))
        for chords, melody, rolls, key in zip(*columns, strict=True)
    ]


def finite(value: Any) -> Any:
    """The same figures with None where a number is none: JSON has no word for it."""
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def code_sha256() -> str:
    """Of every module of the composer: other code may find other figures."""
    root = Path(composer.__path__[0])
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
