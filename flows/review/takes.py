"""Hearing a take of a cue alone: its dry roles summed, every take at the same loudness."""

import threading
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from flows.review.results import Version
from flows.review.visitor import Denied
from render.aac import aac_file
from vision.loudness_meter import LoudnessMeter, integrated_lufs

EQUAL_LUFS = -23.0
HIGHEST = 0.9  # a take whose peaks would go over is turned down, never clipped
RATE_HZ = 48_000
_ONE_AT_A_TIME = threading.Lock()


def take_numbers(version: Version, uid: str) -> list[int]:
    """The takes of a cue that lie in a version."""
    folder = version.folder / "cues" / uid
    return (
        sorted(int(path.name) for path in folder.glob("*") if path.name.isdecimal()) if uid.isalnum() else []
    )


def take_sound(version: Version, uid: str, take: int) -> Path:
    """The take as AAC from the cue's in, made at the first asking; raises Denied (404)."""
    if take not in take_numbers(version, uid):
        raise Denied(404, "there is no such take here")
    folder = version.folder / "cues" / uid / str(take)
    path = version.own / "takes" / f"{uid}-{take}.m4a"
    with _ONE_AT_A_TIME:
        roles = sorted(folder.glob("*.wav"))
        if not roles:
            raise Denied(404, "this take has no sound any more", "ask for the cue to be done again")
        if not path.is_file() or path.stat().st_mtime < max(role.stat().st_mtime for role in roles):
            _write(path, _summed(roles))
    return path


def _summed(roles: list[Path]) -> NDArray[np.float32]:
    sounds = [soundfile.read(role, dtype="float32", always_2d=True)[0] for role in roles]
    total = np.zeros((max(len(sound) for sound in sounds), 2), np.float32)
    for sound in sounds:
        total[: len(sound)] += sound
    meter = LoudnessMeter(RATE_HZ, (1.0, 1.0))
    meter.feed(total)
    lufs = integrated_lufs(meter.energies())
    gain = 10 ** ((EQUAL_LUFS - lufs) / 20) if lufs is not None else 1.0
    peak = float(np.abs(total).max()) if len(total) else 0.0
    return (total * min(gain, HIGHEST / max(peak, 1e-9))).astype(np.float32)


def _write(path: Path, sound: NDArray[np.float32]) -> None:
    with aac_file(path, "stereo", 2, len(sound)) as writer:
        for start in range(0, len(sound), RATE_HZ // 2):
            writer.write(sound[start : start + RATE_HZ // 2])
