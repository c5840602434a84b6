"""The meter against the standard's own tone, against ffmpeg's, and against itself in other block sizes."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import soxr

from vision.loudness_meter import (
    LoudnessMeter,
    channel_weights,
    curve_lufs,
    integrated_lufs,
)
from vision.process import ffmpeg_path
from vision.true_peak import TruePeakMeter


def measured(sound: np.ndarray, layout: str, block: int = 30_011) -> LoudnessMeter:
    meter = LoudnessMeter(48_000, channel_weights(layout))
    for start in range(0, len(sound), block):
        meter.feed(sound[start : start + block])
    return meter


def test_the_standards_tone_reads_as_the_standard_says() -> None:
    tone = np.sin(2 * np.pi * 997 * np.arange(48_000 * 5) / 48_000).astype(np.float32)[:, None]
    assert integrated_lufs(measured(tone, "mono").energies()) == pytest.approx(-3.01, abs=0.02)


@pytest.mark.parametrize(("layout", "channels"), [("mono", 1), ("stereo", 2), ("5.1", 6)])
def test_loudness_agrees_with_ffmpegs_ebur128(tmp_path: Path, layout: str, channels: int) -> None:
    random = np.random.default_rng(5)
    swell = 0.02 + 0.1 * np.abs(np.sin(np.arange(48_000 * 12) / 60_000))[:, None]
    sound = (swell * random.standard_normal((48_000 * 12, channels))).astype(np.float32)
    sf.write(tmp_path / "a.wav", sound, 48_000, subtype="FLOAT")
    filters = f"aformat=channel_layouts={layout},ebur128"
    command = [ffmpeg_path(), "-nostdin", "-i", str(tmp_path / "a.wav"), "-af", filters, "-f", "null", "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    theirs = float(re.findall(r"I:\s+(-?[\d.]+) LUFS", text)[-1])
    assert integrated_lufs(measured(sound, layout).energies()) == pytest.approx(theirs, abs=0.1)


def test_block_sizes_change_nothing() -> None:
    sound = np.random.default_rng(1).standard_normal((100_000, 2)).astype(np.float32) * 0.1
    assert np.allclose(
        measured(sound, "stereo", 997).energies(), measured(sound, "stereo", 100_000).energies()
    )


def test_silence_has_no_loudness_and_sits_on_the_floor() -> None:
    energies = measured(np.zeros((48_000, 2), np.float32), "stereo").energies()
    assert integrated_lufs(energies) is None
    assert curve_lufs(energies, 4).tolist() == [-70.0] * 7


def test_low_effects_do_not_count_and_surrounds_count_more() -> None:
    assert channel_weights("5.1").tolist() == [1, 1, 1, 0, 1.41, 1.41]


def test_true_peak_sees_what_lies_between_the_samples() -> None:
    quarter = np.sin(2 * np.pi * 12_000 * np.arange(9_600) / 48_000 + np.pi / 4)[:, None].astype(np.float32)
    meter = TruePeakMeter(48_000, 1)
    meter.feed(quarter[:5_000])
    meter.feed(quarter[5_000:], last=True)
    assert np.abs(quarter).max() == pytest.approx(0.7071, abs=1e-3)
    assert meter.peak_dbtp() == pytest.approx(0.0, abs=0.5)


def test_true_peak_is_that_of_the_whole_sound_oversampled() -> None:
    random = np.random.default_rng(4)
    sound = random.standard_normal((96_000, 2)) * np.repeat(random.uniform(0.01, 0.3, 48), 2_000)[:, None]
    whole = np.abs(soxr.resample(sound.astype(np.float32), 48_000, 192_000, "HQ")).max()
    meter = TruePeakMeter(48_000, 2)
    for start in range(0, len(sound), 7_001):
        meter.feed(sound[start : start + 7_001].astype(np.float32))
    meter.feed(np.zeros((0, 2), np.float32), last=True)
    assert meter.peak_dbtp() == pytest.approx(20 * np.log10(whole), abs=0.01)
