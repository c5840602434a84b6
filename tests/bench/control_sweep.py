"""Asked against realised over random cues, for the three engines: python -m tests.bench.control_sweep [cues]
[--held-out DATA]. With a folder that `reelscore train prepare` wrote, a second table: the requests are what
sixteen bars each of held-out pieces (test split) have, all chosen together as real music does.

Every section of four bars asks for its own density, register, polyphony, dynamics and tension, drawn apart
from one another; styles and modes go round; a second sweep asks a short film for tempi. Arousal starts at .3:
below, one held pad is all that sounds, and it can't be dense. Everything is measured on the final notes.
Spearman's rho a bar; tension and harmonic rhythm a section; tempo a cue; mode: the share of cues in which a
finder that knows the notes alone hears the mode asked for.

Feasible, and only then counted:
- polyphony where the style holds its pad (comping and stabbing chords do not last);
- texture register where bass, pad and figure, each within its player's range and under the melody and for as
  long as it sounds, can have that mean; not where a bass and struck chords are all there is, whose hands
  stay in their places; the melody is asked for an octave above it at least;
- melody register a third inside its player's range.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

import numpy as np
import torch

from composer.compose import compose_cue
from composer.directions import Directions
from composer.engine import Engine, load_engine
from composer.frame import Frame
from composer.midi import write_cue_midi
from composer.midi_read import read_midi
from composer.notes import CueNotes, EngineName
from composer.realised import BarRealised, realise
from composer.request import BarCondition, CueRequest
from composer.settings import ComposerSettings
from composer.spotter import plan_score
from composer.spotting import Mode, Style
from composer.tempo_map import TempoChange, TempoMap
from composer.training.dataset import load_bars
from composer.training.passages import held_out_passages
from composer.training.prepare import BARS_FILE
from tests.bench.key_finder import Sounding, find_key, find_mode
from tests.composer.analyses import SyntheticScene, synthetic_film

CUES, SECTIONS, SECTION_BARS, RING_BARS = 42, 2, 4, 2
TEMPI = 14
A_BAR = ("density", "register", "polyphony", "dynamics", "melody_density", "melody_register")
A_SECTION = ("tension", "harmonic_rhythm")
A_CUE = ("tempo",)
NAMES = {"density": "texture density", "register": "texture register"}
Pairs = dict[str, list[tuple[float, float]]]
THIRD, UNDER_MELODY = 4, 5


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
        style=styles[number % len(styles)], key="C", key_pc=0, mode=modes[number // 7 % len(modes)],
        ending="rest", lead_in=False, tempo_map=tempo, out_bar=len(bars), length_s=tempo.length_s,
        bars=(*bars, *(bars[-1].model_copy(update={"melody": "none"}) for _ in range(RING_BARS))),
        hits=(), theme=None, theme_use="none",
    )  # fmt: skip


def _bar(rng: np.random.Generator, section: int) -> BarCondition:
    arousal = float(rng.uniform(0.3, 0.95))
    register = float(rng.uniform(53, 66))
    return BarCondition(
        arousal=arousal,
        valence=0.5,
        tension=float(rng.uniform(0.05, 0.95)),
        dynamics=float(rng.uniform(0.1, 0.95)),
        density=float(rng.choice((0.5, 1.0, 1.5, 2.0, 3.0, 4.0))),
        register=register,
        polyphony=float(rng.uniform(2.5, 5.5)),
        harmonic_rhythm=float(rng.choice((0.5, 1.0, 2.0))),
        layers=min(1 + round(3 * arousal), 4),
        speech=0.0,
        section=section,
        melody="cell",
        melody_density=float(rng.uniform(0.5, 2.0)),
        melody_register=float(rng.uniform(max(68.0, register + 12), 82)),
    )


def held_out_requests(data: Path, cues: int) -> list[CueRequest]:
    """What passages of the test split have, as requests."""
    bars = load_bars(data / BARS_FILE, torch.device("cpu"))
    return [passage.asked(seed=0) for passage in held_out_passages(bars, "test", cues)]


def measured(engine: Engine, requests: Sequence[CueRequest]) -> tuple[Pairs, dict[str, float]]:
    """(asked, realised) of every figure, over all cues, and the shares of modes found again."""
    pairs: Pairs = {name: [] for name in (*A_BAR, *A_SECTION, *A_CUE)}
    heard_modes: list[tuple[bool, bool]] = []
    for request in requests:
        notes = compose_cue(request, engine)
        frame = Frame(request, engine.chords(request))
        rows = realise(request, notes)[: request.out_bar]
        for row in rows:
            for name in A_BAR:
                heard = getattr(row, name)
                if heard is not None and _counts(frame, row, name):
                    pairs[name].append((float(getattr(row.asked, name)), float(heard)))
        for first in range(0, len(rows), SECTION_BARS):
            _section(rows[first : first + SECTION_BARS], pairs)
        pitched = sounding(notes)
        mode = request.mode
        heard_modes.append((find_key(pitched)[1] == mode, find_mode(pitched, request.key_pc) == mode))
    alone, told = (float(np.mean(column)) for column in zip(*heard_modes, strict=True))
    return pairs, {"mode, tonic not told": alone, "mode, tonic told": told}


def sounding(notes: CueNotes) -> list[Sounding]:
    """The pitched notes of a cue."""
    kept = [note for note in notes.notes if notes.parts[note.part].role != "percussion"]
    return [Sounding(note.tick, note.tick + note.ticks, note.pitch) for note in kept]


def _counts(frame: Frame, row: BarRealised, name: str) -> bool:
    bar = row.bar - 1
    if name == "polyphony":
        return frame.tessituras[bar].held and frame.plan.sounds("pad", bar)
    if name == "register":
        if not frame.tessituras[bar].held and not frame.plan.sounds("arpeggio", bar):
            return False
        low, high = reach(frame, bar)
        return low <= row.asked.register <= high
    if name == "melody_register" and row.asked.melody != "none":
        low, high = frame.role_range("melody", bar)
        return low + THIRD <= row.asked.melody_register <= high - THIRD
    return not name.startswith("melody") or row.asked.melody != "none"


def reach(frame: Frame, bar: int) -> tuple[float, float]:
    """Lowest and highest mean pitch that a bar's bass, pad and figure can have, by their ranges and times."""
    place, asked = frame.tessituras[bar], frame.request.bars[bar]
    weights = {"bass": place.bass_share, "pad": place.pad_time, "arpeggio": place.figure_voices}
    lows = highs = total = 0.0
    for role, weight in weights.items():
        low, high = frame.role_range(role, bar)  # type: ignore[arg-type]
        if role == "bass":
            high = min(high, 46)
        else:
            spread = 6 if role == "pad" else 4
            low, high = max(low, 48) + spread, high - spread
            if asked.melody != "none":
                high = min(high, round(asked.melody_register) - UNDER_MELODY - spread)
        lows, highs, total = lows + weight * low, highs + weight * max(high, low), total + weight
    return (lows / total, highs / total) if total else (0.0, 0.0)


