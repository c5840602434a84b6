"""A melody as one token a 16th: HOLD, REST, or an onset of one of 61 pitches.

Tokens: 0 HOLD (the sounding note goes on), 1 REST, 2..62 an onset of MIDI pitch 36..96. Melodies are stored
with their tonic moved to the nearest C (`to_c`), so that one token is one scale degree in every key.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

HOLD = 0
REST = 1
FIRST_ONSET = 2
LOWEST_PITCH = 36
HIGHEST_PITCH = 96
TOKEN_COUNT = FIRST_ONSET + HIGHEST_PITCH - LOWEST_PITCH + 1
NO_TOKEN = TOKEN_COUNT  # stands for "no reference" in the networks' inputs
STEPS_PER_BAR = 16


class MelodyNote(NamedTuple):
    """step: 16ths from the start.  steps: length in 16ths, at least 1.  pitch: MIDI, 36..96."""

    step: int
    steps: int
    pitch: int


def to_c(tonic: int) -> int:
    """Semitones, -6..5, that move a tonic pitch class to the nearest C; subtract it to come back."""
    return (6 - tonic) % 12 - 6


def onset_token(pitch: int) -> int:
    """The onset token of a MIDI pitch; pitches outside 36..96 are folded by octaves."""
    while pitch < LOWEST_PITCH:
        pitch += 12
    while pitch > HIGHEST_PITCH:
        pitch -= 12
    return FIRST_ONSET + pitch - LOWEST_PITCH


def token_pitch(token: int) -> int | None:
    """MIDI pitch of an onset token; None for HOLD and REST."""
    return token - FIRST_ONSET + LOWEST_PITCH if FIRST_ONSET <= token < TOKEN_COUNT else None


def encode(notes: Sequence[MelodyNote], length: int) -> NDArray[np.uint8]:
    """Tokens [length] of notes sorted by step; a note is cut where the next begins or the grid ends.

    encode(decode(x)) == x for every token row that holds no HOLD after a REST, and decode(encode(n)) == n
    for every sorted run of notes that do not overlap.
    """
    tokens = np.full(length, REST, np.uint8)
    for index, note in enumerate(notes):
        following = notes[index + 1].step if index + 1 < len(notes) else length
        end = min(note.step + note.steps, following, length)
        tokens[note.step : end] = HOLD
        tokens[note.step] = onset_token(note.pitch)
    return tokens


def decode(tokens: Sequence[int] | NDArray[np.uint8]) -> list[MelodyNote]:
    """Notes of a token row; a HOLD that follows no note is read as REST."""
    notes: list[MelodyNote] = []
    sounding = False
    for step, token in enumerate(int(t) for t in tokens):
        pitch = token_pitch(token)
        if pitch is not None:
            notes.append(MelodyNote(step, 1, pitch))
        elif token == HOLD and sounding:
            notes[-1] = notes[-1]._replace(steps=notes[-1].steps + 1)
        sounding = pitch is not None or (sounding and token == HOLD)
    return notes
