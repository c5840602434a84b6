"""Film-long stems in the container that was asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from composer.notes import Role
from render.wav import RATE_HZ, time_reference, wav_file
from vision.analysis import Film
from vision.artifact import part_file


class Stem(Protocol):
    """Takes [n, 2] blocks."""

    def write(self, block: NDArray[np.floating], /) -> None: ...


@contextmanager
def open_stem(folder: Path, role: Role, film: Film, format: Literal["wav", "flac"]) -> Iterator[Stem]:
    """folder/ROLE.wav or .flac of exactly the film's length, 24 bit; it appears whole or not at all."""
    path = folder / f"{role}.{format}"
    if format == "wav":
        with wav_file(path, film.length_samples, "stereo", "pcm24", time_reference(film)) as wav:
            yield wav
        return
    with part_file(path) as part:
        with sf.SoundFile(part, "w", RATE_HZ, 2, subtype="PCM_24", format="FLAC") as flac:
            yield flac
