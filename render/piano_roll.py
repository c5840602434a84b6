"""A cue's notes as a picture: time across, pitch up, one colour a role."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from composer.notes import ROLES, CueNotes, Note, Role
from composer.request import ThemeCell
from composer.tempo_map import TICKS_PER_BEAT, TempoMap

WIDTH = 1000.0
ROW = 4.0
MARGIN_ROWS = 2
DRUM_ROWS = 6
NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


@dataclass(frozen=True)
class Layer:
    """All notes of one role as one SVG path."""

    role: Role
    path: str


@dataclass(frozen=True)
class Pitch:
    """A C of the keyboard, for orientation."""

    y: float
    name: str


@dataclass(frozen=True)
class Word:
    """A chord's name over the roll; left in percent."""

    left: float
    text: str


@dataclass(frozen=True)
class PianoRoll:
    """What the page draws in a box of WIDTH by height. bars, hits: x places. said: the picture in words."""

    height: float
    layers: tuple[Layer, ...]
    pitches: tuple[Pitch, ...]
    bars: tuple[float, ...]
    hits: tuple[float, ...]
    chords: tuple[Word, ...]
    drums_from: float | None
    said: str


def draw_cue(music: CueNotes, most_chords: int = 16) -> PianoRoll:
    """The roll of one cue's notes; drums lie in rows of their own below the pitches."""
    clock = _Clock(music.tempo_map, music.notes)
    drums = {index for index, part in enumerate(music.parts) if part.drums}
    pitched = [note for note in music.notes if note.part not in drums]
    low = min((note.pitch for note in pitched), default=60) - MARGIN_ROWS
    high = max((note.pitch for note in pitched), default=60) + MARGIN_ROWS
    beaten = sorted({note.pitch for note in music.notes if note.part in drums})
    foot = (high - low + 1) * ROW
    rows = {pitch: foot + ROW * (place % DRUM_ROWS) for place, pitch in enumerate(beaten)}
    height = foot + (ROW * min(len(beaten), DRUM_ROWS) if beaten else 0.0)

    def box(note: Note) -> str:
        y = rows[note.pitch] if note.part in drums else (high - note.pitch) * ROW
        left, right = clock.x(note.tick), clock.x(note.tick + note.ticks)
        return f"M{left:.1f} {y:.0f}h{max(right - left, 1.2):.1f}v{ROW:.0f}h{-max(right - left, 1.2):.1f}z"

    layers = [
        Layer(role, "".join(box(note) for note in music.notes if music.parts[note.part].role == role))
        for role in ROLES
    ]
    return PianoRoll(
        height=height,
        layers=tuple(layer for layer in layers if layer.path),
        pitches=tuple(
            Pitch((high - pitch) * ROW, _name(pitch)) for pitch in range(low, high + 1) if pitch % 12 == 0
        ),
        bars=tuple(round(clock.x(beat * TICKS_PER_BEAT), 1) for beat in music.tempo_map.bar_starts()),
        hits=tuple(sorted({round(clock.x(note.grid_tick), 1) for note in music.notes if note.hit})),
        chords=_chords(music, clock, most_chords),
        drums_from=foot if beaten else None,
        said=_said(music),
    )


def draw_theme(cell: ThemeCell) -> tuple[float, str]:
    """(height, SVG path) of a theme in a box of WIDTH: 64 steps across, semitones up."""
    high = max(note.semitone for note in cell.notes) + 1
    low = min(note.semitone for note in cell.notes) - 1
    steps = max(64, *(note.step + note.steps for note in cell.notes))
    unit = WIDTH / steps
    boxes = (
        f"M{note.step * unit:.1f} {(high - note.semitone) * 2 * ROW:.0f}"
        f"h{note.steps * unit - 2:.1f}v{2 * ROW:.0f}h{2 - note.steps * unit:.1f}z"
        for note in cell.notes
    )
    return (high - low + 1) * 2 * ROW, "".join(boxes)


class _Clock:
    """Ticks of a cue to places across the box."""

    def __init__(self, tempo_map: TempoMap, notes: Iterable[Note]) -> None:
        changes = tempo_map.changes
        last = max((note.tick + note.ticks for note in notes), default=0)
        end = max(tempo_map.beats, last / TICKS_PER_BEAT, changes[-1].beat) + 1
        self._beats = np.array([*(change.beat for change in changes), end], np.float64)
        self._times = np.array([tempo_map.time_s(beat) for beat in self._beats])
        self._length = max(tempo_map.length_s, self._time(last), 1e-9)

    def x(self, tick: float) -> float:
        return WIDTH * self._time(tick) / self._length

    def _time(self, tick: float) -> float:
        return float(np.interp(tick / TICKS_PER_BEAT, self._beats, self._times))


def _chords(music: CueNotes, clock: _Clock, most: int) -> tuple[Word, ...]:
    """Chord names where they change, thinned so that no two overlap."""
    words: list[Word] = []
    before = ""
    for chord in music.chords:
        left = round(clock.x(chord.beat * TICKS_PER_BEAT) / WIDTH * 100, 2)
        if chord.name != before and (not words or left - words[-1].left >= 100 / most):
            words.append(Word(left, chord.name))
        before = chord.name
    return tuple(words)


def _said(music: CueNotes) -> str:
    counts = {role: sum(music.parts[note.part].role == role for note in music.notes) for role in ROLES}
    spoken = ", ".join(f"{count} of {role}" for role, count in counts.items() if count)
    return f"Piano roll of {music.id}: {len(music.notes)} notes" + (f", {spoken}" if spoken else "")


def _name(pitch: int) -> str:
    return f"{NAMES[pitch % 12]}{pitch // 12 - 1}"
