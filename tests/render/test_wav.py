"""WAV as other programs read it."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from render import wav
from render.wav import pcm24_bytes, time_reference, wav_file
from tests.render.scenes import analysis


@pytest.mark.parametrize(("layout", "channels"), [("stereo", 2), ("5.1", 6)])
@pytest.mark.parametrize("format", ["pcm24", "float32"])
def test_samples_come_back_as_they_were_written(
    tmp_path: Path, layout: str, channels: int, format: wav.SampleFormat
) -> None:
    sound = np.random.default_rng(0).uniform(-0.9, 0.9, (4801, channels))
    sound = np.rint(sound * 2**23) / 2**23
    with wav_file(tmp_path / "a.wav", 4801, layout, format, time_reference=12_345) as file:
        file.write(sound[:1000])
        file.write(sound[1000:])
    read, rate = sf.read(tmp_path / "a.wav")
    assert rate == 48_000 and np.array_equal(read, sound)


def test_a_file_beyond_four_gigabytes_is_rf64(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wav, "RIFF_LIMIT", 1000)
    sound = np.full((500, 2), 0.25)
    with wav_file(tmp_path / "big.wav", 500, "stereo", "pcm24") as file:
        file.write(sound)
    assert (tmp_path / "big.wav").read_bytes()[:4] == b"RF64"
    assert np.array_equal(sf.read(tmp_path / "big.wav")[0], sound)


def test_full_scale_is_clipped_and_never_wraps() -> None:
    assert pcm24_bytes(np.array([[1.5, -1.5]])) == b"\xff\xff\x7f\x00\x00\x80"


def test_nothing_lies_under_the_name_when_frames_are_missing(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="promised"), wav_file(tmp_path / "a.wav", 10, "stereo", "pcm24"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_time_reference_is_the_start_timecode_at_the_true_rate(tmp_path: Path) -> None:
    rate = Fraction(24_000, 1001)
    film = analysis(48, rate).film.model_copy(update={"start_timecode": "01:00:00:00"})
    assert time_reference(film) == round(3600 * 24 / rate * 48_000) == 172_972_800
    with wav_file(tmp_path / "a.wav", 0, "stereo", "pcm24", time_reference(film)):
        pass
    written = (tmp_path / "a.wav").read_bytes()
    at = written.index(b"bext") + 8 + 338  # EBU Tech 3285: TimeReference follows 338 bytes of text and dates
    assert int.from_bytes(written[at : at + 8], "little") == 172_972_800
    assert not any(written[at - 18 : at])
