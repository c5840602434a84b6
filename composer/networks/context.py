"""What the networks are told beside the notes: fixed columns, each continuous one with a mask bit.

A context row is [values, mask bits]: a field that is None has value 0 and bit 0; a given field bit 1.
Training hides each field at random, so any field may be None when composing.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

FAR_BARS = 16.0  # countdowns in bars are divided by this and cut at 1


@dataclass(frozen=True)
class ChordContext:
    """One half bar. tension, arousal: 0..1 wanted.  harmonic_rhythm: chord changes a half bar, 0..1 (a
    request of n chords a bar is n / 2).  bars_to_end, bars_to_hit: bars / 16, at most 1; 0 is now.
    section_start: 1 on the first half bar of a section, else 0."""

    tension: float | None = None
    arousal: float | None = None
    harmonic_rhythm: float | None = None
    bars_to_end: float | None = None
    bars_to_hit: float | None = None
    section_start: float | None = None


@dataclass(frozen=True)
class MelodyContext:
    """One 16th. density: onsets in this bar / 16.  register: mean MIDI pitch of this bar, (p - 66) / 12, with
    the tonic moved to C.  tension, arousal: 0..1.  onsets_left: onsets still to come in this bar, this step
    included, / steps left (this one included).  register_left: mean pitch the rest of the bar must have, (p -
    66) / 12. similarity: how like the reference this bar should be, 0..1 (2 x onsets equal
    in step and pitch / onsets of both).
    bars_to_end, bars_to_hit: bars / 16, at most 1."""

    density: float | None = None
    register: float | None = None
    tension: float | None = None
    arousal: float | None = None
    onsets_left: float | None = None
    register_left: float | None = None
    similarity: float | None = None
    bars_to_end: float | None = None
    bars_to_hit: float | None = None


@dataclass(frozen=True)
class TextureContext:
    """One bar. density: distinct onset steps over all roles / 16.  register: mean MIDI pitch of onsets,
    (p - 60) / 12.  polyphony: mean number of sounding notes / 8.  rhythm: share of onset steps off the beat.
    dynamics, tension, arousal: 0..1.  same: groove similarity to the previous bar, 1 - XOR / 16 (ask for .9
    and more inside a scene).  bass, pad, arpeggio: distinct onset steps of each role / 16; 0 silences it."""

    density: float | None = None
    register: float | None = None
    polyphony: float | None = None
    rhythm: float | None = None
    dynamics: float | None = None
    tension: float | None = None
    arousal: float | None = None
    same: float | None = None
    bass: float | None = None
    pad: float | None = None
    arpeggio: float | None = None


@dataclass(frozen=True)
class DrumContext:
    """One bar of percussion. density: distinct onset steps / 16.  arousal: 0..1.  same: groove similarity to
    the previous bar.  fill: 1 where the bar leads into a new section."""

    density: float | None = None
    arousal: float | None = None
    same: float | None = None
    fill: float | None = None


Context = ChordContext | MelodyContext | TextureContext | DrumContext


def width(kind: type[Context]) -> int:
    """Columns of a context row: values and mask bits."""
    return 2 * len(fields(kind))


def column(kind: type[Context], name: str) -> int:
    """Value column of a field; its mask bit is len(fields) further."""
    return [field.name for field in fields(kind)].index(name)


def row(context: Context) -> NDArray[np.float32]:
    """[width] float32 of one context."""
    values = [getattr(context, field.name) for field in fields(context)]
    known = [value is not None for value in values]
    return np.array([*(value or 0.0 for value in values), *known], np.float32)
