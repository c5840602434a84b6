"""Score and film together: score.wav, stems and mix.wav, each of exactly the film's length."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from composer.spotting import Spotting
from render.duck import DuckPoint, film_curve
from render.film_sound import FilmSound, film_sound
from render.levels import (
    KEEP_PEAK_DBTP,
    CueLevel,
    FilmLevels,
    Target,
    film_levels,
    hop_mask,
    place_cue,
    target_for,
)
from render.limiter import MARGIN_DB, PeakBins, Peaks, linear, mix_guard, samples_of, score_guard
from render.score_sound import Score, Sound, cue_energies, cue_sounds
from render.settings import LoudnessTarget, RenderSettings
from render.stems import open_stem
from render.wav import wav_file
from vision.analysis import Analysis, TrackRole
from vision.artifact import Artifact
from vision.curves import Curves
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

RATE_HZ = 48_000
SURROUND_DB = -12.0  # the score in the surrounds: width without pulling the ear back
LEAST_SCORE_DB = -15.0  # further than that the score would vanish under an effect
CLOSE_ENOUGH_LU = 0.05
MOST_PASSES = 5
STEMS_UP_TO_S = 15 * 60


class MixFacts(Artifact):
    """Levels as measured on what was written. Duck lines are corners, straight in dB, one line a cue.

    static_gain_db was applied to everything in mix.wav (0 under keep); score.wav and stems are without it.
    score_limit_db and mix_limit_db: the deepest the safety limiters went.
    """

    target: LoudnessTarget
    target_lufs: float | None
    layout: str
    film: FilmLevels
    loudness_lufs: float | None
    dialogue_lufs: float | None
    peak_dbtp: float
    score_lufs: float | None
    score_peak_dbtp: float
    static_gain_db: float
    score_limit_db: float
    mix_limit_db: float
    cues: tuple[CueLevel, ...]
    duck: tuple[tuple[DuckPoint, ...], ...]
    stems: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def duck_arrays(facts: MixFacts, duration_s: float) -> dict[str, NDArray[np.float32] | NDArray[np.float64]]:
    """duck_time_s and duck_db every 10 ms: what joins the film's curves in curves.npz."""
    times, db = film_curve(facts.duck, duration_s)
    return {"duck_time_s": times, "duck_db": db}


