"""Recall one token at a time, for composing: the same votes as `Recall.votes`, a few numbers a step.

numpy, since a step is a dozen calls on a few thousand numbers, and torch takes five times as long for each.
All that a token means for matches and votes is one row of a table. A match is kept by how far back it lies:
where it goes on it stays in its column and grows by one, so nothing is shifted; and tokens are written from
the right to the left, so what came n tokens ago stands n columns further and nothing is copied either, but
for once in `SPARE` steps.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from composer.networks.recall import CLASS, EXACT, KINDS, LONGEST, MOVED, NO_MOVE, Alphabet, Recall

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
SPARE = 512  # columns to write in before the past is moved to the right again
SHAPE = 64  # more than there are colours
MARKS, VOTES, ANCHOR = slice(0, KINDS), slice(KINDS, 2 * KINDS), 2 * KINDS  # of a token's cells
CELLS = 2 * KINDS + 1


class Past(NamedTuple):
    """What lanes have said, the newest first, from column `at` on; `PastReader.after` gives the next.

    cells [7, lanes, columns]: what must be equal at two places, by kind; what a token's place votes for, by
    kind; the pitch or root in force, -1 before the first.  matches [3, lanes, history]: where `weights` has
    the weight of the match that ends here, by kind and how far back it lies.  said: tokens so far.  A past is
    used up by `after`: to come back to it, take a copy first.
    """

    cells: Ints
    matches: Ints
    at: int
    said: int

    def of(self, lanes: list[int]) -> "Past":
        """A copy with lanes chosen anew."""
        return self._replace(cells=self.cells[:, lanes], matches=self.matches[:, lanes])

    def copy(self) -> "Past":
        """The same past, that `after` won't use up."""
        return self._replace(cells=self.cells.copy(), matches=self.matches.copy())


class PastReader:
    """A trained Recall's tables; frozen, so that cues can share them."""

    def __init__(self, recall: Recall) -> None:
        alphabet = recall.alphabet
        self.size, self.history = alphabet.size, alphabet.history
        self.members = np.array(alphabet.classes[:-1])
        self.cells = _cells(alphabet).reshape(-1, CELLS)
        self.anchors = alphabet.span + 2
        self.moved = _moved(alphabet)
        lengths = torch.bucketize(torch.arange(LONGEST + 1), recall.length_edges, right=True)
        lag = torch.arange(1, self.history + 1)
        weights = recall.by_distance(lag).detach()[:, lengths].numpy().astype(np.float64)
        weights[MOVED, 0] = 0
        self.weights = weights.ravel()  # (3, LONGEST + 1, history)
        self.new = np.arange(KINDS)[:, None, None] * ((LONGEST + 1) * self.history) + lag.numpy() - 1
        self.longest = self.new + LONGEST * self.history

    def start(self, lanes: int) -> Past:
        """Nothing said yet."""
        columns = SPARE + self.history + 2
        matches = np.repeat(self.new, lanes, 1)  # (3, lanes, history)
        return Past(np.full((CELLS, lanes, columns), -1), matches, columns - 1, 0)

    def after(self, past: Past, tokens: Ints) -> Past:
        """The past with one more token [lanes]; the one given is used up."""
        at, places = past.at - 1, min(past.said, self.history)
        if at < 0:
            at = self._moved_right(past)
        cells = past.cells
        row = tokens * self.anchors + cells[ANCHOR, :, at + 1] + 1
        cells[:, :, at] = self.cells.take(row, 0).T
        if places:
            marks = cells[MARKS]
            others = marks[:, :, at + 1 : at + 1 + places] != marks[:, :, at, None]
            matches = past.matches[:, :, :places]
            matches += self.history
            np.minimum(matches, self.longest[..., :places], out=matches)
            np.copyto(matches, self.new[..., :places], where=others)
        return past._replace(at=at, said=past.said + 1)

    def votes(self, past: Past) -> Floats:
        """log(1 + votes) [lanes, 3, size] for the token to come: every earlier place's, for the one after it
        there."""
        at, places = past.at, min(past.said - 1, self.history)
        lanes, size = past.cells.shape[1], KINDS * (self.size + 1)
        if places <= 0:
            return np.zeros((lanes, KINDS, self.size), np.float32)
        voted = past.cells[VOTES, :, at : at + places].copy()
        moved = voted[MOVED]
        moved += np.maximum(past.cells[ANCHOR, :, at, None], 0)
        self.moved.take(moved, out=moved, mode="clip")
        voted += np.arange(0, lanes * size, size)[:, None]
        weights = self.weights.take(past.matches[..., :places])
        votes = np.bincount(voted.ravel(), weights.ravel(), lanes * size)
        counted = votes.reshape(lanes, KINDS, self.size + 1)[..., :-1].astype(np.float32)
        counted[:, CLASS] = counted[:, CLASS, self.members]
        found: Floats = np.log1p(counted, out=counted)
        return found

    def _moved_right(self, past: Past) -> int:
        """The newest tokens at the right end again; the column for the next."""
        kept = self.history
        past.cells[..., -kept:] = past.cells[..., :kept].copy()
        return int(past.cells.shape[-1]) - kept - 1


def _cells(alphabet: Alphabet) -> Ints:
    """[size + 1, span + 2, 7]: a token's cells by the anchor before it, -1 for none in the first."""
    found = np.zeros((alphabet.size + 1, alphabet.span + 2, CELLS), np.int64)
    width = _width(alphabet)
    for token, (value, colour, kind) in enumerate(
        zip(alphabet.values, alphabet.colours, alphabet.classes, strict=True)
    ):
        for before in range(-1, alphabet.span + 1):
            move = (value - before) % alphabet.octave if value >= 0 and before >= 0 else NO_MOVE
            by = alphabet.span - before if before >= 0 else 2 * alphabet.span + 1
            cell = found[token, before + 1]
            cell[[EXACT, MOVED, CLASS]] = token, move * SHAPE + colour, kind
            votes = cell[VOTES]
            votes[EXACT] = EXACT * (alphabet.size + 1) + token
            votes[MOVED] = token * width + by  # of `_moved`, but for the anchor there
            votes[CLASS] = CLASS * (alphabet.size + 1) + kind
            cell[ANCHOR] = value if value >= 0 else before
    return found


def _width(alphabet: Alphabet) -> int:
    """Moves by -span..span, and after them as many as there are anchors where none came before: no move."""
    return 3 * alphabet.span + 2


def _moved(alphabet: Alphabet) -> Ints:
    """[(size + 1) * width]: what a token votes for in a moved match, `_cells` says where."""
    unmoved = _width(alphabet) - 2 * alphabet.span - 1
    rows = [moved + unmoved * [token] for token, moved in enumerate(alphabet.moved())]
    return MOVED * (alphabet.size + 1) + np.array(rows).ravel()
