"""What a melody remembers: how alike a bar is to those before it, beside real music; themes known again."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from composer.encoding.time_step import FIRST_ONSET, LOWEST_PITCH
from composer.notes import CueNotes
from composer.phrases import cell_of, phrases, theme_phrase
from composer.request import CueRequest, ThemeCell
from composer.theory import MODE_STEPS
from tests.bench.film_score import Score

LAGS = (1, 2, 4, 8, 16)
Bar = frozenset[tuple[int, int]]  # (16th of the bar, pitch class over the tonic) of each onset


def alike(one: Bar, other: Bar) -> float:
    """0..1: twice what two bars share, onset and pitch class, over what they have."""
    return 2 * len(one & other) / (len(one) + len(other))


def similarities(bars: Sequence[Bar]) -> dict[int, list[float]]:
    """How alike each sung bar is to the one so many before it, where that sang too."""
    found: dict[int, list[float]] = {lag: [] for lag in LAGS}
    for lag in LAGS:
        for before, after in zip(bars, bars[lag:], strict=False):
            if before and after:
                found[lag].append(alike(before, after))
    return found


def sung_bars(request: CueRequest, notes: CueNotes) -> list[Bar]:
    """A cue's melody, bar by bar; doublings in octaves count once."""
    starts = [beat * 960 for beat in request.tempo_map.bar_starts()]
    bars: list[set[tuple[int, int]]] = [set() for _ in starts[1:]]
    for note in notes.notes:
        if notes.parts[note.part].role == "melody" and note.grid_tick < starts[request.out_bar]:
            bar = int(np.searchsorted(starts, note.grid_tick, side="right")) - 1
            step = int(note.grid_tick - starts[bar]) // 240
            bars[bar].add((step, (note.pitch - request.key_pc) % 12))
    return [frozenset(bar) for bar in bars[: request.out_bar]]


def ours(scores: Sequence[Score]) -> dict[int, list[float]]:
    """Similarities of every cue's melody."""
    found: dict[int, list[float]] = {lag: [] for lag in LAGS}
    for score in scores:
        for request, notes in zip(score.requests, score.notes, strict=True):
            for lag, values in similarities(sung_bars(request, notes)).items():
                found[lag] += values
    return found


def real(prepared: Path, split: str = "test") -> dict[int, list[float]]:
    """Similarities of real melodies of a split of a prepared corpus (`reelscore train prepare`)."""
    from composer.training.corpus import SPLITS

    with np.load(prepared / "bars.npz", allow_pickle=False) as file:
        tokens, run, kept = file["melody"], file["run"], file["split"] == SPLITS.index(split)
    found: dict[int, list[float]] = {lag: [] for lag in LAGS}
    for number in np.unique(run[kept]):
        bars = [
            frozenset(
                (int(s), int(row[s] - FIRST_ONSET + LOWEST_PITCH) % 12)
                for s in np.flatnonzero(row >= FIRST_ONSET)
            )
            for row in tokens[run == number]
        ]
        for lag, values in similarities(bars).items():
            found[lag] += values
    return found


def recall(score: Score) -> tuple[list[float], list[float]]:
    """(of each quotation in the final notes: the share of the theme's notes that sound at their place and
    degree; the same against another theme of the film, or the theme turned round where there is one only)."""
    cells = {theme.name: theme.cells for theme in score.themes.themes}
    names = {cue.uid: cue.theme for cue in score.spotting.cues}
    kept, control = [], []
    for request, notes in zip(score.requests, score.notes, strict=True):
        name = names[request.uid]
        if request.theme is None or name is None:
            continue
        others = [pair[0] for other, pair in cells.items() if other != name]
        for phrase in phrases(request):
            if phrase.kind == "cell":
                continue
            own = cell_of(request, phrase)
            wrong = others[0] if others else _turned(own)
            heard = _heard(request, notes)
            kept.append(_found(request, phrase.first, phrase.end, phrase.kind == "theme", own, heard))
            control.append(_found(request, phrase.first, phrase.end, phrase.kind == "theme", wrong, heard))
    return kept, control


def _turned(cell: ThemeCell) -> ThemeCell:
    pitches = [note.semitone for note in cell.notes][::-1]
    notes = (n.model_copy(update={"semitone": p}) for n, p in zip(cell.notes, pitches, strict=True))
    return cell.model_copy(update={"notes": tuple(notes)})


def _heard(request: CueRequest, notes: CueNotes) -> Mapping[int, set[int]]:
    """Pitch classes over the tonic that the melody strikes at each 16th of the cue."""
    found: dict[int, set[int]] = {}
    for note in notes.notes:
        if notes.parts[note.part].role == "melody":
            found.setdefault(note.grid_tick // 240, set()).add((note.pitch - request.key_pc) % 12)
    return found


def _found(
    request: CueRequest, first: int, end: int, whole: bool, cell: ThemeCell, heard: Mapping[int, set[int]]
) -> float:
    """Share of a cell's notes, within the bars that quote it, struck at their 16th on their degree."""
    bare = request.model_copy(update={"theme": cell, "answer": None})
    phrase = next(
        p for p in phrases(bare) if p.first == first and p.end == end and (p.kind == "theme") == whole
    )
    wanted = theme_phrase(bare, phrase)
    degrees = MODE_STEPS[request.mode]
    hit = sum(
        any(_near(n.pitch - request.key_pc, pc, degrees) for pc in heard.get(n.step, ())) for n in wanted
    )
    return hit / max(len(wanted), 1)


def _near(pitch: int, heard: int, degrees: Sequence[int]) -> bool:
    """The same degree of the mode, natural or altered by the chord."""
    apart = (pitch - heard) % 12
    return apart == 0 or (apart in (1, 11) and (heard not in degrees))
