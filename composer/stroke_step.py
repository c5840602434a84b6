"""The stroke network one step at a time, a few bars side by side, for composing: its own function.

What the generator proposes and what a bar is told are multiplied by the weights once a bar; the first layers
of the three heads are one product.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from composer.encoding.piano_roll import ROWS
from composer.networks.gru_step import gru_cell, parameters
from composer.networks.packed_linear import Floats, PackedLinear, leaky
from composer.networks.stroke_gru import COUNTS, ENDS, FACTS, MODELS, ROLE_OF_ROW, ROLES
from composer.networks.texture_gan import BEAT_STEPS, BEATS, TextureGenerator
from composer.texture_step import FOLLOWING, NOW, TextureNow

LEAK = np.float32(0.1)
LANES = 8  # rows that the weights are laid out for; any number goes
ROLE_AT = ROLE_OF_ROW.numpy()
HEADS = ("roles", "rows", "holds")


class RowScores(NamedTuple):
    """base: [L, 63] logits of rows, what earlier strokes say included.  sizes: [L, 3, 5] more for the rows
    struck below in the role."""

    base: Floats
    sizes: Floats


class HoldScores(NamedTuple):
    """base: [L, 63] logits of going on.  ends: [L, 3, 4] more for what rows below in the role did."""

    base: Floats
    ends: Floats


class StrokeStepper:
    """A trained stroke network's tables; frozen, so that cues can share them."""

    def __init__(self, net: TextureGenerator) -> None:
        own, whole = parameters(net.strokes), parameters(net)
        self.hidden = net.strokes.hidden
        facts, logits, condition = torch.split(
            own["given.0.weight"], [FACTS, 2 * ROWS, net.condition.size], 1
        )
        self.facts = PackedLinear(facts, None, LANES)
        self.proposed = PackedLinear(logits, own["given.0.bias"], LANES)
        self.conditioned = PackedLinear(condition, None, BEATS)
        self.chord, self.mode, self.style = (
            whole[f"condition.{name}.weight"].numpy() for name in ("chord", "mode", "style")
        )
        self.given = PackedLinear(own["gru.weight_ih_l0"], own["gru.bias_ih_l0"], LANES)
        self.kept = PackedLinear(own["gru.weight_hh_l0"], own["gru.bias_hh_l0"], LANES)
        firsts = [own[f"{head}.0.weight"] for head in HEADS]
        self.widths = np.cumsum([len(first) for first in firsts])[:-1]
        self.first = PackedLinear(
            torch.cat([first[:, : 2 * self.hidden] for first in firsts]),
            torch.cat([own[f"{head}.0.bias"] for head in HEADS]),
            LANES,
        )
        # What a combination adds to the heads that are told it.
        self.of_rows, self.of_holds = (first[:, 2 * self.hidden :].T.numpy() for first in firsts[1:])
        self.last = [PackedLinear(own[f"{head}.2.weight"], own[f"{head}.2.bias"], LANES) for head in HEADS]
        self.below: Floats = net.strokes.from_below().detach().numpy()

    def told(self, logits: Floats, bars: Sequence[TextureNow]) -> Floats:
        """[L, 16, hidden]: what each step of bars is told beside its facts. logits: [L, 2, 63, 16]."""
        lanes = len(bars)
        proposed = np.tanh(logits / 4).transpose(0, 3, 1, 2).reshape(lanes * BEATS * BEAT_STEPS, -1)
        found = self.proposed(np.ascontiguousarray(proposed, np.float32))
        beats = np.stack([self._beat(bar, beat) for bar in bars for beat in range(BEATS)])
        found = found.reshape(lanes * BEATS, BEAT_STEPS, -1) + self.conditioned(beats)[:, None]
        return found.reshape(lanes, BEATS * BEAT_STEPS, -1)

    def _beat(self, bar: TextureNow, beat: int) -> Floats:
        place = np.zeros(BEATS, np.float32)
        place[beat] = 1
        now, following = bar.chords[NOW[beat]], bar.chords[FOLLOWING[beat]]
        parts = [self.chord[now], self.chord[following], self.mode[bar.mode], self.style[bar.style]]
        return np.concatenate([*parts, bar.context, place])

    def step(self, told: Floats, facts: Floats, hidden: Floats) -> tuple[list[Floats], Floats]:
        """The heads' first layers before their combination, and the next hidden state [L, hidden].

        told: [L, hidden].  facts: [L, FACTS].
        """
        seen = leaky(told + self.facts(facts), LEAK)
        hidden = gru_cell(self.given(seen), self.kept(hidden), hidden)
        first = self.first(np.concatenate([hidden, seen], 1))
        return np.split(first, self.widths, 1), hidden

    def combinations(self, first: Floats) -> Floats:
        """[L, 8] scores of which roles strike."""
        return self.last[0](leaky(first, LEAK))

    def rows(self, first: Floats, chosen: Sequence[int], models: Floats) -> RowScores:
        """Of lanes whose combinations are chosen. models: [L, 4, 63]."""
        out = self.last[1](leaky(first + self.of_rows[list(chosen)], LEAK))
        base, sizes, gates = np.split(out, [ROWS, ROWS + ROLES * COUNTS], 1)
        gates = gates.reshape(-1, MODELS, ROLES)[..., ROLE_AT]
        return RowScores(base + (gates * models).sum(1), sizes.reshape(-1, ROLES, COUNTS))

    def holds(self, first: Floats, chosen: Sequence[int]) -> HoldScores:
        """Of lanes whose combinations are chosen."""
        out = self.last[2](leaky(first + self.of_holds[list(chosen)], LEAK))
        return HoldScores(out[:, :ROWS], out[:, ROWS:].reshape(-1, ROLES, ENDS))


@lru_cache(maxsize=2)
def stroke_stepper(net: TextureGenerator) -> StrokeStepper:
    """The stepper of a loaded network, made once; its weights must not change from then on."""
    return StrokeStepper(net)
