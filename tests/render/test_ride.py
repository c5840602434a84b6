"""A cue's loud stretches come halfway back; the rest is left alone."""

import numpy as np
import pytest

from render.ride import ridden, ride_line
from vision.loudness_meter import OFFSET_LUFS, curve_lufs


def energies(*stretches: tuple[float, float]) -> np.ndarray:
    """100 ms energies of stretches of (seconds, LUFS)."""
    return np.concatenate(
        [np.full(round(10 * s), 10 ** ((lufs - OFFSET_LUFS) / 10)) for s, lufs in stretches]
    )


def test_a_steady_cue_is_left_alone() -> None:
    line = ride_line(energies((40, -24)), 10.0)
    assert {point.gain_db for point in line} == {0.0}


def test_half_of_what_exceeds_four_lu_is_taken() -> None:
    cue = energies((40, -30), (20, -20))
    after = curve_lufs(ridden(cue, ride_line(cue, 5.0), 5.0), 30)
    assert after[100] == pytest.approx(-30.0, abs=0.01)
    assert after[-50] == pytest.approx(-20.0 - (10 - 4) / 2, abs=0.05)


def test_the_fader_moves_slowly_and_never_more_than_six() -> None:
    cue = energies((40, -28), (20, -10))
    line = ride_line(cue, 0.0)
    assert min(point.gain_db for point in line) == -6.0
    assert max(abs(b.gain_db - a.gain_db) for a, b in zip(line, line[1:], strict=False)) <= 4.0


def test_silence_is_not_ridden() -> None:
    assert [point.gain_db for point in ride_line(np.zeros(100), 0.0)] == [0.0]
    assert [point.gain_db for point in ride_line(np.zeros(0), 0.0)] == [0.0]
