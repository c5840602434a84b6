"""Decoded sound on the film's clock: sample positions, gaps, broken packets, memory."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.vision.sounds import RATE_HZ, Stream, noise, quiet, write_sound
from vision.progress import silent
from vision.soundtrack import BLOCK_SAMPLES, read_soundtrack


def whole(
    path: Path, streams: list[Stream], length_s: float, zero_s: Fraction = Fraction(0)
) -> list[np.ndarray]:
    held = write_sound(path, streams)
    blocks = list(read_soundtrack(path, held, zero_s, length_s, silent))
    return [np.concatenate([block[k] for block in blocks])[:, 0] for k in range(len(streams))]


def click_at(sample: int, length: int) -> np.ndarray:
    sound = np.zeros(length, np.float32)
    sound[sample] = 0.9
    return sound


def test_a_click_keeps_its_sample(tmp_path: Path) -> None:
    (sound,) = whole(tmp_path / "a.mov", [Stream(click_at(70_001, 2 * RATE_HZ))], 2.0)
    assert len(sound) == 2 * RATE_HZ and int(np.argmax(sound)) == 70_001


def test_a_click_at_another_rate_keeps_its_time(tmp_path: Path) -> None:
    (sound,) = whole(tmp_path / "a.mov", [Stream(click_at(44_100, 88_200), rate_hz=44_100)], 2.0)
    assert abs(int(np.argmax(sound)) - RATE_HZ) <= 1


def test_late_and_early_streams_are_moved_to_the_picture(tmp_path: Path) -> None:
    streams = [
        Stream(click_at(RATE_HZ, 2 * RATE_HZ), start_s=5.5),
        Stream(click_at(2 * RATE_HZ, 3 * RATE_HZ), start_s=4.0),
    ]
    late, early = whole(tmp_path / "a.mkv", streams, 3.0, Fraction(5))
    assert int(np.argmax(late)) == pytest.approx(1.5 * RATE_HZ, abs=50)
    assert int(np.argmax(early)) == pytest.approx(1.0 * RATE_HZ, abs=50)


def test_sound_shorter_than_the_film_is_followed_by_silence(tmp_path: Path) -> None:
    (sound,) = whole(tmp_path / "a.mov", [Stream(noise(1))], 2.5)
    assert len(sound) == round(2.5 * RATE_HZ) and not sound[RATE_HZ + 10 :].any() and sound[:RATE_HZ].any()


def test_sound_longer_than_the_film_is_cut(tmp_path: Path) -> None:
    (sound,) = whole(tmp_path / "a.mov", [Stream(noise(3))], 1.25)
    assert len(sound) == round(1.25 * RATE_HZ)


def test_streams_of_different_lengths_come_in_equal_blocks(tmp_path: Path) -> None:
    held = write_sound(tmp_path / "a.mkv", [Stream(noise(4)), Stream(noise(1))])
    blocks = list(read_soundtrack(tmp_path / "a.mkv", held, Fraction(0), 4.2, silent))
    assert all(len(a) == len(b) for a, b in blocks)
    assert [len(a) for a, _ in blocks] == [BLOCK_SAMPLES] * 8 + [round(0.2 * RATE_HZ)]


def test_broken_packets_become_silence_and_the_rest_keeps_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    sound = np.concatenate([noise(4, 0.1), quiet(0.5), noise(1, 0.3)])
    held = write_sound(path, [Stream(sound, codec="aac")])
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + 20_000
    data[middle : middle + 6000] = bytes(6000)
    path.write_bytes(data)
    heard = np.concatenate([b[0] for b in read_soundtrack(path, held, Fraction(0), 5.5, silent)])[:, 0]
    assert len(heard) == round(5.5 * RATE_HZ)
    assert np.abs(heard[round(4.15 * RATE_HZ) : round(4.4 * RATE_HZ)]).max() < 0.05
    assert np.abs(heard[round(4.6 * RATE_HZ) :]).max() > 0.5


def test_progress_rises_to_one(tmp_path: Path) -> None:
    shares: list[float] = []
    held = write_sound(tmp_path / "a.mkv", [Stream(noise(3))])
    list(read_soundtrack(tmp_path / "a.mkv", held, Fraction(0), 3.0, shares.append))
    assert shares == sorted(shares) and shares[-1] == 1.0


@pytest.mark.parametrize(("layout", "channels"), [("7.1", 8), ("hexadecagonal", 16), ("5.0", 5)])
def test_many_channels_come_through_in_order(tmp_path: Path, layout: str, channels: int) -> None:
    """PyAV's planar reading of eight channels ends the process; interleaved it does not."""
    sound = np.stack([np.full(RATE_HZ, 0.02 * (k + 1), np.float32) for k in range(channels)], 1)
    held = write_sound(tmp_path / "a.mkv", [Stream(sound, layout)])
    (block,) = next(iter(read_soundtrack(tmp_path / "a.mkv", held, Fraction(0), 1.0, silent)))
    assert block.shape == (BLOCK_SAMPLES, channels)
    assert np.allclose(block[1000], 0.02 * np.arange(1, channels + 1), atol=1e-3)
