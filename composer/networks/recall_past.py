"""Recall one token at a time, for composing: the same votes as `Recall.votes`, a few numbers a step.

numpy, since a step is a dozen calls on a few thousand numbers, and torch takes five times as long for each.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from composer.networks.recall import CLASS, KINDS, LONGEST, MOVED, NO_MOVE, Recall

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Past:
    """What lanes have said, t tokens each, oldest first, no more than the history reaches.

    tokens, anchors [lanes, t] (the pitch or root in force); lengths [3, lanes, t]: of the match that ends at
    each place, by kind.
    """

    tokens: Ints
    anchors: Ints
    lengths: Ints

    def of(self, lanes: list[int]) -> "Past":
        """The past with lanes chosen anew."""
        return Past(self.tokens[lanes], self.anchors[lanes], self.lengths[:, lanes])


class PastReader:
    """A trained Recall's tables; frozen, so that cues can share them."""

    def __init__(self, recall: Recall) -> None:
        self.alphabet = recall.alphabet
        self.values = np.array(self.alphabet.values)
        self.colours = np.array(self.alphabet.colours)
        self.classes = np.array(self.alphabet.classes)
        self.members = self.classes[:-1]
        self.moves = recall.moves.numpy()
        self.bucket = torch.bucketize(torch.arange(LONGEST + 1), recall.length_edges, right=True).numpy()
        lag = torch.arange(self.alphabet.history + 2)
        self.weights = recall.by_distance(lag).detach().numpy().copy()  # (3, LENGTHS, history + 2)
        self.weights[MOVED, 0] = 0
        self.weights[..., -1] = 0  # kept only for the matches that pass through

    def start(self, lanes: int) -> Past:
        """Nothing said yet."""
        nothing = np.zeros((lanes, 0), np.int64)
        return Past(nothing, nothing, np.zeros((KINDS, lanes, 0), np.int64))

    def after(self, past: Past, tokens: Ints) -> tuple[Floats, Past]:
        """log(1 + votes) [lanes, 3, size] for the token after `tokens` [lanes], and the past with them."""
        lanes, steps = past.tokens.shape
        values = self.values[tokens]
        before = past.anchors[:, -1] if steps else np.full(lanes, -1)
        anchor = np.where(values >= 0, values, before)
        said = np.concatenate([past.tokens, tokens[:, None]], 1)
        anchors = np.concatenate([past.anchors, anchor[:, None]], 1)
        lengths = self._lengths(past, tokens, values, before)
        votes = self._count(said, anchors, anchor, lengths) if steps else self._silent(lanes)
        kept = Past(said, anchors, np.concatenate([lengths, np.zeros((KINDS, lanes, 1), np.int64)], 2))
        return votes, _shortened(kept, self.alphabet.history)

    def _silent(self, lanes: int) -> Floats:
        return np.zeros((lanes, KINDS, self.alphabet.size), np.float32)

    def _lengths(self, past: Past, tokens: Ints, values: Ints, before: Ints) -> Ints:
        """[3, lanes, t]: each match that ended one place earlier, one longer or broken off."""
        then = self.values[past.tokens]
        earlier = np.concatenate([np.full((len(tokens), 1), -1), past.anchors[:, :-1]], 1)[:, : then.shape[1]]
        same = np.stack([
            past.tokens == tokens[:, None],
            self._shape(then, self.colours[past.tokens], earlier)
            == self._shape(values, self.colours[tokens], before)[:, None],
            self.classes[past.tokens] == self.classes[tokens][:, None],
        ])  # fmt: skip
        longer = np.concatenate([np.zeros_like(past.lengths[..., :1]), past.lengths[..., :-1]], 2) + 1
        return np.where(same, np.minimum(longer[..., : then.shape[1]], LONGEST), 0)

    def _shape(self, values: Ints, colours: Ints, before: Ints) -> Ints:
        known = (values >= 0) & (before >= 0)
        return np.where(known, (values - before) % self.alphabet.octave, NO_MOVE) * 1000 + colours

    def _count(self, said: Ints, anchors: Ints, anchor: Ints, lengths: Ints) -> Floats:
        lanes, steps = lengths.shape[1:]
        following = said[:, 1:]  # what came after each earlier place
        by = np.where((anchors[:, :-1] >= 0) & (anchor[:, None] >= 0), anchor[:, None] - anchors[:, :-1], 0)
        moved = self.moves[following, by + self.alphabet.span]
        voted = np.stack([following, moved, self.classes[following]])
        lag = np.arange(steps, 0, -1)
        kinds = np.arange(KINDS)[:, None, None]
        weight = self.weights[kinds, self.bucket[lengths], lag]  # (3, lanes, t)
        size = self.alphabet.size + 1
        place = (np.arange(lanes)[:, None] * KINDS + kinds) * size + voted
        votes = np.bincount(place.ravel(), weight.ravel(), lanes * KINDS * size)
        counted = votes.reshape(lanes, KINDS, size)
        counted[:, CLASS, :-1] = counted[:, CLASS, self.members]
        found: Floats = np.log1p(counted[..., :-1]).astype(np.float32)
        return found


def _shortened(past: Past, history: int) -> Past:
    """Without what lies farther back than the history reaches."""
    if past.tokens.shape[1] <= history + 1:
        return past
    return Past(past.tokens[:, 1:], past.anchors[:, 1:], past.lengths[..., 1:])