def mix_film(
    film_path: Path,
    analysis: Analysis,
    curves: Curves,
    spotting: Spotting,
    cue_dirs: Mapping[str, Path],
    settings: RenderSettings,
    out_dir: Path,
    progress: Progress,
    without: frozenset[TrackRole] = frozenset(),
    static_gain_db: float | None = None,
) -> MixFacts:
    """Write out_dir/score.wav, mix.wav and stems/ROLE.wav; returns what was measured on them.

    cue_dirs: folder of each cue's ROLE.wav by cue uid.  without: track roles of the film left out.
    static_gain_db: a gain recorded before, inherited so that what did not change stays equal.
    A cue's gain and duck come from its own sound and the film's, so another take of it changes no sample
    outside its span (under a target: none where the static gain is inherited).
    """
    film = film_sound(film_path, analysis.film, without)
    base = _measure_film(film, analysis)
    score, levels = _place_score(film, base, analysis, spotting, cue_dirs)
    progress(0.2)
    stems = _write_score(score, film, analysis, settings, out_dir)
    progress(0.4)
    target = target_for(settings.loudness, analysis.sound.speech_share)
    desk = _Desk(film, score, analysis, target)
    mixed = desk.write(out_dir / "mix.wav", static_gain_db, lambda share: progress(0.4 + 0.6 * share))
    progress(1.0)
    return MixFacts(
        target=settings.loudness,
        target_lufs=target.lufs if target else None,
        layout=film.layout,
        film=base,
        loudness_lufs=_rounded(mixed.loudness_lufs),
        dialogue_lufs=_rounded(mixed.dialogue_lufs),
        peak_dbtp=round(mixed.peak_dbtp, 2),
        score_lufs=_rounded(stems.loudness_lufs),
        score_peak_dbtp=round(stems.peak_dbtp, 2),
        static_gain_db=mixed.gain_db,
        score_limit_db=mixed.score_limit_db,
        mix_limit_db=mixed.mix_limit_db,
        cues=levels,
        duck=tuple(placed.line for placed in score.placed),
        stems=stems.names,
        warnings=_warnings(mixed, target, analysis),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _measure_film(film: FilmSound, analysis: Analysis) -> FilmLevels:
    meter = LoudnessMeter(RATE_HZ, channel_weights(film.layout))
    for block in film.blocks():
        meter.feed(block)
    return film_levels(meter.energies(), analysis.sound.speech, _programme(analysis))


def _programme(analysis: Analysis) -> tuple[float, float]:
    return analysis.film.programme.start_s, analysis.film.programme.end_s


def _place_score(
    film: FilmSound, base: FilmLevels, analysis: Analysis, spotting: Spotting, cue_dirs: Mapping[str, Path]
) -> tuple[Score, tuple[CueLevel, ...]]:
    length = analysis.film.length_samples
    sounds = cue_sounds(spotting.cues, cue_dirs, length, analysis.film.programme.end_s)
    added_lu = 10.0 * float(np.log10(((upmix(film.layout) ** 2) @ channel_weights(film.layout)).mean()))
    placed = [place_cue(s, cue_energies(s), base, analysis.sound.speech, added_lu) for s in sounds]
    return Score(sounds, tuple(p for p, _ in placed)), tuple(level for _, level in placed)


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
class _ScoreWritten:
    names: tuple[str, ...]
    loudness_lufs: float | None
    peak_dbtp: float


def _write_score(
    score: Score, film: FilmSound, analysis: Analysis, settings: RenderSettings, out_dir: Path
) -> _ScoreWritten:
    """score.wav and, up to 15 minutes or when asked for, film-long stems that sum to it exactly."""
    length = analysis.film.length_samples
    whole = settings.full_length_stems
    wanted = whole if whole is not None else analysis.film.duration_s <= STEMS_UP_TO_S
    roles = score.roles() if wanted else ()
    meter, peak = LoudnessMeter(RATE_HZ, (1.0, 1.0)), TruePeakMeter(RATE_HZ, 2)
    with ExitStack() as stack:
        wav = stack.enter_context(wav_file(out_dir / "score.wav", length, "stereo", "pcm24"))
        stems = {
            r: stack.enter_context(open_stem(out_dir / "stems", r, length, settings.stem_format))
            for r in roles
        }
        for start, count in _spans(length):
            by_role, _ = score.block(start, count)
            total: Sound = sum(by_role.values(), np.zeros((count, 2))).astype(np.float32)
            wav.write(sum(by_role.values(), np.zeros((count, 2))))
            for role, stem in stems.items():
                stem.write(by_role[role])
            meter.feed(total)
            peak.feed(total)
    peak.feed(np.zeros((0, 2), np.float32), last=True)
    names = tuple(f"{role}.{settings.stem_format}" for role in roles)
    return _ScoreWritten(names, integrated_lufs(meter.energies()), peak.peak_dbtp())


def _spans(length: int) -> Iterator[tuple[int, int]]:
    step = RATE_HZ // 2
    for start in range(0, length, step):
        yield start, min(step, length - start)


@dataclass(frozen=True)
class _Mixed:
    loudness_lufs: float | None
    dialogue_lufs: float | None
    peak_dbtp: float
    gain_db: float
    score_limit_db: float
    mix_limit_db: float


class _Desk:
    """Film sound, score and target: measures peaks once, then writes the mix until it is on target."""

    def __init__(self, film: FilmSound, score: Score, analysis: Analysis, target: Target | None) -> None:
        self._film, self._score, self._analysis, self._target = film, score, analysis, target
        self._upmix = upmix(film.layout)
        self._weights = channel_weights(film.layout)

    def write(self, path: Path, inherited_gain_db: float | None, progress: Progress) -> _Mixed:
        peaks, energies = self._rehearse()
        gain_db = inherited_gain_db
        if gain_db is None:
            gain_db = self._gain_to_target(energies)
        for attempt in range(MOST_PASSES):
            mixed = self._write_once(path, peaks, round(gain_db, 3))
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
        return integrated_lufs(energies, hop_mask([_programme(self._analysis)], len(energies)))

    def _dialogue(self, energies: Energies) -> float | None:
        spans = [(span.start_s, span.end_s) for span in self._analysis.sound.speech]
        inside = hop_mask([_programme(self._analysis)], len(energies))
        return integrated_lufs(energies, hop_mask(spans, len(energies)) & inside)

    def _off_target(self, mixed: _Mixed) -> float:
        if self._target is None:
            return 0.0
        measured = mixed.dialogue_lufs if self._target.dialogue else mixed.loudness_lufs
        return 0.0 if measured is None else measured - self._target.lufs

    def _write_once(self, path: Path, peaks: tuple[Peaks, Peaks, Peaks], gain_db: float) -> _Mixed:
        gain = linear(gain_db)
        on_score, on_all = self._guards(peaks, gain)
        meter = LoudnessMeter(RATE_HZ, self._weights)
        peak = TruePeakMeter(RATE_HZ, self._film.channels)
        length = self._analysis.film.length_samples
        with wav_file(path, length, self._film.layout, "pcm24") as wav:
            for start, film, score in self._blocks():
                block = _limited(film, score, gain, on_score, on_all, start)
                wav.write(block)
                written = np.clip(block, -1.0, 1.0).astype(np.float32)
                meter.feed(written)
                peak.feed(written)
        peak.feed(np.zeros((0, self._film.channels), np.float32), last=True)
        energies = meter.energies()
        return _Mixed(
            integrated_lufs(energies, hop_mask([_programme(self._analysis)], len(energies))),
            self._dialogue(energies),
            peak.peak_dbtp(),
            gain_db,
            _deepest_db(on_score),
            _deepest_db(on_all),
        )

    def _guards(self, peaks: tuple[Peaks, Peaks, Peaks], gain: float) -> tuple[Peaks, Peaks]:
        ceiling_dbtp = self._target.peak_dbtp if self._target else KEEP_PEAK_DBTP
        ceiling = linear(ceiling_dbtp - MARGIN_DB) / gain
        on_score = score_guard(*peaks, ceiling, linear(LEAST_SCORE_DB))
        if self._target is None:
            return on_score, np.ones_like(on_score)
        return on_score, mix_guard(*peaks, on_score, ceiling)


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


def _warnings(mixed: _Mixed, target: Target | None, analysis: Analysis) -> tuple[str, ...]:
    found = []
    if target is not None:
        judged = mixed.dialogue_lufs if target.dialogue else mixed.loudness_lufs
        if judged is not None and abs(judged - target.lufs) > target.tolerance_lu:
            found.append(f"the mix measures {judged:.1f} LUFS, the target is {target.lufs:.0f}")
        if target.dialogue:
            found.append(
                "dialogue loudness is gated by a speech detector, an approximation of Dialogue Intelligence"
            )
    if target is None and mixed.peak_dbtp > 0.0:
        found.append(f"the film's own sound peaks at {mixed.peak_dbtp:.1f} dBTP and was left as it is")
    return tuple(found)
