"""What a half second sounds like, in numbers that a musician can check: level, steadiness, pitch, onsets."""

from dataclasses import dataclass

import librosa
import numpy as np
from numpy.typing import NDArray

from vision.speech import SPEECH_RATE_HZ

FRAME_SAMPLES = 2048
"""128 ms: partials a semitone apart separate from 140 Hz upwards."""
HOP_SAMPLES = 800
"""50 ms: an onset is told from the next at 300 beats a minute."""
FRAMES_PER_ROW = 10
LOWEST_HZ, HIGHEST_HZ = 110.0, 5000.0
CENTS_PER_BIN = 20
BINS_PER_OCTAVE = 1200 // CENTS_PER_BIN
FLOOR_DB = 10.0
"""A peak counts from 10 dB above its neighbourhood: white noise puts one bin in 50 there."""
STEADY_FRAMES = 4
"""A note holds its pitch within a bin over 200 ms; partials of speech glide 100 cents in that time."""

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class SoundRows:
    """One row each half second. level_db: RMS of full scale.  flatness: 0 (tone) to 1 (noise).

    steady: share of peak weight that holds its pitch for 200 ms.  tonal: mean peak weight in dB a frame.
    pitches: [N, 60] weight of steady peaks by pitch class in steps of 20 cents.
    onsets: [N, 10] rise of the spectrum from frame to frame in dB (mean over bands), every 50 ms.
    """

    level_db: Rows
    flatness: Rows
    steady: Rows
    tonal: Rows
    pitches: Rows
    onsets: Rows


