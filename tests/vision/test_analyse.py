"""The whole analysis of generated films."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.films import FIVE_SHOTS, TinyShot, tiny_film, tone
from vision.analyse import analyse_film, is_variable, length_samples
from vision.analysis import Analysis
from vision.artifact import read_json, write_json
from vision.curves import Curves, load_curves, save_curves
from vision.progress import silent
from vision.settings import VisionSettings


def analysed(path: Path, **settings: object) -> tuple[Analysis, Curves]:
    return analyse_film(path, VisionSettings.model_validate(settings), silent)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> tuple[Analysis, Curves]:
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    tiny_film(path, rate=Fraction(24000, 1001), tone_hz=440)
    return analysed(path)


def test_shots_cover_the_film_without_gap_or_overlap(result: tuple[Analysis, Curves]) -> None:
    analysis, _ = result
    shots = analysis.shots
    assert (shots[0].start_frame, shots[0].start_s, shots[0].transition_in) == (0, 0.0, "start")
    assert (shots[-1].end_frame, shots[-1].end_s) == (analysis.film.frames, analysis.film.duration_s)
    for before, after in zip(shots[:-1], shots[1:], strict=True):
        assert (before.end_frame, before.end_s) == (after.start_frame, after.start_s)
    assert [shot.index for shot in shots] == list(range(5))
    assert [shot.start_frame for shot in shots] == [0, 20, 34, 59, 72]


def test_the_length_is_exact_to_the_sample(result: tuple[Analysis, Curves]) -> None:
    film = result[0].film
    exact = Fraction(90 * 1001, 24000)
    assert film.length_samples == 180180 == round(exact * 48000)
    assert (film.end_pts - film.first_pts) * Fraction(film.time_base) == exact
    assert (film.frame_rate, film.start_timecode, film.variable_rate) == ("24000/1001", "00:00:00:00", False)


def test_half_a_sample_rounds_up() -> None:
    assert length_samples(Fraction(1, 96000)) == 1
    assert length_samples(Fraction(1, 96001)) == 0
    assert length_samples(Fraction(3, 96000)) == 2


def test_a_row_a_frame_and_every_row_in_range(result: tuple[Analysis, Curves]) -> None:
    analysis, curves = result
    for name in (
        "time_s",
        "brightness",
        "saturation",
        "colourfulness",
        "motion",
        "difference",
        "cut_rate_hz",
        "arousal",
        "pleasure",
    ):
        assert len(getattr(curves, name)) == analysis.film.frames, name
        assert np.isfinite(getattr(curves, name)).all(), name
    for name in ("brightness", "saturation", "colourfulness", "difference", "arousal", "pleasure"):
        assert 0 <= getattr(curves, name).min() <= getattr(curves, name).max() <= 1, name
    assert curves.motion[0] == 0


def test_a_cut_is_no_motion(tmp_path: Path) -> None:
    tiny_film(tmp_path / "a.mp4", [TinyShot(20) for _ in range(4)])
    _, curves = analysed(tmp_path / "a.mp4")
    assert curves.motion.max() < 0.02
    assert curves.difference.max() > 0.05


def test_analysis_and_curves_survive_the_disk(result: tuple[Analysis, Curves], tmp_path: Path) -> None:
    analysis, curves = result
    write_json(tmp_path / "analysis.json", analysis)
    save_curves(tmp_path / "curves.npz", curves)
    assert read_json(tmp_path / "analysis.json", Analysis) == analysis
    assert np.array_equal(load_curves(tmp_path / "curves.npz").motion, curves.motion)


def test_the_same_film_gives_the_same_bytes_whatever_the_threads(tmp_path: Path) -> None:
    tiny_film(tmp_path / "a.mp4", FIVE_SHOTS, tone_hz=440)
    for threads in (1, 3):
        analysis, curves = analysed(tmp_path / "a.mp4", threads=threads)
        write_json(tmp_path / f"{threads}.json", analysis)
        save_curves(tmp_path / f"{threads}.npz", curves)
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "3.json").read_bytes()
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "3.npz").read_bytes()


def test_variable_rate_puts_cuts_at_their_presentation_time(tmp_path: Path) -> None:
    """30 frames at 30 a second, then 30 at 10: frame 45 shows at 2.5 s, not at 45 / 20."""
    stamps = [*range(30), *range(30, 120, 3)]
    shots = [TinyShot(15), TinyShot(30), TinyShot(15)]
    tiny_film(tmp_path / "a.mp4", shots, rate=30, timestamps=stamps)
    analysis, _ = analysed(tmp_path / "a.mp4", min_shot_s=0.1)
    assert analysis.film.variable_rate
    assert [round(shot.start_s, 6) for shot in analysis.shots] == [0, 0.5, 2.5]


def test_a_lost_frame_now_and_then_is_not_variable_rate() -> None:
    steady = np.arange(1000) / 24
    assert not is_variable(steady, Fraction(24))
    assert not is_variable(np.delete(steady, [100, 500]), Fraction(24))
    assert is_variable(np.delete(steady, np.arange(0, 999, 3)), Fraction(24))


def test_look_alike_shots_share_a_cluster(tmp_path: Path) -> None:
    looks = (1, 2, 1, 3, 2, 1)
    tiny_film(tmp_path / "a.mp4", [TinyShot(15, look=look) for look in looks])
    clusters = [shot.features.cluster for shot in analysed(tmp_path / "a.mp4")[0].shots]
    assert clusters == [0, 1, 0, -1, 1, 0]


def test_a_film_without_sound_is_analysed(tmp_path: Path) -> None:
    tiny_film(tmp_path / "a.mp4", FIVE_SHOTS)
    analysis, curves = analysed(tmp_path / "a.mp4")
    assert analysis.film.audio_streams == ()
    assert analysis.sound.loudness_lufs is None
    assert all(shot.features.loudness_lufs is None for shot in analysis.shots)
    assert curves.silence.min() == 1


def test_track_roles_and_programme_come_from_the_settings(tmp_path: Path) -> None:
    tiny_film(
        tmp_path / "a.mov", FIVE_SHOTS, sound=np.concatenate([tone(300, 3.75)] * 2), sound_codec="pcm_s16le"
    )
    analysis, _ = analysed(tmp_path / "a.mov", programme=("20", "71"), tracks=("dx",))
    assert analysis.film.audio_streams[0].role == "dx"
    assert (analysis.film.programme.first_frame, analysis.film.programme.last_frame) == (20, 71)


def test_progress_rises_to_one(tmp_path: Path) -> None:
    tiny_film(tmp_path / "a.mp4", [TinyShot(60), TinyShot(60)], tone_hz=200)
    told: list[float] = []
    analyse_film(tmp_path / "a.mp4", VisionSettings(), told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 4
