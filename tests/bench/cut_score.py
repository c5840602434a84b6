"""How many transitions of a film were found: the rule, and figures added up over films.

A hard cut is found when a boundary lies within TOLERANCE frames of its first new frame; each boundary finds
one cut at most.  A gradual transition is found when a boundary that found no cut lies inside it, EDGE frames
either side included.  Boundaries left over are false unless they lie inside a gradual transition or an event
that may be seen either way (title switches, splice jumps, a film's first fade in).
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TOLERANCE: Final = 2
EDGE: Final = 3
AROUND_BLACK: Final = 15
"""A fade out and the fade in this many frames after it are one transition."""
HARD: Final = frozenset({"cut", "black_cut"})
GRADUAL: Final = frozenset({"dissolve", "fade_in", "fade_out", "fade_white", "iris"})
EITHER_WAY: Final = frozenset({"title_cut", "title_fade", "jump", "fade_in_start"})


@dataclass(frozen=True)
class Gradual:
    """A transition over frames first..last; kinds: of the parts that it is made of."""

    first: int
    last: int
    kinds: tuple[str, ...]

    @property
    def frames(self) -> int:
        return self.last - self.first


@dataclass(frozen=True)
class Truth:
    """What a film's transitions are, by frame."""

    cuts: tuple[int, ...]
    gradual: tuple[Gradual, ...]
    either_way: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Scored:
    """One film's boundaries against its truth; misses and false ones by frame."""

    hits: tuple[int, ...]
    missed: tuple[int, ...]
    false: tuple[int, ...]
    seen: tuple[Gradual, ...]
    unseen: tuple[Gradual, ...]


@dataclass(frozen=True)
class Figures:
    """Sums over films."""

    hits: int
    cuts: int
    false: int
    seen: int
    gradual: int

    @property
    def f1_hard(self) -> float:
        return f1(self.hits, self.cuts, self.false)

    @property
    def f1_all(self) -> float:
        """Hard and gradual together."""
        return f1(self.hits + self.seen, self.cuts + self.gradual, self.false)

    def __str__(self) -> str:
        return (
            f"cuts {self.hits}/{self.cuts}, false {self.false}, F1 {self.f1_hard:.4f}, "
            f"gradual {self.seen}/{self.gradual}, F1 of all {self.f1_all:.4f}"
        )


def f1(found: int, wanted: int, false: int) -> float:
    """Harmonic mean of precision and recall; 1 where there is nothing to find and nothing found."""
    precision = found / (found + false) if found + false else 1.0
    recall = found / wanted if wanted else 1.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def read_truth(path: Path) -> Truth:
    """A truth file: a heading, then start_frame, end_frame, type."""
    rows = list(csv.reader(path.open(encoding="utf-8")))[1:]
    return truth_of([(int(start), int(end), kind) for start, end, kind in rows])


def truth_of(rows: Iterable[tuple[int, int, str]]) -> Truth:
    """Rows of a truth file; a cut's frame is the first of its new shot."""
    rows = list(rows)
    unknown = {kind for _, _, kind in rows} - HARD - GRADUAL - EITHER_WAY
    if unknown:
        raise ValueError(f"unknown transitions: {', '.join(sorted(unknown))}")
    joined: list[Gradual] = []
    for start, end, kind in sorted(row for row in rows if row[2] in GRADUAL):
        if joined and start - joined[-1].last <= AROUND_BLACK:
            before = joined.pop()
            joined.append(Gradual(before.first, max(end, before.last), (*before.kinds, kind)))
        else:
            joined.append(Gradual(start, end, (kind,)))
    return Truth(
        tuple(end for _, end, kind in rows if kind in HARD),
        tuple(joined),
        tuple((start, end) for start, end, kind in rows if kind in EITHER_WAY),
    )


def score(found: Sequence[int], truth: Truth) -> Scored:
    """Judge the first frames of all shots but the first."""
    used: set[int] = set()
    hits, missed = [], []
    for cut in truth.cuts:
        near = [frame for frame in found if abs(frame - cut) <= TOLERANCE and frame not in used]
        if near:
            used.add(min(near, key=lambda frame: abs(frame - cut)))
            hits.append(cut)
        else:
            missed.append(cut)
    rest = [frame for frame in found if frame not in used]
    seen = tuple(
        each for each in truth.gradual if any(_inside(frame, each.first, each.last) for frame in rest)
    )
    spans = [*((each.first, each.last) for each in truth.gradual), *truth.either_way]
    false = tuple(frame for frame in rest if not any(_inside(frame, *span) for span in spans))
    unseen = tuple(each for each in truth.gradual if each not in seen)
    return Scored(tuple(hits), tuple(missed), false, seen, unseen)


def total(films: Iterable[Scored]) -> Figures:
    films = list(films)
    return Figures(
        sum(len(film.hits) for film in films),
        sum(len(film.hits) + len(film.missed) for film in films),
        sum(len(film.false) for film in films),
        sum(len(film.seen) for film in films),
        sum(len(film.seen) + len(film.unseen) for film in films),
    )


def _inside(frame: int, first: int, last: int) -> bool:
    return first - EDGE <= frame <= last + EDGE
