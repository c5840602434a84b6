"""The drum GRU one 16th at a time, for composing: the network's own function, at a fifth of its cost."""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from composer.networks.drum_gru import LANES, DrumGRU
from composer.networks.gru_step import gru_cell, parameters
from composer.networks.packed_linear import Floats, PackedLinear


class DrumNow(NamedTuple):
    """What one 16th is told, as in DrumGRU: hits [9] of the 16th before and at this place of the bar before,
    the place, the style, and the context [C]."""

    previous: Floats
    before: Floats
    position: int
    style: int
    context: Floats


class DrumStepper:
    """A trained network's tables; frozen, so that cues can share them. One lane of music."""

    def __init__(self, net: DrumGRU) -> None:
        self.hidden, gru = net.hidden, parameters(net.gru)
        given = gru["weight_ih_l0"]  # (3H, inputs)
        hits, place, style = 2 * LANES, net.position.embedding_dim, net.style.embedding_dim
        places, styles = given[:, hits : hits + place], given[:, hits + place : hits + place + style]
        self.position = (net.position.weight.detach() @ places.T).numpy()
        self.style = (net.style.weight.detach() @ styles.T).numpy()
        numbers = torch.cat([given[:, :hits], given[:, hits + place + style :]], 1)
        self.given = PackedLinear(numbers, gru["bias_ih_l0"], 1)
        self.own = PackedLinear(gru["weight_hh_l0"], gru["bias_hh_l0"], 1)
        self.head = PackedLinear(net.head.weight, net.head.bias, 1)
        self.within: list[list[float]] = net.within.detach().tril(-1).tolist()

    def start(self) -> Floats:
        """The state before the first 16th, [1, H]."""
        return np.zeros((1, self.hidden), np.float32)

    def step(self, now: DrumNow, noise: Floats, hidden: Floats) -> tuple[Floats, Floats]:
        """Hits [9] of 0 and 1, drawn lane after lane by uniform noise [9], and the state."""
        gates = self.given(np.concatenate([now.previous, now.before, now.context])[None])
        gates += self.position[now.position]
        gates += self.style[now.style]
        hidden = gru_cell(gates, self.own(hidden), hidden)
        struck: list[int] = []
        for lane, (logit, chance) in enumerate(
            zip(self.head(hidden)[0].tolist(), noise.tolist(), strict=True)
        ):
            within = self.within[lane]
            logit += sum([within[other] for other in struck])
            if chance * (1 + math.exp(-logit)) < 1:
                struck.append(lane)
        hits = np.zeros(LANES, np.float32)
        hits[struck] = 1
        return hits, hidden


@lru_cache(maxsize=2)
def drum_stepper(net: DrumGRU) -> DrumStepper:
    """The stepper of a loaded network, made once; its weights must not change from then on."""
    return DrumStepper(net)
