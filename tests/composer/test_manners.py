"""Phrases move in manners of their own, and rhythms lean to where real bars begin their notes."""

import numpy as np

from composer.encoding.time_step import FIRST_ONSET, HOLD, LOWEST_PITCH, REST, TOKEN_COUNT
from composer.pitch_worth import PITCHES, Manner, Manners
from composer.rhythm_lean import PULSE, lean
from tests.composer.requests import request

NOTE = FIRST_ONSET + 30
LAST = LOWEST_PITCH + 30


def repeats(manner: Manner) -> float:
    """How likely a manner makes it that a pitch comes again, all pitches alike."""
    weights = np.exp(manner.worth(LAST, None))
    return float(weights[PITCHES == LAST].sum() / weights.sum())


def test_phrases_of_a_cue_differ_in_how_they_move_and_come_out_alike_again() -> None:
    first, again = Manners(request()), Manners(request())
    shares = [repeats(first.next()) for _ in range(20)]
    assert shares == [repeats(again.next()) for _ in range(20)]
    assert max(shares) > 2 * min(shares)


def test_no_manner_leaps_over_an_octave() -> None:
    manners = Manners(request())
    for _ in range(20):
        worth = manners.next().worth(LAST, LAST - 2)
        assert np.isfinite(worth[np.abs(PITCHES - LAST) <= 12]).all()
        assert (worth[np.abs(PITCHES - LAST) > 12] == -np.inf).all()


def test_a_sparse_bar_is_led_off_its_first_beat_and_a_note_in_pulse_is_praised() -> None:
    def begins(tokens: list[int], offset: int) -> float:
        scores = np.zeros(TOKEN_COUNT)
        lean(scores, tokens, 2, offset, 1)
        return float(scores[NOTE])

    assert begins([], 0) < begins([], 2) < begins([], 10)
    in_pulse = [NOTE, HOLD, NOTE, HOLD]
    assert begins(in_pulse, 4) - begins([NOTE, NOTE, HOLD, HOLD], 4) == PULSE


def test_a_bar_that_has_sung_its_notes_is_led_to_rest_or_hold_alone() -> None:
    scores = np.zeros(TOKEN_COUNT)
    lean(scores, [NOTE, HOLD], 4, 2, 0)
    assert scores[REST] > 0 and not scores[FIRST_ONSET:].any()
