"""Recall one token at a time, for composing: the same votes as `Recall.votes`, a few numbers a step.

numpy, since a step is two dozen calls on a few thousand numbers, and torch takes five times as long for each.
A match is kept by how far back it lies: where it goes on it stays in its column and grows by one, so nothing
is shifted; and tokens are written from the right to the left, so what came n tokens ago stands n columns
further and nothing is copied either, but for once in `SPARE` steps.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from composer.networks.recall import CLASS, EXACT, KINDS, LONGEST, MOVED, NO_MOVE, Recall

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
SPARE = 512  # columns to write in before the past is moved to the right again
SHAPE = 64  # more than there are colours


class Past(NamedTuple):
    """What lanes have said, the newest first, from column `at` on; `PastReader.after` gives the next.

    marks [3, lanes, columns]: what must be equal at two places, by kind.  anchors [lanes, columns]: the pitch
    or root in force.  lengths [3, lanes, history]: of the match that ends here, by kind and how far back it
    lies.  said: tokens so far.  A past is used up by `after`: to come back to it, take a copy first.
    """

    marks: NDArray[np.int32]
    anchors: NDArray[np.int32]
    lengths: NDArray[np.uint8]
    at: int
    said: int

    def of(self, lanes: list[int]) -> "Past":
        """A copy with lanes chosen anew."""
        return self._replace(
            marks=self.marks[:, lanes], anchors=self.anchors[lanes], lengths=self.lengths[:, lanes]
        )

    def copy(self) -> "Past":
        """The same past, that `after` won't use up."""
        return self._replace(
            marks=self.marks.copy(), anchors=self.anchors.copy(), lengths=self.lengths.copy()
        )


class PastReader:
    """A trained Recall's tables; frozen, so that cues can share them."""

    def __init__(self, recall: Recall) -> None:
        alphabet = recall.alphabet
        self.size, self.history, self.octave = alphabet.size, alphabet.history, alphabet.octave
        self.values = np.array(alphabet.values, np.int32)
        self.colours = np.array(alphabet.colours, np.int32)
        self.classes = np.array(alphabet.classes, np.int32)
        self.members = self.classes[:-1]
        self.span, self.moves = alphabet.span, recall.moves.numpy().astype(np.int64).ravel()
        lengths = torch.bucketize(torch.arange(LONGEST + 1), recall.length_edges, right=True)
        lag = torch.arange(1, self.history + 1)
        weights = recall.by_distance(lag).detach()[:, lengths].numpy().copy()
        weights[MOVED, 0] = 0
        self.weights = weights.ravel()  # (3, LONGEST + 1, history)
        self.rows = np.arange(KINDS)[:, None, None] * ((LONGEST + 1) * self.history) + lag.numpy() - 1

    def start(self, lanes: int) -> Past:
        """Nothing said yet."""
        columns = SPARE + self.history + 1
        return Past(
            np.full((KINDS, lanes, columns), -1, np.int32),
            np.full((lanes, columns), -1, np.int32),
            np.zeros((KINDS, lanes, self.history), np.uint8),
            columns,
            0,
        )

    def after(self, past: Past, tokens: Ints) -> tuple[Floats, Past]:
        """log(1 + votes) [lanes, 3, size] for the token after `tokens` [lanes], and the past with them."""
        at, places = past.at - 1, min(past.said, self.history)
        if at < 0:
            at = self._moved_right(past)
        marks, anchors = past.marks, past.anchors
        before = anchors[:, at + 1] if past.said else anchors[:, -1]  # -1: none yet
        values = self.values[tokens]
        known = values >= 0
        move = np.where(known & (before >= 0), (values - before) % self.octave, NO_MOVE)
        marks[EXACT, :, at] = tokens
        marks[MOVED, :, at] = move * SHAPE + self.colours[tokens]
        marks[CLASS, :, at] = self.classes[tokens]
        anchors[:, at] = np.where(known, values, before)
        said = past._replace(at=at, said=past.said + 1)
        if not places:
            return np.zeros((len(tokens), KINDS, self.size), np.float32), said
        same = marks[:, :, at + 1 : at + 1 + places] == marks[:, :, at, None]
        lengths = past.lengths[:, :, :places]
        np.minimum(lengths, LONGEST - 1, out=lengths)
        lengths += 1
        lengths *= same
        return self._count(said, places, lengths), said

    def _count(self, past: Past, places: int, lengths: NDArray[np.uint8]) -> Floats:
        """Every earlier place votes for the token that came after it there."""
        at, lanes = past.at, lengths.shape[1]
        following = past.marks[:, :, at : at + places]
        here, then = past.anchors[:, at, None], past.anchors[:, at + 1 : at + 1 + places]
        by = here - then
        by *= (then >= 0) & (here >= 0)
        by += self.span
        size = self.size + 1
        first = (np.arange(lanes)[:, None] * KINDS + np.arange(KINDS)[:, None, None]) * size
        voted = np.empty(lengths.shape, np.int64)
        np.multiply(following[EXACT], 2 * self.span + 1, out=voted[MOVED])
        voted[MOVED] += by
        self.moves.take(voted[MOVED], out=voted[MOVED], mode="clip")
        voted[EXACT], voted[CLASS] = following[EXACT], following[CLASS]
        voted += first
        places_of = np.multiply(lengths, self.history, dtype=np.int64)
        places_of += self.rows[..., :places]
        weight = self.weights.take(places_of)
        votes = np.bincount(voted.ravel(), weight.ravel(), lanes * KINDS * size)
        counted = votes.reshape(lanes, KINDS, size)[..., :-1].astype(np.float32)
        counted[:, CLASS] = counted[:, CLASS, self.members]
        found: Floats = np.log1p(counted, out=counted)
        return found

    def _moved_right(self, past: Past) -> int:
        """The newest tokens at the right end again; the column for the next."""
        kept = self.history
        for array in (past.marks, past.anchors):
            array[..., -kept:] = array[..., :kept].copy()
        return int(past.marks.shape[-1]) - kept - 1
