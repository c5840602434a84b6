"""Speech spans: hysteresis, pauses, doubt, and a detector that does not mind how sound is cut up."""

import subprocess
import sys

import numpy as np
import pytest
import soxr

from flows.demo_voice import RATE_HZ as VOICE_RATE_HZ
from flows.demo_voice import Voice, speak
from vision.speech import SpeechDetector, speech_share_at, speech_spans

HOP_S = 0.032


def spans(*runs: tuple[float, int]) -> list[tuple[float, float]]:
    """Spans of probabilities given as (value, hops)."""
    probability = np.concatenate([np.full(count, value, np.float32) for value, count in runs])
    times = (np.arange(len(probability)) + 0.5) * HOP_S
    return [(s.start_s, s.end_s) for s in speech_spans(times, probability, HOP_S)]


def test_speech_goes_on_until_it_is_clearly_over() -> None:
    assert spans((0, 10), (0.9, 20), (0.4, 20), (0.2, 10)) == [(0.32, 1.6)]


def test_a_short_pause_is_bridged_and_a_long_one_is_not() -> None:
    assert len(spans((0.9, 20), (0, 8), (0.9, 20))) == 1
    assert len(spans((0.9, 20), (0, 12), (0.9, 20))) == 2


def test_a_click_and_a_doubt_are_no_speech() -> None:
    assert spans((0, 10), (0.99, 5), (0, 20)) == []
    assert spans((0, 10), (0.6, 40), (0, 20)) == []


def test_speech_to_the_very_end_is_closed() -> None:
    assert spans((0, 10), (0.9, 20)) == [(0.32, 0.96)]


def test_shares_of_hops_add_up_to_the_length_of_the_spans() -> None:
    probability = np.zeros(100, np.float32)
    probability[20:60] = 0.9
    times = (np.arange(100) + 0.5) * HOP_S
    found = speech_spans(times, probability, HOP_S)
    share = speech_share_at(found, (np.arange(7) + 0.5) * 0.5, 0.5)
    assert share.sum() * 0.5 == pytest.approx(40 * HOP_S)
    assert share.max() == pytest.approx(1.0) and share[0] == 0


@pytest.mark.parametrize("piece", [100, 512, 7919])
def test_the_detector_hears_the_same_however_the_sound_is_cut_up(piece: int) -> None:
    sound = speak(Voice(120, 1.0), 1.5, 4).astype(np.float32)
    whole, parts = SpeechDetector(), SpeechDetector()
    whole.feed(sound)
    for start in range(0, len(sound), piece):
        parts.feed(sound[start : start + piece])
    assert np.allclose(whole.probabilities(46), parts.probabilities(46), atol=1e-5)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("voice", [Voice(112, 1.0), Voice(198, 1.16), Voice(150, 1.05, 1.2)])
def test_the_synthetic_voice_is_taken_for_speech(voice: Voice, seed: int) -> None:
    detector = SpeechDetector()
    detector.feed(np.pad(speak(voice, 2.0, seed), (4000, 0)).astype(np.float32))
    assert (detector.probabilities(70)[12:66] > 0.5).mean() > 0.9


def test_noise_and_tones_are_not_speech() -> None:
    for sound in (np.random.default_rng(1).normal(0, 0.1, 32000), 0.2 * np.sin(np.arange(32000) * 0.2)):
        detector = SpeechDetector()
        detector.feed(sound.astype(np.float32))
        assert detector.probabilities(62).max() < 0.5


def test_missing_hops_count_as_silence() -> None:
    assert len(SpeechDetector().probabilities(9)) == 9 and SpeechDetector().probabilities(9).max() == 0


def test_the_voice_keeps_its_length_and_its_level() -> None:
    said = speak(Voice(112, 1.0), 1.234, 1)
    assert len(said) == round(1.234 * VOICE_RATE_HZ) and np.abs(said).max() == pytest.approx(0.5)
    assert len(soxr.resample(said, VOICE_RATE_HZ, 48_000)) == pytest.approx(1.234 * 48_000, abs=2)


def test_listening_does_not_import_torch_or_numba() -> None:
    """torch costs 2.5 s; librosa brings numba in when the first sound is heard, not before."""
    code = "import sys, vision.sound; sys.exit(bool({'torch', 'numba'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
