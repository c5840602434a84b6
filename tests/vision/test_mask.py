"""Areas named by hand: in pixels, in shares or by name, on pictures as they are shown."""

import shlex
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.films import TinyShot, draw_shots, encode, tiny_film
from vision.analyse import analyse_film
from vision.container import probe
from vision.curves import Curves
from vision.mask import given_masks
from vision.planes import Window
from vision.process import ffmpeg_path, run_tool
from vision.progress import silent
from vision.rejected import RejectedInput
from vision.settings import VisionSettings


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_film(tmp_path_factory.mktemp("film") / "a.mp4", [TinyShot(10)]).path


def test_pixels_shares_and_names_mean_the_same(film: Path) -> None:
    header = probe(film)  # 160x90
    (pixels,) = given_masks(["0,80,160,10"], header)
    (shares,) = given_masks(["0,0.888889,1,0.111111"], header)
    assert pixels.top == pytest.approx(shares.top, abs=1e-5) and pixels.right == shares.right == 1
    assert given_masks(["bottom right"], header) == given_masks(["bottom-right"], header)
    assert given_masks(["top", "bottom"], header)[1].bottom == 1


def test_a_turned_film_is_masked_where_it_is_shown(film: Path, tmp_path: Path) -> None:
    turned = tmp_path / "turned.mp4"
    command = f"-v error -display_rotation 90 -i {film} -c copy {turned}"
    run_tool([ffmpeg_path(), *shlex.split(command)], timeout_s=60)
    header = probe(turned)
    assert (header.width, header.height, header.rotation) == (90, 160, 90)
    assert given_masks(["0,0,1,0.25"], header) == (Window(top=0, bottom=1, left=0.75, right=1),)


@pytest.mark.parametrize("text", ["middle", "1,2,3", "0,0,0,0", "200,0,10,10", "0,0,1,0.6"])
def test_what_is_no_area_is_refused(film: Path, text: str) -> None:
    with pytest.raises(RejectedInput, match="--mask"):
        given_masks([text], probe(film))


def test_a_masked_clock_changes_no_curve_and_no_cut(tmp_path: Path) -> None:
    shots = [TinyShot(30), TinyShot(40, pan=0.1)]
    plain, running = tmp_path / "plain.mp4", tmp_path / "running.mp4"
    tiny_film(plain, shots, rate=25)
    pictures = list(draw_shots(shots, plain_rate := probe(plain).rate, (160, 90)))
    for number, picture in enumerate(pictures):
        cv2.rectangle(picture, (110, 80), (159, 89), (0, 0, 0), -1)
        cv2.putText(picture, f"{number:05d}", (112, 88), cv2.FONT_HERSHEY_SIMPLEX, 0.35, (255, 255, 255))
    encode(running, iter(pictures), plain_rate, (160, 90), "libx264", "yuv420p", {}, None, "aac", None, None)
    clean, masked, bare = (
        _curves(path, mask) for path, mask in ((plain, ()), (running, ("bottom-right",)), (running, ()))
    )
    for name in ("brightness", "saturation"):
        left, right = getattr(clean, name), getattr(masked, name)
        assert np.abs(left - right).mean() < 0.03 * left.mean()
    assert (
        np.abs(clean.brightness - bare.brightness).mean()
        > 2 * np.abs(clean.brightness - masked.brightness).mean()
    )


def _curves(path: Path, mask: tuple[str, ...]) -> Curves:
    analysis, curves = analyse_film(path, VisionSettings(mask=mask), silent)
    assert [shot.start_frame for shot in analysis.shots] == [0, 30]
    assert [r.area is not None for r in analysis.film.regions if r.kind == "burn_in"] == [True] * len(mask)
    return curves
