"""Stems in the container that was asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from composer.notes import Role
from render.wav import RATE_HZ, wav_file
from vision.artifact import part_file


class Stem(Protocol):
    """Takes [n, 2] blocks."""

    def write(self, block: NDArray[np.floating], /) -> None: ...


@contextmanager
def open_stem(
    folder: Path, role: Role, frames: int, time_reference: int, format: Literal["wav", "flac"]
) -> Iterator[Stem]:
    """folder/ROLE.wav or .flac of exactly so many frames, 24 bit; it appears whole or not at all.

    time_reference: samples since midnight of its first one; FLAC has no field for it.
    """
    path = folder / f"{role}.{format}"
    if format == "wav":
        with wav_file(path, frames, "stereo", "pcm24", time_reference) as wav:
            yield wav
        return
    with part_file(path) as part:
        with sf.SoundFile(part, "w", RATE_HZ, 2, subtype="PCM_24", format="FLAC") as flac:
            yield flac
