"""Markov chains with Witten-Bell smoothing: melody tokens, chords, and texture columns.

The baseline of the likelihoods and the engine called markov. Stored beside the networks as safetensors
arrays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Level:
    """Counts of one context length: keys are context << bits | token, sorted and unique."""

    keys: Counts
    counts: Counts


class WittenBell:
    """A chain of a fixed order over tokens 0..vocabulary-1; before a sequence stands the token `vocabulary`.

    p_k(w | h) = (c(h, w) + t(h) p_{k-1}(w | h')) / (c(h) + t(h)), with t(h) the number of distinct followers
    of h and a uniform distribution below order 0. Witten & Bell 1991, method C.
    """

    def __init__(self, vocabulary: int, levels: Sequence[_Level]) -> None:
        self.vocabulary = vocabulary
        self.order = len(levels) - 1
        self.bits = vocabulary.bit_length()
        self._levels = tuple(levels)
        self._totals = tuple(_context_totals(level, self.bits) for level in levels)

    @classmethod
    def train(cls, sequences: Sequence[Counts], vocabulary: int, order: int) -> "WittenBell":
        """Count every context up to `order` (1..5) in token sequences [T] each."""
        bits = vocabulary.bit_length()
        histories = [_histories(sequence, vocabulary, order) for sequence in sequences]
        history = np.concatenate([h for h, _ in histories])
        tokens = np.concatenate([t for _, t in histories])
        levels = []
        for length in range(order + 1):
            keys = (history & ((1 << bits * length) - 1)) << bits | tokens
            unique, counts = np.unique(keys, return_counts=True)
            levels.append(_Level(unique, counts.astype(np.int64)))
        return cls(vocabulary, levels)

    def pruned(self, longest_kept: int = 2, least: int = 2) -> "WittenBell":
        """The same chain without what followed a context over `longest_kept` fewer than `least` times."""
        kept = [
            level
            if length <= longest_kept
            else _Level(level.keys[level.counts >= least], level.counts[level.counts >= least])
            for length, level in enumerate(self._levels)
        ]
        return WittenBell(self.vocabulary, kept)

    def nll(self, sequences: Sequence[Counts]) -> float:
        """Mean negative log likelihood in nats a token."""
        total, count = 0.0, 0
        for sequence in sequences:
            history, tokens = _histories(sequence, self.vocabulary, self.order)
            p = np.full(len(tokens), 1.0 / self.vocabulary)
            for length, (level, totals) in enumerate(zip(self._levels, self._totals, strict=True)):
                context = history & ((1 << self.bits * length) - 1)
                seen, kinds = _look_up(totals, context)
                found = _count_of(level, context << self.bits | tokens)
                p = np.where(seen > 0, (found + kinds * p) / np.maximum(seen + kinds, 1), p)
            total -= float(np.log(p).sum())
            count += len(tokens)
        return total / max(count, 1)

    def distribution(self, history: Sequence[int]) -> Floats:
        """Probabilities [vocabulary] of the next token after `history`, the sequence from its start."""
        past = [self.vocabulary] * self.order + [int(token) for token in history]
        p = np.full(self.vocabulary, 1.0 / self.vocabulary)
        for length, level in enumerate(self._levels):
            context = 0
            for token in past[len(past) - length :]:
                context = context << self.bits | token
            first, last = np.searchsorted(level.keys, [context << self.bits, (context + 1) << self.bits])
            if last > first:
                counts = level.counts[first:last]
                mass = np.zeros(self.vocabulary)
                mass[level.keys[first:last] & ((1 << self.bits) - 1)] = counts
                p = (mass + len(counts) * p) / (counts.sum() + len(counts))
        return p

    def arrays(self, name: str) -> dict[str, NDArray[np.generic]]:
        """The chain as flat arrays, for a weights file; `from_arrays` brings it back."""
        found: dict[str, NDArray[np.generic]] = {f"{name}.vocabulary": np.array([self.vocabulary], np.int32)}
        for length, level in enumerate(self._levels):
            found[f"{name}.{length}.keys"] = level.keys
            found[f"{name}.{length}.counts"] = np.minimum(level.counts, 65535).astype(np.uint16)
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]], name: str) -> "WittenBell":
        """Read what `arrays` wrote under a name."""
        vocabulary = int(arrays[f"{name}.vocabulary"].astype(np.int64)[0])
        levels: list[_Level] = []
        while f"{name}.{len(levels)}.keys" in arrays:
            length = len(levels)
            keys, counts = arrays[f"{name}.{length}.keys"], arrays[f"{name}.{length}.counts"]
            levels.append(_Level(keys.astype(np.int64), counts.astype(np.int64)))
        return cls(vocabulary, levels)


def _histories(sequence: Counts, vocabulary: int, order: int) -> tuple[Counts, Counts]:
    """The packed `order` tokens before each token [T], latest in the lowest bits, and the tokens [T]."""
    bits = vocabulary.bit_length()
    padded = np.concatenate([np.full(order, vocabulary, np.int64), sequence.astype(np.int64)])
    history = np.zeros(len(sequence), np.int64)
    for back in range(order, 0, -1):
        history = history << bits | padded[order - back : len(padded) - back]
    return history, padded[order:]


def _context_totals(level: _Level, bits: int) -> tuple[Counts, Counts, Counts]:
    """Contexts sorted, how often each was seen, and how many tokens followed it."""
    contexts, first = np.unique(level.keys >> bits, return_index=True)
    seen = np.add.reduceat(level.counts, first) if len(first) else np.zeros(0, np.int64)
    return contexts, seen, np.diff(np.append(first, len(level.keys)))


def _look_up(totals: tuple[Counts, Counts, Counts], context: Counts) -> tuple[Counts, Counts]:
    contexts, seen, kinds = totals
    if not len(contexts):
        return np.zeros_like(context), np.zeros_like(context)
    at = np.minimum(np.searchsorted(contexts, context), len(contexts) - 1)
    known = contexts[at] == context
    return np.where(known, seen[at], 0), np.where(known, kinds[at], 0)


def _count_of(level: _Level, keys: Counts) -> Counts:
    if not len(level.keys):
        return np.zeros_like(keys)
    at = np.minimum(np.searchsorted(level.keys, keys), len(level.keys) - 1)
    return np.where(level.keys[at] == keys, level.counts[at], 0)
