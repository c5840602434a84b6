"""What a bar of strokes is asked for comes out exactly, whatever the network would rather do."""

from hypothesis import given
from hypothesis import strategies as st

from composer.stroke_choice import Left, clashes, drawn_combination, playable

STEPS = 16
BEFORE = st.lists(st.booleans(), min_size=STEPS, max_size=STEPS).map(tuple)


def played(left: Left, before: tuple[bool, ...], scores: list[float], draws: list[float]) -> list[int]:
    """The combinations of a bar, under scores that never change."""
    found = []
    for step, uniform in enumerate(draws):
        chosen, _ = drawn_combination(scores, playable(left, before, step, STEPS), uniform)
        left = left.after(chosen, before[step])
        found.append(chosen)
    return found


@given(
    st.integers(0, STEPS),
    BEFORE,
    st.data(),
    st.lists(st.floats(-20, 20), min_size=8, max_size=8),
    st.lists(st.floats(0, 0.999), min_size=STEPS, max_size=STEPS),
)
def test_strokes_and_groove_are_as_asked(strokes, before, data, scores, draws) -> None:  # type: ignore[no-untyped-def]
    struck = sum(before)
    matches = data.draw(st.integers(max(strokes - (STEPS - struck), 0), min(strokes, struck)))
    bar = played(Left((None, None, None), strokes, matches), before, scores, draws)
    assert sum(one > 0 for one in bar) == strokes
    assert sum(one > 0 and ahead for one, ahead in zip(bar, before, strict=True)) == matches


@given(st.integers(1, STEPS), st.data(), st.lists(st.floats(0, 0.999), min_size=STEPS, max_size=STEPS))
def test_a_roles_own_strokes_are_as_asked_and_an_absent_one_is_silent(strokes, data, draws) -> None:  # type: ignore[no-untyped-def]
    pad = data.draw(st.integers(0, strokes))
    bar = played(Left((0, pad, None), strokes, None), (False,) * STEPS, [0.0] * 8, draws)
    assert sum(one > 0 for one in bar) == strokes
    assert sum(one >> 1 & 1 for one in bar) == pad
    assert not any(one & 1 for one in bar)


def test_a_step_is_struck_as_often_with_a_silent_bass_as_with_all_roles() -> None:
    scores = [0.0, 2.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]  # most of what is struck here has a bass
    draws = [n / 1000 for n in range(1000)]
    every = sum(drawn_combination(scores, range(8), one)[0] > 0 for one in draws)
    some = sum(drawn_combination(scores, (0, 2, 4, 6), one)[0] > 0 for one in draws)
    assert abs(every - some) <= 1 and 0 < every < 1000


def test_a_semitone_between_two_roles_clashes_and_a_third_below_c3_is_mud() -> None:
    bass, pad = 0, 1
    assert clashes(pad, 65, [(bass, 52)]) and clashes(pad, 53, [(bass, 52)])
    assert not clashes(pad, 65, [(pad, 64)]) and clashes(pad, 64, [(pad, 64)])
    assert clashes(pad, 40, [(bass, 36)]) and not clashes(pad, 43, [(bass, 36)])
