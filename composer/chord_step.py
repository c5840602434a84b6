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

    def after(self, now: ChordNow, context: Floats, state: ChordState) -> ChordState:
        """The state after one half bar more: context [C]. The one given is used up."""
        past = self.reader.after(state.past, np.array([now.previous]))
        return ChordState(self.gru(now, context[None], state.hidden), past)

    def logits(self, state: ChordState) -> Floats:
        """[193], the past's votes let in."""
        votes = self.reader.votes(state.past)[0]
        found = self.head(state.hidden)[0]
        opened = np.logaddexp(np.float32(0), found[-KINDS:] + votes.max(-1) @ self.by_votes)  # softplus
        heard: Floats = found[:-KINDS] + opened @ votes
        return heard


@lru_cache(maxsize=2)
def chord_stepper(net: ChordGRU) -> ChordStepper:
    """The stepper of a loaded network, made once; its weights must not change from then on."""
    return ChordStepper(net)
