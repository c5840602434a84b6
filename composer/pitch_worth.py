"""What a sung pitch is worth by where it stands and how it moves on, beside what a voice makes of it."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from composer.encoding.time_step import FIRST_ONSET, LOWEST_PITCH, TOKEN_COUNT, to_c
from composer.exact import Array
from composer.phrases import LEAP
from composer.spotting import Mode
from composer.theory import Chord, chord_scale, rubs

PITCHES = np.arange(LOWEST_PITCH, LOWEST_PITCH + TOKEN_COUNT - FIRST_ONSET)
STRONG_CHORD_TONE = 0.3
# A minor ninth over the chord: no note to stay on, and on a beat an appoggiatura is a rare guest.
RUB_ON_BEAT, RUB_OFF_BEAT = 6.0, 1.0
# Told true notes, the network repeats, goes on and leaps as often as real tunes do. Told its own it repeats
# more, goes on less and leaps less (.24 for .17, .26 for .36, .11 for .17, validation split): it is led back.
AGAIN = -0.3
ONWARD = 0.3  # a step on in the direction of the move before
THIRDS, LEAPS = -0.3, 0.3  # a third; a fourth and more
BACK = -0.2  # the pitch before the last again
_FARTHEST = 128


class Standing(NamedTuple):
    """Where a step stands: its chord, the cue's key and mode, the voice's written range, its place in half a
    bar in 16ths; off the beats all places are alike, 1."""

    chord: Chord
    key_pc: int
    mode: Mode
    low: int
    high: int
    place: int


@lru_cache(maxsize=4096)
def standing_worth(at: Standing) -> Array:
    """Log weights of each pitch [61] by its step alone: -inf out of scale or range, chord tones on strong
    steps praised, what rubs not."""
    pitches = PITCHES - to_c(at.key_pc)
    scale = chord_scale(at.chord, at.key_pc, at.mode)
    tones = np.array([pitch % 12 in at.chord.pitch_classes for pitch in pitches], float)
    rubbed = np.array([rubs(int(pitch) % 12, at.chord) for pitch in pitches], float)
    scores = STRONG_CHORD_TONE * tones * (at.place % 8 == 0)
    scores -= (RUB_ON_BEAT if at.place % 4 == 0 else RUB_OFF_BEAT) * rubbed
    out = [pitch % 12 not in scale or not at.low <= pitch <= at.high for pitch in pitches]
    scores[out] = -np.inf
    return scores


def move_worth(last: int, before: int | None) -> Array:
    """Log weights of each pitch [61] by the move to it from `last`, one of `PITCHES`: -inf beyond an octave.

    before: the pitch before that, None where there was none.
    """
    first = _FARTHEST - (last - LOWEST_PITCH)
    moves = slice(first, first + len(PITCHES))
    if before is None or before == last:
        return _MOVES[0][moves]
    worth = _MOVES[1 if last > before else -1][moves].copy()
    if 0 <= before - LOWEST_PITCH < len(worth):
        worth[before - LOWEST_PITCH] += BACK
    return worth


def _moves(turn: int) -> Array:
    """Log weights of moves by -128..128 semitones after a move up (1), down (-1) or none (0)."""
    move = np.arange(-_FARTHEST, _FARTHEST + 1)
    size = np.abs(move)
    worth = AGAIN * (size == 0) + THIRDS * ((size == 3) | (size == 4)) + LEAPS * (size >= 5)
    worth = worth + ONWARD * ((size > 0) & (size <= 2) & (np.sign(move) == turn))
    found: Array = np.where(size > LEAP, -np.inf, worth)
    return found


_MOVES = {turn: _moves(turn) for turn in (-1, 0, 1)}
