"""`reelscore train prepare`: a folder of MIDI becomes bars.npz and data_card.json."""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from composer.midi_read import read_midi
from composer.training.corpus import SPLITS, Piece, find_pieces, style_tag
from composer.training.features import Bars, extract
from composer.training.grid import to_grid
from vision.artifact import part_file, write_json
from vision.rejected import RejectedInput

log = logging.getLogger(__name__)
BARS_FILE = "bars.npz"
CARD_FILE = "data_card.json"


@dataclass(frozen=True)
class PrepareSettings:
    """share: part of a source's pieces that is kept, by a hash of the group; all where it is not named.

    jobs: processes; the result does not depend on it.  limit: only the first pieces, for tests.
    """

    share: tuple[tuple[str, float], ...] = ()
    jobs: int = 1
    limit: int | None = None


@dataclass
class _Read:
    """What became of one piece: its bars, or why not."""

    piece: Piece
    bars: list[Bars]
    style: int = 0
    digest: str = ""
    moved: int = 0
    dropped: str = ""
    detail: str = ""


def prepare(corpus: Path, out: Path, settings: PrepareSettings) -> Path:
    """Write out/bars.npz and out/data_card.json; returns the former.

    Raises RejectedInput on an empty harvest.
    """
    pieces = [piece for piece in find_pieces(corpus) if _kept(piece, settings)]
    pieces = list(islice(pieces, settings.limit))
    read = list(_unique(_read_all(pieces, settings.jobs)))
    used = [r for r in read if r.bars]
    if not used:
        raise RejectedInput(
            f"{corpus}: no bar of four quarters was found", "give scores with a 4/4, 2/2 or 2/4 grid"
        )
    arrays = _join(used)
    path = out / BARS_FILE
    with part_file(path) as part, part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    write_json(out / CARD_FILE, _card(corpus, read, arrays, path))
    log.info("%d bars from %d of %d pieces", len(arrays["run"]), len(used), len(pieces))
    return path


def _kept(piece: Piece, settings: PrepareSettings) -> bool:
    share = dict(settings.share).get(piece.source, 1.0)
    return hashlib.sha256(piece.group.encode()).digest()[0] < 256 * share


def _read_all(pieces: list[Piece], jobs: int) -> Iterator[_Read]:
    if jobs == 1:
        yield from map(_read, pieces)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(_read, pieces, chunksize=32)


def _read(piece: Piece) -> _Read:
    if not piece.gridded:
        return _Read(piece, [], dropped="its bars are not the music's (grid_fit)")
    try:
        score = read_midi(piece.path)
    except RejectedInput as error:
        return _Read(piece, [], dropped="rejected", detail=error.reason)
    if not score.notes:
        return _Read(piece, [], dropped="no notes")
    grid = to_grid(score)
    tonal = frozenset(int(p) for p in np.unique(grid.programme[~grid.drum]))
    digest = hashlib.sha256(repr([(n.start, n.pitch) for n in score.notes]).encode()).hexdigest()
    bars = extract(grid)
    why = "" if bars else "no run of four bars of four quarters on the grid"
    return _Read(piece, bars, style_tag(piece, tonal), digest, grid.moved, why)


def _unique(read: Iterator[_Read]) -> Iterator[_Read]:
    """Drop the notes of a piece whose starts and pitches were all seen before."""
    seen: set[str] = set()
    for one in read:
        if one.digest and one.digest in seen:
            one.bars, one.dropped = [], "duplicate of another piece"
        seen.add(one.digest)
        yield one


def _join(used: list[_Read]) -> dict[str, NDArray[np.generic]]:
    """All bars one after another; run numbers run on, rolls and drums are packed to bits."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for field in fields(Bars):
        parts = [getattr(bars, field.name) for one in used for bars in one.bars]
        joined = np.concatenate(parts)
        if joined.dtype == np.bool_:
            joined = np.packbits(joined.reshape(len(joined), -1), axis=1)
        arrays[field.name] = joined.astype(np.float16) if joined.dtype == np.float32 else joined
    lengths = [len(bars.run) for one in used for bars in one.bars]
    arrays["run"] = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    sources = sorted({one.piece.source for one in used})
    per_piece = [sum(len(bars.run) for bars in one.bars) for one in used]
    described: dict[str, NDArray[np.generic]] = {
        "piece": np.arange(len(used), dtype=np.int32),
        "split": np.array([SPLITS.index(one.piece.split) for one in used], np.uint8),
        "source": np.array([sources.index(one.piece.source) for one in used], np.uint8),
        "style": np.array([one.style for one in used], np.uint8),
        "dynamics": np.array([one.piece.dynamics for one in used], np.bool_),
    }
    arrays |= {name: np.repeat(values, per_piece) for name, values in described.items()}
    arrays["sources"] = np.array(sources)
    return arrays


def _card(
    corpus: Path, read: list[_Read], arrays: dict[str, NDArray[np.generic]], path: Path
) -> dict[str, object]:
    by_source: dict[str, dict[str, int]] = {}
    for one in read:
        row = by_source.setdefault(one.piece.source, Counter())
        row["pieces"] += 1
        row["used"] += bool(one.bars)
        row["bars"] += sum(len(bars.run) for bars in one.bars)
        row["rephased_bars"] += one.moved
    return {
        "schema_version": 1,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "bars": len(arrays["run"]),
        "bars_by_split": dict(
            zip(SPLITS, np.bincount(arrays["split"].astype(int), minlength=3).tolist(), strict=True)
        ),
        "sources": {name: dict(row) for name, row in sorted(by_source.items())},
        "dropped": dict(sorted(Counter(one.dropped for one in read if one.dropped).items())),
        "rejected": [one.detail.replace(str(corpus), "CORPUS") for one in read if one.dropped == "rejected"],
    }


def read_card(folder: Path) -> dict[str, object]:
    """The data card beside bars.npz."""
    card: dict[str, object] = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    return card
