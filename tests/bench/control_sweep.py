"""Asked against realised over random cues, for the three engines: python -m tests.bench.control_sweep.

Every section of four bars asks for its own density, register, polyphony, dynamics and tension, drawn apart
from one another; styles and modes go round. Arousal starts at .3: below, one held pad is all that sounds, and
it can't be dense. Spearman's rho a bar; tension and harmonic rhythm a section. Polyphony is counted where a
pad sounds and the style holds it: comping and stabbing chords do not last.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import get_args

import numpy as np

from composer.compose import compose_cue
from composer.engine import Engine, load_engine
from composer.figures import PADS, character
from composer.layers import plan_layers
from composer.notes import EngineName
from composer.realised import BarRealised, realise
from composer.request import BarCondition, CueRequest
from composer.spotting import Mode, Style
from composer.tempo_map import TempoChange, TempoMap

CUES, SECTIONS, SECTION_BARS, RING_BARS = 40, 2, 4, 2
A_BAR = ("density", "register", "polyphony", "dynamics", "melody_density", "melody_register")
A_SECTION = ("tension", "harmonic_rhythm")
Pairs = dict[str, list[tuple[float, float]]]


def random_request(number: int) -> CueRequest:
    """One cue of eight bars and a ring; the same number gives the same cue."""
    rng = np.random.default_rng(number)
    sections = [_bar(rng, section) for section in range(SECTIONS)]
    bars = [bar for bar in sections for _ in range(SECTION_BARS)]
    bars = [bar.model_copy(update={"melody": "none"}) if i % 4 < 2 else bar for i, bar in enumerate(bars)]
    tempo = TempoMap(
        changes=(TempoChange(beat=0, us_per_beat=int(rng.integers(400_000, 1_000_000))),),
        bars=(4,) * (len(bars) + RING_BARS),
    )
    styles: tuple[Style, ...] = get_args(Style)
    modes: tuple[Mode, ...] = get_args(Mode)
    return CueRequest(
        uid=f"sweep-{number}", id="1M01", take=1, seed=number,
        style=styles[number % len(styles)], key="C", key_pc=0, mode=modes[number % len(modes)],
        ending="rest", lead_in=False, tempo_map=tempo, out_bar=len(bars), length_s=tempo.length_s,
        bars=(*bars, *(bars[-1].model_copy(update={"melody": "none"}) for _ in range(RING_BARS))),
        hits=(), theme=None, theme_use="none",
    )  # fmt: skip


def _bar(rng: np.random.Generator, section: int) -> BarCondition:
    arousal = float(rng.uniform(0.3, 0.95))
    return BarCondition(
        arousal=arousal,
        valence=0.5,
        tension=float(rng.uniform(0.05, 0.95)),
        dynamics=float(rng.uniform(0.1, 0.95)),
        density=float(rng.choice((0.5, 1.0, 1.5, 2.0, 3.0, 4.0))),
        register=float(rng.uniform(53, 66)),
        polyphony=float(rng.uniform(2.5, 5.5)),
        harmonic_rhythm=float(rng.choice((0.5, 1.0, 2.0))),
        layers=min(1 + round(3 * arousal), 4),
        speech=0.0,
        section=section,
        melody="cell",
        melody_density=float(rng.uniform(0.5, 2.0)),
        melody_register=float(rng.uniform(70, 82)),
    )


def measured(engine: Engine, cues: int) -> Pairs:
    """(asked, realised) of every figure, over all cues."""
    pairs: Pairs = {name: [] for name in (*A_BAR, *A_SECTION)}
    for number in range(cues):
        request = random_request(number)
        rows = realise(request, compose_cue(request, engine))[: request.out_bar]
        for row in rows:
            for name in A_BAR:
                heard = getattr(row, name)
                if heard is not None and _counts(request, row, name):
                    pairs[name].append((float(getattr(row.asked, name)), float(heard)))
        for first in range(0, len(rows), SECTION_BARS):
            _section(rows[first : first + SECTION_BARS], pairs)
    return pairs


def _counts(request: CueRequest, row: BarRealised, name: str) -> bool:
    if name == "polyphony":
        kind = character(row.asked.arousal, row.asked.tension)
        held = PADS[request.style][kind] == "sustain"
        return held and "pad" in plan_layers(request).bars[row.bar - 1]
    return not name.startswith("melody") or row.asked.melody != "none"


def _section(rows: Sequence[BarRealised], pairs: Pairs) -> None:
    for name in A_SECTION:
        heard = float(np.mean([getattr(row, name) for row in rows]))
        pairs[name].append((float(getattr(rows[0].asked, name)), heard))


def spearman(pairs: Sequence[tuple[float, float]]) -> float:
    """Rank correlation, ties at their mean rank."""
    asked, heard = (_ranks(np.array(column)) for column in zip(*pairs, strict=True))
    return float(np.corrcoef(asked, heard)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[inverse])


def table(found: Mapping[str, Pairs]) -> str:
    """A line a figure, a column an engine: rho and the mean absolute error."""
    lines = [f"{'rho (mean error)':18}" + "".join(f"{name:>18}" for name in found)]
    for name in (*A_BAR, *A_SECTION):
        cells = []
        for pairs in found.values():
            error = float(np.mean([abs(a - b) for a, b in pairs[name]]))
            cells.append(f"{spearman(pairs[name]):.3f} ({error:.2f})")
        lines.append(f"{name:18}" + "".join(f"{cell:>18}" for cell in cells))
    return "\n".join(lines)


if __name__ == "__main__":
    asked_cues = int(sys.argv[1]) if len(sys.argv) > 1 else CUES
    engines: tuple[EngineName, ...] = get_args(EngineName)
    sys.stdout.write(table({name: measured(load_engine(name, None), asked_cues) for name in engines}) + "\n")
