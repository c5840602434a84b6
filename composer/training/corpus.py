"""A folder of MIDI as pieces with a source, a group and a split; a manifest is used where there is one."""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

from composer.encoding.style_tag import STYLE_TAGS
from vision.rejected import RejectedInput

SPLITS: tuple[str, ...] = ("train", "valid", "test")
MIN_GRID_FIT = 0.6  # below it (Blasphemer's .1 to .3) the ticks are no bars at all
_DANCES = (
    "mazurka",
    "krakowiak",
    "polka",
    "polonaise",
    "waltz",
    "galop",
    "contradan",
    "anglaise",
    "dumka",
    "ecossaise",
)
_SOURCE_TAGS = {
    "openscore_orchestra": "orchestra", "openscore_string_quartets": "quartet", "openscore_lieder": "song",
    "chopin_first_editions": "piano", "freedoom_game": "game", "blasphemer_game": "game",
    "tannerhelland_film_game": "film",
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """One MIDI file. group: pieces that must share a split.  dynamics: False where none were given.
    gridded: False where the manifest says that the bars are not the music's."""

    path: Path
    source: str
    group: str
    split: str
    genre: str = ""
    dynamics: bool = True
    gridded: bool = True


def find_pieces(corpus: Path) -> list[Piece]:
    """Every .mid or .midi below `corpus`, sorted by path. Raises RejectedInput where there is none.

    MANIFEST.csv (columns path, source, split, group; genre, velocity_levels, grid_fit where known) decides
    source, group and split; without it the first folder is the source, the file name the group, and a hash of
    the group the split (8 : 1 : 1), so that adding files moves none.
    """
    files = sorted(p for p in corpus.rglob("*") if p.suffix.lower() in (".mid", ".midi") and p.is_file())
    if not files:
        raise RejectedInput(f"{corpus}: holds no MIDI file", "give --corpus a folder of .mid files")
    rows = _manifest(corpus / "MANIFEST.csv")
    return [_piece(corpus, path, rows.get(path.relative_to(corpus).as_posix())) for path in files]


def _manifest(path: Path) -> dict[str, dict[str, str]]:
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["path"]: row for row in csv.DictReader(file)}


def _piece(corpus: Path, path: Path, row: dict[str, str] | None) -> Piece:
    relative = path.relative_to(corpus)
    if row is None:
        digest = hashlib.sha256(relative.stem.encode()).digest()[0] % 10
        split = "test" if digest == 0 else "valid" if digest == 1 else "train"
        return Piece(path, relative.parts[0] if len(relative.parts) > 1 else "folder", relative.stem, split)
    dynamics = row.get("velocity_levels", "") not in ("0", "1")
    gridded = float(row.get("grid_fit") or 1) >= MIN_GRID_FIT
    return Piece(path, row["source"], row["group"], row["split"], row.get("genre", ""), dynamics, gridded)


def style_tag(piece: Piece, programmes: frozenset[int]) -> int:
    """Index of STYLE_TAGS: by the source where it is of one kind, else by genre and by what plays."""
    name = _SOURCE_TAGS.get(piece.source) or _tag_by_instruments(piece, programmes)
    return STYLE_TAGS.index(name)


def _tag_by_instruments(piece: Piece, programmes: frozenset[int]) -> str:
    dance = any(word in piece.genre.lower() for word in _DANCES)
    keys = {p for p in programmes if p < 24}
    strings = {p for p in programmes if 40 <= p < 52}
    blown = {p for p in programmes if 56 <= p < 80}
    if dance or any(24 <= p < 32 or 104 <= p < 112 for p in programmes):
        return "folk"
    if len(blown) >= 2 and strings:
        return "orchestra"
    if strings and not blown and not keys:
        return "quartet"
    if any(52 <= p < 55 for p in programmes):
        return "song"
    if keys and keys == programmes:
        return "piano"
    return "unknown"
