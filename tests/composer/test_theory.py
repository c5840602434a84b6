"""Chords, scales, voicings and cadences: what is guaranteed whatever an engine likes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.cadence import ending_chords
from composer.encoding.chord import MODES, QUALITIES
from composer.grid import slots
from composer.harmony import VOCABULARY, decode_chords
from composer.request import RequestedHit
from composer.spotting import Mode
from composer.theory import (
    MODE_STEPS,
    Chord,
    chord_of,
    chord_scale,
    key_pc_of,
    key_signature,
    nearest_pitch,
    scale_pcs,
    tension,
    vocabulary,
)
from composer.voicing import VoicingWish, bass_line, low_enough, rooted, voice
from tests.composer.requests import request

CHORDS = st.builds(Chord, st.integers(0, 11), st.sampled_from(QUALITIES))


@given(CHORDS, st.integers(0, 11), st.sampled_from(tuple(MODE_STEPS)))
def test_a_chords_scale_holds_its_tones_and_seven_pitch_classes(chord: Chord, key: int, mode: Mode) -> None:
    scale = chord_scale(chord, key, mode)
    assert set(chord.pitch_classes) <= scale
    assert len(scale) == 7


def test_a_diatonic_chords_scale_is_its_keys() -> None:
    assert chord_scale(Chord(5, "maj"), 0, "ionian") == set(scale_pcs(0, "ionian"))
    assert 11 in chord_scale(Chord(7, "maj"), 0, "aeolian")


@given(CHORDS, st.integers(0, 11))
def test_chord_numbers_come_back_as_chords(chord: Chord, key: int) -> None:
    assert chord_of(chord.id(key), key) == chord
    assert vocabulary(key)[chord.id(key)] == chord


def test_the_tonic_is_calm_and_the_tritones_diminished_seventh_is_not() -> None:
    assert tension(Chord(0, "maj"), 0) < 0.1 < 0.9 < tension(Chord(6, "dim7"), 0)


def test_chords_are_named_as_musicians_write_them() -> None:
    assert Chord(2, "min7").name() == "Dm7"
    assert Chord(8, "maj", 0).name() == "Ab/C"
    assert key_pc_of("F#") == 6 and key_pc_of("Cb") == 11
    with pytest.raises(ValueError):
        key_pc_of("H")


def test_a_modes_key_signature_is_its_relative_majors() -> None:
    assert [key_signature(2, mode) for mode in ("dorian", "aeolian", "lydian")] == ["C", "F", "A"]


@settings(deadline=None, max_examples=40)
@given(st.lists(CHORDS, min_size=1, max_size=8), st.floats(52, 70), st.integers(3, 4))
def test_every_voice_is_a_chord_tone_in_range_and_no_voicing_crosses_itself(
    chords: list[Chord], centre: float, voices: int
) -> None:
    found = voice([VoicingWish(chord, voices, centre, 45, 79) for chord in chords])
    for chord, pitches in zip(chords, found, strict=True):
        assert pitches and list(pitches) == sorted(set(pitches))
        assert all(45 <= pitch <= 79 and pitch % 12 in chord.pitch_classes for pitch in pitches)


def test_voices_move_by_step_where_they_can_and_keep_common_tones() -> None:
    turn = [Chord(0, "min"), Chord(8, "maj"), Chord(3, "maj"), Chord(10, "maj")] * 2
    found = voice([VoicingWish(chord, 3, 60, 45, 79) for chord in turn])
    moves = [abs(a - b) for before, here in zip(found, found[1:], strict=False)
             for a, b in zip(before, here, strict=True)]  # fmt: skip
    assert np.mean(moves) < 2.5
    assert any(set(a) & set(b) for a, b in zip(found, found[1:], strict=False))


def test_without_a_bass_a_pad_stands_on_its_chords_root() -> None:
    assert rooted(Chord(0, "min"), (51, 55, 60), 41) == (48, 51, 55, 60)
    assert rooted(Chord(0, "min"), (48, 51, 55), 41) == (48, 51, 55)
    assert rooted(Chord(8, "maj", 0), (51, 56), 49) == (51, 56)


def test_below_c3_a_voicing_keeps_only_its_lowest_note_and_octaves() -> None:
    assert low_enough(Chord(0, "maj"), (36, 43, 48, 52)) == (36, 48, 52)


def test_a_bass_line_takes_the_near_way_and_the_pedal_where_there_is_one() -> None:
    line = bass_line([Chord(0, "maj"), Chord(7, "maj"), Chord(5, "min", 0)], 28, 52, [38, 38, 38])
    assert [pitch % 12 for pitch in line] == [0, 7, 0]
    assert all(abs(a - b) <= 7 for a, b in zip(line, line[1:], strict=False))


def test_the_nearest_pitch_says_when_there_is_none() -> None:
    assert nearest_pitch(61, {0, 2}) == 60
    with pytest.raises(ValueError):
        nearest_pitch(60, {1}, 62, 70)


@pytest.mark.parametrize("mode", MODES)
def test_a_close_goes_home_by_a_cadence_of_its_mode(mode: Mode) -> None:
    asked = request(mode=mode, ending="close", key="C")
    forced = ending_chords(asked, np.random.default_rng(1))
    last = [forced[index] for index in sorted(forced)]
    assert last[-1] == Chord(0, "min" if MODE_STEPS[mode][2] == 3 else "maj")
    assert last[0].root != 0


def test_a_segue_leaves_on_the_dominant_and_a_stop_forces_nothing() -> None:
    rng = np.random.default_rng(1)
    assert list(ending_chords(request(ending="segue", key="C"), rng).values()) == [Chord(7, "sus4")]
    assert ending_chords(request(ending="stop"), rng) == {}


def test_harmonic_rhythm_is_kept_exactly_and_a_turn_changes_the_chord() -> None:
    hit = RequestedHit(beat=6, kind="turn", strength=1, required=True)
    asked = request(("walk",), hits=(hit,), ending="stop")

    def same(_chosen: object, _index: int) -> np.ndarray:  # type: ignore[type-arg]
        return np.zeros(VOCABULARY)

    chords = decode_chords(asked, same)
    grid = slots(asked.tempo_map)
    changes = [slot.start / 4 for slot, before, here in zip(grid[1:], chords, chords[1:], strict=False)
               if before != here]  # fmt: skip
    assert set(changes) <= {6.0, *(4.0 * bar for bar in range(9))}
    assert 6.0 in changes


def test_more_tension_asked_gives_more_tension() -> None:
    def mean(asked: float) -> float:
        base = request(("walk",), bars_each=16, ending="stop")
        bars = tuple(bar.model_copy(update={"tension": asked}) for bar in base.bars)
        chords = decode_chords(base.model_copy(update={"bars": bars}), lambda *_: np.zeros(VOCABULARY))
        return float(np.mean([tension(chord, base.key_pc) for chord in chords]))

    assert mean(0.1) < mean(0.5) < mean(0.9)
