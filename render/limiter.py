"""True-peak safety without pumping: peaks by the millisecond, then gain lines that know what comes."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d

from vision.true_peak import HEADROOM, PeakReader, Peaks

RATE_HZ = 48_000
BIN_SAMPLES = 48  # 1 ms
SMOOTH_BINS = 40  # look-ahead and release of 20 ms each: shorter is heard as distortion in the bass
# True-peak meters differ in their filters: of noise up to half the rate, limited with a margin of .15 in 5.1,
# ffmpeg's read .45 dB more than the limit.
MARGIN_DB = 0.5

Sound = NDArray[np.float32]  # [n, channels]


class PeakBins:
    """Peaks of film, score and both by the millisecond: feed blocks, then `peaks()`.

    True peaks wherever film or both may come near `from_level`, those of the samples elsewhere.
    """

    def __init__(self, channels: int, from_level: float) -> None:
        self.from_level = from_level
        self._reader = PeakReader(RATE_HZ, 3 * channels)
        self._channels = channels
        self._bins: list[NDArray[np.float32]] = []

    def feed(self, film: Sound, score: Sound, last: bool = False) -> None:
        """Measure [n, channels] more samples of each; `last` completes the measurement."""
        window = self._reader.feed(np.concatenate([film, score, film + score], axis=1), last)
        peaks = window.sample_peaks()
        sounds = peaks.reshape(len(peaks), 3, self._channels)  # (ms, 3 x channels) -> (ms, 3, channels)
        near = np.maximum(sounds[:, 0], sounds[:, 2]).max(axis=1, initial=0.0) * HEADROOM > self.from_level
        window.raise_where(near, peaks)
        self._bins.append(peaks.reshape(len(peaks), 3, self._channels).max(axis=2))

    def peaks(self) -> tuple[Peaks, Peaks, Peaks]:
        """[ms] of film, score and both, over channels."""
        film, score, both = np.concatenate(self._bins).T
        return film, score, both


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


def peak_guard(peaks: Peaks, ceiling: float) -> Peaks:
    """[ms] factor on a sound of these peaks that keeps it under `ceiling`, smooth and known beforehand."""
    return _smooth(np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9)).astype(np.float32))


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
