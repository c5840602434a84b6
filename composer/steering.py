"""How a bar is steered to the height and the fullness asked, while it is written.

The network is told both and mostly does as it is told; where what it is about to do would leave the bar too
far off, its logits are leaned: more or fewer rows, higher or lower ones. What is weighed is what players let
sound: short notes count half, plucked ones for as long as they ring.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from composer.networks.packed_linear import Floats

FULL_ENOUGH = 0.2  # voices that the next step may be off from what the rest of the bar needs
HIGH_ENOUGH = 1.0  # semitones, likewise
FURTHEST = 7.0  # semitones that the rest of a bar goes beyond the register asked to make up for its beginning
MOST_MORE, MOST_RISE, MOST_HELD = 3.0, 3.0, 4.0  # nats: more rows, higher ones, longer notes
ROUNDS = 4


@dataclass(frozen=True)
class Players:
    """How each role sounds in a bar. shares: of a written length that a note of bass, pad, arpeggio sounds.
    rings: steps that a struck note rings, 0 where its player stops it."""

    shares: tuple[float, float, float]
    rings: tuple[int, int, int]


@dataclass(frozen=True)
class Goal:
    """What a bar is to sound like. register: MIDI, the mean of what sounds.  voices: at once, on the mean.
    given: steps of sound that roles written by rule have in the bar; given_height: times their pitches."""

    register: float
    voices: float
    given: float = 0.0
    given_height: float = 0.0


class Steering:
    """One draft's height and fullness so far.

    end: the bar's steps.  ringing: steps left by pitch.
    """

    def __init__(self, goal: Goal, end: int, players: Players) -> None:
        self.goal, self.end, self.players = goal, end, players
        self.register, self.voices = goal.register, goal.voices
        self.cells, self.height = goal.given, goal.given_height
        self.ringing: dict[int, int] = {}

    def _needed(self, step: int) -> tuple[float, float]:
        """Voices and mean pitch of the steps to come that make the bar what is asked."""
        left = self.voices * self.end - self.cells
        voices = max(left / (self.end - step), 0.5)
        wanted = self.register * self.voices * self.end - self.height
        high = wanted / left if left > self.voices else self.register
        return voices, min(max(high, self.register - FURTHEST), self.register + FURTHEST)

    def lacking(self, step: int, held: float) -> float:
        """Voices that are still needed beside those that are held."""
        return self._needed(step)[0] - held - len(self.ringing)

    def struck(
        self, step: int, logits: Floats, pitches: Floats, shares: Floats, held: Iterable[tuple[float, float]]
    ) -> Floats:
        """Logits of rows that may strike, leaned. held: (share, pitch) of what is likely to sound on."""
        voices, high = self._needed(step)
        beside = [*held, *((1.0, float(pitch)) for pitch in self.ringing)]
        base = sum(share for share, _ in beside)
        base_height = sum(share * pitch for share, pitch in beside)
        apart = (pitches - self.register) / 12
        more = rise = 0.0
        for _ in range(ROUNDS):
            p = 0.5 + 0.5 * np.tanh(0.5 * (logits + (more + rise * apart)))  # the sigmoid
            weight = p * shares
            count = base + float(weight.sum())
            mean = (base_height + float(weight @ pitches)) / max(count, 1e-6)
            off = _beyond(voices - count, FULL_ENOUGH)
            tilt = _beyond(high - mean, HIGH_ENOUGH)
            if not off and not tilt:
                break
            slope = weight * (1 - p)
            if off:
                more = _clipped(more + off / max(float(slope.sum()), 0.15), MOST_MORE)
            if tilt:
                steep = float(slope @ (apart * (pitches - mean))) / max(count, 1e-6)
                rise = _clipped(rise + tilt / max(steep, 0.5), MOST_RISE)
        found: Floats = (logits + (more + rise * apart)).astype(np.float32)
        return found

    def held(self, step: int, logits: Sequence[float], shares: Sequence[float], struck: float) -> float:
        """What to add to the logits of rows that may sound on. struck: the shares of what is struck now.

        Plain numbers: a hand's few notes are no array.
        """
        voices, _ = self._needed(step)
        base = struck + len(self.ringing)
        more = 0.0
        for _ in range(ROUNDS):
            chances = [sigmoid(logit + more) for logit in logits]
            sounding = sum(p * share for p, share in zip(chances, shares, strict=True))
            off = _beyond(voices - base - sounding, FULL_ENOUGH)
            if not off:
                break
            slope = sum(p * (1 - p) * share for p, share in zip(chances, shares, strict=True))
            more = _clipped(more + off / max(slope, 0.15), MOST_HELD)
        return more

    def hear(self, sounding: Sequence[tuple[int, int]], struck: Sequence[tuple[int, int]]) -> None:
        """A step as it was played: (role, pitch) of all that is written to sound, and of what is struck."""
        for role, pitch in sounding:
            if not self.players.rings[role]:
                self.cells += self.players.shares[role]
                self.height += self.players.shares[role] * pitch
        for role, pitch in struck:
            if self.players.rings[role]:
                self.ringing[pitch] = self.players.rings[role]
        self.cells += len(self.ringing)
        self.height += sum(self.ringing)
        self.ringing = {pitch: left - 1 for pitch, left in self.ringing.items() if left > 1}

    def off(self) -> float:
        """How far the bar lies from what was asked, squared, in what is near enough."""
        mean = self.height / self.cells if self.cells else self.register
        voices = self.cells / self.end
        return ((mean - self.register) / 1.2) ** 2 + ((voices - self.voices) / 0.36) ** 2


def sigmoid(logit: float) -> float:
    """1 / (1 + exp(-x))."""
    return 0.5 + 0.5 * math.tanh(0.5 * logit)


def _beyond(off: float, enough: float) -> float:
    """What of a difference is too much."""
    return max(off - enough, 0.0) + min(off + enough, 0.0)


def _clipped(lean: float, most: float) -> float:
    return min(max(lean, -most), most)
