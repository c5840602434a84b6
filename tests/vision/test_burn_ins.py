"""Counters, names and watermarks across generated films: found, filled, and nothing else is."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.films import Pixels, TinyShot, draw_shots, encode
from vision.analyse import analyse_film
from vision.analysis import Analysis, Region
from vision.curves import Curves
from vision.progress import silent
from vision.settings import VisionSettings

SIZE, RATE = (384, 216), Fraction(24)
SHOTS = [TinyShot(30, pan=0.1), *(TinyShot(26, pan=-0.1) for _ in range(4)), TinyShot(30)]
SHOTS += [TinyShot(40, how="dissolve", over=14), TinyShot(30), TinyShot(24, pan=0.3)]
Overlay = Callable[[Pixels, int], None]


def counter(picture: Pixels, number: int) -> None:
    """White running digits in a black box, as an editor's export burns them in."""
    cv2.rectangle(picture, (120, 184), (264, 204), (0, 0, 0), -1)
    text = f"01:00:{number // 24:02d}:{number % 24:02d}"
    cv2.putText(picture, text, (130, 200), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1, cv2.LINE_AA)


def name(picture: Pixels, number: int) -> None:
    """A name across the film, half transparent."""
    plain = picture.copy()
    cv2.putText(plain, "PROPERTY OF N", (90, 110), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (255, 255, 255), 2)
    picture[:] = cv2.addWeighted(plain, 0.6, picture, 0.4, 0)


def matte(picture: Pixels, number: int) -> None:
    picture[:28] = picture[-28:] = 0


def film(path: Path, *overlays: Overlay, shots: list[TinyShot] = SHOTS) -> Path:
    def pictures() -> Iterator[Pixels]:
        for number, drawn in enumerate(draw_shots(shots, RATE, SIZE)):
            picture = np.ascontiguousarray(drawn)
            for overlay in overlays:
                overlay(picture, number)
            yield picture

    options = {"preset": "veryfast", "crf": "18", "g": "12"}
    encode(path, pictures(), RATE, SIZE, "libx264", "yuv420p", options, None, "aac", None, None)
    return path


def analysed(path: Path) -> tuple[Analysis, Curves]:
    return analyse_film(path, VisionSettings(threads=1), silent)


def burn_ins(analysis: Analysis) -> list[Region]:
    return [region for region in analysis.film.regions if region.kind == "burn_in"]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[Analysis, Curves]:
    return analysed(film(tmp_path_factory.mktemp("clean") / "a.mp4"))


@pytest.mark.parametrize("overlay", [counter, name], ids=["counter", "name"])
def test_a_burn_in_changes_no_cut_and_no_curve_by_three_percent(
    overlay: Overlay, clean: tuple[Analysis, Curves], tmp_path: Path
) -> None:
    analysis, curves = analysed(film(tmp_path / "a.mp4", overlay))
    assert [r.confidence >= 0.7 for r in burn_ins(analysis)] == [True]
    before, after = clean[0].shots, analysis.shots
    assert len(before) == len(SHOTS)
    assert [s.transition_in for s in after] == [s.transition_in for s in before]
    for old, new in zip(before, after, strict=True):
        assert abs(old.start_frame - new.start_frame) <= (3 if old.transition_in == "dissolve" else 0)
    for curve in ("brightness", "saturation", "colourfulness"):
        found, true = getattr(curves, curve), getattr(clean[1], curve)
        assert np.abs(found - true).mean() < 0.03 * true.mean(), curve
    assert abs(float(curves.motion.mean()) / float(clean[1].motion.mean()) - 1) < 0.1


def test_a_counter_is_found_where_it_stands(tmp_path: Path) -> None:
    (region,) = burn_ins(analysed(film(tmp_path / "a.mp4", counter))[0])
    assert region.area == pytest.approx((120 / 384, 184 / 216, 264 / 384, 204 / 216), abs=0.03)
    assert (region.start_frame, region.end_frame) == (0, sum(shot.frames for shot in SHOTS))


def test_a_matte_and_a_name_inside_it_are_both_known(tmp_path: Path) -> None:
    analysis, _ = analysed(film(tmp_path / "a.mp4", name, matte))
    assert len(burn_ins(analysis)) == 1
    assert len(analysis.shots) == len(SHOTS)


def test_a_film_without_burn_ins_has_none(clean: tuple[Analysis, Curves]) -> None:
    assert burn_ins(clean[0]) == []


def test_a_single_static_take_with_lettering_in_its_scene_has_none(tmp_path: Path) -> None:
    assert burn_ins(analysed(film(tmp_path / "a.mp4", name, shots=[TinyShot(120)]))[0]) == []


def test_shots_that_return_to_one_set_up_prove_no_burn_in(tmp_path: Path) -> None:
    """A conversation between two cameras: what stands still in both is the room."""
    shots = [TinyShot(20, look=place % 2) for place in range(10)]
    assert burn_ins(analysed(film(tmp_path / "a.mp4", name, shots=shots))[0]) == []


@pytest.mark.parametrize("scenes", [2, 3])
def test_a_counter_over_two_or_three_scenes_is_found(tmp_path: Path, scenes: int) -> None:
    shots = [TinyShot(40, look=place % scenes + 1) for place in range(6)]
    (region,) = burn_ins(analysed(film(tmp_path / "a.mp4", counter, shots=shots))[0])
    assert region.area == pytest.approx((120 / 384, 184 / 216, 264 / 384, 204 / 216), abs=0.05)
    assert region.confidence == 0.5
    assert burn_ins(analysed(film(tmp_path / "b.mp4", shots=shots))[0]) == []
