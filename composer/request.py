"""What a cue is asked to be. A cue's notes are a pure function of this and of the engine's weights.

Times are seconds from the cue's own start, beats are quarter notes from its first downbeat.
"""

import hashlib
import warnings
from typing import Literal

from composer.spotting import Ending, HitKind, Mode, Style, ThemePart, ThemeUse
from composer.tempo_map import TempoMap
from vision.artifact import Artifact, Frozen

MelodyUse = Literal["none", "theme", "fragment", "cell"]
STEPS_PER_BEAT = 4

# A field called `register` hides ABCMeta.register, which pydantic's classes inherit and nobody here calls.
warnings.filterwarnings("ignore", 'Field name "register" in ', UserWarning)


class BarCondition(Frozen):
    """What one bar is asked for; one row of conditioning.csv.

    arousal, valence, tension, dynamics: 0..1.  density: texture onsets (distinct times) a beat, 0..4.
    register: mean MIDI pitch of the texture.  polyphony: mean number of texture notes sounding.
    harmonic_rhythm: chords a bar, .5 to 2.  layers: how many roles may sound, 1 to 4.
    speech: share of the bar under speech.  section counts from 0 and changes where texture may change.
    melody: whether and what a melody sings here; melody_density: its onsets a beat, melody_register: mean
    MIDI pitch.  build: dynamics at the bar's end less at its start, -1..1 (swells).
    """

    arousal: float
    valence: float
    tension: float
    dynamics: float
    density: float
    register: float
    polyphony: float
    harmonic_rhythm: float
    layers: int
    speech: float
    section: int
    melody: MelodyUse
    melody_density: float
    melody_register: float
    build: float = 0.0


class RequestedHit(Frozen):
    """A hit at a beat of the cue; accents want a fast attack there."""

    beat: float
    kind: HitKind
    strength: float
    required: bool


class ThemeNote(Frozen):
    """A note of a theme: 16th steps from the cell's start, pitch in semitones above the tonic near C4."""

    step: int
    steps: int
    semitone: int


class ThemeCell(Frozen):
    """A frozen theme of four bars of 4/4 (64 steps), in the mode it was written in."""

    uid: str
    part: ThemePart = "A"
    mode: Mode
    notes: tuple[ThemeNote, ...]


class Neighbour(Frozen):
    """Planned key and tempo of the cue before or after, for joins."""

    key: str
    mode: Mode
    tempo_qpm: float


class CueRequest(Artifact):
    """The whole of cues/UID/TAKE/request.json.

    tempo_map covers every bar; bars[i] conditions bar i; out_bar is the bar whose downbeat is the
    structural out (the final chord rings through the bars from there; == len(bars) for stop and segue).
    seed is the job's seed, or this cue's own where directions changed it; use `stage_seed`.
    answer: what a second full statement in the cue sings instead of the theme.
    drums: False where directions want no percussion at all.
    key_pc: tonic pitch class 0..11.  lead_in is True where the cue fades in from nothing over bar 1-2.
    """

    uid: str
    id: str
    take: int
    seed: int
    style: Style
    key: str
    key_pc: int
    mode: Mode
    ending: Ending
    lead_in: bool
    tempo_map: TempoMap
    out_bar: int
    length_s: float
    bars: tuple[BarCondition, ...]
    hits: tuple[RequestedHit, ...]
    theme: ThemeCell | None
    theme_use: ThemeUse
    answer: ThemeCell | None = None
    before: Neighbour | None = None
    after: Neighbour | None = None
    drums: bool = True
    directions: tuple[str, ...] = ()


def stage_seed(request: CueRequest, stage: str) -> int:
    """A 63-bit seed from (seed, cue uid, take, stage), stable across runs, machines and Python versions."""
    text = f"{request.seed}|{request.uid}|{request.take}|{stage}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
