"""The chord GRU one half bar at a time, for composing, with the past that votes."""

from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from composer.networks.chord_gru import ChordGRU
from composer.networks.recall_past import Past, PastReader


class ChordState(NamedTuple):
    """hidden: [1, B, H] of the GRU.  past: the chords fed so far."""

    hidden: Tensor
    past: Past


class ChordStepper:
    """A trained network and its reader of the past; frozen, so that cues can share them."""

    def __init__(self, net: ChordGRU) -> None:
        self.net, self.reader = net, PastReader(net.recall)

    def start(self, lanes: int) -> ChordState:
        """The state before the first half bar."""
        return ChordState(torch.zeros(1, lanes, self.net.hidden), self.reader.start(lanes))

    @torch.no_grad()
    def step(
        self, previous: Tensor, phrase: Tensor, mode: Tensor, style: Tensor, context: Tensor,
        state: ChordState,
    ) -> tuple[Tensor, ChordState]:  # fmt: skip
        """One half bar: the inputs [B] of ChordGRU without a time axis. Returns logits [B, 193]."""
        votes, past = self.reader.after(state.past, previous.numpy())
        longs = (x.unsqueeze(1) for x in (previous, phrase, mode, style))
        given = context.unsqueeze(1), torch.from_numpy(votes).unsqueeze(1)
        logits, hidden = self.net(*longs, *given, state.hidden)
        return logits[:, 0], ChordState(hidden, past)


@lru_cache(maxsize=2)
def chord_stepper(net: ChordGRU) -> ChordStepper:
    """The stepper of a loaded network, made once; its weights must not change from then on."""
    return ChordStepper(net)
