"""Takes side by side: what is played of each, and that none wins by being louder."""

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile as sf

from render.takes import write_takes
from tests.render.scenes import RATE_HZ, cue_notes, note, part

NOTES = cue_notes([note(0, 60), note(960, 48), note(960, 72)], (part(),))


def tone(path: Path, gain: float, seconds: float = 5.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    sf.write(path, np.stack([gain * np.sin(2 * np.pi * 997 * time)] * 2, 1), RATE_HZ, subtype="FLOAT")


def test_takes_are_turned_down_to_the_quietest(tmp_path: Path) -> None:
    for take, gain in ((1, 0.2), (2, 0.1), (3, 0.05)):
        tone(tmp_path / str(take) / "pad.wav", gain)
    folders = {take: tmp_path / str(take) for take in (1, 2, 3)}
    takes = write_takes(folders, dict.fromkeys(folders, NOTES))
    assert [take.gain_db for take in takes] == pytest.approx([-12.04, -6.02, 0.0], abs=0.05)
    levels = [take.lufs + take.gain_db for take in takes if take.lufs is not None]
    assert max(levels) - min(levels) <= 0.1
    assert (takes[0].notes, takes[0].low, takes[0].high) == (3, 48, 72)


def test_a_take_is_the_sum_of_its_roles_from_the_first_sample(tmp_path: Path) -> None:
    tone(tmp_path / "1" / "pad.wav", 0.1)
    tone(tmp_path / "1" / "bass.wav", 0.1, seconds=2.0)
    write_takes({1: tmp_path / "1"}, {1: NOTES})
    with av.open(str(tmp_path / "1" / "take.m4a")) as container:
        frames = [f.to_ndarray() for f in container.decode(audio=0) if f.pts is not None and f.pts >= 0]
    heard = np.concatenate(frames, axis=1)
    assert abs(heard.shape[1] - 5 * RATE_HZ) < 1024
    loud = [float(np.abs(heard[:, at : at + RATE_HZ // 2]).max()) for at in (RATE_HZ, 3 * RATE_HZ)]
    assert loud == pytest.approx([0.2, 0.1], rel=0.1)


def test_a_silent_take_and_one_without_a_file_are_compared_too(tmp_path: Path) -> None:
    tone(tmp_path / "1" / "pad.wav", 0.1)
    (tmp_path / "2").mkdir()
    takes = write_takes({1: tmp_path / "1", 2: tmp_path / "2"}, {1: NOTES, 2: cue_notes([])})
    assert takes[1].lufs is None and takes[1].gain_db == 0 and takes[1].low is None
    assert takes[0].gain_db == 0 and (tmp_path / "2" / "take.m4a").stat().st_size > 0
