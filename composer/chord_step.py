"""The chord GRU one half bar at a time, for composing, with the past that votes."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from composer.networks.chord_gru import ChordGRU
from composer.networks.gru_step import GruStep
from composer.networks.packed_linear import Floats, PackedLinear
from composer.networks.recall import KINDS
from composer.networks.recall_past import Past, PastReader


class ChordNow(NamedTuple):
    """What one half bar is told, as in ChordGRU: the chord before, the phrase's half bar, mode and style."""

    previous: int
    phrase: int
    mode: int
    style: int


class ChordState(NamedTuple):
    """hidden: [1, H] of the GRU.  past: the chords fed so far."""

    hidden: Floats
    past: Past


class ChordStepper:
    """A trained network's tables for one lane; frozen, so that cues can share them."""

    def __init__(self, net: ChordGRU) -> None:
        self.gru = GruStep(net.gru, (net.chord, net.phrase, net.mode, net.style))
        gate = net.recall.gate.weight.detach()  # (3, H + 3)
        self.by_votes = gate[:, net.hidden :].T.numpy().copy()
        weight = torch.cat([net.head.weight.detach(), gate[:, : net.hidden]])
        self.head = PackedLinear(weight, torch.cat([net.head.bias, net.recall.gate.bias]), 1)
        self.reader = PastReader(net.recall)
        self.hidden = net.hidden

    def start(self) -> ChordState:
        """The state before the first half bar."""
        return ChordState(np.zeros((1, self.hidden), np.float32), self.reader.start(1))

    def step(self, now: ChordNow, context: Floats, state: ChordState) -> tuple[Floats, ChordState]:
        """One half bar: context [C]. Returns logits [193] and the state; the one given is used up."""
        votes, past = self.reader.after(state.past, np.array([now.previous]))
        hidden = self.gru(now, context[None], state.hidden)
        logits, opened = np.split(self.head(hidden)[0], [-KINDS])
        opened = np.logaddexp(np.float32(0), opened + votes[0].max(-1) @ self.by_votes)  # softplus
        return logits + opened @ votes[0], ChordState(hidden, past)


@lru_cache(maxsize=2)
def chord_stepper(net: ChordGRU) -> ChordStepper:
    """The stepper of a loaded network, made once; its weights must not change from then on."""
    return ChordStepper(net)