class FeatureListener:
    """Feed 16 kHz mono in pieces of any size, then read `rows(N)`."""

    def __init__(self) -> None:
        hertz = np.arange(FRAME_SAMPLES // 2 + 1) * SPEECH_RATE_HZ / FRAME_SAMPLES
        self._low, self._high = np.searchsorted(hertz, (LOWEST_HZ, HIGHEST_HZ))
        self._bands = _band_matrix(hertz)
        self._sound = np.zeros(FRAME_SAMPLES // 2, np.float32)  # frame k is centred on sample k * hop
        self._peaks = np.zeros((0, _bins()), np.float32)
        self._last_bands = np.full((1, self._bands.shape[1]), -100.0, np.float32)
        self._frames: list[NDArray[np.float32]] = []
        self._onsets: list[NDArray[np.float32]] = []
        self._pitches: list[NDArray[np.float32]] = []
        self._steady: list[NDArray[np.float32]] = []
        self._open_row = np.zeros((0, BINS_PER_OCTAVE), np.float32)

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Listen to [n] more samples."""
        self._sound = np.concatenate([self._sound, samples])
        count = (len(self._sound) - FRAME_SAMPLES) // HOP_SAMPLES + 1
        if count < 1:
            return
        self._measure(self._sound[: (count - 1) * HOP_SAMPLES + FRAME_SAMPLES])
        self._sound = self._sound[count * HOP_SAMPLES :].copy()

    def _measure(self, sound: NDArray[np.float32]) -> None:
        """Measure the [F] whole frames of `sound`.

        Transform and flatness are librosa's, in calls that compile nothing: its beat tracker took 28 s at its
        first call, which is why beats are found without it.
        """
        spectrum = librosa.stft(sound, n_fft=FRAME_SAMPLES, hop_length=HOP_SAMPLES, center=False)
        power = np.abs(spectrum.T) ** 2  # (F, 1025)
        middle = librosa.util.frame(sound, frame_length=FRAME_SAMPLES, hop_length=HOP_SAMPLES)[512:1536]
        level = 10 * np.log10((middle**2).mean(0) + 1e-12)
        heard = power[:, self._low : self._high].T
        flatness = librosa.feature.spectral_flatness(S=heard, amin=1e-9, power=1.0)[0]
        self._frames.append(np.stack([level, flatness], 1).astype(np.float32))
        self._find_onsets(power)
        self._find_steady(_peak_map(10 * np.log10(power + 1e-9), self._low, self._high))

    def _find_onsets(self, power: NDArray[np.float32]) -> None:
        bands = 10 * np.log10(power @ self._bands + 1e-4)  # (F, bands); the floor hides hiss
        before = np.concatenate([self._last_bands, bands[:-1]])
        self._last_bands = bands[-1:]
        self._onsets.append(np.maximum(bands - before, 0.0).mean(1).astype(np.float32))

    def _find_steady(self, peaks: NDArray[np.float32]) -> None:
        known = np.concatenate([self._peaks, peaks])
        count = len(known) - STEADY_FRAMES
        if count > 0:
            wide = np.maximum(known, np.maximum(np.roll(known, 1, 1), np.roll(known, -1, 1)))
            held = np.min([wide[k : k + count] for k in range(STEADY_FRAMES + 1)], axis=0)
            weight = np.where(held > 0, known[:count], 0.0)
            self._steady.append(np.stack([weight.sum(1), known[:count].sum(1)], 1))
            self._sum_rows(weight.reshape(count, -1, BINS_PER_OCTAVE).sum(1))
            known = known[count:]
        self._peaks = known

    def _sum_rows(self, pitches: NDArray[np.float32]) -> None:
        """Keep pitches by half second only: by frame they would be the largest thing in memory."""
        known = np.concatenate([self._open_row, pitches])
        count = len(known) // FRAMES_PER_ROW
        done = known[: count * FRAMES_PER_ROW]
        self._pitches.append(
            done.reshape(count, FRAMES_PER_ROW, BINS_PER_OCTAVE).sum(1)
        )  # (rows, 10, 60) -> (rows, 60)
        self._open_row = known[count * FRAMES_PER_ROW :]

    def rows(self, count: int) -> SoundRows:
        """[count] rows; the end is heard with silence behind it."""
        self.feed(np.zeros(FRAME_SAMPLES + HOP_SAMPLES * (STEADY_FRAMES + FRAMES_PER_ROW), np.float32))
        frames = _by_row(self._frames, count)  # (N, 10, 2)
        steady = _by_row(self._steady, count).sum(1)  # (N, 2)
        return SoundRows(
            level_db=10 * np.log10((10 ** (frames[:, :, 0] / 10)).mean(1)),
            flatness=np.median(frames[:, :, 1], 1),
            steady=steady[:, 0] / np.maximum(steady[:, 1], 1e-6),
            tonal=steady[:, 1] / FRAMES_PER_ROW,
            pitches=_exactly(np.concatenate(self._pitches), count),
            onsets=_by_row([part[:, None] for part in self._onsets], count)[:, :, 0],
        )


def _exactly(rows: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    return np.pad(rows[:count], ((0, max(0, count - len(rows))), (0, 0)))


def _by_row(parts: list[NDArray[np.float32]], count: int) -> NDArray[np.float32]:
    joined = np.concatenate(parts)[: count * FRAMES_PER_ROW]
    padded = np.pad(joined, ((0, count * FRAMES_PER_ROW - len(joined)), (0, 0)), mode="edge")
    return np.asarray(padded.reshape(count, FRAMES_PER_ROW, -1), np.float32)  # (N, 10, D)


def _bins() -> int:
    octaves = int(np.ceil(np.log2(HIGHEST_HZ / LOWEST_HZ)))
    return octaves * BINS_PER_OCTAVE


def _band_matrix(hertz: NDArray[np.float64]) -> NDArray[np.float32]:
    edges = np.geomspace(60.0, 7000.0, 25)
    inside = (hertz[:, None] >= edges[:-1]) & (hertz[:, None] < edges[1:])  # (1025, 24)
    used = inside[:, inside.any(0)]
    return np.asarray(used / used.sum(0), np.float32)


def _peak_map(level_db: NDArray[np.float32], low: int, high: int) -> NDArray[np.float32]:
    """[F, bins] how far each spectral peak stands above its neighbourhood, 0 elsewhere."""
    middle = level_db[:, low:high]
    left, right = level_db[:, low - 1 : high - 1], level_db[:, low + 1 : high + 1]
    floor = _local_floor(level_db)[:, low:high]
    above = np.where((middle > left) & (middle >= right), middle - floor, 0.0)
    frame, column = np.nonzero((above > FLOOR_DB) & (middle > -30.0))
    a, b, c = left[frame, column], middle[frame, column], right[frame, column]
    shift = 0.5 * (a - c) / np.minimum(a - 2 * b + c, -1e-6)  # parabola through three points in dB
    hertz = (column + low + shift) * SPEECH_RATE_HZ / FRAME_SAMPLES
    bins = np.round(np.log2(hertz / LOWEST_HZ) * BINS_PER_OCTAVE).astype(np.int64) % _bins()
    peaks = np.zeros((len(level_db), _bins()), np.float32)
    np.maximum.at(peaks, (frame, bins), np.minimum(above[frame, column], 40.0) - FLOOR_DB)
    return peaks


def _local_floor(level_db: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean level in dB over 31 bins (240 Hz) round each bin."""
    padded = np.pad(level_db, ((0, 0), (16, 15)), mode="edge")
    total = np.cumsum(padded, axis=1, dtype=np.float64)
    return ((total[:, 31:] - total[:, :-31]) / 31).astype(np.float32)
