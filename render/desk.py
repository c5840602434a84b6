"""The mixing desk: film and ducked score summed, peaks seen beforehand, written until it is on target."""

from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from render.film_sound import FilmSound
from render.levels import KEEP_PEAK_DBTP, FilmLevels, Target, hop_mask
from render.limiter import (
    MARGIN_DB,
    PeakBins,
    linear,
    mix_guard,
    samples_of,
    score_guard,
    where_score_sounds,
)
from render.score_files import ScoreFiles
from render.score_sound import Score, Sound
from render.wav import RATE_HZ, WavWriter, time_reference, wav_file
from vision.analysis import Analysis
from vision.loudness_meter import (
    SURROUNDS,
    Energies,
    LoudnessMeter,
    channel_names,
    channel_weights,
    integrated_lufs,
)
from vision.progress import Progress
from vision.true_peak import Peaks, TruePeakMeter

SURROUND_DB = -12.0  # the score in the surrounds: width without pulling the ear back
LEAST_SCORE_DB = -6.0  # lower and the score has holes at every door; the rest is taken from the whole mix
CLOSE_ENOUGH_LU = 0.05
MOST_PASSES = 5
GUESS_DB = 3.0  # the score lifts a film's loudness by 1 or 2 LU, so its gain is seldom higher than guessed


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
    """Film sound, score and target: rehearsed once, then written until the mix is on target."""

    def __init__(
        self, film: FilmSound, score: Score, analysis: Analysis, target: Target | None, levels: FilmLevels
    ) -> None:
        self._film, self._score, self._analysis, self._target = film, score, analysis, target
        self._levels = levels
        self._upmix = upmix(film.layout)
        self._weights = channel_weights(film.layout)

    def rehearse(self, files: ScoreFiles, inherited_gain_db: float | None) -> None:
        """Play film and score once: the score's own files are written, peaks and loudness found.

        inherited_gain_db: the static gain to apply; None: the one that meets the target.
        """
        self._inherited_db = inherited_gain_db
        guess_db = inherited_gain_db if inherited_gain_db is not None else self._guess_db()
        self._peaks, energies = self._play(guess_db, files)
        self._gain_db = guess_db
        if inherited_gain_db is None:
            self._gain_db = self._gain_to_target(energies)
            if self._gain_db > guess_db + GUESS_DB:  # peaks that matter now were not looked at closely
                self._peaks, _ = self._play(self._gain_db, None)

    def write(self, path: Path, progress: Progress, music: Path | None = None) -> Mixed:
        """Write the mix, and where `music` is given the score alone as it plays there, duck and all."""
        gain_db = self._gain_db
        for attempt in range(MOST_PASSES):
            mixed = self._write_once(path, music, round(gain_db, 3))
            progress((attempt + 1) / MOST_PASSES)
            off = self._off_target(mixed)
            if self._inherited_db is not None or abs(off) <= CLOSE_ENOUGH_LU:
                break
            gain_db -= off
        return mixed

    def _guess_db(self) -> float:
        """The gain that a target will want, by the film's own loudness; 0 where nothing tells."""
        target, film = self._target, self._levels
        known = film.speech_lufs if target is not None and target.dialogue else film.loudness_lufs
        return 0.0 if target is None or known is None else target.lufs - known

    def _ceiling(self, gain_db: float) -> float:
        """The highest true peak before the static gain."""
        ceiling_dbtp = self._target.peak_dbtp if self._target else KEEP_PEAK_DBTP
        return linear(ceiling_dbtp - MARGIN_DB) / linear(gain_db)

    def _play(self, gain_db: float, files: ScoreFiles | None) -> tuple[tuple[Peaks, Peaks, Peaks], Energies]:
        """True peaks by the millisecond of film, score and both, and the sum's loudness energies."""
        bins = PeakBins(self._film.channels, self._ceiling(gain_db + GUESS_DB))
        meter, start = LoudnessMeter(RATE_HZ, self._weights), 0
        for film in self._film.blocks():
            by_role, ducked = self._score.block(start, len(film))
            if files is not None:
                files.write(by_role, len(film))
            score = (ducked @ self._upmix).astype(np.float32)
            if self._target is not None:
                meter.feed(film + score)
            bins.feed(film, score)
            start += len(film)
        silence = np.zeros((0, self._film.channels), np.float32)
        bins.feed(silence, silence, last=True)
        return bins.peaks(), meter.energies()

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

    def _write_once(self, path: Path, music: Path | None, gain_db: float) -> Mixed:
        gain = linear(gain_db)
        on_score, on_all = self._guards(gain_db)
        meter = LoudnessMeter(RATE_HZ, self._weights)
        peak = TruePeakMeter(RATE_HZ, self._film.channels)
        with ExitStack() as stack:
            wav = stack.enter_context(self._wav(path))
            alone = None if music is None else stack.enter_context(self._wav(music))
            start = 0
            for film in self._film.blocks():
                score = self._score.ducked(start, len(film)) @ self._upmix
                block = _limited(film, score, gain, on_score, on_all, start)
                wav.write(block)
                if alone is not None:
                    alone.write(_limited(np.zeros_like(film), score, gain, on_score, on_all, start))
                written = np.clip(block, -1.0, 1.0).astype(np.float32)
                meter.feed(written)
                peak.feed(written)
                start += len(film)
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

    def _guards(self, gain_db: float) -> tuple[Peaks, Peaks]:
        """[ms] factors on the score, then on everything.

        Under `keep` the mix may peak as high as the film itself does, and film without score stays as it is.
        """
        film, score, _ = self._peaks
        ceiling = self._ceiling(gain_db)
        on_score = score_guard(*self._peaks, ceiling, linear(LEAST_SCORE_DB))
        if self._target is None:
            on_all = mix_guard(*self._peaks, on_score, np.maximum(film, np.float32(ceiling)))
            return on_score, where_score_sounds(on_all, score)
        return on_score, mix_guard(*self._peaks, on_score, np.full_like(film, ceiling))


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
