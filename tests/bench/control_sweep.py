"""Asked against realised over random cues, for the three engines: python -m tests.bench.control_sweep [cues]
[--held-out DATA]. With a folder that `reelscore train prepare` wrote, a second table: the requests are what
sixteen bars each of held-out pieces (test split) have, all chosen together as real music does.

What `reelscore evaluate` measures too (composer.training.control), and one thing more: a short film is asked
for tempi, and each of its cues is timed as its MIDI plays it.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch

from composer.directions import Directions
from composer.engine import load_engine
from composer.midi import write_cue_midi
from composer.midi_read import read_midi
from composer.notes import CueNotes, EngineName
from composer.request import CueRequest
from composer.settings import ComposerSettings
from composer.spotter import plan_score
from composer.training.control import control, modes_of_real, random_request, summed_up
from composer.training.dataset import load_bars
from composer.training.passages import held_out_passages
from composer.training.prepare import BARS_FILE
from tests.composer.analyses import SyntheticScene, synthetic_film

CUES, TEMPI = 42, 14
NAMES = {"density": "texture density", "register": "texture register"}


def tempo_pairs(count: int) -> list[tuple[float, float]]:
    """Tempi asked of a short film, and the mean tempo of each of its cues as its MIDI plays it."""
    found: list[tuple[float, float]] = []
    scenes = [SyntheticScene("day", 95, 1), SyntheticScene("night", 90, 2), SyntheticScene("chase", 85, 3)]
    film = synthetic_film(seed=5, scenes=scenes, sound=False)
    rng = np.random.default_rng(5)
    for asked in rng.uniform(52, 168, count):
        wanted = ComposerSettings.model_validate({"tempo_qpm": float(asked)})
        for draft in plan_score(film.analysis, film.curves, wanted, Directions(), 5).drafts:
            found.append((float(asked), played_tempo(draft)))
    return found


def played_tempo(draft: CueRequest) -> float:
    """Quarters a minute from a cue's first downbeat to its out, by the tempi of its MIDI file."""
    silent = CueNotes(
        uid=draft.uid, id=draft.id, engine="rules", tempo_map=draft.tempo_map, parts=(), notes=()
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cue.mid"
        write_cue_midi(path, draft, silent)
        score = read_midi(path)
    out = draft.tempo_map.bar_starts()[draft.out_bar]
    changes = [(tick / score.division, us) for tick, us in score.tempi if tick / score.division < out]
    ends = [beat for beat, _ in changes[1:]] + [float(out)]
    seconds = sum((end - beat) * us for (beat, us), end in zip(changes, ends, strict=True)) / 1e6
    return 60 * out / seconds


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """A line a figure, a column an engine: rho, the mean absolute error and how many were feasible."""
    lines = [f"{'rho (mean error) n':22}" + "".join(f"{name:>22}" for name in found)]
    for name in next(iter(found.values())):
        cells = [_cell(figures[name]) for figures in found.values()]
        lines.append(f"{NAMES.get(name, name):22}" + "".join(f"{cell:>22}" for cell in cells))
    return "\n".join(lines)


def _cell(figure: Any) -> str:
    if isinstance(figure, float):
        return f"{figure:.1%}"
    return f"{figure['rho']:.3f} ({figure['error']:.2f}) {figure['n']:4}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("cues", type=int, nargs="?", default=CUES)
    parser.add_argument("--held-out", type=Path, metavar="DATA")
    parser.add_argument("--engines", nargs="+", default=get_args(EngineName), choices=get_args(EngineName))
    asked = parser.parse_args()
    engines = {name: load_engine(name, None) for name in asked.engines}
    tempo = {"tempo": summed_up(tempo_pairs(TEMPI))}
    swept = control(engines, [random_request(number) for number in range(asked.cues)])
    sys.stdout.write(table({name: figures | tempo for name, figures in swept.items()}) + "\n")
    if asked.held_out:
        bars = load_bars(asked.held_out / BARS_FILE, torch.device("cpu"))
        passages = held_out_passages(bars, "test", asked.cues)
        held = control(engines, [passage.asked(seed=0) for passage in passages])
        sys.stdout.write(f"\nas {len(passages)} held-out passages ask\n{table(held)}\n")
        shares = ", ".join(f"{name}: {share:.1%}" for name, share in modes_of_real(passages).items())
        sys.stdout.write(f"the real passages: {shares}\n")
