"""WAV as other programs read it."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile as sf

from render import wav
from render.wav import pcm24_bytes, time_reference, wav_file
from tests.render.scenes import analysis
from vision.timecode import parse_timecode


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


def test_a_file_beyond_four_gigabytes_is_rf64_and_plays_to_its_last_sample(tmp_path: Path) -> None:
    """Sparse: the header of five hours and the last second lie on disk, the silence between does not."""
    path, frames = tmp_path / "big.wav", 5 * 3600 * 48_000
    header = wav.header(frames, "stereo", "pcm24", time_reference=172_972_800)
    last = np.rint(np.random.default_rng(1).uniform(-0.9, 0.9, (48_000, 2)) * 2**23) / 2**23
    with path.open("wb") as file:
        file.write(header)
        file.seek(len(header) + (frames - 48_000) * 6)
        file.write(pcm24_bytes(last))
    with sf.SoundFile(path) as sound:
        assert (sound.format, sound.frames, sound.channels) == ("RF64", frames, 2)
        sound.seek(frames - 48_000)
        assert np.array_equal(sound.read(), last)
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert stream.duration * stream.time_base == 5 * 3600
        assert int(container.metadata["time_reference"]) == 172_972_800


@pytest.mark.parametrize("format", ["pcm24", "float32"])
@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1"])
def test_a_header_grows_to_64_bits_at_the_last_byte_that_32_hold(
    layout: str, format: wav.SampleFormat
) -> None:
    width = {"mono": 1, "stereo": 2, "5.1": 6}[layout] * wav.BYTES_PER_SAMPLE[format]
    most = wav.RIFF_LIMIT // width
    small, large = (wav.header(frames, layout, format, time_reference=0) for frames in (most, most + 1))
    assert (small[:4], large[:4]) == (b"RIFF", b"RF64")
    assert int.from_bytes(small[4:8], "little") == len(small) - 8 + most * width + most * width % 2
    assert large[4:8] == large[-4:] == b"\xff" * 4 and large[12:16] == b"ds64"
    sizes = [int.from_bytes(large[at : at + 8], "little") for at in (20, 28, 36)]
    data = (most + 1) * width
    assert sizes == [len(large) - 8 + data + data % 2, data, most + 1]


def test_full_scale_is_clipped_and_never_wraps() -> None:
    assert pcm24_bytes(np.array([[1.5, -1.5]])) == b"\xff\xff\x7f\x00\x00\x80"


def test_nothing_lies_under_the_name_when_frames_are_missing(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="promised"), wav_file(tmp_path / "a.wav", 10, "stereo", "pcm24"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("rate", "start", "drop"),
    [
        (Fraction(24_000, 1001), "01:00:00:00", False),
        (Fraction(24), "00:59:52:00", False),
        (Fraction(25), "10:00:00:00", False),
        (Fraction(30_000, 1001), "00:59:58;02", True),
        (Fraction(30_000, 1001), "01:00:00:00", False),
        (Fraction(30), "01:00:00:00", False),
        (Fraction(50), "09:59:30:49", False),
        (Fraction(60_000, 1001), "01:00:00;00", True),
        (Fraction(60_000, 1001), "23:59:59:59", False),
    ],
)
def test_the_time_reference_is_the_start_timecode_at_the_true_rate(
    tmp_path: Path, rate: Fraction, start: str, drop: bool
) -> None:
    about = {"start_timecode": start, "drop_frame": drop}
    film = analysis(48, rate).film.model_copy(update=about)
    exact = parse_timecode(start, rate, drop) / rate * 48_000
    assert abs(time_reference(film) - exact) <= Fraction(1, 2)
    with wav_file(tmp_path / "a.wav", 0, "stereo", "pcm24", time_reference(film)):
        pass
    with av.open(str(tmp_path / "a.wav")) as container:
        assert int(container.metadata["time_reference"]) == time_reference(film)


def test_an_hour_of_2398_starts_3_6_seconds_after_the_clocks_hour() -> None:
    film = analysis(48, Fraction(24_000, 1001)).film.model_copy(update={"start_timecode": "01:00:00:00"})
    assert time_reference(film) == 172_972_800


def test_a_broadcast_wave_says_how_it_was_made_and_never_when(tmp_path: Path) -> None:
    for layout, mode in (("mono", ",M=mono"), ("stereo", ",M=stereo"), ("5.1", "")):
        with wav_file(tmp_path / f"{layout}.wav", 0, layout, "pcm24", 48):
            pass
        written = (tmp_path / f"{layout}.wav").read_bytes()
        at = written.index(b"bext") + 8
        size = int.from_bytes(written[at - 4 : at], "little")
        assert written[at + size : at + size + 4] == b"fmt " and size % 2 == 0
        # EBU Tech 3285: 320 bytes of text, 18 of date and time, 8 of time reference, then the version.
        assert not any(written[at + 320 : at + 338])
        assert int.from_bytes(written[at + 346 : at + 348], "little") == 1
        history = written[at + 602 : at + size].rstrip(b"\0")
        assert history == f"A=PCM,F=48000,W=24{mode},T=Reelscore\r\n".encode()
