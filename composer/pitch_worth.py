"""What a sung pitch is worth by where it stands and how it moves on, beside what a voice makes of it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from composer.encoding.time_step import FIRST_ONSET, LOWEST_PITCH, TOKEN_COUNT, to_c
from composer.phrases import LEAP
from composer.request import CueRequest, stage_seed
from composer.sampling import Array
from composer.spotting import Mode
from composer.theory import Chord, chord_scale, rubs, scale_pcs

PITCHES = np.arange(LOWEST_PITCH, LOWEST_PITCH + TOKEN_COUNT - FIRST_ONSET)
# Sung by itself the network is surer of chord tones on beats than real tunes are, and less sure off them
# (.82 for .79, .63 for .69), comes home less (.15 for .18) and keeps to its mode (.96 for .91): the tones
# outside it that a chord has are where it may be left.
STRONG_CHORD_TONE, WEAK_CHORD_TONE = 0.1, 0.25
HOME = 0.4
TINT = 1.75
# A minor ninth over the chord: no note to stay on, and on a beat an appoggiatura is a rare guest.
RUB_ON_BEAT, RUB_OFF_BEAT = 6.0, 1.0
# Told true notes, the network repeats, goes on and leaps as often as real tunes do. Told its own it repeats
# more and goes on less (.24 for .17, .26 for .36, validation split): it is led back.
AGAIN = -0.4
ONWARD = 0.5  # a step on in the direction of the move before
THIRDS, LEAPS = -0.5, 0.05  # a third; a fourth and more
BACK = -0.6  # the pitch before the last again
# Real phrases have a character, one repeats, another runs, a third leaps; the network's all moved alike (the
# share of moves that rise: a deviation of .10 between windows of four bars for .17). How far a phrase leans,
# deviations of log weights: again, third, leap, over a fifth, onward, rising, back; the cue's share of it.
SPREAD = (1.1, 0.55, 0.9, 0.9, 0.75, 0.5, 0.4)
CUE_SHARE = 0.7
FARTHEST = 1.5  # deviations; one that leans farther lost the register asked
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
    worth = STRONG_CHORD_TONE * (at.place % 8 == 0) + WEAK_CHORD_TONE * (at.place % 4 != 0)
    scores = worth * tones
    scores += HOME * (pitches % 12 == at.key_pc)
    scores += TINT * tones * ~np.isin(pitches % 12, scale_pcs(at.key_pc, at.mode))
    scores -= (RUB_ON_BEAT if at.place % 4 == 0 else RUB_OFF_BEAT) * rubbed
    out = [pitch % 12 not in scale or not at.low <= pitch <= at.high for pitch in pitches]
    scores[out] = -np.inf
    return scores


class Manner:
    """How a phrase likes to move: log weights of moves, as `Manners` draws them."""

    def __init__(self, leaning: Sequence[float]) -> None:
        self._moves = {turn: _moves(turn, leaning) for turn in (-1, 0, 1)}
        self._back = BACK + leaning[-1]

    def worth(self, last: int, before: int | None) -> Array:
        """Log weights of each pitch [61] by the move to it from `last`, one of `PITCHES`: -inf beyond an
        octave.

        before: the pitch before that, None where there was none.
        """
        first = _FARTHEST - (last - LOWEST_PITCH)
        moves = slice(first, first + len(PITCHES))
        if before is None or before == last:
            return self._moves[0][moves]
        worth = self._moves[1 if last > before else -1][moves].copy()
        if 0 <= before - LOWEST_PITCH < len(worth):
            worth[before - LOWEST_PITCH] += self._back
        return worth


class Manners:
    """The manner of each phrase of a cue: a cue's own, and a phrase's own over it."""

    def __init__(self, request: CueRequest) -> None:
        self._rng = np.random.default_rng(stage_seed(request, "manner"))
        self._cue = CUE_SHARE * self._draw()

    def next(self) -> Manner:
        """Of the next phrase."""
        return Manner((self._cue + np.sqrt(1 - CUE_SHARE**2) * self._draw()).tolist())

    def _draw(self) -> Array:
        found: Array = np.clip(self._rng.standard_normal(len(SPREAD)), -FARTHEST, FARTHEST) * np.array(SPREAD)
        return found


def _moves(turn: int, leaning: Sequence[float]) -> Array:
    """Log weights of moves by -128..128 semitones after a move up (1), down (-1) or none (0)."""
    again, third, leap, jump, onward, rise, _ = leaning
    move = np.arange(-_FARTHEST, _FARTHEST + 1)
    size = np.abs(move)
    worth = (AGAIN + again) * (size == 0) + (THIRDS + third) * ((size == 3) | (size == 4))
    worth = worth + (LEAPS + leap) * (size >= 5) + jump * (size >= 8) + rise * np.sign(move)
    worth = worth + (ONWARD + onward) * ((size > 0) & (size <= 2) & (np.sign(move) == turn))
    found: Array = np.where(size > LEAP, -np.inf, worth)
    return found
