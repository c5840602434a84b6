"""Frames come out upright, in square pixels, and only those that are shown."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from render.picture import open_reel
from tests.films import TinyShot, encode, tiny_film
from tests.render.test_burn_in import film_of
from vision.process import ffmpeg_path, run_tool

FLAG_SIZE = (160, 96)


def flag(path: Path) -> None:
    """Six frames, red above and blue below, the left quarter white."""
    picture: NDArray[np.uint8] = np.zeros((96, 160, 3), np.uint8)
    picture[:48], picture[48:], picture[:, :40] = (220, 20, 20), (20, 20, 220), 255
    encode(
        path, iter([picture] * 6), Fraction(24), FLAG_SIZE, "libx264", "yuv420p", {}, None, "aac", None, None
    )


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_turned_film_is_seen_as_ffmpeg_turns_it(tmp_path: Path, degrees: int) -> None:
    flag(tmp_path / "flat.mp4")
    turned, shown = tmp_path / "turned.mp4", tmp_path / "shown.rgb"
    run = [ffmpeg_path(), "-v", "error", "-y"]
    run_tool(
        [
            *run,
            "-display_rotation",
            str(degrees),
            "-i",
            str(tmp_path / "flat.mp4"),
            "-c",
            "copy",
            str(turned),
        ],
        timeout_s=30,
    )
    run_tool(
        [*run, "-i", str(turned), "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", str(shown)],
        timeout_s=30,
    )
    with open_reel(turned, film_of(turned, Fraction(24))) as reel:
        frame = next(reel.frames())
        width, height = reel.display_shape(frame)
        ours = reel.picture(frame, width, height).astype(int)
    theirs = np.frombuffer(shown.read_bytes(), np.uint8).reshape(height, width, 3).astype(int)
    assert (width, height) == (FLAG_SIZE if degrees % 180 == 0 else FLAG_SIZE[::-1])
    assert np.abs(ours - theirs).mean() < 6


def test_wide_pixels_are_made_square(tmp_path: Path) -> None:
    flag(tmp_path / "flat.mp4")
    wide = tmp_path / "wide.mp4"
    command = [ffmpeg_path(), "-v", "error", "-i", str(tmp_path / "flat.mp4"), "-vf", "setsar=64/45"]
    run_tool([*command, "-c:v", "libx264", str(wide)], timeout_s=30)
    with open_reel(wide, film_of(wide, Fraction(24))) as reel:
        assert reel.display_shape(next(reel.frames())) == (228, 96)


def test_frames_before_the_first_and_after_the_last_shown_are_left_out(tmp_path: Path) -> None:
    made = tiny_film(tmp_path / "film.mp4", (TinyShot(12),))
    film = film_of(made.path, Fraction(24))
    with av.open(str(made.path)) as container:
        step = round(1 / Fraction(24) / (container.streams.video[0].time_base or 1))
    inner = film.model_copy(update={"first_pts": 3 * step, "end_pts": 9 * step})
    with open_reel(made.path, inner) as reel:
        times = [reel.time_s(frame) for frame in reel.frames()]
    assert times == [Fraction(number, 24) for number in range(6)]


def test_a_seek_finds_the_first_frame_at_or_after_a_moment(tmp_path: Path) -> None:
    made = tiny_film(tmp_path / "film.mp4", (TinyShot(48),))
    with open_reel(made.path, film_of(made.path, Fraction(24))) as reel:
        found = [reel.frame_after(moment) for moment in (0.0, 0.99, 1.0, 1.96, 1.99)]
        times = [None if frame is None else reel.time_s(frame) * 24 for frame in found]
    assert times == [0, 24, 24, None, None]


def test_a_key_frame_is_found_between_two_moments_and_only_there(tmp_path: Path) -> None:
    made = tiny_film(tmp_path / "film.mp4", (TinyShot(48),), options={"g": "12", "sc_threshold": "0"})
    with open_reel(made.path, film_of(made.path, Fraction(24))) as reel:
        found = [reel.key_frame(*span) for span in ((0.2, 0.9), (0.6, 0.9), (0.0, 0.4), (1.5, 1.99))]
        times = [None if frame is None else reel.time_s(frame) * 24 for frame in found]
    assert times == [12, None, 0, 36]
