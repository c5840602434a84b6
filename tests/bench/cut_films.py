"""Films with known transitions, looked at once: what the detector decides on, kept to decide again."""

import csv
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from tests.bench.cut_score import Scored, Truth, read_truth, score, truth_of
from vision.burn_ins import find_burn_ins
from vision.container import probe
from vision.crop import picture_window, sampled
from vision.curves import Times
from vision.detector import Boundary, find_boundaries
from vision.evidence import Evidence
from vision.measures import Rows
from vision.progress import silent
from vision.scan import scan_picture
from vision.settings import VisionSettings
from vision.thresholds import Thresholds

SUFFIXES: Final = frozenset({".mp4", ".mov", ".mkv", ".webm", ".avi", ".mxf", ".m4v", ".mpg"})


@dataclass(frozen=True)
class Seen:
    """A film after its one pass.  of: the film that this one was made from, None where none."""

    path: Path
    time_s: Times
    pace: float
    rows: Rows
    evidence: Evidence
    truth: Truth
    of: str | None = None

    @property
    def name(self) -> str:
        return self.path.stem

    def boundaries(self, thresholds: Thresholds) -> list[Boundary]:
        """What the detector decides, as `reelscore analyse` would."""
        shortest = max(round(VisionSettings().min_shot_s * self.pace), 1)
        return find_boundaries(self.rows, self.evidence, self.pace, shortest, thresholds)

    def scored(self, thresholds: Thresholds) -> Scored:
        return score([boundary.frame for boundary in self.boundaries(thresholds)], self.truth)


def films_in(folder: Path) -> list[Path]:
    """The films of a folder by name."""
    return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)


def look_at(paths: Sequence[Path], workers: int = 2) -> list[Seen]:
    """Every film once.  Truth lies in truth/NAME.csv or beside the film.

    A film named after another (a.mp4, a_hevc.mkv) was made from it, and without truth of its own has the
    other's in seconds; any other film without truth is one shot.
    """
    names = [path.stem for path in paths]
    with ProcessPoolExecutor(workers) as pool:
        films = list(pool.map(_look, paths, [_origin(name, names) for name in names]))
    by_name = {film.name: film for film in films}
    return [_with_truth(film, by_name) for film in films]


def _origin(name: str, names: Iterable[str]) -> str | None:
    longer = [other for other in names if name.startswith(f"{other}_")]
    return max(longer, key=len) if longer else None


def _look(path: Path, origin: str | None) -> Seen:
    header = probe(path)
    samples = sampled(path, header)
    window = picture_window(samples)
    masked = [burn_in.area for burn_in in find_burn_ins(samples, window)]
    scan = scan_picture(path, header, window, 1, silent, masked)
    end_s = float((scan.record.end_pts - scan.record.pts[0]) * scan.record.time_base)
    truth = next((read_truth(place) for place in _truth_places(path) if place.is_file()), truth_of([]))
    return Seen(path, scan.time_s, len(scan.time_s) / end_s, scan.rows, scan.evidence, truth, origin)


def _truth_places(path: Path) -> tuple[Path, Path]:
    return path.parent / "truth" / f"{path.stem}.csv", path.with_suffix(".csv")


def _with_truth(film: Seen, films: dict[str, Seen]) -> Seen:
    if film.of is None or any(place.is_file() for place in _truth_places(film.path)):
        return film
    origin = films[film.of]
    place = next(place for place in _truth_places(origin.path) if place.is_file())
    rows = [(int(start), int(end), kind) for start, end, kind in list(csv.reader(place.open()))[1:]]
    moved = [(_frame(film, origin, start), _frame(film, origin, end), kind) for start, end, kind in rows]
    return Seen(film.path, film.time_s, film.pace, film.rows, film.evidence, truth_of(moved), film.of)


def _frame(film: Seen, origin: Seen, number: int) -> int:
    """The frame of `film` shown when frame `number` of `origin` is."""
    number = min(number, len(origin.time_s) - 1)
    return int(np.searchsorted(film.time_s, origin.time_s[number] - 0.25 / film.pace))
