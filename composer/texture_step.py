"""The texture generator one bar at a time, for composing: the network's own function, at a third of its cost.

Embeddings are multiplied by the weights once and then looked up; the bar before is a sparse roll, whose ones
pick their columns; what a bar's four beats have in common is added up once.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from composer.encoding.piano_roll import ROLE_ROWS, STEPS, TEXTURE_ROLES
from composer.networks.gru_step import gru_cell, parameters
from composer.networks.packed_linear import Floats, PackedLinear, leaky
from composer.networks.texture_gan import BEAT_STEPS, BEATS, LATENT, TextureGenerator

LEAK = np.float32(0.2)
NOW, FOLLOWING = (0, 0, 1, 1), (1, 1, 2, 2)  # of a bar's three chords, by beat


class TextureNow(NamedTuple):
    """What one bar is told, as in TextureBar: ids of its chords in both halves and of the next bar's first,
    mode, style, context [C], and the roll [2, 63, 16] of the bar before."""

    chords: tuple[int, int, int]
    mode: int
    style: int
    context: Floats
    previous: Floats


class TextureStepper:
    """A trained generator's tables; frozen, so that cues can share them."""

    def __init__(self, net: TextureGenerator) -> None:
        own = parameters(net)

        def linear(name: str) -> PackedLinear:
            return PackedLinear(own[f"{name}.weight"], own[f"{name}.bias"], 1)

        columns = own["memory.0.weight"].T.contiguous()  # (2016, 320)
        self.remembered: tuple[Floats, Floats] = columns.numpy(), own["memory.0.bias"].numpy()
        self.memory, self.scene = linear("memory.2"), linear("scene")
        self._fold(own)
        self.own = PackedLinear(own["gru.weight_hh_l0"], own["gru.bias_hh_l0"], 1)
        below = [
            torch.cat([own[f"heads.{role}.0.{part}"] for role in TEXTURE_ROLES])
            for part in ("weight", "bias")
        ]
        self.below = PackedLinear(below[0], below[1], BEATS)
        self.above = [linear(f"heads.{role}.2") for role in TEXTURE_ROLES]

    def _fold(self, own: dict[str, torch.Tensor]) -> None:
        """The GRU's input map: a table for each embedding, and one map for all numbers."""
        given = own["gru.weight_ih_l0"]
        chord, mode, style = (own[f"condition.{name}.weight"] for name in ("chord", "mode", "style"))
        widths = [LATENT, len(own["memory.2.bias"]), *(x.shape[1] for x in (chord, chord, mode, style))]
        parts = torch.split(given, [*widths, given.shape[1] - sum(widths) - BEATS, BEATS], 1)
        tables = (x @ part.T for x, part in zip((chord, chord, mode, style), parts[2:6], strict=True))
        self.now, self.following, self.mode, self.style = (table.numpy() for table in tables)
        self.beat: Floats = parts[7].T.contiguous().numpy()
        self.given = PackedLinear(torch.cat([parts[0], parts[1], parts[6]], 1), own["gru.bias_ih_l0"], 1)

    def logits(self, z: Floats, bar: TextureNow) -> NDArray[np.float64]:
        """Logits [2, 63, 16] of a bar from z [64]."""
        columns, bias = self.remembered
        before = columns.take(np.flatnonzero(bar.previous), 0).sum(0) + bias
        memory = self.memory(leaky(before, LEAK)[None])[0]
        gates = self.given(np.concatenate([z, memory, bar.context])[None])
        gates += self.mode[bar.mode]
        gates += self.style[bar.style]
        hidden = np.tanh(self.scene(z[None]))
        beats = []
        for beat in range(BEATS):
            here = gates + self.now[bar.chords[NOW[beat]]]
            here += self.following[bar.chords[FOLLOWING[beat]]]
            here += self.beat[beat]
            hidden = gru_cell(here, self.own(hidden), hidden)
            beats.append(hidden[0])
        below = leaky(self.below(np.stack(beats)), LEAK)
        rolls = []
        parts = np.split(below, len(self.above), 1)
        for role, above, own in zip(TEXTURE_ROLES, self.above, parts, strict=True):
            roll = above(np.ascontiguousarray(own)).reshape(BEATS, 2, ROLE_ROWS[role], BEAT_STEPS)
            rolls.append(roll.transpose(1, 2, 0, 3).reshape(2, ROLE_ROWS[role], STEPS))
        return np.concatenate(rolls, 1).astype(np.float64)


@lru_cache(maxsize=2)
def texture_stepper(net: TextureGenerator) -> TextureStepper:
    """The stepper of a loaded network, made once; its weights must not change from then on."""
    return TextureStepper(net)
