"""The rule by which the bench scores cuts, and the films that it makes up for it."""

import pytest

from tests.bench.cut_score import Figures, score, total, truth_of
from tests.bench.made_films import KINDS, made_film

TRUTH = truth_of(
    [
        (49, 50, "cut"),
        (100, 120, "dissolve"),
        (200, 210, "fade_out"),
        (222, 230, "fade_in"),
        (299, 300, "black_cut"),
        (349, 350, "title_cut"),
    ]
)


def test_a_cut_within_two_frames_is_found_and_the_second_of_two_is_false() -> None:
    scored = score([48, 51, 303], TRUTH)
    assert scored.hits == (50,)
    assert scored.missed == (300,)
    assert scored.false == (48, 303)


def test_a_fade_out_and_in_counts_once_and_is_found_anywhere_within_three_frames() -> None:
    assert [each.kinds for each in TRUTH.gradual] == [("dissolve",), ("fade_out", "fade_in")]
    assert [each.first for each in score([97, 233], TRUTH).seen] == [100, 200]
    assert score([96], TRUTH).false == (96,)


def test_a_title_switch_is_neither_hit_nor_miss() -> None:
    assert total([score([350], TRUTH)]) == Figures(hits=0, cuts=2, false=0, seen=0, gradual=2)


def test_a_boundary_that_found_a_cut_finds_no_dissolve_beside_it() -> None:
    truth = truth_of([(49, 50, "cut"), (52, 60, "dissolve")])
    assert score([50], truth).seen == ()
    assert len(score([50, 56], truth).seen) == 1


def test_f1_counts_false_boundaries_and_misses_alike() -> None:
    assert Figures(hits=9, cuts=10, false=1, seen=0, gradual=0).f1_hard == pytest.approx(0.9)
    assert Figures(hits=0, cuts=0, false=0, seen=0, gradual=0).f1_hard == 1.0


def test_an_unknown_kind_of_transition_is_refused() -> None:
    with pytest.raises(ValueError, match="wipe"):
        truth_of([(1, 9, "wipe")])


@pytest.mark.parametrize("kind", ["action", "silent", "fade"])
def test_a_made_film_is_the_same_again_and_its_truth_lies_within_it(kind: str) -> None:
    one, again = made_film(kind, 5, transitions=4), made_film(kind, 5, transitions=4)
    assert one.rows == again.rows
    assert one.shown == again.shown
    assert all(0 <= start < end < len(one.shown) for start, end, _ in one.rows)
    assert next(one.frames()).tobytes() == next(again.frames()).tobytes()


def test_every_kind_of_made_film_names_transitions_that_the_rule_knows() -> None:
    for kind in KINDS:
        truth_of(made_film(kind, 0, transitions=3).rows)
