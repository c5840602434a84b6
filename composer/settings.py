"""Settings of spotting and composing, as a user gives them."""

from pathlib import Path
from typing import Literal

from composer.notes import EngineName
from composer.practice import Practice
from composer.spotting import Mode, Style
from vision.artifact import Frozen

Tone = Literal["light", "neutral", "dark", "tense", "comic"]
HitBudget = Literal["sparse", "normal", "tight"]
ExistingMusic = Literal["avoid", "replace", "under"]


class ComposerSettings(Frozen):
    """None always means: decide from the film.

    energy: -1 calmer .. 1 busier, added to arousal at half weight.  coverage: share of the programme, 0..1.
    key: tonic name.  tempo_qpm: preferred tempo for all cues.  programme-wide range_s: only here.
    directions, spotting_file, hits_file: contents travel with the job, so these are texts, not paths.
    takes: how many takes of each cue.  draft: rules decide and compose, for a look in seconds.
    """

    composer: EngineName = "neural"
    style: Style = "chamber"
    tone: Tone = "neutral"
    energy: float = 0.0
    coverage: float | None = None
    hits: HitBudget = "normal"
    key: str | None = None
    mode: Mode | None = None
    tempo_qpm: float | None = None
    range_s: tuple[float, float] | None = None
    existing_music: ExistingMusic = "avoid"
    takes: int = 1
    draft: bool = False
    weights: Path | None = None
    practice: Practice = Practice()
