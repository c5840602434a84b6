"""Tempo maps meet the picture: required moments within a millisecond and never early, in bars that end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.tempo_clock import bars_between, with_ring
from composer.tempo_fit import Anchor, Fit, TempoWish, fit_tempo
from composer.tempo_map import TempoChange, TempoMap

LIMITS = (48.0, 176.0)
NEUTRAL = TempoWish(72.0, 92.0, 80.0)
BANDS = [(56.0, 72.0), (72.0, 92.0), (84.0, 112.0), (112.0, 138.0), (138.0, 168.0)]


def fitted(times_s: list[float], required: list[bool] | None = None, wish: TempoWish = NEUTRAL) -> Fit:
    """A fit to moments in seconds, the last one the out."""
    needed = required or [True] * len(times_s)
    anchors = [Anchor(round(t * 1e6), need) for t, need in zip(times_s, needed, strict=True)]
    return fit_tempo(anchors, wish, 0.03, LIMITS)


def errors_us(fit: Fit, times_s: list[float]) -> list[float]:
    """How late each met moment is, in microseconds."""
    pairs = zip(times_s, fit.beats, strict=True)
    return [float(fit.tempo_map.time_us(beat)) - round(t * 1e6) for t, beat in pairs if beat is not None]


@st.composite
def cues(draw: st.DrawFn) -> tuple[list[float], list[bool], TempoWish]:
    """Moments 2 s or more apart over 3-270 s, some required, and a band."""
    length = draw(st.floats(3.0, 270.0))
    gaps = draw(st.lists(st.floats(2.0, 60.0), max_size=12))
    times: list[float] = []
    for gap in gaps:
        if (times[-1] if times else 0.0) + gap < length - 2.0:
            times.append((times[-1] if times else 0.0) + gap)
    needed = [draw(st.booleans()) for _ in times]
    low, high = draw(st.sampled_from(BANDS))
    wish = TempoWish(low, high, draw(st.floats(low, high)), 0.05, draw(st.sampled_from([0.02, 0.015])))
    return [*times, length], [*needed, True], wish


@settings(max_examples=120, deadline=None, derandomize=True)
@given(cues())
def test_required_moments_are_met_and_never_early(cue: tuple[list[float], list[bool], TempoWish]) -> None:
    times, needed, wish = cue
    fit = fitted(times, needed, wish)
    assert all(beat is not None for beat, need in zip(fit.beats, needed, strict=True) if need)
    assert all(0.0 <= error <= 100.0 for error in errors_us(fit, times))
    assert fit.beats[-1] == sum(fit.tempo_map.bars)
    met = [beat for beat in fit.beats if beat is not None]
    assert met == sorted(set(met)) and met[0] > 0


@settings(max_examples=120, deadline=None, derandomize=True)
@given(cues())
def test_the_limits_hold_wherever_nothing_forced_them(cue: tuple[list[float], list[bool], TempoWish]) -> None:
    times, needed, wish = cue
    fit = fitted(times, needed, wish)
    irregular = [bars for bars in fit.tempo_map.bars if bars != 4]
    assert len(irregular) == fit.irregular
    if fit.relaxed > 0:
        return
    tempi = [segment.qpm for segment in fit.segments]
    assert all(abs(b / a - 1) <= wish.step + 1e-9 for a, b in zip(tempi, tempi[1:], strict=False))
    assert max(tempi) * (1 - wish.share) <= min(tempi) * (1 + wish.share) + 1e-9
    assert all(48.0 <= tempo <= 176.0 for tempo in tempi)
    assert set(irregular) <= {2, 3}
    assert fit.irregular <= 0.03 * times[-1] * wish.wish / 240


@settings(max_examples=60, deadline=None, derandomize=True)
@given(cues())
def test_no_two_bars_in_a_row_are_irregular(cue: tuple[list[float], list[bool], TempoWish]) -> None:
    fit = fitted(*cue)
    bars = fit.tempo_map.bars
    if fit.relaxed < 4:
        assert not any(a != 4 and b != 4 for a, b in zip(bars, bars[1:], strict=False))


def test_a_free_cue_has_one_tempo_and_whole_bars() -> None:
    fit = fitted([61.3])
    assert len(fit.tempo_map.changes) == 1
    assert set(fit.tempo_map.bars) == {4}
    assert 72 <= fit.tempo_map.qpm_at(0) <= 92


def test_hits_that_the_tempo_reaches_need_no_bending() -> None:
    beat = 60 / 80
    fit = fitted([16 * beat, 40 * beat, 64 * beat])
    assert fit.beats == (16, 40, 64)
    assert fit.relaxed == 0 and not any(segment.rit for segment in fit.segments)


def test_an_optional_hit_out_of_reach_is_left_out() -> None:
    fit = fitted([30.0, 31.13, 60.0], [True, False, True])
    assert fit.beats[1] is None
    assert fit.relaxed == 0


def test_a_required_hit_out_of_reach_is_met_by_a_written_rit() -> None:
    """2.9 s hold four beats at 82.8, then 2.45 s three at 73.5: no tempo in 2 % of another meets both."""
    fit = fitted([30.0, 32.9, 35.35, 60.0])
    assert None not in fit.beats
    assert any(segment.rit for segment in fit.segments) or fit.relaxed > 0


def test_a_join_changes_the_tempo_on_a_downbeat() -> None:
    chase = TempoWish(138.0, 168.0, 150.0, 0.05, 0.015)
    anchors = [Anchor(40_082_000, True, 1.0, chase), Anchor(70_000_000, True)]
    fit = fit_tempo(anchors, TempoWish(56.0, 72.0, 64.0), 0.03, LIMITS)
    join = fit.beats[0]
    assert join is not None and join in fit.tempo_map.bar_starts()
    assert fit.tempo_map.qpm_at(join - 5) < 73 and fit.tempo_map.qpm_at(join) > 135


@pytest.mark.parametrize("apart_s", [0.3, 0.5, 0.9, 1.5])
def test_required_hits_very_close_together_are_both_met(apart_s: float) -> None:
    times = [20.0, 20.0 + apart_s, 45.0]
    fit = fitted(times)
    assert None not in fit.beats
    assert all(0.0 <= error <= 100.0 for error in errors_us(fit, times))


@pytest.mark.parametrize("length_s", [1.4, 2.1, 3.3, 4.0, 5.7, 7.9])
def test_a_sting_of_any_length_ends_on_a_downbeat(length_s: float) -> None:
    fit = fitted([length_s])
    assert abs(errors_us(fit, [length_s])[0]) <= 100
    assert 48 <= fit.tempo_map.qpm_at(0) <= 176


def test_rounding_does_not_pile_up_over_four_and_a_half_minutes() -> None:
    times = [round(17.77 * n, 4) for n in range(1, 16)]
    assert max(errors_us(fitted(times), times)) < 100


def test_bars_end_where_they_are_cut() -> None:
    assert bars_between([7], 16) == [4, 3, 4, 4, 1]
    assert bars_between([], 8) == [4, 4]


@pytest.mark.parametrize(("wished", "most", "bars"), [(2.0, 3.0, (4,)), (3.0, 9.0, (4, 2)), (2.0, 1.2, (2,))])
def test_a_ring_is_as_near_to_the_wish_as_its_room_allows(
    wished: float, most: float, bars: tuple[int, ...]
) -> None:
    plain = TempoMap(changes=(TempoChange(beat=0, us_per_beat=500_000),), bars=(4, 4))
    assert with_ring(plain, wished, most).bars == (4, 4, *bars)


def test_a_ring_with_less_room_than_a_beat_is_shortened() -> None:
    plain = TempoMap(changes=(TempoChange(beat=0, us_per_beat=1_000_000),), bars=(4,))
    assert with_ring(plain, 2.0, 0.4).length_s == pytest.approx(4.4)
