"""Accompaniment as rolls of chord-relative scale degrees: an onset plane and a hold plane, 16 steps a bar.

Rows, in this order: bass 14 (two octaves of seven degrees), pad 21, arpeggio 28: ROWS = 63 in all.
Row r of a role is degree r % 7 of `chord_scale` in octave r // 7 above the role's *floor root*: the lowest
pitch at or above ROLE_FLOOR[role] whose pitch class is the root of the chord that sounds at the note's onset.
    pitch = floor_root + 12 * (r // 7) + chord_scale(chord, mode)[r % 7]
Bass: floor 28 (E1), so rows 0..13 lie in 28..62. Pad: floor 45 (A2), 45..91. Arpeggio: floor 43 (G2),
43..101. A note keeps the pitch of its onset while it is held, also over a chord change or a barline.
Percussion has nine lanes of onsets and no holds (DRUM_LANES).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from composer.encoding.chord import NO_CHORD, QUALITY_COUNT, chord_scale

STEPS = 16
DEGREES = 7
TEXTURE_ROLES: tuple[str, ...] = ("bass", "pad", "arpeggio")
ROLE_ROWS: dict[str, int] = {"bass": 14, "pad": 21, "arpeggio": 28}
ROLE_FLOOR: dict[str, int] = {"bass": 28, "pad": 45, "arpeggio": 43}
ROLE_SLICE: dict[str, slice] = {"bass": slice(0, 14), "pad": slice(14, 35), "arpeggio": slice(35, 63)}
ROWS = 63
ONSET_PLANE = 0
HOLD_PLANE = 1

DRUM_LANES: tuple[str, ...] = (
    "kick", "snare", "closed_hat", "open_hat", "low_tom", "mid_tom", "high_tom", "crash", "ride",
)  # fmt: skip
DRUM_PITCH: tuple[int, ...] = (36, 38, 42, 46, 45, 47, 50, 49, 51)
# Every General MIDI drum, 35..81, folded onto the nine lanes; -1 is left out (shakers and Latin hand drums).
_LANE_OF_DRUM: dict[int, int] = {
    35: 0, 36: 0, 37: 1, 38: 1, 39: 1, 40: 1, 41: 4, 42: 2, 43: 4, 44: 2, 45: 4, 46: 3, 47: 5, 48: 5,
    49: 7, 50: 6, 51: 8, 52: 7, 53: 8, 54: 2, 55: 7, 56: 8, 57: 7, 59: 8, 60: 6, 61: 5, 62: 6, 63: 6, 64: 5,
    65: 6, 66: 5, 69: 2, 70: 2, 82: 2,
}  # fmt: skip


class RollNote(NamedTuple):
    """step: 16ths from the first bar's start.  steps: length in 16ths, >= 1.  row: 0..62 over all roles."""

    step: int
    steps: int
    row: int


def role_of_row(row: int) -> str:
    """The role whose rows hold `row`."""
    return "bass" if row < 14 else "pad" if row < 35 else "arpeggio"


def floor_root(role: str, chord: int, tonic: int) -> int:
    """MIDI pitch of row 0 of a role.

    The chord's root (the tonic for NO_CHORD) at or above the role's floor.
    """
    root = 0 if chord == NO_CHORD else chord // QUALITY_COUNT
    floor = ROLE_FLOOR[role]
    return int(floor + (tonic + root - floor) % 12)


def row_pitch(row: int, chord: int, mode: int, tonic: int) -> int:
    """MIDI pitch of a row (0..62) over the chord at the note's onset; mode indexes MODES."""
    role = role_of_row(row)
    octave, degree = divmod(row - ROLE_SLICE[role].start, DEGREES)
    return int(floor_root(role, chord, tonic) + 12 * octave + chord_scale(chord, mode)[degree])


def pitch_row(role: str, pitch: int, chord: int, mode: int, tonic: int) -> int:
    """The row (0..62) nearest to a MIDI pitch in a role: octaves are folded in, notes outside the scale snap.

    pitch_row(role_of_row(r), row_pitch(r, ...), ...) == r for every row.
    """
    above = pitch - floor_root(role, chord, tonic)
    octave, rest = divmod(above, 12)
    scale = chord_scale(chord, mode)
    degree = min(range(DEGREES + 1), key=lambda d: abs((*scale, 12)[d] - rest))
    row = octave * DEGREES + degree
    rows = ROLE_ROWS[role]
    while row < 0:
        row += DEGREES
    while row >= rows:
        row -= DEGREES
    return int(ROLE_SLICE[role].start) + row


def drum_lane(pitch: int) -> int:
    """The lane 0..8 of a General MIDI drum pitch, or -1 where it has none."""
    return _LANE_OF_DRUM.get(pitch, -1)


def encode(notes: Sequence[RollNote], bars: int) -> NDArray[np.bool_]:
    """Rolls [bars, 2, 63, 16] (onset plane, hold plane). A new onset in a row cuts the note before it."""
    onset = np.zeros((ROWS, bars * STEPS), np.bool_)
    hold = np.zeros((ROWS, bars * STEPS), np.bool_)
    for note in sorted(notes):
        end = min(note.step + note.steps, bars * STEPS)
        hold[note.row, note.step :] = False
        onset[note.row, note.step] = True
        hold[note.row, note.step + 1 : end] = True
    hold &= ~onset
    planes = np.stack([onset, hold])  # (2, 63, bars * 16)
    return np.ascontiguousarray(planes.reshape(2, ROWS, bars, STEPS).transpose(2, 0, 1, 3))


def decode(rolls: NDArray[np.bool_]) -> list[RollNote]:
    """Notes of rolls [bars, 2, 63, 16], sorted by (step, steps, row); holds without a note before are
    dropped.

    decode(encode(n)) == sorted(n) for notes inside the grid that do not overlap in a row.
    """
    planes = rolls.transpose(1, 2, 0, 3).reshape(2, ROWS, -1)  # (2, 63, bars * 16)
    onset, hold = planes[ONSET_PLANE], planes[HOLD_PLANE] & ~planes[ONSET_PLANE]
    notes = []
    for row, step in zip(*np.nonzero(onset), strict=True):
        ended = np.flatnonzero(~hold[row, step + 1 :])
        steps = 1 + (int(ended[0]) if len(ended) else planes.shape[2] - int(step) - 1)
        notes.append(RollNote(int(step), steps, int(row)))
    return sorted(notes)
