"""Heads, tails and regions, from rows made up to the frame and from generated films."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.films import encode
from vision.container import probe
from vision.measures import Rows, measure_batch
from vision.planes import Window
from vision.programme import Clock, find_programme
from vision.progress import silent
from vision.rejected import RejectedInput
from vision.scan import scan_picture

RATE = Fraction(24)


def rows_of(*stretches: tuple[int, str]) -> Rows:
    """Rows of frames that are black, bars or picture."""
    random = np.random.default_rng(5)
    scene = cv2.resize(random.integers(30, 220, (6, 12), np.uint8), (96, 54))
    luma, blue, red = [], [], []
    for count, kind in stretches:
        for place in range(count):
            known = {"black": np.full_like(scene, 2), "bars": _bar_levels(96, 54, 0), "names": _names(place)}
            bright = known.get(kind)
            luma.append(np.roll(scene, place, 1) if bright is None else bright)
            blue.append(_bar_levels(48, 27, 1) if kind == "bars" else np.full((27, 48), 128, np.uint8))
            red.append(_bar_levels(48, 27, 2) if kind == "bars" else np.full((27, 48), 128, np.uint8))
    first = [luma[0], blue[0], red[0]]
    planes = [np.stack([head, *rest]) for head, rest in zip(first, (luma, blue, red), strict=True)]
    return measure_batch(*planes)


def _names(place: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Two columns of lettering that roll upwards on black."""
    card = np.full((54, 96), 2, np.uint8)
    card[::9, 30:66:2] = 200
    return np.roll(card, -place // 4, 0)


def _bar_levels(width: int, height: int, plane: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """75 % bars: grey, yellow, cyan, green, magenta, red, blue, in Y, Cb, Cr."""
    bars = [
        (191, 128, 128),
        (169, 32, 139),
        (134, 160, 32),
        (112, 64, 43),
        (79, 192, 213),
        (57, 96, 224),
        (22, 224, 117),
    ]
    line = np.array([bars[min(x * 7 // width, 6)][plane] for x in range(width)], np.uint8)
    return np.repeat(line[None], height, 0)


def clock(frames: int, timecode: str | None = None, rate: Fraction = RATE) -> Clock:
    times = np.arange(frames) / float(rate)
    return Clock(times, frames / float(rate), rate, timecode, timecode is not None and ";" in timecode)


def test_a_film_without_a_head_is_all_programme() -> None:
    programme, regions = find_programme(rows_of((100, "picture")), clock(100), None)
    assert (programme.first_frame, programme.last_frame) == (0, 99)
    assert (programme.start_s, programme.end_s) == (0.0, pytest.approx(100 / 24))
    assert regions == ()


def test_black_at_both_ends_is_outside() -> None:
    rows = rows_of((30, "black"), (100, "picture"), (50, "black"))
    programme, regions = find_programme(rows, clock(180), None)
    assert (programme.first_frame, programme.last_frame) == (30, 129)
    assert [(r.kind, r.start_frame, r.end_frame) for r in regions] == [("black", 0, 30), ("black", 130, 180)]


def test_two_seconds_of_black_mid_film_are_a_region_and_stay_inside() -> None:
    rows = rows_of((60, "picture"), (50, "black"), (60, "picture"), (20, "black"), (60, "picture"))
    programme, regions = find_programme(rows, clock(250), None)
    assert (programme.first_frame, programme.last_frame) == (0, 249)
    assert [(r.kind, r.start_frame, r.end_frame) for r in regions] == [("black", 60, 110)]


def test_bars_and_black_before_the_picture_are_left_out() -> None:
    rows = rows_of((72, "bars"), (48, "black"), (100, "picture"))
    programme, regions = find_programme(rows, clock(220), None)
    assert programme.first_frame == 120
    assert [r.kind for r in regions] == ["bars", "black"]


def test_the_full_hour_of_a_tape_style_head_is_the_first_frame() -> None:
    rows = rows_of((96, "picture"), (96, "black"), (200, "picture"))
    programme, regions = find_programme(rows, clock(392, "00:59:52:00"), None)
    assert programme.first_frame == 192
    assert ("leader", 0) in [(r.kind, r.start_frame) for r in regions]


def test_a_film_that_starts_on_the_hour_has_no_head() -> None:
    programme, _ = find_programme(rows_of((100, "picture")), clock(100, "01:00:00:00"), None)
    assert programme.first_frame == 0


def test_in_and_out_given_by_hand_decide() -> None:
    rows = rows_of((100, "picture"))
    by_frame, _ = find_programme(rows, clock(100), ("10", "80"))
    by_timecode, _ = find_programme(rows, clock(100, "01:00:00:00"), ("01:00:00:10", "01:00:03:08"))
    assert (by_frame.first_frame, by_frame.last_frame) == (10, 80)
    assert by_timecode == by_frame


@pytest.mark.parametrize("given", [("80", "10"), ("0", "100"), ("soon", "late"), ("00:00:00:30", "50")])
def test_in_and_out_that_do_not_fit_are_refused(given: tuple[str, str]) -> None:
    with pytest.raises(RejectedInput, match="programme"):
        find_programme(rows_of((100, "picture")), clock(100), given)


def test_real_colour_bars_are_known_after_coding(tmp_path: Path) -> None:
    line = [
        (191, 191, 191),
        (191, 191, 0),
        (0, 191, 191),
        (0, 191, 0),
        (191, 0, 191),
        (191, 0, 0),
        (0, 0, 191),
    ]
    bars = np.repeat(np.array([line[x * 7 // 160] for x in range(160)], np.uint8)[None], 90, 0)
    random = np.random.default_rng(3)
    noise = [cv2.resize(random.integers(0, 255, (9, 16, 3), np.uint8), (160, 90)) for _ in range(20)]
    path = tmp_path / "a.mp4"
    encode(
        path, iter([*[bars] * 60, *noise]), RATE, (160, 90), "libx264", "yuv420p", {}, None, "aac", None, None
    )
    seen = scan_picture(path, probe(path), Window(), 1, silent)
    programme, regions = find_programme(seen.rows, clock(80), None)
    assert [(r.kind, r.start_frame, r.end_frame) for r in regions] == [("bars", 0, 60)]
    assert programme.first_frame == 60


def test_credits_that_roll_to_the_end_are_a_region_inside_the_programme() -> None:
    rows = rows_of((100, "picture"), (300, "names"), (30, "black"))
    programme, regions = find_programme(rows, clock(430), None)
    assert programme.last_frame == 399
    assert [(r.kind, r.start_frame, r.end_frame) for r in regions] == [
        ("credits", 100, 400),
        ("black", 400, 430),
    ]


def test_a_film_that_is_black_throughout_still_has_a_programme() -> None:
    programme, _ = find_programme(rows_of((50, "black")), clock(50), None)
    assert 0 <= programme.first_frame <= programme.last_frame == 49


def test_a_saturated_still_scene_is_no_colour_bars() -> None:
    rows = rows_of((100, "picture"))
    saturated = replace(rows, saturation=np.full(100, 0.9, np.float32), difference=np.zeros(100, np.float32))
    assert find_programme(saturated, clock(100), None)[1] == ()
