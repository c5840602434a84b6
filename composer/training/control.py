"""Asked against realised, on the final notes: over random cues, or as held-out pieces ask.

Every section of four bars of a random cue asks for its own density, register, polyphony, dynamics and
tension, drawn apart from one another; styles and modes go round. Arousal starts at .3: below, one held pad is
all that sounds, and it can't be dense. Spearman's rho a bar; tension and harmonic rhythm a section; mode: the
share of cues in which a finder that knows the notes alone hears the mode asked for.

Feasible, and only then counted:
- polyphony where the style holds its pad (comping and stabbing chords do not last);
- texture register where bass, pad and figure, each within its player's range and under the melody and for as
  long as it sounds, can have that mean; not where a bass and struck chords are all there is, whose hands
  stay in their places; the melody is asked for an octave above it at least;
- melody register a third inside its player's range.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from composer.compose import compose_cue
from composer.engine import Engine
from composer.frame import Frame
from composer.notes import CueNotes, EngineName
from composer.playable import reach
from composer.realised import BarRealised, realise
from composer.request import BarCondition, CueRequest
from composer.spotting import Mode, Style
from composer.tempo_map import TempoChange, TempoMap
from composer.training.key_finder import PASSAGE, WHOLE, Sounding, find_key, find_mode
from composer.training.passages import Passage

SECTIONS, SECTION_BARS, RING_BARS = 2, 4, 2
A_BAR = ("density", "register", "polyphony", "dynamics", "melody_density", "melody_register")
A_SECTION = ("tension", "harmonic_rhythm")
THIRD = 4
Pairs = dict[str, list[tuple[float, float]]]


def control(engines: Mapping[EngineName, Engine], requests: Sequence[CueRequest]) -> dict[str, Any]:
    """By engine: rho, mean absolute error and number of each figure, and the shares of modes heard again."""
    found: dict[str, Any] = {}
    for name, engine in engines.items():
        pairs, modes = measured(engine, requests)
        found[name] = {figure: summed_up(column) for figure, column in pairs.items() if column} | modes
    return found


def summed_up(pairs: Sequence[tuple[float, float]]) -> dict[str, float]:
    """rho, error (mean absolute) and n of (asked, realised)."""
    error = float(np.mean([abs(asked - heard) for asked, heard in pairs]))
    return {"rho": spearman(pairs), "error": error, "n": len(pairs)}


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


def measured(engine: Engine, requests: Sequence[CueRequest]) -> tuple[Pairs, dict[str, float]]:
    """(asked, realised) of every figure, over all cues, and the shares of modes found again."""
    pairs: Pairs = {name: [] for name in (*A_BAR, *A_SECTION)}
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
        heard_modes.append(_mode_heard(pitched, request))
    return pairs, _mode_shares(heard_modes)


def modes_of_real(passages: Sequence[Passage]) -> dict[str, float]:
    """What the finder makes of the real passages: its own limit, beside the engines."""
    heard = []
    for passage in passages:
        notes = (*passage.real.melody_notes(), *passage.real.texture_notes())
        played = [Sounding(note.step, note.end, note.pitch) for note in notes]
        heard.append(_mode_heard(played, passage.request))
    return _mode_shares(heard)


def _mode_heard(notes: Sequence[Sounding], request: CueRequest) -> tuple[bool, bool]:
    """Whether the mode asked for is heard without and with its tonic told."""
    clues = PASSAGE if request.ending in ("stop", "segue") else WHOLE
    untold, told = find_key(notes, clues)[1], find_mode(notes, request.key_pc)
    return untold == request.mode, told == request.mode


def _mode_shares(heard: Sequence[tuple[bool, bool]]) -> dict[str, float]:
    untold, told = (float(np.mean(column)) for column in zip(*heard, strict=True))
    return {"mode, tonic not told": untold, "mode, tonic told": told}


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


def _section(rows: Sequence[BarRealised], pairs: Pairs) -> None:
    for name in A_SECTION:
        heard = float(np.mean([getattr(row, name) for row in rows]))
        pairs[name].append((float(np.mean([getattr(row.asked, name) for row in rows])), heard))


def spearman(pairs: Sequence[tuple[float, float]]) -> float:
    """Rank correlation, ties at their mean rank; not a number where all is alike."""
    asked, heard = (_ranks(np.array(column)) for column in zip(*pairs, strict=True))
    if not asked.std() or not heard.std():
        return math.nan
    return float(np.corrcoef(asked, heard)[0, 1])


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[inverse])
