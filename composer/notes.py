"""What a cue became: notes, programmes, controllers. Times are ticks of 1/960 beat from the cue's start."""

from typing import Literal

from composer.tempo_map import TempoMap
from vision.artifact import Artifact, Frozen

Role = Literal["melody", "bass", "pad", "arpeggio", "percussion"]
ROLES: tuple[Role, ...] = ("melody", "bass", "pad", "arpeggio", "percussion")
PITCHED: tuple[Role, ...] = ("bass", "pad", "arpeggio")  # of the texture
EngineName = Literal["neural", "rules", "markov"]


class Part(Frozen):
    """One instrument line: a General MIDI programme (0..127), drums on channel 10.

    A role may have several parts (doublings); `part` in Note is the index into CueNotes.parts.
    pan: -1 left .. 1 right (seating plan).
    """

    role: Role
    name: str
    programme: int
    drums: bool = False
    pan: float = 0.0


class Note(Frozen):
    """tick and ticks as performed; grid_tick is the written place (equal for every hit). hit: marks one."""

    part: int
    pitch: int
    velocity: int
    tick: int
    ticks: int
    grid_tick: int
    hit: bool = False


class Control(Frozen):
    """A MIDI controller value for a part: expression (11) swells, pedal (64)."""

    part: int
    tick: int
    controller: int
    value: int


class ChordSpan(Frozen):
    """A sounding chord in words ("Dm7", "F/A", "N.C."), root pitch class and its pitch classes."""

    beat: float
    beats: float
    name: str
    root_pc: int
    pitch_classes: tuple[int, ...]


class CueNotes(Artifact):
    """The whole of cues/UID/TAKE/notes.json. Notes are sorted by (tick, part, pitch)."""

    uid: str
    id: str
    engine: EngineName
    tempo_map: TempoMap
    parts: tuple[Part, ...]
    notes: tuple[Note, ...]
    controls: tuple[Control, ...] = ()
    chords: tuple[ChordSpan, ...] = ()
    findings: tuple[str, ...] = ()
