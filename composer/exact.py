"""The exact decoder: from a network's logits to rolls that have what was asked. Used only when sampling."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

BISECTIONS = 24


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
    best, error = low, abs(measure(low) - wanted)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        found = measure(middle)
        if abs(found - wanted) < error:
            best, error = middle, abs(found - wanted)
        if found < wanted:
            low = middle
        else:
            high = middle
    return best


def rows_at(
    logits: Array, noise: Array, heights: Array, wanted: float, counts: Sequence[int]
) -> list[list[int]]:
    """Rows for each onset so that their mean height comes nearest to `wanted`.

    logits, noise: [R, N] of N onsets; heights: [R, N] MIDI pitches; counts: how many rows each onset takes.
    A bias on height, the same for every onset, is bisected; everything else stays the network's.
    """

    def chosen(bias: float) -> list[list[int]]:
        scores = logits + noise + bias * (heights - wanted) / 12
        order = np.argsort(-scores, axis=0, kind="stable")
        return [sorted(int(r) for r in order[:count, n]) for n, count in enumerate(counts)]

    def mean(bias: float) -> float:
        rows = chosen(bias)
        pitches = [heights[row, n] for n, found in enumerate(rows) for row in found]
        return float(np.mean(pitches)) if pitches else wanted

    return chosen(bisected(mean, wanted, -24.0, 24.0))


def sample_index(logits: Array, nucleus: float, uniform: float) -> int:
    """An index by nucleus sampling from logits (-inf is never taken) with one uniform number.

    Not-a-number counts as impossible; where nothing is possible, every index is as likely.
    """
    logits = np.where(np.isnan(logits), -np.inf, logits)
    if not np.isfinite(logits).any():
        logits = np.zeros_like(logits)
    p = np.exp(logits - logits.max())
    p /= p.sum()
    order = np.argsort(-p, kind="stable")
    kept = order[: int(np.searchsorted(np.cumsum(p[order]), nucleus)) + 1]
    share = np.cumsum(p[kept])
    return int(kept[min(int(np.searchsorted(share, uniform * share[-1])), len(kept) - 1)])
