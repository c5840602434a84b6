"""Score and film together: score.wav, stems and mix.wav, each of exactly the film's length."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from composer.spotting import Spotting
from render.cue_stems import CueStems, write_cue_stems
from render.desk import Desk, Mixed, programme_of, upmix
from render.duck import DuckPoint, film_curve
from render.film_sound import FilmSound, film_sound
from render.levels import (
    CueLevel,
    FilmLevels,
    Target,
    film_levels,
    place_cue,
    target_for,
)
from render.score_files import score_files, stem_roles
from render.score_sound import Score, cue_sounds, measure_cue
from render.settings import LoudnessTarget, RenderSettings
from vision.analysis import Analysis, TrackRole
from vision.artifact import Artifact
from vision.curves import Curves
from vision.loudness_meter import (
    LoudnessMeter,
    channel_weights,
)
from vision.progress import Progress

RATE_HZ = 48_000


class MixFacts(Artifact):
    """Levels as measured on what was written. Duck lines are corners, straight in dB, one line a cue.

    static_gain_db was applied to everything in mix.wav (0 under keep); score.wav and stems are without it.
    score_limit_db and mix_limit_db: the deepest the safety limiters went.
    stems: film-long files below stems/; where there are none, cue_stems holds each cue's own by its uid.
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
    cue_stems: dict[str, CueStems] = {}
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
    leads: Mapping[str, int] | None = None,
) -> MixFacts:
    """Write out_dir/score.wav, mix.wav, stems/ and, if asked for, mx.wav; returns what was measured.

    stems/ holds ROLE.wav of the film's length or, beyond 15 minutes and where asked for, CUE_ID/ROLE.wav;
    leads: samples of silence in front of those by cue uid.

    cue_dirs: folder of each cue's ROLE.wav by cue uid.  without: track roles of the film left out.
    static_gain_db: a gain recorded before, inherited so that what did not change stays equal.
    A cue's gain and duck come from its own sound and the film's, so another take of it changes no sample
    outside its span (under a target: none where the static gain is inherited).
    """
    film = film_sound(film_path, analysis.film, without)
    base = _measure_film(film, analysis)
    score, levels = _place_score(film, base, analysis, spotting, cue_dirs)
    progress(0.2)
    target = target_for(settings.loudness, analysis.sound.speech_share)
    desk = Desk(film, score, analysis, target, base)
    roles = stem_roles(score.roles(), analysis.film, settings)
    with score_files(out_dir, roles, analysis.film, settings) as files:
        desk.rehearse(files, static_gain_db)
    score_lufs, score_peak_dbtp = files.measured()
    cue_stems = (
        {}
        if roles
        else write_cue_stems(score, leads or {}, out_dir / "stems", analysis.film, settings.stem_format)
    )
    progress(0.5)
    music = out_dir / "mx.wav" if settings.mx else None
    mixed = desk.write(out_dir / "mix.wav", lambda share: progress(0.5 + 0.5 * share), music)
    progress(1.0)
    return MixFacts(
        target=settings.loudness,
        target_lufs=target.lufs if target else None,
        layout=film.layout,
        film=base,
        loudness_lufs=_rounded(mixed.loudness_lufs),
        dialogue_lufs=_rounded(mixed.dialogue_lufs),
        peak_dbtp=round(mixed.peak_dbtp, 2),
        score_lufs=_rounded(score_lufs),
        score_peak_dbtp=round(score_peak_dbtp, 2),
        static_gain_db=mixed.gain_db,
        score_limit_db=mixed.score_limit_db,
        mix_limit_db=mixed.mix_limit_db,
        cues=levels,
        duck=tuple(placed.line for placed in score.placed),
        stems=tuple(f"{role}.{settings.stem_format}" for role in roles),
        cue_stems=cue_stems,
        warnings=_warnings(mixed, target),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _measure_film(film: FilmSound, analysis: Analysis) -> FilmLevels:
    meter = LoudnessMeter(RATE_HZ, channel_weights(film.layout))
    for block in film.blocks():
        meter.feed(block)
    return film_levels(meter.energies(), analysis.sound.speech, programme_of(analysis))


def _place_score(
    film: FilmSound, base: FilmLevels, analysis: Analysis, spotting: Spotting, cue_dirs: Mapping[str, Path]
) -> tuple[Score, tuple[CueLevel, ...]]:
    length = analysis.film.length_samples
    sounds = cue_sounds(spotting.cues, cue_dirs, length, analysis.film.programme.end_s)
    added_lu = 10.0 * float(np.log10(((upmix(film.layout) ** 2) @ channel_weights(film.layout)).mean()))
    placed = [place_cue(s, *measure_cue(s), base, analysis.sound.speech, added_lu) for s in sounds]
    return Score(sounds, tuple(p for p, _ in placed)), tuple(level for _, level in placed)


def _warnings(mixed: Mixed, target: Target | None) -> tuple[str, ...]:
    found = []
    if target is not None:
        judged = mixed.dialogue_lufs if target.dialogue else mixed.loudness_lufs
        if judged is not None and abs(judged - target.lufs) > target.tolerance_lu:
            found.append(f"the mix measures {judged:.1f} LUFS, the target is {target.lufs:.0f}")
        if target.dialogue:
            found.append(
                "dialogue loudness is gated by a speech detector, an approximation of Dialogue Intelligence"
            )
    return tuple(found)
