"""Where music goes and why: the value types behind spotting.json. Times are film seconds."""

from typing import Literal

from vision.artifact import Artifact, Frozen

HitKind = Literal["in", "out", "turn", "accent", "stop"]
Entry = Literal["directed", "temp", "after_line", "scene_cut", "under_effect", "fade_in", "programme_start"]
Ending = Literal["close", "rest", "hang", "segue", "stop"]
ThemeUse = Literal["full", "fragment", "none"]
Style = Literal[
    "orchestral", "chamber", "electronic_tension", "silent_piano", "folk_western", "noir_jazz", "ambient"
]
Mode = Literal["ionian", "mixolydian", "lydian", "dorian", "aeolian", "phrygian"]
ThemePart = Literal["A", "B"]


class Hit(Frozen):
    """A moment of the film that the music marks.

    time_s: wanted; realised_s: where the tempo map puts it (error = realised - wanted).
    bar and beat count from 1, as musicians do; beat may be fractional. A demoted hit has bar 0.
    """

    time_s: float
    frame: int
    kind: HitKind
    strength: float
    required: bool
    directed: bool = False
    cue: str
    bar: int
    beat: float
    realised_s: float
    error_ms: float
    error_frames: float
    reason: str


class Cue(Frozen):
    """One piece of music from its in (start_s, the first downbeat) to its last sound (end_s).

    out_s is the structural out, always a downbeat: the final chord is struck there and rings to end_s
    (close, rest, hang), or everything stops there (stop, segue; then end_s equals out_s).
    key is a tonic's name ("C", "F#", "Bb"); arousal and valence are 0..1 over the cue.
    """

    uid: str
    id: str
    start_s: float
    out_s: float
    end_s: float
    key: str
    mode: Mode
    style: Style
    tempo_qpm: float
    theme: str | None
    theme_use: ThemeUse
    entry: Entry
    ending: Ending
    arousal: float
    valence: float
    reason: str


class Silence(Frozen):
    """A stretch of programme that stays without score."""

    start_s: float
    end_s: float
    reason: str


class Spotting(Artifact):
    """The whole of spotting.json. demoted names every hit that could not be kept and why."""

    cues: tuple[Cue, ...]
    hits: tuple[Hit, ...]
    silences: tuple[Silence, ...]
    coverage: float
    demoted: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
