"""The parts of the ears: features, classes, buses and onsets, each on the smallest sound that shows it."""

import numpy as np
import pytest
import soxr

from tests.vision.sounds import RATE_HZ, noise, plucked_chords, quiet, sine, voice
from vision.analysis import AudioStream, SpeechSpan, TrackRole
from vision.sound_buses import route
from vision.sound_classes import (
    SoundClasses,
    beat_regularity,
    class_spans,
    classify,
    music_likelihood,
    sameness,
    steady_level,
    struck_notes,
)
from vision.sound_features import FeatureListener, SoundRows
from vision.sound_onsets import OnsetListener, looks_split


def rows_of(sound: np.ndarray, piece: int = 8000) -> SoundRows:
    listener = FeatureListener()
    low = np.asarray(soxr.resample(sound, RATE_HZ, 16_000), np.float32)
    for start in range(0, len(low), piece):
        listener.feed(low[start : start + piece])
    return listener.rows(len(sound) // (RATE_HZ // 2))


def onsets_of(sound: np.ndarray) -> list[float]:
    listener = OnsetListener(None)
    for start in range(0, len(sound), 12_345):
        listener.feed(sound[start : start + 12_345, None])
    return [float(time) for time in listener.onsets()[0]]


def stream(index: int, layout: str, channels: int, role: TrackRole = "full") -> AudioStream:
    return AudioStream(
        index=index, codec="aac", sample_rate_hz=48_000, channels=channels, layout=layout, role=role
    )


def test_features_do_not_depend_on_how_the_sound_is_cut_up() -> None:
    sound = plucked_chords(4)
    for name, values in vars(rows_of(sound, 777)).items():
        assert np.allclose(values, getattr(rows_of(sound, 64_000), name), atol=1e-3), name


def test_steady_partials_tell_notes_from_speech_and_noise() -> None:
    notes, spoken, hiss = (steady_level(rows_of(s)).mean() for s in (plucked_chords(6), voice(6), noise(6)))
    assert notes > 20 and spoken < 5 and hiss < 1


def test_level_is_that_of_the_half_second() -> None:
    rows = rows_of(np.concatenate([sine(440, 2, 0.1), quiet(2)]))
    assert rows.level_db[1] == pytest.approx(20 * np.log10(0.1 / np.sqrt(2)), abs=0.3)
    assert rows.level_db[6] < -100


def test_a_pulse_twice_a_second_is_regular_and_noise_is_not() -> None:
    pulse = noise(12, 0.001)
    for start in range(0, len(pulse), RATE_HZ // 2):
        pulse[start : start + 2000] += noise(2000 / RATE_HZ, 0.3, start)
    assert beat_regularity(rows_of(pulse).onsets)[12] > 0.6
    assert beat_regularity(rows_of(noise(12)).onsets)[12] < 0.25


def test_a_hum_stays_the_same_and_a_tune_does_not() -> None:
    hum = sine(220, 10) + noise(10, 0.0005)
    assert sameness(rows_of(hum).pitches)[8] > 0.98
    assert sameness(rows_of(plucked_chords(10)).pitches)[8] < 0.93


def test_music_may_sound_under_speech() -> None:
    rows = rows_of(plucked_chords(6))
    classes = classify(rows, np.ones(12))
    assert classes.speech[6] > 0.9 and classes.music[6] > 0.9 and classes.effects[6] < 0.1


def test_syllables_are_no_beat() -> None:
    rows = rows_of(voice(10))
    assert music_likelihood(rows, np.ones(20)).max() < 0.5


def test_a_struck_note_is_not_a_word() -> None:
    span = SpeechSpan(start_s=2.0, end_s=2.6)
    assert struck_notes((span,), rows_of(plucked_chords(5))) == (span,)
    assert struck_notes((span,), rows_of(voice(5))) == ()


def test_spans_join_equal_neighbours_and_end_with_the_film() -> None:
    def curve(*values: float) -> np.ndarray:
        return np.array(values, np.float32)

    classes = SoundClasses(
        speech=curve(0, 0.9, 0.9, 0, 0),
        music=curve(0, 0.9, 0, 0.8, 0.1),
        effects=curve(0, 0, 0, 0, 0.9),
        silence=curve(1, 0, 0, 0, 0),
    )
    spans = [(s.kind, s.start_s, s.end_s) for s in class_spans(classes, 2.3)]
    assert spans == [("silence", 0, 0.5), ("speech", 0.5, 1.5), ("music", 1.5, 2.0), ("effects", 2.0, 2.3)]


def test_a_bang_is_timed_to_ten_milliseconds() -> None:
    sound = noise(6, 0.003)
    sound[round(3.456 * RATE_HZ) :][:4800] += noise(0.1, 0.3, 5)
    assert onsets_of(sound) == pytest.approx([3.456], abs=0.011)


def test_a_street_cut_in_is_no_bang_and_a_swell_is_none() -> None:
    assert onsets_of(np.concatenate([noise(3, 0.003), noise(3, 0.1)])) == []
    assert onsets_of(noise(6, 0.1) * np.linspace(0, 1, 6 * RATE_HZ, dtype=np.float32) ** 3) == []


def test_a_door_and_its_latch_are_one_event() -> None:
    sound = noise(4, 0.001)
    for at, gain in ((2.0, 0.3), (2.15, 0.15)):
        sound[round(at * RATE_HZ) :][:2400] += noise(0.05, gain, 7)
    assert onsets_of(sound) == pytest.approx([2.0], abs=0.011)


def test_a_film_of_a_hundredth_of_a_second_has_no_onsets() -> None:
    assert onsets_of(noise(0.01)) == []


def test_five_point_one_leans_on_the_centre_and_leaves_low_effects_out() -> None:
    routing = route([stream(0, "5.1", 6)], None)
    fold = routing.buses[0].fold
    assert fold[2] == fold.max() and fold[3] == 0 and 0 < fold[4] < fold[0]
    assert list(routing.loudness) == [1, 1, 1, 0, 1.41, 1.41]


def test_six_mono_streams_take_the_seats_of_five_point_one() -> None:
    routing = route([stream(k, "mono", 1) for k in range(6)], None)
    assert list(routing.loudness) == [1, 1, 1, 0, 1.41, 1.41]


def test_eight_mono_streams_are_five_point_one_and_a_fold_down_that_counts_nowhere() -> None:
    routing = route([stream(k, "mono", 1) for k in range(8)], None)
    assert list(routing.loudness) == [1, 1, 1, 0, 1.41, 1.41, 0, 0]
    assert routing.buses[0].fold[6] == routing.buses[0].fold[7] == 0


def test_an_unseated_layout_gets_the_usual_seats() -> None:
    assert list(route([stream(0, "6 channels", 6)], None).loudness) == [1, 1, 1, 0, 1.41, 1.41]


def test_roles_of_the_streams_themselves_are_kept() -> None:
    routing = route([stream(0, "mono", 1, "dx"), stream(1, "stereo", 2, "mx")], None)
    assert [bus.role for bus in routing.buses] == ["dx", "mx"]
    assert [list(bus.fold > 0) for bus in routing.buses] == [[True, False, False], [False, True, True]]
    assert list(routing.loudness) == [1, 1, 1]


def test_only_a_lone_stereo_stream_can_be_a_split_pair() -> None:
    assert route([stream(0, "stereo", 2)], None).pair == (0, 1)
    assert route([stream(0, "stereo", 2), stream(1, "mono", 1)], None).pair is None
    assert route([stream(0, "stereo", 2)], ["dx", "fx"]).pair is None


def test_wide_music_is_no_split_pair() -> None:
    sides = np.stack([np.full(20, -20.0), np.full(20, -23.0)], 1)
    speech = np.array([1.0] * 10 + [0.0] * 10, np.float32)
    assert not looks_split(sides, speech)
    sides[:10, 1], sides[10:, 0] = -80, -80
    assert looks_split(sides, speech) and not looks_split(sides[:3], speech)
