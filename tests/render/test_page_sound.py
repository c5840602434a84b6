"""What the review page plays: sounds on the film's clock, and peaks that tell where it is loud."""

from pathlib import Path

import av
import numpy as np
import pytest

from render.aac import aac_file, encode_wav, ends
from render.peaks import BIN_SAMPLES, PeakBins, peaks_of, read_peaks, write_peaks
from render.wav import wav_file


def _decoded(path: Path) -> np.ndarray:
    """Left channel from presentation time 0 on, priming skipped."""
    with av.open(str(path)) as container:
        parts = [(frame.pts, frame.to_ndarray()[0]) for frame in container.decode(audio=0)]
    whole = np.zeros(max(pts + len(part) for pts, part in parts), np.float32)
    for pts, part in parts:
        whole[max(pts, 0) : max(pts + len(part), 0)] = part[max(-pts, 0) :]
    return whole


def test_a_sound_in_aac_begins_with_its_first_sample(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, (48_000, 2)).astype(np.float32)
    noise = np.apply_along_axis(lambda x: np.convolve(x, np.ones(12) / 4, "same"), 0, noise)
    noise[:5000] = 0.0
    with aac_file(tmp_path / "a.m4a", "stereo", 2, len(noise)) as writer:
        for start in range(0, len(noise), 20_000):
            writer.write(noise[start : start + 20_000])
    heard = _decoded(tmp_path / "a.m4a")
    assert len(heard) == len(noise)
    lags = range(-1100, 1101)
    given = noise[6000:40_000, 0]
    match = [float(np.dot(given, heard[6000 + lag : 40_000 + lag])) for lag in lags]
    assert lags[int(np.argmax(match))] == 0


@pytest.mark.parametrize("samples", [47 * 1024, 47 * 1024 + 1, 48_000, 700])
def test_a_sound_in_aac_has_its_own_length_and_its_first_click(tmp_path: Path, samples: int) -> None:
    """By a decoder that trims no padding; a whole number of frames gives its last sample for the first."""
    sound = np.zeros((samples, 1))
    sound[0] = sound[-20] = 0.9
    with aac_file(tmp_path / "a.m4a", "mono", 1, samples) as writer:
        writer.write(sound)
    with wav_file(tmp_path / "a.wav", samples, "mono", "pcm24") as wav:
        wav.write(sound)
    encode_wav(tmp_path / "a.wav", tmp_path / "b.m4a", 80_000, timeout_s=20)
    for name in ("a.m4a", "b.m4a"):
        heard = np.abs(_decoded(tmp_path / name))
        assert len(heard) == samples - (samples % 1024 == 0)
        assert int(heard[:300].argmax()) == 0 and heard[0] > 0.3
        assert int(heard[300:].argmax()) + 300 == samples - 20


@pytest.mark.parametrize("samples", [0, 1, 1023, 1024, 1025, 48_000, 768_000])
def test_no_player_is_asked_to_skip_whole_frames_alone(samples: int) -> None:
    lead, cut = ends(samples)
    assert 0 < lead < 1024 and (lead + samples - cut) % 1024 == 0 and cut <= 1


def test_the_same_samples_give_the_same_bytes(tmp_path: Path) -> None:
    tone = np.sin(np.arange(48_000) / 20)[:, None] * np.full((1, 2), 0.3)
    for name in ("a.m4a", "b.m4a"):
        with aac_file(tmp_path / name, "stereo", 2, len(tone)) as writer:
            writer.write(tone)
    assert (tmp_path / "a.m4a").read_bytes() == (tmp_path / "b.m4a").read_bytes()


def test_peaks_do_not_depend_on_the_blocks_they_came_in(tmp_path: Path) -> None:
    sound = np.random.default_rng(2).uniform(-0.5, 0.5, (5 * BIN_SAMPLES + 17, 2))
    sound[3 * BIN_SAMPLES + 5] = (0.1, -1.0)
    ragged = PeakBins()
    for start in range(0, len(sound), 777):
        ragged.feed(sound[start : start + 777])
    write_peaks(tmp_path / "peaks.json", {"mix": ragged.text(), "film": peaks_of([sound])})
    read = read_peaks(tmp_path / "peaks.json")
    assert len(read["mix"]) == 6 and np.array_equal(read["mix"], read["film"])
    assert read["mix"][3] == 1.0 and read["mix"][0] < 0.51
