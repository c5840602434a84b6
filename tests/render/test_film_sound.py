"""Where each channel of the film goes: roles by stream or by side, left out, in the middle, folded."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from render.film_sound import FilmSound, film_sound
from render.folded_mix import folded_mix, under_ceiling
from render.wav import wav_file
from tests.films import TinyShot, tiny_film
from tests.render.scenes import RATE_HZ, analysis
from tests.render.ten_films import ebur128
from vision.analysis import Film, TrackRole

SIDES = np.stack([np.full(RATE_HZ, 0.25, np.float32), np.full(RATE_HZ, -0.125, np.float32)])


def film(path: Path, sides: tuple[TrackRole, ...] = (), sound: np.ndarray = SIDES) -> tuple[Path, Film]:
    """One second; unless said, a quarter on the left and minus an eighth on the right."""
    tiny_film(path, [TinyShot(2)], rate=2, size=(32, 32), sound=sound, sound_codec="pcm_f32le")
    about = analysis(2, 2).film
    stream = about.audio_streams[0].model_copy(update={"sides": sides})
    return path, about.model_copy(update={"audio_streams": (stream,)})


def heard(sound: FilmSound) -> np.ndarray:
    return np.concatenate(list(sound.blocks()))


def test_a_pair_without_roles_stays_where_the_editor_put_it(tmp_path: Path) -> None:
    assert np.array_equal(heard(film_sound(*film(tmp_path / "a.mov"))), SIDES.T)


def test_sides_with_a_role_each_are_heard_in_the_middle(tmp_path: Path) -> None:
    sound = film_sound(*film(tmp_path / "a.mov", ("dx", "fx")))
    assert sound.layout == "stereo"
    assert np.array_equal(heard(sound), np.repeat(SIDES.sum(0)[:, None], 2, 1))


@pytest.mark.parametrize(("left_out", "stays"), [("mx", 0), ("dx", 1)])
def test_a_side_left_out_is_not_heard(tmp_path: Path, left_out: TrackRole, stays: int) -> None:
    sound = film_sound(*film(tmp_path / "a.mov", ("dx", "mx")), frozenset({left_out}))
    assert np.array_equal(heard(sound), np.repeat(SIDES[stays][:, None], 2, 1))


def test_the_watched_mix_has_both_sides_in_the_middle_and_the_score_as_it_was(tmp_path: Path) -> None:
    own = film_sound(*film(tmp_path / "a.mov"))
    score = np.random.default_rng(2).uniform(-0.1, 0.1, (RATE_HZ, 2))
    with wav_file(tmp_path / "mix.wav", RATE_HZ, "stereo", "pcm24") as wav:
        wav.write(0.5 * SIDES.T + score)
    with folded_mix(own, tmp_path / "mix.wav", -6.0206, tmp_path / "folded.wav") as folded:
        sound = sf.read(folded)[0]
    assert np.abs(sound - score - 0.0625).max() < 1e-6
    assert not (tmp_path / "folded.wav").exists()


def test_sides_that_are_loud_together_are_lowered_and_never_clipped(tmp_path: Path) -> None:
    """Both at .8 for a while: twice .8 is over full scale, and the rest of the film stays as it was."""
    tone = 0.8 * np.sin(np.arange(RATE_HZ) / RATE_HZ * 2 * np.pi * 441).astype(np.float32)
    sides = np.stack([tone, tone])
    sides[:, : RATE_HZ // 2] *= 0.1
    own = film_sound(*film(tmp_path / "a.mov", sound=sides))
    with wav_file(tmp_path / "mix.wav", RATE_HZ, "stereo", "pcm24") as wav:
        wav.write(sides.T)
    with folded_mix(own, tmp_path / "mix.wav", 0.0, tmp_path / "folded.wav") as folded:
        sound = sf.read(folded)[0]
        assert ebur128(folded)[1] <= -1.0
    assert 0.8 < np.abs(sound).max() < 0.9
    quiet = slice(0, RATE_HZ // 2 - RATE_HZ // 10)
    assert np.abs(sound[quiet] - 2 * sides.T[quiet]).max() < 1e-6
    middle = np.concatenate(list(under_ceiling(own.folded().blocks, 2)))
    assert np.abs(middle - sound).max() < 1e-6
