"""Stems in the container that was asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import RawIOBase
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
    with part_file(path) as part, part.open("wb", buffering=0) as file:
        kept = _Kept(file)
        try:
            with sf.SoundFile(kept, "w", RATE_HZ, 2, subtype="PCM_24", format="FLAC") as flac:
                yield flac
        finally:
            if kept.fault is not None:
                raise kept.fault


class _Kept:
    """A file for libsndfile that remembers what went wrong.

    FLAC's last block is written on closing, where libsndfile 1.2 ignores a full disk: a stem cut short lay
    there under its own name, and the error of an earlier block had lost its number.
    """

    def __init__(self, file: RawIOBase) -> None:
        self._file = file
        self.fault: OSError | None = None

    def write(self, data: bytes) -> int:
        """All of it, or what the disk took."""
        done = 0
        try:
            while done < len(data):
                done += self._file.write(data[done:]) or 0
        except OSError as error:
            self.fault = error
        return done

    def seek(self, offset: int, whence: int = 0) -> int:
        """Where it stands now."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Where it stands."""
        return self._file.tell()
