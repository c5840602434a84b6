"""Films' scores as single works: spotted, themed, composed; what PRACTICE asks of them, on the final notes.

    python -m tests.bench.film_form [--films N] [--first N] [--engine NAME] [--styles] [--json FILE]
        [--prepared FOLDER] [--corpus FOLDER] [ANALYSIS_FOLDER...]

The ten seeded features of tests.bench.feature_films, and the analysis.json + curves.npz of films (`reelscore
analyse`), one column each, those together, and what is asked.  --styles: the features go through the seven
styles, in place of the default.  --prepared: real melodies and chords beside ours (`train prepare`'s folder).
--corpus: how far energy jumps from bar to bar in real music (its 95th percentile is form_energy.JUMP).
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import get_args

import numpy as np

from composer.engine import load_engine
from composer.spotting import Style
from tests.bench.feature_films import FILMS, feature_film
from tests.bench.film_score import Score, compose_film
from tests.bench.form_energy import corpus_jumps
from tests.bench.form_figures import ASKED, Figures, figures
from tests.bench.form_harmony import chromatic_share, real_chromatic
from tests.bench.form_memory import real
from vision.analysis import Analysis
from vision.artifact import read_json
from vision.curves import load_curves

WIDTH = 9
FEATURE = "feature "


def table(columns: Mapping[str, Figures]) -> Iterator[str]:
    """One line a figure: its columns, what is asked, and a mark where the films together miss it."""
    names = [name.replace(FEATURE, "f") for name in columns]
    yield "".join([" " * 30, *(name[:WIDTH].rjust(WIDTH + 1) for name in names), "  asked"])
    for key in next(iter(columns.values())):
        cells = [_cell(column[key]).rjust(WIDTH + 1) for column in columns.values()]
        low, high = ASKED.get(key, (None, None))
        asked = " to ".join(f"{bound:g}" for bound in (low, high) if bound is not None)
        asked = f">= {asked}" if high is None and asked else f"<= {asked}" if low is None and asked else asked
        missed = [
            name for name, one in zip(names, columns.values(), strict=True) if _misses(one[key], low, high)
        ]
        yield f"{key:30}{''.join(cells)}  {asked}{'  MISSED: ' if missed else ''}{', '.join(missed)}"


def _misses(value: float | int | None, low: float | None, high: float | None) -> bool:
    return value is not None and ((low is not None and value < low) or (high is not None and value > high))


def _cell(value: float | int | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}" if abs(value) < 100 else f"{value:.0f}"


def _real(prepared: Path, scores: Sequence[Score]) -> dict[str, object]:
    """Real melodies' likeness by lag, and real pieces' chromatic chords by style beside ours."""
    alike = {lag: float(np.mean(values)) for lag, values in real(prepared).items()}
    print(
        "real melodies, like the bar before by 1, 2, 4, 8, 16: "
        + ", ".join(f"{v:.3f}" for v in alike.values())
    )
    chromatic = real_chromatic(prepared)
    own: dict[str, list[float]] = {}
    for score in scores:
        if score.requests:
            own.setdefault(score.requests[0].style, []).append(chromatic_share(score))
    for style, (mean, deviation, pieces) in chromatic.items():
        ours = f"ours {np.mean(own[style]):.3f}" if style in own else "not composed"
        print(f"chromatic chords, {style}: real {mean:.3f} sd {deviation:.3f} in {pieces} pieces, {ours}")
    shares = {style: float(np.mean(values)) for style, values in own.items()}
    return {"melody_alike": alike, "chromatic_real": chromatic, "chromatic_ours": shares}


def _composed(wanted: argparse.Namespace) -> Iterator[Score]:
    """The scores of the given films, then of the features."""
    engine = load_engine(wanted.engine, None)
    styles: tuple[Style, ...] = get_args(Style)
    for folder in wanted.folders:
        analysis, curves = read_json(folder / "analysis.json", Analysis), load_curves(folder / "curves.npz")
        yield compose_film(folder.name, analysis, curves, engine, 1)
    for number in range(wanted.first, wanted.first + wanted.films):
        film, style = feature_film(number), styles[number % len(styles)] if wanted.styles else None
        yield compose_film(f"{FEATURE}{number}", film.analysis, film.curves, engine, number, style)


def _together(scores: Mapping[str, Score]) -> dict[str, Figures]:
    """Figures of the films and of the features together, where there are several of each, and of all."""
    found: dict[str, Figures] = {}
    kinds = {True: "features", False: "films"}
    for feature, name in kinds.items():
        own = [score for key, score in scores.items() if key.startswith(FEATURE) == feature]
        if 1 < len(own) < len(scores):
            found[name] = figures(own)
    return found | {"all": figures(list(scores.values()))}


def main(arguments: Sequence[str]) -> int:
    """Compose the films and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--films", type=int, default=FILMS)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--engine", default="neural")
    parser.add_argument("--styles", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--prepared", type=Path)
    parser.add_argument("--corpus", type=Path)
    wanted = parser.parse_args(arguments)
    if wanted.corpus:
        found = corpus_jumps(wanted.corpus, 1200)
        middle, high = np.percentile(found, 50), np.percentile(found, 95)
        print(f"real music: {len(found)} bars, p50 {middle:.2f}, p95 {high:.2f}")
    scores: dict[str, Score] = {}
    columns: dict[str, Figures] = {}
    told: dict[str, object] = {"engine": wanted.engine, "asked": ASKED, "figures": columns}
    for score in _composed(wanted):
        scores[score.name] = score
        print(f"{score.name}: {score.seconds:.0f} CPU s", file=sys.stderr, flush=True)
        columns[score.name] = figures([score])
        if wanted.json:  # after every film: a long run that is cut off has told what it knew
            wanted.json.write_text(json.dumps(told, indent=1, default=float) + "\n")
    columns |= _together(scores)
    for line in table(columns):
        print(line)
    if wanted.prepared:
        told["real"] = _real(wanted.prepared, list(scores.values()))
    if wanted.json:
        wanted.json.write_text(json.dumps(told, indent=1, default=float) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
