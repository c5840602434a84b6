"""The gain under speech: nobody hears a hand on the fader."""

import numpy as np
import pytest

from render.duck import FALL_S, RISE_S, duck_line, film_curve, gain_at, passages
from vision.analysis import SpeechSpan


def spans(*pairs: tuple[float, float]) -> list[SpeechSpan]:
    return [SpeechSpan(start_s=a, end_s=b) for a, b in pairs]


def test_a_line_falls_before_the_word_and_rises_after_its_hold() -> None:
    line = duck_line(passages(spans((10, 15)), 0, 60), [9.0], 0, 60)
    corners = [(p.time_s, p.gain_db) for p in line]
    assert corners == [(0, 0), (9.7, 0), (9.95, -9), (16.2, -9), (17.1, 0), (60, 0)]


def test_pauses_too_short_to_rise_and_fall_in_are_bridged() -> None:
    assert len(passages(spans((10, 15), (16.9, 20)), 0, 60)) == 1
    assert len(passages(spans((10, 15), (18.4, 20)), 0, 60)) == 1
    assert len(passages(spans((10, 15), (18.6, 20)), 0, 60)) == 2


def test_speech_outside_the_cue_moves_nothing() -> None:
    assert passages(spans((1, 5), (70, 75)), 10, 60) == ()
    line = duck_line((), [], 10, 60)
    assert gain_at(line, np.arange(0, 100, 0.5)).tolist() == [1.0] * 200


def test_a_cue_that_starts_inside_a_line_starts_ducked() -> None:
    line = duck_line(passages(spans((5, 12)), 10, 60), [6.0], 10, 60)
    assert line[0].gain_db == -6.0


@pytest.mark.parametrize("seed", range(20))
def test_no_talk_makes_the_gain_jump_or_turn_twice_within_two_seconds(seed: int) -> None:
    random = np.random.default_rng(seed)
    edges = np.cumsum(random.exponential(1.5, 60) + 0.05)
    talk = passages(spans(*zip(edges[0::2].tolist(), edges[1::2].tolist(), strict=True)), 0, 200)
    line = duck_line(talk, random.uniform(0, 9, len(talk)).tolist(), 0, 200)
    _, db = film_curve([line], 200)
    assert db.min() >= -9 and db.max() <= 0
    slope = np.diff(db) / 0.01
    assert slope.min() >= -9 / FALL_S - 0.1 and slope.max() <= 9 / RISE_S + 0.1
    moving = np.flatnonzero(np.abs(slope) > 1e-3)
    turns = [b for a, b in zip(moving, moving[1:], strict=False) if np.sign(slope[a]) != np.sign(slope[b])]
    assert all(b - a >= 199 for a, b in zip(turns, turns[1:], strict=False))
