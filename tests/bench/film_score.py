"""One film's score, made as the line makes it: spot, themes, compose; and what was realised, bar by bar."""

import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from composer.compose import compose_cue
from composer.directions import Directions
from composer.engine import Engine
from composer.film_midi import write_film_midi
from composer.measure_hits import hit_errors
from composer.notes import CueNotes
from composer.reading import Reading, read_film
from composer.realised import BarRealised, realise
from composer.request import CueRequest
from composer.settings import ComposerSettings
from composer.spotter import plan_score
from composer.spotting import Spotting, Style
from composer.themes import Themes, complete_requests, freeze_themes
from vision.analysis import Analysis
from vision.curves import Curves


@dataclass
class Score:
    """One film's score.  seconds: CPU, of planning and composing.  hit_ms: of required hits, in the MIDI."""

    name: str
    spotting: Spotting
    reading: Reading
    themes: Themes
    requests: list[CueRequest]
    notes: list[CueNotes]
    rows: list[tuple[BarRealised, ...]]
    seconds: float
    hit_ms: list[float] = field(default_factory=list)


def compose_film(
    name: str, analysis: Analysis, curves: Curves, engine: Engine, seed: int, style: Style | None = None
) -> Score:
    """Spot, write themes, compose every cue, and read the film's MIDI back. Music goes under music."""
    settings = ComposerSettings.model_validate({"existing_music": "under"})
    if style is not None:
        settings = settings.model_copy(update={"style": style})
    begun = time.process_time()
    plan = plan_score(analysis, curves, settings, Directions(), seed)
    themes = freeze_themes(plan, engine, seed)
    requests = list(complete_requests(plan, themes))
    notes = [compose_cue(request, engine) for request in requests]
    seconds = time.process_time() - begun
    cues = plan.spotting.cues
    rows = [realise(r, n, c.start_s) for r, n, c in zip(requests, notes, cues, strict=True)]
    reading = read_film(analysis, curves, None)
    score = Score(name, plan.spotting, reading, themes, requests, notes, rows, seconds)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "score.mid"
        write_film_midi(path, analysis, plan.spotting, list(zip(cues, notes, strict=True)))
        found = [error for error in hit_errors(path, plan.spotting) if error.hit.required]
    score.hit_ms = [1e9 if error.error_ms is None else abs(error.error_ms) for error in found]
    return score