def _section(rows: Sequence[BarRealised], pairs: Pairs) -> None:
    for name in A_SECTION:
        heard = float(np.mean([getattr(row, name) for row in rows]))
        pairs[name].append((float(np.mean([getattr(row.asked, name) for row in rows])), heard))


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


def spearman(pairs: Sequence[tuple[float, float]]) -> float:
    """Rank correlation, ties at their mean rank."""
    asked, heard = (_ranks(np.array(column)) for column in zip(*pairs, strict=True))
    return float(np.corrcoef(asked, heard)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[inverse])


def table(found: Mapping[str, tuple[Pairs, dict[str, float]]]) -> str:
    """A line a figure, a column an engine: rho, the mean absolute error and how many were feasible."""
    lines = [f"{'rho (mean error) n':22}" + "".join(f"{name:>22}" for name in found)]
    for name in next(iter(found.values()))[0]:
        cells = []
        for pairs, _ in found.values():
            error = float(np.mean([abs(a - b) for a, b in pairs[name]]))
            cells.append(f"{spearman(pairs[name]):.3f} ({error:.2f}) {len(pairs[name]):4}")
        lines.append(f"{NAMES.get(name, name):22}" + "".join(f"{cell:>22}" for cell in cells))
    for name in next(iter(found.values()))[1]:
        cells = [f"{shares[name]:.1%}" for _, shares in found.values()]
        lines.append(f"{name:22}" + "".join(f"{cell:>22}" for cell in cells))
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("cues", type=int, nargs="?", default=CUES)
    parser.add_argument("--held-out", type=Path, metavar="DATA")
    parser.add_argument("--engines", nargs="+", default=get_args(EngineName), choices=get_args(EngineName))
    asked = parser.parse_args()
    engines = {name: load_engine(name, None) for name in asked.engines}
    sweep = [random_request(number) for number in range(asked.cues)]
    tempi = tempo_pairs(TEMPI)
    results = {}
    for engine_name, engine in engines.items():
        pairs, shares = measured(engine, sweep)
        results[engine_name] = (pairs | {"tempo": tempi}, shares)
    sys.stdout.write(table(results) + "\n")
    if asked.held_out:
        passages = held_out_requests(asked.held_out, asked.cues)
        held = {}
        for engine_name, engine in engines.items():
            pairs, shares = measured(engine, passages)
            held[engine_name] = ({name: found for name, found in pairs.items() if found}, shares)
        sys.stdout.write(f"\nas {len(passages)} held-out passages ask\n{table(held)}\n")
