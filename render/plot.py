"""Curves as SVG path text in a box of 1000 by 100, small enough for a page whatever the film's length."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

BOX_WIDTH = 1000.0
BOX_HEIGHT = 100.0
MOST_POINTS = 800  # a phone shows 300, a wide screen at four times zoom 3,200 pixels


def percent(time_s: float, duration_s: float) -> float:
    """Place on the film's line in percent, 0 to 100."""
    return round(min(max(100 * time_s / max(duration_s, 1e-9), 0.0), 100.0), 4)


def curve_path(times_s: ArrayLike, values: ArrayLike, duration_s: float, low: float, high: float) -> str:
    """An SVG path of values [n] at times [n] over the film, `low` at the bottom and `high` at the top.

    Long curves are averaged into MOST_POINTS stretches of equal time; values outside are clipped.
    """
    times, heights = np.asarray(times_s, np.float64), np.asarray(values, np.float64)
    if len(times) == 0:
        return ""
    times, heights = _thinned(times, heights, duration_s)
    across = np.clip(times / max(duration_s, 1e-9), 0, 1) * BOX_WIDTH
    return "M" + "L".join(_points(across, heights, low, high))


def step_path(
    starts_s: Sequence[float],
    ends_s: Sequence[float],
    values: Sequence[float],
    duration_s: float,
    high: float,
) -> str:
    """An SVG path of level steps, one a span; spans that don't touch leave a gap. 0 is at the bottom."""
    pieces, last_end = [], -1.0
    for start_s, end_s, value in zip(starts_s, ends_s, values, strict=True):
        left, right = (percent(moment, duration_s) * 10 for moment in (start_s, end_s))
        (first,) = _points(np.array([left]), np.array([value]), 0, high)
        pieces.append(f"{'L' if abs(start_s - last_end) < 1e-3 else 'M'}{first}H{right:.1f}")
        last_end = end_s
    return "".join(pieces)


def ceiling(values: ArrayLike, least: float, share: float = 0.995) -> float:
    """The top of a curve's scale: its `share` quantile, so that one flash doesn't flatten the rest."""
    found = np.asarray(values, np.float64)
    return max(float(np.quantile(found, share)), least) if len(found) else least


def _thinned(
    times: NDArray[np.float64], values: NDArray[np.float64], duration_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if len(times) <= MOST_POINTS:
        return times, values
    stretch = np.minimum((times / max(duration_s, 1e-9) * MOST_POINTS).astype(int), MOST_POINTS - 1)
    count = np.bincount(stretch, minlength=MOST_POINTS)
    held = count > 0
    return tuple(np.bincount(stretch, row, MOST_POINTS)[held] / count[held] for row in (times, values))  # type: ignore[return-value]


def _points(across: NDArray[np.float64], values: NDArray[np.float64], low: float, high: float) -> list[str]:
    up = np.clip((values - low) / max(high - low, 1e-9), 0, 1)
    down = BOX_HEIGHT * (1 - up)
    return [f"{x:.1f} {y:.1f}" for x, y in zip(across, down, strict=True)]
