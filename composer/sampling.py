"""Indices drawn from logits. Used only when composing."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def sample_index(logits: Array, nucleus: float, uniform: float) -> int:
    """An index by nucleus sampling from logits [V] (-inf is never taken) with one uniform number.

    Not-a-number counts as impossible; where nothing is possible, every index is as likely.
    """
    possible = np.flatnonzero(logits > -np.inf)
    if not len(possible):
        return int(sample_rows(logits[None], nucleus, np.array([uniform]))[0])
    weights = logits[possible]
    weights = np.exp(weights - weights.max())
    order = np.argsort(-weights, kind="stable")
    share = np.cumsum(weights[order])
    last = min(int(np.searchsorted(share, nucleus * share[-1])), len(share) - 1)  # of those kept
    chosen = min(int(np.searchsorted(share, uniform * share[last])), last)
    return int(possible[order[chosen]])


def sample_few(logits: Sequence[float], uniform: float) -> int:
    """`sample_index` of a handful of logits, none left out: arrays would cost more than their sums."""
    most = max(logits)
    weights = [math.exp(logit - most) for logit in logits]
    order = sorted(range(len(weights)), key=lambda index: -weights[index])
    left = uniform * sum(weights)
    for index in order[:-1]:
        left -= weights[index]
        if left <= 0:
            return index
    return order[-1]


def sample_rows(logits: Array, nucleus: float, uniform: Array) -> npt.NDArray[np.int64]:
    """`sample_index` for rows of logits [B, V] with a uniform number each [B]: as alone, so together."""
    possible = logits > -np.inf  # and not a number is not
    if not possible.all():
        logits = np.where(possible, logits, -np.inf)
        if not possible.any(1).all():
            logits[~possible.any(1)] = 0.0
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    order = np.argsort(-p, 1, kind="stable")
    rows = np.arange(len(p))
    share = np.cumsum(p[rows[:, None], order], 1)
    last = np.minimum((share < nucleus).sum(1), p.shape[1] - 1)  # of those kept
    wanted = uniform * share[rows, last]
    chosen = np.minimum((share < wanted[:, None]).sum(1), last)
    found: npt.NDArray[np.int64] = order[rows, chosen]
    return found
