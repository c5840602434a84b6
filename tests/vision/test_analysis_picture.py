"""The analysis as one picture."""

from pathlib import Path

import cv2
import numpy as np

from tests.films import TinyShot, tiny_film
from vision.analyse import analyse_film
from vision.analysis_picture import HEAD, LEFT, RIGHT, STRIP, WIDTH, draw_analysis
from vision.progress import silent
from vision.settings import VisionSettings


def test_the_picture_shows_every_shot_and_is_the_same_twice(tmp_path: Path) -> None:
    film = tiny_film(tmp_path / "a.mp4", [TinyShot(24), TinyShot(48, pan=0.2), TinyShot(24)], tone_hz=300)
    analysis, curves = analyse_film(film.path, VisionSettings(), silent)
    red = np.zeros((90, 160, 3), np.uint8)
    red[..., 2] = 255
    drawn = draw_analysis(analysis, curves, {1: red})
    assert drawn == draw_analysis(analysis, curves, {1: red})
    picture = np.asarray(cv2.imdecode(np.frombuffer(drawn, np.uint8), cv2.IMREAD_COLOR))
    assert picture.shape[1] == WIDTH
    strip = picture[HEAD + STRIP // 2, LEFT:]
    reds = np.flatnonzero((strip == (0, 0, 255)).all(-1))
    quarter = (WIDTH - LEFT - RIGHT) / 4
    assert abs(reds[0] - quarter) < 3 and reds[-1] < 3 * quarter


def test_two_hours_fit_the_same_width() -> None:
    """Rows are averaged into columns, none left out: a film of 2 h has 100 rows for each."""
    from vision.analysis_picture import _columns

    curve = np.zeros(172_800, np.float32)
    curve[100_000:100_200] = 1
    columns = _columns(np.arange(172_800) / 24, curve, 7200.0)
    assert abs(float(columns.sum()) * 172_800 / len(columns) - 200) < 5
