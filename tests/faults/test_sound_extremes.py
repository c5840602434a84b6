"""Sound as it should not be: clipped, off centre, silent. Levels and lengths come out as promised."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from render.mix import mix_film
from render.settings import RenderSettings
from tests.films import TinyShot, tiny_film
from tests.render.scenes import RATE_HZ, analysis, cue, song, spotting, synthesised
from tests.render.ten_films import ebur128
from vision.progress import silent

SECONDS = 12


def clipped() -> np.ndarray:
    """Noise driven far over full scale and cut there."""
    return np.clip(np.random.default_rng(1).standard_normal((2, SECONDS * RATE_HZ)) * 3, -1, 1)


def off_centre() -> np.ndarray:
    """Noise about a third of full scale away from nought."""
    return np.random.default_rng(2).standard_normal((2, SECONDS * RATE_HZ)) * 0.05 + 0.33


def nothing() -> np.ndarray:
    """Digital silence."""
    return np.zeros((2, SECONDS * RATE_HZ))


@pytest.mark.parametrize("sound", [clipped, off_centre, nothing])
def test_levels_peaks_and_length_hold_whatever_the_film_sounds_like(tmp_path: Path, sound: object) -> None:
    assert callable(sound)
    path = tmp_path / "film.mov"
    samples = sound().astype(np.float32)
    tiny_film(path, [TinyShot(24)], rate=2, size=(32, 32), sound=samples, sound_codec="pcm_f32le")
    songs = synthesised(tmp_path / "cues", {"a": song(4)})
    settings, cues = RenderSettings(loudness="ebu"), spotting(cue("a", 1.0, 11.0))
    mix_film(path, analysis(24, 2), None, cues, songs, settings, tmp_path, silent)  # type: ignore[arg-type]
    assert sf.info(tmp_path / "mix.wav").frames == SECONDS * RATE_HZ
    loudness, peak = ebur128(tmp_path / "mix.wav")
    assert loudness == pytest.approx(-23.0, abs=0.2)
    assert peak <= -1.0
