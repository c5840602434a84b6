"""The mixing desk: film and ducked score summed, peaks seen beforehand, written until it is on target."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from render.film_sound import FilmSound
from render.levels import KEEP_PEAK_DBTP, Target, hop_mask
from render.limiter import (
    MARGIN_DB,
    PeakBins,
    Peaks,
    linear,
    mix_guard,
    samples_of,
    score_guard,
    where_score_sounds,
)
from render.score_sound import Score, Sound
from render.wav import RATE_HZ, WavWriter, time_reference, wav_file
from vision.analysis import Analysis
from vision.loudness_meter import (
    SURROUNDS,
    Energies,
    LoudnessMeter,
    TruePeakMeter,
    channel_names,
    channel_weights,
    integrated_lufs,
)
from vision.progress import Progress

SURROUND_DB = -12.0  # the score in the surrounds: width without pulling the ear back
LEAST_SCORE_DB = -6.0  # lower and the score has holes at every door; the rest is taken from the whole mix
CLOSE_ENOUGH_LU = 0.05
MOST_PASSES = 5


def programme_of(analysis: Analysis) -> tuple[float, float]:
    """The programme in seconds; loudness counts inside it only."""
    return analysis.film.programme.start_s, analysis.film.programme.end_s


def upmix(layout: str) -> NDArray[np.float64]:
    """[2, channels] where the stereo score goes: left and right, and low in the surrounds of its side."""
    names = channel_names(layout)
    surround = 10.0 ** (SURROUND_DB / 20.0)
    matrix = np.zeros((2, len(names)))
    for column, name in enumerate(names):
        side = 0 if name.endswith("L") else 1
        if name in ("FL", "FR"):
            matrix[side, column] = 1.0
        elif name in SURROUNDS and name[-1] in "LR":
            matrix[side, column] = surround
    return matrix


@dataclass(frozen=True)
class Mixed:
    loudness_lufs: float | None
    dialogue_lufs: float | None
    peak_dbtp: float
    gain_db: float
    score_limit_db: float
    mix_limit_db: float


class Desk:
    """Film sound, score and target: measures peaks once, then writes the mix until it is on target."""

    def __init__(self, film: FilmSound, score: Score, analysis: Analysis, target: Target | None) -> None:
        self._film, self._score, self._analysis, self._target = film, score, analysis, target
        self._upmix = upmix(film.layout)
        self._weights = channel_weights(film.layout)

    def write(
        self, path: Path, inherited_gain_db: float | None, progress: Progress, music: Path | None = None
    ) -> Mixed:
        """Write the mix, and where `music` is given the score alone as it plays there: duck, gain and guards.

        inherited_gain_db: the static gain to apply; None: the one that meets the target.
        """
        peaks, energies = self._rehearse()
        gain_db = inherited_gain_db
        if gain_db is None:
            gain_db = self._gain_to_target(energies)
        for attempt in range(MOST_PASSES):
            mixed = self._write_once(path, music, peaks, round(gain_db, 3))
            progress((attempt + 1) / MOST_PASSES)
            off = self._off_target(mixed)
            if inherited_gain_db is not None or abs(off) <= CLOSE_ENOUGH_LU:
                break
            gain_db -= off
        return mixed

    def _blocks(self) -> Iterator[tuple[int, Sound, NDArray[np.float64]]]:
        """(start, film, score in the mix's channels) at unity, [n, channels] each."""
        start = 0
        for film in self._film.blocks():
            _, ducked = self._score.block(start, len(film))
            yield start, film, ducked @ self._upmix
            start += len(film)

    def _rehearse(self) -> tuple[tuple[Peaks, Peaks, Peaks], Energies]:
        """True peaks by the millisecond of film, score and both, and the sum's loudness energies."""
        bins = [PeakBins(self._film.channels) for _ in range(3)]
        meter = LoudnessMeter(RATE_HZ, self._weights)
        for _, film, score in self._blocks():
            both = (film + score).astype(np.float32)
            meter.feed(both)
            for each, sound in zip(bins, (film, score.astype(np.float32), both), strict=True):
                each.feed(sound)
        for each in bins:
            each.feed(np.zeros((0, self._film.channels), np.float32), last=True)
        film_peaks, score_peaks, both_peaks = (each.peaks() for each in bins)
        return (film_peaks, score_peaks, both_peaks), meter.energies()

    def _gain_to_target(self, energies: Energies) -> float:
        loudness = self._judged(energies)
        return 0.0 if self._target is None or loudness is None else self._target.lufs - loudness

    def _judged(self, energies: Energies) -> float | None:
        """The loudness that the target speaks of: of the programme, or of its dialogue."""
        if self._target is not None and self._target.dialogue:
            return self._dialogue(energies)
        return integrated_lufs(energies, hop_mask([programme_of(self._analysis)], len(energies)))

    def _dialogue(self, energies: Energies) -> float | None:
        spans = [(span.start_s, span.end_s) for span in self._analysis.sound.speech]
        inside = hop_mask([programme_of(self._analysis)], len(energies))
        return integrated_lufs(energies, hop_mask(spans, len(energies)) & inside)

    def _off_target(self, mixed: Mixed) -> float:
        if self._target is None:
            return 0.0
        measured = mixed.dialogue_lufs if self._target.dialogue else mixed.loudness_lufs
        return 0.0 if measured is None else measured - self._target.lufs

    def _write_once(
        self, path: Path, music: Path | None, peaks: tuple[Peaks, Peaks, Peaks], gain_db: float
    ) -> Mixed:
        gain = linear(gain_db)
        on_score, on_all = self._guards(peaks, gain)
        meter = LoudnessMeter(RATE_HZ, self._weights)
        peak = TruePeakMeter(RATE_HZ, self._film.channels)
        with ExitStack() as stack:
            wav = stack.enter_context(self._wav(path))
            alone = None if music is None else stack.enter_context(self._wav(music))
            for start, film, score in self._blocks():
                block = _limited(film, score, gain, on_score, on_all, start)
                wav.write(block)
                if alone is not None:
                    alone.write(_limited(np.zeros_like(film), score, gain, on_score, on_all, start))
                written = np.clip(block, -1.0, 1.0).astype(np.float32)
                meter.feed(written)
                peak.feed(written)
        peak.feed(np.zeros((0, self._film.channels), np.float32), last=True)
        energies = meter.energies()
        return Mixed(
            integrated_lufs(energies, hop_mask([programme_of(self._analysis)], len(energies))),
            self._dialogue(energies),
            peak.peak_dbtp(),
            gain_db,
            _deepest_db(on_score),
            _deepest_db(on_all),
        )

    def _wav(self, path: Path) -> AbstractContextManager[WavWriter]:
        film = self._analysis.film
        return wav_file(path, film.length_samples, self._film.layout, "pcm24", time_reference(film))

    def _guards(self, peaks: tuple[Peaks, Peaks, Peaks], gain: float) -> tuple[Peaks, Peaks]:
        """[ms] factors on the score, then on everything.

        Under `keep` the mix may peak as high as the film itself does, and film without score stays as it is.
        """
        film, score, _ = peaks
        ceiling_dbtp = self._target.peak_dbtp if self._target else KEEP_PEAK_DBTP
        ceiling = linear(ceiling_dbtp - MARGIN_DB) / gain
        on_score = score_guard(*peaks, ceiling, linear(LEAST_SCORE_DB))
        if self._target is None:
            on_all = mix_guard(*peaks, on_score, np.maximum(film, np.float32(ceiling)))
            return on_score, where_score_sounds(on_all, score)
        return on_score, mix_guard(*peaks, on_score, np.full_like(film, ceiling))


def _limited(
    film: Sound, score: NDArray[np.float64], gain: float, on_score: Peaks, on_all: Peaks, start: int
) -> NDArray[np.float64]:
    """[n, channels] the finished block; where nothing acts, the film's samples as they are."""
    lowered = samples_of(on_score, start, len(film))
    block: NDArray[np.float64] = film + (score if lowered is None else score * lowered[:, None])
    if gain != 1.0:
        block = block * gain
    guarded = samples_of(on_all, start, len(film))
    return block if guarded is None else block * guarded[:, None]


def _deepest_db(line: Peaks) -> float:
    return round(20.0 * float(np.log10(line.min(initial=1.0))), 2)
