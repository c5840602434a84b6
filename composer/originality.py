"""How much of a melody stands in the training melodies: runs of (interval, inter-onset) steps, by hash.

An n-gram is n steps from a note to the next, so n + 1 notes: each step is an interval in semitones and the
time between the onsets in 16ths. Key, register and lengths of notes don't matter. The index holds a 32-bit
hash of every n-gram of the training split; where it holds G of them, G / 2^32 of new ones match by accident
(.01 % of the shipped index).
"""

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from composer.notes import CueNotes
from composer.request import ThemeCell
from composer.weights_dir import WEIGHTS_DIR
from vision.artifact import part_file
from vision.rejected import RejectedInput

GRAMS: tuple[int, ...] = (8, 12)
INDEX_FILE = "originality.npz"
LONGEST_STEP = 16  # 16ths; a longer pause is one of a bar
CELL_REPEATS = 3  # an n-gram that is one cell so many times is a figure, not a quotation: exempt
TICKS_PER_16TH = 240
_REMEDY = "use the weights that came with Reelscore, or make them with `reelscore train originality`"

Hashes = NDArray[np.uint32]
Tune = Sequence[tuple[int, int]]  # (onset in 16ths, MIDI pitch) of one line, sorted by onset


class Overlap(NamedTuple):
    """shares: of the n-grams that aren't exempt, how many the index holds, by n; 0 where there are none.

    counts: how many n-grams were judged, by n.  longest: steps of the longest stretch all of whose n-grams
    are held, an upper bound of the longest quotation; 0: shorter than the smallest n.
    """

    shares: Mapping[int, float]
    counts: Mapping[int, int]
    longest: int


@dataclass(frozen=True)
class NgramIndex:
    """Sorted hashes by n, and the sha256 of the training data that they were read from."""

    hashes: Mapping[int, Hashes]
    data_sha256: str

    def holds(self, n: int, grams: Hashes) -> NDArray[np.bool_]:
        """[G] bool for hashes [G] of n-grams."""
        known = self.hashes[n]
        at = np.searchsorted(known, grams)
        return np.asarray(known[np.minimum(at, len(known) - 1)] == grams) if len(known) else grams < 0


def build_index(tunes: Sequence[Tune], data_sha256: str) -> NgramIndex:
    """The index of training melodies."""
    found = {}
    for n in GRAMS:
        parts = [hashes[~exempt] for hashes, exempt in (ngrams(tune, n) for tune in tunes)]
        found[n] = np.unique(np.concatenate([np.zeros(0, np.uint32), *parts]))
    return NgramIndex(found, data_sha256)


def overlap(tunes: Sequence[Tune], index: NgramIndex) -> Overlap:
    """Judge melodies, each a line of its own, against an index."""
    held, counts, longest = dict.fromkeys(GRAMS, 0), dict.fromkeys(GRAMS, 0), 0
    for tune in tunes:
        stretches = {}
        for n in GRAMS:
            hashes, exempt = ngrams(tune, n)
            match = index.holds(n, hashes) & ~exempt
            held[n] += int(match.sum())
            counts[n] += int((~exempt).sum())
            stretches[n] = n - 1 + _longest_run(match) if match.any() else 0
        # No 12-gram is held: what the chained 8-grams claim beyond 11 steps comes from several places.
        bounds = [min(stretches[n], m - 1) for n, m in zip(GRAMS, GRAMS[1:], strict=False)]
        longest = max(longest, stretches[GRAMS[-1]] or max(bounds))
    return Overlap({n: held[n] / max(counts[n], 1) for n in GRAMS}, counts, longest)


def ngrams(tune: Tune, n: int) -> tuple[Hashes, NDArray[np.bool_]]:
    """Hashes [G] of every n-gram of a line in order, and which are exempt [G]; G = notes - n, at least 0."""
    table = np.array(tune, np.int64).reshape(-1, 2)
    interval = np.clip(np.diff(table[:, 1]), -63, 63) + 64
    waited = np.clip(np.diff(table[:, 0]), 1, LONGEST_STEP)
    steps = (interval * 32 + waited).astype(np.uint64)
    if len(steps) < n:
        return np.zeros(0, np.uint32), np.zeros(0, np.bool_)
    windows = np.lib.stride_tricks.sliding_window_view(steps, n)  # (G, n)
    mixed = np.zeros(len(windows), np.uint64)
    for column in windows.T:
        mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads low bits up
        mixed ^= mixed >> np.uint64(29)  # and high bits down (as in splitmix64)
    return (mixed >> np.uint64(32)).astype(np.uint32), _one_cell(windows)


def _one_cell(windows: NDArray[np.uint64]) -> NDArray[np.bool_]:
    exempt = np.zeros(len(windows), np.bool_)
    for period in range(1, windows.shape[1] // CELL_REPEATS + 1):
        exempt |= (windows[:, period:] == windows[:, :-period]).all(1)
    return exempt


def _longest_run(match: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], match.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def overlap_figures(what: str, found: Overlap) -> dict[str, float | int | str | None]:
    """An overlap as figures named after what was judged: percentages, and steps of the longest match.

    Nothing was judged where a line is too short for one n-gram: the percentage is then None.
    """
    percent = {
        f"{what}_{n}_grams_quoted_percent": round(100 * found.shares[n], 2) if found.counts[n] else None
        for n in GRAMS
    }
    return {**percent, f"{what}_longest_match_steps": found.longest}


def melody_tunes(notes: CueNotes) -> list[Tune]:
    """The written melody of a cue: a line for each of its melody parts (doublings sing the same)."""
    lines: list[Tune] = []
    for number, part in enumerate(notes.parts):
        if part.role == "melody":
            sung = {round(n.grid_tick / TICKS_PER_16TH): n.pitch for n in notes.notes if n.part == number}
            lines.append(sorted(sung.items()))
    return lines


def theme_tune(cell: ThemeCell) -> Tune:
    """A theme's cell as a line."""
    return sorted((note.step, note.semitone) for note in cell.notes)


def save_index(index: NgramIndex, path: Path) -> None:
    """Write an index; differences of sorted hashes are small, so that they shrink to half when deflated."""
    arrays = {f"grams{n}": np.diff(hashes, prepend=np.uint32(0)) for n, hashes in index.hashes.items()}
    made = {"data_sha256": index.data_sha256, "content": _content(index)}
    arrays["made"] = np.frombuffer(json.dumps(made, sort_keys=True).encode(), np.uint8)
    with part_file(path) as part, part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


@cache
def load_index(folder: Path = WEIGHTS_DIR) -> NgramIndex | None:
    """The index beside some weights, None where they came without one.

    Raises RejectedInput where it is damaged; a pickle is never opened.
    """
    path = folder / INDEX_FILE
    return read_index(path) if path.exists() else None


def read_index(path: Path) -> NgramIndex:
    """One index file, checked."""
    try:
        with np.load(path, allow_pickle=False) as file:
            hashes = {n: np.cumsum(file[f"grams{n}"], dtype=np.uint32) for n in GRAMS}
            made = json.loads(file["made"].tobytes())
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise RejectedInput(f"{path}: is no index of melodies ({error})", _REMEDY) from error
    index = NgramIndex(hashes, str(made.get("data_sha256")))
    if made.get("content") != _content(index):
        raise RejectedInput(f"{path}: its numbers are not those it was saved with", _REMEDY)
    return index


def _content(index: NgramIndex) -> str:
    return hashlib.sha256(b"".join(index.hashes[n].tobytes() for n in GRAMS)).hexdigest()
