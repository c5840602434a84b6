"""True-peak safety without pumping: peaks by the millisecond, then gain lines that know what comes."""

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d

from vision.loudness_meter import OVERSAMPLING

RATE_HZ = 48_000
BIN_SAMPLES = 48  # 1 ms
SMOOTH_BINS = 40  # look-ahead and release of 20 ms each: shorter is heard as distortion in the bass
MARGIN_DB = 0.15  # true-peak meters differ by about that much in their filters

Peaks = NDArray[np.float32]  # [ms] largest inter-sample magnitude over channels


class PeakBins:
    """Feed blocks; `peaks()` then has the true peak of each millisecond, filter state kept between blocks."""

    def __init__(self, channels: int) -> None:
        self._up = soxr.ResampleStream(RATE_HZ, RATE_HZ * OVERSAMPLING, channels, "float32", "HQ")
        self._channels = channels
        self._rest = np.zeros(0, np.float32)
        self._bins: list[Peaks] = []

    def feed(self, block: NDArray[np.float32], last: bool = False) -> None:
        """Measure [n, channels] more samples; `last` flushes the filter."""
        up = self._up.resample_chunk(np.ascontiguousarray(block, np.float32), last=last)
        loud = np.concatenate([self._rest, np.abs(up).reshape(-1)])  # (n, channels) -> (n * channels,)
        size = BIN_SAMPLES * OVERSAMPLING * self._channels
        if last and len(loud) % size:
            loud = np.concatenate([loud, np.zeros(size - len(loud) % size, np.float32)])
        whole = len(loud) // size
        self._bins.append(
            loud[: whole * size].reshape(whole, size).max(axis=1)
        )  # (ms, 192 * channels) -> (ms,)
        self._rest = loud[whole * size :]

    def peaks(self) -> Peaks:
        """[ms] of what was fed."""
        return np.concatenate(self._bins)


def linear(db: float) -> float:
    """A level in dB as a factor."""
    return float(10.0 ** (db / 20.0))


def score_guard(film: Peaks, score: Peaks, both: Peaks, ceiling: float, least: float) -> Peaks:
    """[ms] factor on the score so that film plus score stays under `ceiling`, or under the film's own peak.

    Only milliseconds whose sum is too loud ask for anything; `least` is as far as the score is lowered.
    The line is smooth, starts before the peak, and is exactly 1 further than 40 ms from any demand.
    """
    limit = np.maximum(film, ceiling)
    room = np.maximum(limit - film, 0.0) / np.maximum(score, 1e-9)
    wanted = np.where(both > limit, np.clip(room, least, 1.0), 1.0)
    return _smooth(wanted.astype(np.float32))


def mix_guard(film: Peaks, score: Peaks, both: Peaks, on_score: Peaks, limit: Peaks) -> Peaks:
    """[ms] factor on the whole mix, where even the lowered score leaves it over `limit` ([ms] too)."""
    bound = np.where(on_score < 1.0, np.minimum(film + on_score * score, np.maximum(both, film)), both)
    return _smooth(np.minimum(1.0, limit / np.maximum(bound, 1e-9)).astype(np.float32))


def where_score_sounds(line: Peaks, score: Peaks) -> Peaks:
    """The line, but 1 where there is no score, and a millisecond round it: that film is not ours to touch."""
    sounds = minimum_filter1d((score > 0.0).astype(np.uint8), 3, mode="nearest")
    return np.where(sounds == 1, line, np.float32(1.0))


def _smooth(wanted: Peaks) -> Peaks:
    if float(wanted.min(initial=1.0)) >= 1.0:
        return np.ones_like(wanted)
    lowest = minimum_filter1d(wanted, 2 * SMOOTH_BINS + 3, mode="nearest").astype(np.float64)
    window = np.hanning(SMOOTH_BINS * 2 + 3)[1:-1]
    padded = np.pad(lowest, SMOOTH_BINS, mode="edge")
    line = np.convolve(padded, window / window.sum(), "valid")
    return np.where(lowest >= 1.0, np.where(line > 1.0 - 1e-9, 1.0, line), line).astype(np.float32)


def samples_of(line: Peaks, start: int, count: int) -> NDArray[np.float32] | None:
    """[count] the line at samples start..start + count, straight between milliseconds; None where it is 1."""
    first, last = start // BIN_SAMPLES - 1, (start + count) // BIN_SAMPLES + 1
    near = line[max(first, 0) : last + 1]
    if not len(near) or float(near.min()) >= 1.0:
        return None
    centres = (np.arange(max(first, 0), max(first, 0) + len(near)) + 0.5) * BIN_SAMPLES
    return np.interp(np.arange(start, start + count), centres, near).astype(np.float32)
