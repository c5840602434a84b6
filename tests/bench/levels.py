"""Ten films, every target: loudness, peaks, untouched film, speech over music and the duck's shape.

python -m tests.bench.levels
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.render.scenes import song, synthesised
from tests.render.ten_films import TEN, Measured, measure, targets


def row(m: Measured) -> str:
    """One line of the table."""
    off = "    -" if m.lufs_off is None else f"{m.lufs_off:+5.2f}"
    untouched = {None: "-", True: "yes", False: "NO"}[m.untouched]
    speech = (
        f"{np.median(m.differences_lu):6.1f} {min(m.differences_lu):6.1f}"
        if m.differences_lu
        else "     -      -"
    )
    apart = "-" if np.isinf(m.apart_s) else f"{m.apart_s:.2f}"
    return (
        f"{m.recipe.name:<20} {m.target:<8} {m.layout:<7} {off} {m.peak_dbtp:7.1f} {m.peak_limit_dbtp:7.1f}"
        f" {untouched:>5} {speech} {m.slope_db_s:7.1f} {apart:>6}"
    )


def main() -> None:
    print(
        f"{'film':<20} {'target':<8} {'layout':<7} {'LU off':>5} {'dBTP':>7} {'limit':>7} {'same':>5}"
        f" {'median':>6} {'least':>6} {'dB/s':>7} {'apart':>6}"
    )
    every: list[Measured] = []
    with tempfile.TemporaryDirectory() as folder:
        songs = synthesised(Path(folder) / "cues", {"a": song(14), "b": song(13, 2)})
        for place, recipe in enumerate(r for r in TEN if r.name in (sys.argv[1:] or [r.name])):
            for target in targets():
                every.append(measure(recipe, target, songs, Path(folder) / f"{place}{target}"))
                print(row(every[-1]), flush=True)
    off = [abs(m.lufs_off) for m in every if m.lufs_off is not None]
    over = [m.peak_dbtp - m.peak_limit_dbtp for m in every]
    speech = [d for m in every if m.target == "keep" for d in m.differences_lu]
    kept = [m.untouched for m in every if m.untouched is not None]
    print(f"loudness off by at most {max(off):.2f} LU; peak over its limit by at most {max(over):+.2f} dB")
    print(f"film without score untouched under keep: {sum(kept)} of {len(kept)}")
    print(
        f"speech over music, {len(speech)} segments: median {np.median(speech):.1f} LU,"
        f" 5th percentile {np.percentile(speech, 5):.1f}"
    )


if __name__ == "__main__":
    main()
