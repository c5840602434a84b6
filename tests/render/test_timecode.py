"""Timecode from a film's own start and rate."""

from fractions import Fraction

import pytest

from render.timecode import clock, frame_at, start_count, timecode, timecode_at
from tests.render.report_facts import made_up_film

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (0, "00:00:00;00"),
        (1799, "00:00:59;29"),
        (1800, "00:01:00;02"),
        (17981, "00:09:59;29"),
        (17982, "00:10:00;00"),
        (17982 + 1800, "00:11:00;02"),
        (107892, "01:00:00;00"),
    ],
)
def test_drop_frame_leaves_out_two_labels_a_minute_but_not_the_tenth(frame: int, expected: str) -> None:
    assert timecode(made_up_film(NTSC, "00:00:00;00", drop=True), frame) == expected


def test_drop_frame_at_twice_the_rate_leaves_out_four_labels() -> None:
    film = made_up_film(2 * NTSC, "00:00:00;00", drop=True)
    assert [timecode(film, frame) for frame in (3599, 3600)] == ["00:00:59;59", "00:01:00;04"]


def test_every_drop_frame_label_of_twenty_minutes_is_legal_and_rises() -> None:
    film = made_up_film(NTSC, "00:58:30;00", drop=True)
    labels = [timecode(film, frame) for frame in range(36000)]
    assert labels == sorted(set(labels))
    assert not any(one[6:8] == "00" and one[9:] in ("00", "01") and one[4] != "0" for one in labels)


def test_counting_starts_at_the_films_own_start_and_goes_round_midnight() -> None:
    film = made_up_film(Fraction(24000, 1001), "23:59:59:20")
    assert [timecode(film, frame) for frame in (0, 3, 4)] == ["23:59:59:20", "23:59:59:23", "00:00:00:00"]
    assert start_count(made_up_film(Fraction(25), "10:00:00:05")) == 900_005


def test_a_moment_belongs_to_the_frame_that_starts_nearest() -> None:
    film = made_up_film(Fraction(24000, 1001))
    assert frame_at(film, 0.042) == 1  # Matroska rounds 0.0417083 to whole milliseconds
    assert frame_at(film, 0.041) == 1
    assert timecode_at(film, 1.001) == "01:00:01:00"


def test_lengths_are_spoken_in_minutes_and_seconds() -> None:
    assert [clock(seconds) for seconds in (7.9, 750, 3723)] == ["0:07", "12:30", "1:02:03"]
