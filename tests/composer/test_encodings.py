"""Three encodings, each lossless on the grid."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.encoding import chord, piano_roll, time_step

CHORDS = st.integers(0, chord.CHORD_COUNT - 1)
MODES = st.integers(0, len(chord.MODES) - 1)
TONICS = st.integers(0, 11)


@st.composite
def melodies(draw: st.DrawFn) -> list[time_step.MelodyNote]:
    """Notes that follow one another with or without rests, within 64 steps."""
    notes, step = [], 0
    while step < 60 and draw(st.booleans()):
        step += draw(st.integers(0, 6))
        steps = draw(st.integers(1, 8))
        notes.append(time_step.MelodyNote(step, steps, draw(st.integers(36, 96))))
        step += steps
    return [note for note in notes if note.step + note.steps <= 64]


@given(melodies())
def test_a_melody_comes_back_from_its_tokens(notes: list[time_step.MelodyNote]) -> None:
    assert time_step.decode(time_step.encode(notes, 64)) == notes


@given(st.lists(st.integers(0, time_step.TOKEN_COUNT - 1), min_size=1, max_size=64))
def test_tokens_come_back_from_their_notes(tokens: list[int]) -> None:
    legal = []
    sounding = False
    for token in tokens:
        token = time_step.REST if token == time_step.HOLD and not sounding else token
        sounding = token >= time_step.FIRST_ONSET or (sounding and token == time_step.HOLD)
        legal.append(token)
    assert time_step.encode(time_step.decode(legal), len(legal)).tolist() == legal


@given(TONICS)
def test_a_tonic_moves_to_the_nearest_c(tonic: int) -> None:
    shift = time_step.to_c(tonic)
    assert (tonic + shift) % 12 == 0 and -6 <= shift <= 5


@given(CHORDS, TONICS)
def test_a_chord_id_is_its_root_and_quality(chosen: int, tonic: int) -> None:
    root, quality = chord.root_of(chosen), chord.quality_of(chosen)
    if root is None or quality is None:
        assert chosen == chord.NO_CHORD and chord.pitch_classes(chosen, tonic) == ()
    else:
        assert chord.chord_id(root, quality) == chosen
        assert chord.pitch_classes(chosen, tonic)[0] == (tonic + root) % 12


@given(CHORDS, MODES)
def test_a_chord_scale_has_seven_rising_degrees_and_every_chord_tone(chosen: int, mode: int) -> None:
    scale = chord.chord_scale(chosen, mode)
    assert len(scale) == 7 and scale[0] == 0
    assert all(a < b for a, b in zip(scale, [*scale[1:], 12], strict=True))
    assert set(chord.pitch_classes(chosen)) <= chord.scale_pitch_classes(chosen, mode)


def test_the_tonic_triad_is_at_rest_and_a_far_diminished_chord_is_not() -> None:
    assert chord.tension(chord.chord_id(0, "maj")) < 0.1
    assert chord.tension(chord.chord_id(6, "dim7")) == 1.0


@given(st.integers(0, piano_roll.ROWS - 1), CHORDS, MODES, TONICS)
def test_a_row_comes_back_from_its_pitch(row: int, chosen: int, mode: int, tonic: int) -> None:
    pitch = piano_roll.row_pitch(row, chosen, mode, tonic)
    role = piano_roll.role_of_row(row)
    assert 28 <= pitch <= 101
    assert piano_roll.pitch_row(role, pitch, chosen, mode, tonic) == row


@st.composite
def roll_notes(draw: st.DrawFn) -> list[piano_roll.RollNote]:
    """Notes in two bars that do not overlap within a row."""
    found = []
    for row in draw(st.lists(st.integers(0, piano_roll.ROWS - 1), max_size=8, unique=True)):
        step = draw(st.integers(0, 31))
        steps = draw(st.integers(1, 32 - step))
        found.append(piano_roll.RollNote(step, steps, row))
    return sorted(found)


@given(roll_notes())
@settings(max_examples=50)
def test_a_texture_comes_back_from_its_roll(notes: list[piano_roll.RollNote]) -> None:
    rolls = piano_roll.encode(notes, 2)
    assert rolls.shape == (2, 2, piano_roll.ROWS, piano_roll.STEPS)
    assert piano_roll.decode(rolls) == notes


def test_holds_that_follow_no_note_are_dropped() -> None:
    rolls = np.zeros((1, 2, piano_roll.ROWS, piano_roll.STEPS), np.bool_)
    rolls[0, piano_roll.HOLD_PLANE, 5, 3:6] = True
    assert piano_roll.decode(rolls) == []
