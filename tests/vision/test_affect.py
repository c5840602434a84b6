"""Arousal and pleasure: the formulas against numbers worked out by hand, and the tempering."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import norm

from vision.affect import (
    GRID_S,
    arousal,
    blend,
    colour_arousal,
    colour_pleasure,
    cut_rate_hz,
    effects_level,
    measure_affect,
    pleasure,
    saturate,
    smooth,
)
from vision.settings import AffectWeights
from vision.sound_curves import SoundCurves, silent_curves

WEIGHTS = AffectWeights()


def full(value: float, count: int = 400) -> np.ndarray:
    return np.full(count, value)


def stirred(speech: float = 0.0, cuts: float = 0.5, motion: float = 0.05, effects: float = 0.2) -> float:
    """Middle of the arousal of an even film."""
    values = arousal(
        cut_rate=full(cuts),
        motion=full(motion),
        speech=full(speech),
        effects=full(effects),
        colour=full(0.5),
        inside=np.ones(400, bool),
        weights=WEIGHTS,
    )
    return float(values[200])


def test_colour_follows_valdez_and_mehrabian() -> None:
    """B and S one standard deviation above an ordinary picture: P = .91, A = .29."""
    light, colour = full(0.35 + 0.18, 1), full(0.30 + 0.18, 1)
    assert colour_pleasure(light, colour, WEIGHTS)[0] == pytest.approx(norm.cdf(0.91))
    assert colour_arousal(light, colour, WEIGHTS)[0] == pytest.approx(norm.cdf(0.29))


def test_an_ordinary_picture_is_neutral() -> None:
    assert colour_pleasure(full(0.35, 1), full(0.30, 1), WEIGHTS)[0] == pytest.approx(0.5)
    assert pleasure(full(0.35), full(0.30), np.ones(400, bool), WEIGHTS)[0] == pytest.approx(0.5)


def test_arousal_is_the_weighted_mean_of_its_parts_blended_with_the_middle_rank() -> None:
    """(.35 x .5/.75 + .40 x .05/.17 + .25 x .2) / 1, half of it, and half of the middle rank."""
    mean = 0.35 * 0.5 / 0.75 + 0.40 * 0.05 / 0.17 + 0.25 * 0.2
    assert stirred() == pytest.approx(0.5 * mean + 0.25)


def test_fast_cuts_in_a_conversation_do_not_count() -> None:
    assert stirred(speech=1.0, cuts=0.8) == pytest.approx(stirred(cuts=0.0))
    assert stirred(speech=0.0, cuts=0.8) > stirred(cuts=0.0) + 0.1


def test_brightness_is_not_happiness() -> None:
    """White and black pictures stay within a quarter of the way from neutral to sure."""
    rising = np.linspace(0, 1, 400)
    values = pleasure(rising, full(0.0), np.ones(400, bool), WEIGHTS)
    assert values.min() >= 0.375 and values.max() <= 0.625
    assert values[-1] > values[0]


def test_a_quiet_film_stays_quiet_although_its_percentiles_reach_the_top() -> None:
    motion = np.linspace(0.0, 0.01, 400)
    values = arousal(
        cut_rate=full(0.02),
        motion=motion,
        speech=full(0.0),
        effects=full(0.0),
        colour=full(0.5),
        inside=np.ones(400, bool),
        weights=WEIGHTS,
    )
    assert values.max() < 0.56


def test_cut_rate_counts_every_cut_once() -> None:
    time = np.arange(0, 200, GRID_S)
    rate = cut_rate_hz(np.array([80.0, 90.0, 95.0]), time, 4.0)
    assert rate.sum() * GRID_S == pytest.approx(3.0, abs=1e-3)


def test_a_cut_every_two_seconds_reads_half_a_cut_a_second() -> None:
    time = np.arange(0, 100, GRID_S)
    assert cut_rate_hz(np.arange(0.0, 100, 2.0), time, 4.0)[200] == pytest.approx(0.5, rel=1e-3)


def test_saturate_reads_one_half_at_the_typical_value() -> None:
    assert saturate(np.array([0.0, 0.12, 1e9]), 0.12) == pytest.approx([0.0, 0.5, 1.0])


def test_smoothing_keeps_a_constant_to_its_very_ends() -> None:
    assert smooth(full(0.3, 50), 12.0) == pytest.approx(full(0.3, 50))


def test_smoothing_spreads_a_step_over_twelve_seconds() -> None:
    step = np.concatenate([full(0.0, 100), full(1.0, 100)])
    soft = smooth(step, 12.0)
    assert soft[100 - 25] == 0.0 and soft[100 + 25] == pytest.approx(1.0)
    assert 0.1 < soft[100 - 6] < 0.4


def test_blend_is_half_percentile_and_half_value_inside_the_programme_only() -> None:
    inside = np.array([False, True, True, True, True])
    assert blend(np.array([0.9, 0.0, 0.1, 0.2, 0.3]), inside, 0.5) == pytest.approx(
        [0.9, 0.0625, 0.2375, 0.4125, 0.5875]
    )


def test_variable_frame_rate_does_not_change_the_mood() -> None:
    """The same film with every third frame dropped: curves equal in seconds."""
    time = np.arange(0, 60, 1 / 24)
    motion = (0.2 + 0.2 * np.sin(time / 3)).astype(np.float32)
    light = np.full(len(time), 0.4, np.float32)
    keep = np.arange(len(time)) % 3 != 2
    cuts = np.array([20.0, 31.0, 32.0])
    sound = silent_curves(60.0)
    whole = measure_affect(time, light, light, motion, cuts, sound, (0, 60), WEIGHTS)
    dropped = measure_affect(
        time[keep], light[keep], light[keep], motion[keep], cuts, sound, (0, 60), WEIGHTS
    )
    assert np.abs(whole.arousal[keep] - dropped.arousal).max() < 0.01


def test_curves_stay_between_nought_and_one_for_wild_input() -> None:
    time = np.arange(0, 30, 1 / 24)
    wild = np.full(len(time), 50.0, np.float32)
    affect = measure_affect(
        time, wild / 50, wild / 50, wild, np.arange(0.0, 30, 0.1), silent_curves(30), (0, 30), WEIGHTS
    )
    for curve in (affect.arousal, affect.pleasure):
        assert curve.min() >= 0 and curve.max() <= 1 and curve.dtype == np.float32


def test_loud_effects_stir_and_loud_speech_does_not() -> None:
    base = silent_curves(20.0)
    loud = np.full(len(base.loudness_lufs), -14.0, np.float32)
    ones, none = np.ones(len(base.silence), np.float32), np.zeros(len(base.silence), np.float32)
    times = np.array([10.0])
    assert effects_level(_with(base, loud, effects=ones), times) == pytest.approx(1.0)
    assert effects_level(_with(base, loud, effects=none), times) == pytest.approx(0.0)


def _with(base: SoundCurves, loudness: np.ndarray, effects: np.ndarray) -> SoundCurves:
    return SoundCurves(**{**vars(base), "loudness_lufs": loudness, "effects": effects})


def test_one_frame_is_a_film_too() -> None:
    one = np.array([0.5], np.float32)
    affect = measure_affect(
        np.array([0.0]), one, one, one, np.zeros(0), silent_curves(1 / 24), (0, 1 / 24), WEIGHTS
    )
    assert len(affect.arousal) == len(affect.pleasure) == 1


def test_colour_may_not_be_given_more_than_a_quarter() -> None:
    with pytest.raises(ValidationError):
        AffectWeights(colour_in_pleasure=0.5)
