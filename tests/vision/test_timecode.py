from fractions import Fraction

import pytest

from vision.timecode import format_timecode, parse_timecode

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("frame", "drop", "text"),
    [
        (1799, True, "00:00:59;29"),
        (1800, True, "00:01:00;02"),
        (17981, True, "00:09:59;29"),
        (17982, True, "00:10:00;00"),
        (107892, True, "01:00:00;00"),
        (1800, False, "00:01:00:00"),
    ],
)
def test_drop_frame_leaves_out_the_numbers_that_smpte_leaves_out(frame: int, drop: bool, text: str) -> None:
    assert format_timecode(frame, NTSC, drop) == text
    assert parse_timecode(text, NTSC) == frame


@pytest.mark.parametrize(
    "rate", [Fraction(24000, 1001), Fraction(25), NTSC, Fraction(60000, 1001), Fraction(120)]
)
@pytest.mark.parametrize("drop", [False, True])
def test_every_frame_of_a_day_comes_back_as_itself(rate: Fraction, drop: bool) -> None:
    if drop and rate not in (NTSC, 2 * NTSC):
        pytest.skip("drop-frame exists at multiples of 29.97 only")
    for frame in (*range(0, 4000), *range(4000, round(86400 * rate) - 90, 997)):
        assert parse_timecode(format_timecode(frame, rate, drop), rate) == frame


def test_drop_frame_keeps_step_with_the_clock() -> None:
    hour = parse_timecode("01:00:00;00", NTSC)
    assert abs(float(hour / NTSC) - 3600) < 0.004


@pytest.mark.parametrize("text", ["1:00", "00:00:61:00", "00:00:00:30", "00:01:00;00", "half past", ""])
def test_what_is_no_timecode_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_timecode(text, NTSC)
