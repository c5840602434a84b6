"""A stretch of music as the networks see it: chords, melody and texture on the grid, whoever wrote it.

Real bars and composed ones become the same arrays, so that every measure reads both alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from composer.encoding import piano_roll, time_step
from composer.grid import GridNote
from composer.notes import PITCHED, Role
from composer.theory import Chord

STEPS = 16

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Excerpt:
    """B bars of four quarters in one key.

    chords: [B, 2] ids above the tonic.  melody: [B, 16] tokens, the tonic moved to C.  rolls: [B, 2, 63, 16]
    onsets and holds.  mode: index of MODES.  tonic: pitch class.
    """

    chords: Ints
    melody: Ints
    rolls: Bools
    mode: int
    tonic: int

    @property
    def bars(self) -> int:
        """B."""
        return len(self.chords)

    def part(self, first: int, end: int) -> "Excerpt":
        """Bars [first, end)."""
        cut = slice(first, end)
        return Excerpt(self.chords[cut], self.melody[cut], self.rolls[cut], self.mode, self.tonic)

    def pitches(self) -> tuple[Bools, Bools]:
        """Melody and texture together as (onset, sounding), [16 B, 128] each; in concert pitch."""
        return _planes([*self.melody_notes(), *self.texture_notes()], STEPS * self.bars)

    def melody_notes(self) -> list[GridNote]:
        """The melody in concert pitch."""
        shift = time_step.to_c(self.tonic)
        notes = time_step.decode(self.melody.reshape(-1).tolist())
        return [GridNote(note.step, note.pitch - shift, note.steps) for note in notes]

    def texture_notes(self) -> list[GridNote]:
        """Bass, pad and arpeggio in concert pitch."""
        found = []
        for note in piano_roll.decode(self.rolls):
            chord = int(self.chords.reshape(-1)[note.step // 8])
            found.append(GridNote(note.step, _pitch(note.row, chord, self.mode, self.tonic), note.steps))
        return found


def written_excerpt(
    roles: Mapping[Role, Sequence[GridNote]], chords: Sequence[Chord], mode: int, tonic: int
) -> Excerpt:
    """What an engine wrote, on bars of four quarters, two chords a bar; percussion is left out."""
    bars = len(chords) // 2
    ids = np.array([chord.id(tonic) for chord in chords], np.int64)
    shift = time_step.to_c(tonic)
    sung = [time_step.MelodyNote(n.step, n.steps, n.pitch + shift) for n in sorted(roles.get("melody", ()))]
    last = STEPS * bars
    played = [
        piano_roll.RollNote(n.step, n.steps, _row(role, n.pitch, int(ids[n.step // 8]), mode, tonic))
        for role in PITCHED
        for n in roles.get(role, ())
        if n.step < last
    ]
    return Excerpt(
        ids.reshape(bars, 2),
        time_step.encode([n for n in sung if n.step < last], last).astype(np.int64).reshape(bars, STEPS),
        piano_roll.encode(played, bars),
        mode,
        tonic,
    )


def _planes(notes: Sequence[GridNote], steps: int) -> tuple[Bools, Bools]:
    onset, sounding = np.zeros((steps, 128), np.bool_), np.zeros((steps, 128), np.bool_)
    for note in notes:
        pitch = min(max(note.pitch, 0), 127)
        onset[note.step, pitch] = True
        sounding[note.step : note.end, pitch] = True
    return onset, sounding


@cache
def _pitch(row: int, chord: int, mode: int, tonic: int) -> int:
    return piano_roll.row_pitch(row, chord, mode, tonic)


@cache
def _row(role: Role, pitch: int, chord: int, mode: int, tonic: int) -> int:
    return piano_roll.pitch_row(role, pitch, chord, mode, tonic)
