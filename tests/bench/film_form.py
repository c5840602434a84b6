"""Films' scores as single works: spotted, themed, composed; what PRACTICE asks of them, on the final notes.

    python -m tests.bench.film_form [--films N] [--engine NAME] [--styles] [--json FILE]
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


def table(columns: Mapping[str, Figures]) -> Iterator[str]:
    """One line a figure: its columns, what is asked, and a mark where the films together miss it."""
    names = list(columns)
    yield "".join([" " * 30, *(name[:WIDTH].rjust(WIDTH + 1) for name in names), "  asked"])
    for key in next(iter(columns.values())):
        cells = [_cell(columns[name][key]).rjust(WIDTH + 1) for name in names]
        low, high = ASKED.get(key, (None, None))
        asked = " to ".join(f"{bound:g}" for bound in (low, high) if bound is not None)
        asked = f">= {asked}" if high is None and asked else f"<= {asked}" if low is None and asked else asked
        missed = [name for name in names if _misses(columns[name][key], low, high)]
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


def main(arguments: Sequence[str]) -> int:
    """Compose the films and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--films", type=int, default=FILMS)
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
    engine = load_engine(wanted.engine, None)
    styles: tuple[Style, ...] = get_args(Style)
    features, films = [], []
    for number in range(wanted.films):
        film, style = feature_film(number), styles[number % len(styles)] if wanted.styles else None
        features.append(compose_film(f"feature {number}", film.analysis, film.curves, engine, number, style))
        print(f"feature {number}: {features[-1].seconds:.0f} CPU s", file=sys.stderr, flush=True)
    for folder in wanted.folders:
        analysis, curves = read_json(folder / "analysis.json", Analysis), load_curves(folder / "curves.npz")
        films.append(compose_film(folder.name, analysis, curves, engine, 1))
    columns = {score.name.replace("feature ", "f"): figures([score]) for score in (*features, *films)}
    columns |= {"features": figures(features)} if len(features) > 1 and films else {}
    columns |= {"films": figures(films)} if len(films) > 1 and features else {}
    columns |= {"all": figures([*features, *films])}
    for line in table(columns):
        print(line)
    told: dict[str, object] = {"engine": wanted.engine, "figures": columns, "asked": ASKED}
    if wanted.prepared:
        told["real"] = _real(wanted.prepared, [*features, *films])
    if wanted.json:
        wanted.json.write_text(json.dumps(told, indent=1, default=float) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
