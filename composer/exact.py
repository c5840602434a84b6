"""The exact decoder: from a network's logits to rolls that have what was asked. Used only when sampling."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

BISECTIONS = 14  # to 48 / 2^14 of a bias: finer moves no note
FIFTH = 7


def gumbel(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Standard Gumbel noise: adding it to logits and taking the largest samples without replacement."""
    noise: Array = -np.log(-np.log(rng.random(shape) * (1 - 2e-12) + 1e-12))
    return noise


def top_steps(logits: Array, noise: Array, count: int, allowed: Sequence[int]) -> list[int]:
    """`count` of the allowed steps, the best by logit + noise, in order; all of them where there are fewer.

    logits, noise: [T].
    """
    ranked = sorted(allowed, key=lambda step: (-(logits[step] + noise[step]), step))
    return sorted(ranked[: max(count, 0)])


def step_logits(onset: Array) -> Array:
    """Logit that any row begins at each step: [R, T] -> [T].

    p(any) = 1 - prod(1 - p), by log sums so that tiny probabilities keep their order.
    """
    none = -np.logaddexp(0.0, onset).sum(axis=0)  # log prod(1 - p)
    found: Array = np.log(-np.expm1(np.minimum(none, -1e-12))) - none
    return found


def bisected(measure: Callable[[float], float], wanted: float, low: float, high: float) -> float:
    """The offset in [low, high] at which a rising measure comes nearest to `wanted`."""
    below, above = measure(low), float("inf")
    best, error = low, abs(below - wanted)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        found = measure(middle)
        if abs(found - wanted) < error:
            best, error = middle, abs(found - wanted)
        if found < wanted:
            low, below = middle, found
        else:
            high, above = middle, found
        if below >= above or error == 0:  # a step of the measure: nothing lies between
            break
    return best


def line_at(
    scores: Array, heights: Array, wanted: float, leap_cost: float, repeat_cost: float = 0.0
) -> list[int]:
    """One row for each onset: the best line, its mean height as near to `wanted` as a bias can bring it.

    scores: [R, N], what each row is worth at each onset.  heights: [R, N] MIDI pitches.
    A leap over a fifth costs leap_cost for each semitone more, the same pitch again repeat_cost. Best path by
    dynamic programming; the bias on height, the same for every onset, is bisected, the rest the network's.
    """
    moves = np.abs(heights[:, None, :-1] - heights[None, :, 1:])  # (R before, R here, N - 1)
    costs = leap_cost * np.maximum(moves - FIFTH, 0.0) + repeat_cost * (moves == 0)

    def line(bias: float) -> list[int]:
        worth = scores + bias * (heights - wanted) / 12
        total, back = worth[:, 0], []
        for n in range(1, worth.shape[1]):
            reached = total[:, None] - costs[:, :, n - 1]
            back.append(reached.argmax(axis=0))
            total = reached.max(axis=0) + worth[:, n]
        path = [int(total.argmax())]
        for pointers in reversed(back):
            path.append(int(pointers[path[-1]]))
        return path[::-1]

    def mean(bias: float) -> float:
        return float(np.mean([heights[row, n] for n, row in enumerate(line(bias))]))

    return line(bisected(mean, wanted, -24.0, 24.0))


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
