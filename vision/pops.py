"""The 2-pop: one frame of 1 kHz in silence, two seconds before the first frame of picture, or after it."""

import numpy as np
from numpy.typing import NDArray

from vision.soundtrack import RATE_HZ

STEP_SAMPLES = 480
"""10 ms: ten whole turns of 1 kHz, so that the tone falls into one bin of the transform."""
TONE_BIN = 10
TONAL_SHARE = 0.7
LEAST_DB, QUIET_BELOW_DB = -45.0, 20.0
SHORTEST, LONGEST = 1, 10
"""Steps: a frame lasts 8 ms (120 a second) to 42 ms (24), and sound codecs smear it."""
QUIET_STEPS = 50


class PopListener:
    """Feed [n, channels] at 48 kHz; keeps two levels each 10 ms."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.float32)
        self._levels: list[NDArray[np.float64]] = []

    def feed(self, sound: NDArray[np.float32]) -> None:
        """Listen to more samples; the channels are summed, a pop sounds on all or on one."""
        joined = np.concatenate([self._rest, sound.sum(1)])
        count = len(joined) // STEP_SAMPLES
        steps = joined[: count * STEP_SAMPLES].reshape(count, STEP_SAMPLES)  # (count, 480)
        turn = np.exp(-2j * np.pi * TONE_BIN * np.arange(STEP_SAMPLES) / STEP_SAMPLES)
        tone = 2 * np.abs(steps @ turn.astype(np.complex64)) ** 2 / STEP_SAMPLES**2
        self._levels.append(np.stack([(steps.astype(np.float64) ** 2).mean(1), tone], 1))
        self._rest = joined[count * STEP_SAMPLES :]

    def pops_s(self) -> tuple[float, ...]:
        """Where each lone burst begins, in seconds, to 5 ms."""
        levels = np.concatenate([np.zeros((0, 2)), *self._levels])
        power, tone = levels[:, 0], levels[:, 1]
        floor = 10 ** (LEAST_DB / 10)
        tonal = (tone > floor) & (tone >= TONAL_SHARE * power)
        edges = np.flatnonzero(np.diff(np.pad(tonal.astype(np.int8), 1)))
        pops = []
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            beside = np.concatenate(
                [power[max(start - QUIET_STEPS, 0) : max(start - 2, 0)], power[end + 2 :][:QUIET_STEPS]]
            )
            peak = float(tone[start:end].max())
            quiet = float(beside.max(initial=0.0)) <= peak * 10 ** (-QUIET_BELOW_DB / 10)
            if SHORTEST <= end - start <= LONGEST and quiet:
                pops.append(_start(tone, start, peak))
        return tuple(pops)


def _start(tone: NDArray[np.float64], start: int, peak: float) -> float:
    """The burst fills its first step in part: the root of its power says how much."""
    first = max(start - 1, 0)
    filled = [min(float(np.sqrt(tone[step] / peak)), 1.0) for step in range(first, min(start + 2, len(tone)))]
    for step, share in zip(range(first, first + len(filled)), filled, strict=True):
        if share > 0.15:
            return (step + 1 - share) * STEP_SAMPLES / RATE_HZ
    return start * STEP_SAMPLES / RATE_HZ
