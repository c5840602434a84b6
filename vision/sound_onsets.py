"""Sudden sounds, to 10 ms, and the levels of a stereo pair's two sides."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, percentile_filter

from vision.curves import Curve, Times
from vision.sound_classes import SILENCE_DB
from vision.soundtrack import RATE_HZ

STEP_S = 0.01
STEP_SAMPLES = round(RATE_HZ * STEP_S)
STEPS_PER_ROW = 50
RISE_DB = 8.0
LOUD_DB = -40.0
"""RMS of 10 ms that can startle at all, in dB of full scale."""
APART_STEPS = 30
"""Of all onsets within .3 s the largest stands for the event (a door has a latch, a shot an echo)."""
FALL_DB, FALL_STEPS = 6.0, 150
SIDE_DB = 10.0
MIN_SPLIT_ROWS = 6


class OnsetListener:
    """Feed [n, channels] at 48 kHz; keeps one level each 10 ms (and two more for a pair)."""

    def __init__(self, pair: tuple[int, int] | None) -> None:
        self._pair = pair
        self._rest: NDArray[np.float32] | None = None
        self._levels: list[NDArray[np.float64]] = []

    def feed(self, sound: NDArray[np.float32]) -> None:
        """Listen to more samples."""
        joined = sound if self._rest is None else np.concatenate([self._rest, sound])
        count = len(joined) // STEP_SAMPLES
        steps = joined[: count * STEP_SAMPLES].reshape(count, STEP_SAMPLES, joined.shape[1])
        power = (steps.astype(np.float64) ** 2).mean(1)  # (count, channels)
        sides = power[:, list(self._pair)] if self._pair else np.zeros((count, 2))
        self._levels.append(np.concatenate([power.sum(1, keepdims=True), sides], axis=1))
        self._rest = joined[count * STEP_SAMPLES :]

    def onsets(self) -> tuple[Times, Curve]:
        """Times of rises of 8 dB or more over the loud part of the second before, and the rises in dB."""
        power = np.concatenate([np.zeros((0, 3)), *self._levels])[:, 0]
        if len(power) < 3:
            return np.zeros(0), np.zeros(0, np.float32)
        level = 10 * np.log10(power + 1e-10)
        before = _percentile_before(level)
        rise = np.where(level > LOUD_DB, level - np.maximum(before, LOUD_DB - 20.0), 0.0)
        strongest = maximum_filter1d(rise, 2 * APART_STEPS + 1)
        peaks = [p for p in np.flatnonzero((rise >= RISE_DB) & (rise == strongest)) if _falls(level, int(p))]
        starts = np.array([_start(level, before, int(peak)) for peak in peaks], np.float64)
        return starts * STEP_S, rise[peaks].astype(np.float32)

    def sides(self) -> NDArray[np.float64]:
        """[rows, 2] level of left and right in dB by half second; no rows without a pair."""
        if self._pair is None:
            return np.zeros((0, 2))
        power = np.concatenate([np.zeros((0, 3)), *self._levels])[:, 1:]
        rows = len(power) // STEPS_PER_ROW
        mean = power[: rows * STEPS_PER_ROW].reshape(rows, STEPS_PER_ROW, 2).mean(1)
        return np.asarray(10 * np.log10(mean + 1e-12))


def _percentile_before(level: NDArray[np.float64]) -> NDArray[np.float64]:
    """[N] 90th percentile of the second up to 50 ms before each step."""
    size, gap = round(1 / STEP_S), 5
    filtered = percentile_filter(level, 90, size=size, origin=size // 2 - 1, mode="nearest")
    return np.asarray(np.concatenate([np.full(gap, filtered[0]), filtered[:-gap]])[: len(level)])


def _falls(level: NDArray[np.float64], peak: int) -> bool:
    """Whether the sound dies away again: a street that is cut in is loud, but it is no bang."""
    after = level[peak + APART_STEPS : peak + FALL_STEPS]
    return len(after) == 0 or float(level[peak] - np.median(after)) >= FALL_DB


def _start(level: NDArray[np.float64], before: NDArray[np.float64], peak: int) -> int:
    """First step of the rise that ends in `peak`: where it leaves the old level by half its height."""
    half = (level[peak] + before[peak]) / 2
    start = peak
    while start > 0 and peak - start < APART_STEPS and level[start - 1] > half:
        start -= 1
    return start


def looks_split(sides: NDArray[np.float64], speech: Curve) -> bool:
    """Whether an editor put dialogue on one side of a pair and music and effects on the other.

    sides: [rows, 2] dB.  True where at least three seconds of speech sit 10 dB to one side and at least
    three seconds of other sound 10 dB to the other, each for seven tenths of its time.
    """
    rows = min(len(sides), len(speech))
    lean = sides[:rows, 0] - sides[:rows, 1]
    sounding = sides[:rows].max(1, initial=-120.0) > SILENCE_DB
    spoken, other = lean[sounding & (speech[:rows] > 0.5)], lean[sounding & (speech[:rows] < 0.1)]
    if min(len(spoken), len(other)) < MIN_SPLIT_ROWS:
        return False
    return any(
        (side * spoken > SIDE_DB).mean() > 0.7 and (-side * other > SIDE_DB).mean() > 0.7
        for side in (1.0, -1.0)
    )
