"""What the analysis says of a passage does not depend on its size, rate or codec, nor on what is burnt in."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.bench.invariance import Measured, apart, measure
from tests.films import Pixels, TinyShot, draw_shots, encode

SECONDS = (1.0, 0.75, 1.25, 0.5, 1.0)
PANS = (0.1, 0.0, 0.25, 0.15, -0.2)


def draw(
    path: Path,
    size: tuple[int, int] = (320, 180),
    rate: int = 24,
    codec: str = "libx264",
    dressed: bool | None = None,
) -> Path:
    shots = [TinyShot(round(s * rate), pan=pan) for s, pan in zip(SECONDS, PANS, strict=True)]
    pictures = draw_shots(shots, Fraction(rate), size)
    options = {"crf": "20"} if codec == "libx264" else {"b": "2M"}
    if codec == "libx265":
        options = {"x265-params": "log-level=none:pools=none:frame-threads=1:crf=20"}
    shown = pictures if dressed is None else _dressed(pictures, dressed)
    encode(path, shown, Fraction(rate), size, codec, "yuv420p", options, None, "aac", None, None)
    return path


def _dressed(pictures: Iterator[Pixels], lettered: bool) -> Iterator[Pixels]:
    """A matte of 2.39, and if lettered a counter that runs and a name that stays."""
    for number, picture in enumerate(pictures):
        shown = np.ascontiguousarray(picture)
        height, width = shown.shape[:2]
        bar = round((height - width / 2.39) / 2)
        shown[:bar] = shown[height - bar :] = 0
        if lettered:
            _letter(shown, number, bar)
        yield shown


def _letter(shown: Pixels, number: int, bar: int) -> None:
    height = len(shown)
    counter = f"01:00:{number // 24:02}:{number % 24:02}"
    cv2.putText(shown, counter, (8, bar + 14), 0, 0.4, (255,) * 3, 1)
    cv2.putText(shown, "FOR A. NAME ONLY", (90, height // 2), 0, 0.5, (230,) * 3, 1)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return measure(draw(tmp_path_factory.mktemp("plain") / "a.mp4"))


@pytest.mark.parametrize(
    ("suffix", "codec", "size", "rate"),
    [
        ("avi", "mpeg4", (426, 240), 24),
        ("webm", "libvpx", (480, 270), 30),
        ("mkv", "libx265", (640, 360), 24),
        ("mp4", "libx264", (320, 180), 60),
    ],
)
def test_a_passage_reads_the_same_in_every_form(
    tmp_path: Path, plain: Measured, suffix: str, codec: str, size: tuple[int, int], rate: int
) -> None:
    found = apart(plain, measure(draw(tmp_path / f"a.{suffix}", size, rate, codec)))
    assert found.cuts
    assert found.brightness < 0.02
    assert found.saturation < 0.02
    assert found.motion < 0.1


def test_a_matte_changes_no_cut_and_lettering_on_it_hardly_a_curve(tmp_path: Path, plain: Measured) -> None:
    """Curves are of the picture area: what the matte covers is no part of them."""
    matted = measure(draw(tmp_path / "matted.mp4", dressed=False))
    lettered = measure(draw(tmp_path / "lettered.mp4", dressed=True))
    assert apart(plain, matted).cuts
    found = apart(matted, lettered)
    assert found.cuts
    assert found.brightness < 0.03
    assert found.saturation < 0.03
