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
from composer.networks.gru_step import gru_cell
from composer.networks.packed_linear import Floats, PackedLinear
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
        first, _, second = net.memory
        self.remembered = _floats(first.weight.T), _floats(first.bias)  # ([2016, 320], [320])
        self.memory = PackedLinear(second.weight, second.bias, 1)
        self.scene = PackedLinear(net.scene.weight, net.scene.bias, 1)
        self._fold(net)
        self.own = PackedLinear(net.gru.weight_hh_l0, net.gru.bias_hh_l0, 1)
        heads = [net.heads[role] for role in TEXTURE_ROLES]
        below = [head[0] for head in heads]  # type: ignore[index]
        above = [head[2] for head in heads]  # type: ignore[index]
        weight, bias = torch.cat([x.weight for x in below]), torch.cat([x.bias for x in below])
        self.below = PackedLinear(weight, bias, BEATS)
        self.above = [PackedLinear(x.weight, x.bias, 1) for x in above]

    def _fold(self, net: TextureGenerator) -> None:
        """The GRU's input map: a table for each embedding, and one map for all numbers."""
        condition, given = net.condition, net.gru.weight_ih_l0.detach()
        widths = [LATENT, net.memory[2].out_features, 48, 48, 8, 16]
        parts = torch.split(given, [*widths, given.shape[1] - sum(widths) - BEATS, BEATS], 1)
        latent, memory, now, following, mode, style, context, beat = parts
        tables = (
            condition.chord.weight @ now.T, condition.chord.weight @ following.T,
            condition.mode.weight @ mode.T, condition.style.weight @ style.T, beat.T,
        )  # fmt: skip
        self.now, self.following, self.mode, self.style, self.beat = (_floats(table) for table in tables)
        self.given = PackedLinear(torch.cat([latent, memory, context], 1), net.gru.bias_ih_l0, 1)

    def logits(self, z: Floats, bar: TextureNow) -> NDArray[np.float64]:
        """Logits [2, 63, 16] of a bar from z [64]."""
        columns, bias = self.remembered
        before = columns.take(np.flatnonzero(bar.previous), 0).sum(0) + bias
        memory = self.memory(_leaky(before)[None])[0]
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
        below = _leaky(self.below(np.stack(beats)))
        rolls = []
        parts = np.split(below, len(self.above), 1)
        for role, above, own in zip(TEXTURE_ROLES, self.above, parts, strict=True):
            roll = above(np.ascontiguousarray(own)).reshape(BEATS, 2, ROLE_ROWS[role], BEAT_STEPS)
            rolls.append(roll.transpose(1, 2, 0, 3).reshape(2, ROLE_ROWS[role], STEPS))
        return np.concatenate(rolls, 1).astype(np.float64)


def _leaky(x: Floats) -> Floats:
    found: Floats = np.maximum(x, LEAK * x)
    return found


def _floats(weight: torch.Tensor) -> Floats:
    found: Floats = weight.detach().contiguous().numpy()
    return found


@lru_cache(maxsize=2)
def texture_stepper(net: TextureGenerator) -> TextureStepper:
    """The stepper of a loaded network, made once; its weights must not change from then on."""
    return TextureStepper(net)
