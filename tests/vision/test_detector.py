"""Shots on generated films whose transitions are known to the frame."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.films import FIVE_SHOTS, TinyShot, tiny_film
from vision.container import probe
from vision.crop import picture_window, sampled
from vision.detector import Boundary, find_boundaries
from vision.planes import Window
from vision.process import ffmpeg_path, run_tool
from vision.progress import silent
from vision.scan import scan_picture


def window_of(path: Path) -> Window:
    return picture_window(sampled(path, probe(path)))


def boundaries(path: Path) -> list[Boundary]:
    found = probe(path)
    seen = scan_picture(path, found, picture_window(sampled(path, found)), 1, silent)
    return find_boundaries(seen.rows, seen.evidence, float(found.rate), max(round(found.rate / 4), 1))


def starts(path: Path) -> list[int]:
    return [boundary.frame for boundary in boundaries(path)]


def near(found: list[int], truth: tuple[int, ...] | list[int], slack: int) -> bool:
    return len(found) == len(truth) and all(abs(a - b) <= slack for a, b in zip(found, truth, strict=True))


@pytest.mark.parametrize(
    ("suffix", "codec", "options"),
    [
        ("mp4", "libx264", {"crf": "18"}),
        ("mp4", "libx264", {"crf": "40", "bf": "4", "g": "250"}),
        ("mkv", "libx265", {"x265-params": "log-level=none:pools=none:frame-threads=1"}),
        ("webm", "libvpx", {"b": "200k"}),
        ("avi", "mpeg4", {"b": "300k"}),
    ],
)
def test_cuts_are_the_same_whatever_the_encode(
    tmp_path: Path, suffix: str, codec: str, options: dict[str, str]
) -> None:
    film = tiny_film(tmp_path / f"a.{suffix}", FIVE_SHOTS, rate=25, codec=codec, options=options)
    assert starts(film.path) == list(film.cuts)


@pytest.mark.parametrize("rate", [Fraction(12), Fraction(24000, 1001), Fraction(60)])
@pytest.mark.parametrize("size", [(96, 54), (320, 180), (480, 204)])
def test_cuts_are_the_same_at_every_rate_and_size(
    tmp_path: Path, rate: Fraction, size: tuple[int, int]
) -> None:
    seconds = (0.9, 0.6, 1.2, 0.8)
    shots = [TinyShot(round(s * rate), pan=0.1 * n) for n, s in enumerate(seconds)]
    film = tiny_film(tmp_path / "a.mp4", shots, rate=rate, size=size)
    assert starts(film.path) == list(film.cuts)


def test_eight_frame_shots_are_found(tmp_path: Path) -> None:
    film = tiny_film(
        tmp_path / "a.mp4", [TinyShot(20), *[TinyShot(8) for _ in range(6)], TinyShot(20)], rate=25
    )
    assert starts(film.path) == list(film.cuts)


def test_low_contrast_cuts_are_found(tmp_path: Path) -> None:
    film = tiny_film(tmp_path / "a.mp4", [TinyShot(25, gain=0.16) for _ in range(5)], options={"qp": "14"})
    assert starts(film.path) == list(film.cuts)


@pytest.mark.parametrize("flash", [(20,), (20, 21, 22), (20, 21, 22, 23, 24)])
def test_a_flash_is_no_cut(tmp_path: Path, flash: tuple[int, ...]) -> None:
    film = tiny_film(tmp_path / "a.mp4", [TinyShot(50, flash=flash, pan=0.1), TinyShot(30)])
    assert starts(film.path) == [50]


@pytest.mark.parametrize("pan", [0.1, 0.5, 1.0])
def test_a_pan_is_no_cut(tmp_path: Path, pan: float) -> None:
    tiny_film(tmp_path / "a.mp4", [TinyShot(60, pan=pan)], rate=25)
    assert starts(tmp_path / "a.mp4") == []


@pytest.mark.parametrize("over", [6, 10, 20, 40, 60])
def test_a_dissolve_is_one_boundary_inside_it(tmp_path: Path, over: int) -> None:
    film = tiny_film(
        tmp_path / "a.mp4", [TinyShot(40), TinyShot(40 + over, how="dissolve", over=over), TinyShot(20)]
    )
    found = boundaries(film.path)
    assert [boundary.kind for boundary in found] == ["dissolve", "cut"]
    assert 40 <= found[0].frame <= 40 + over
    assert found[1].frame == 80 + over


@pytest.mark.parametrize("through", [0, 255])
@pytest.mark.parametrize("over", [12, 30])
def test_a_fade_out_and_in_is_one_boundary(tmp_path: Path, through: int, over: int) -> None:
    film = tiny_film(tmp_path / "a.mp4", [TinyShot(40), TinyShot(50, how="fade", over=over, through=through)])
    found = boundaries(film.path)
    assert [boundary.kind for boundary in found] == ["fade"]
    assert abs(found[0].frame - film.starts[1]) <= over // 2


def test_a_cut_to_black_is_a_cut(tmp_path: Path) -> None:
    film = tiny_film(tmp_path / "a.mp4", [TinyShot(40), TinyShot(20, gain=0.0), TinyShot(40)])
    found = boundaries(film.path)
    assert [(boundary.frame, boundary.kind) for boundary in found] == [(40, "cut"), (60, "cut")]


def test_a_film_of_one_shot_or_of_nothing_has_no_cut(tmp_path: Path) -> None:
    tiny_film(tmp_path / "still.mp4", [TinyShot(50)])
    tiny_film(tmp_path / "black.mp4", [TinyShot(50, gain=0.0)])
    tiny_film(tmp_path / "frame.mp4", [TinyShot(1)])
    assert [starts(tmp_path / f"{name}.mp4") for name in ("still", "black", "frame")] == [[], [], []]


def test_repeated_and_dropped_frames_move_no_cut_in_time(tmp_path: Path) -> None:
    film = tiny_film(tmp_path / "a.mp4", FIVE_SHOTS, rate=24)
    faster = tmp_path / "b.mp4"
    command = [ffmpeg_path(), "-v", "error", "-y", "-i", str(film.path), "-r", "30000/1001", str(faster)]
    run_tool(command, timeout_s=60)
    found = np.array(starts(faster)) * 1001 / 30000
    assert np.allclose(found, np.array(film.cuts) / 24, atol=0.05)


def test_letterbox_is_cut_off_and_a_dark_side_is_not(tmp_path: Path) -> None:
    """The matte carries a burnt-in window, as timecodes do."""
    film = tiny_film(tmp_path / "a.mp4", [TinyShot(25, pan=0.1) for _ in range(3)], size=(320, 180))
    matte = "drawbox=h=24:color=black:t=fill,drawbox=y=156:h=24:color=black:t=fill"
    for name, drawing in (
        ("box", f"{matte},drawbox=x=120:y=158:w=80:h=18:color=white:t=fill"),
        ("side", "drawbox=w=80:color=black:t=fill"),
    ):
        command = [ffmpeg_path(), "-v", "error", "-y", "-i", str(film.path), "-vf", drawing]
        run_tool([*command, str(tmp_path / f"{name}.mp4")], timeout_s=60)
    box = window_of(tmp_path / "box.mp4")
    assert (box.top, box.bottom) == (pytest.approx(24 / 180, abs=0.012), pytest.approx(156 / 180, abs=0.012))
    assert (box.left, box.right) == (0, 1)
    assert window_of(tmp_path / "side.mp4") == Window()
    assert starts(tmp_path / "box.mp4") == list(film.cuts)
