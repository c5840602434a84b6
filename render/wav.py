"""Writing WAV as a stream: RIFF, RF64 above 4 GB, no dates, the same bytes for the same samples."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from render.timecode import start_count
from vision.analysis import Film
from vision.artifact import part_file
from vision.loudness_meter import channel_names
from vision.timecode import counting_rate

RATE_HZ = 48_000
SampleFormat = Literal["float32", "pcm24"]
BYTES_PER_SAMPLE: dict[SampleFormat, int] = {"float32": 4, "pcm24": 3}
RIFF_LIMIT = 0xFFFFFFFF - 4096  # room for the header; above it sizes need 64 bits (EBU Tech 3306)
FULL_SCALE_24 = 2**23
BEXT_BYTES = 602  # EBU Tech 3285, version 1, before the coding history

# KSDATAFORMAT_SUBTYPE_PCM and _IEEE_FLOAT: the format tag, then this tail.
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
_FORMAT_TAG: dict[SampleFormat, int] = {"pcm24": 1, "float32": 3}
_SPEAKER_BITS = {
    "FL": 0x1, "FR": 0x2, "FC": 0x4, "LFE": 0x8, "BL": 0x10, "BR": 0x20, "FLC": 0x40, "FRC": 0x80,
    "BC": 0x100, "SL": 0x200, "SR": 0x400,
}  # fmt: skip


def time_reference(film: Film) -> int:
    """Samples since midnight of the film's first frame: its count at the true rate, round half up."""
    return int(start_count(film) / film.rate * RATE_HZ + Fraction(1, 2))


def day_samples(film: Film) -> int:
    """Samples of the 24 hours that timecode counts, at the true rate: 0.1 % more than a day at 23.976."""
    return int(24 * 3600 * counting_rate(film.rate) / film.rate * RATE_HZ + Fraction(1, 2))


class WavWriter:
    """Takes [n, channels] blocks until exactly the promised number of frames are written."""

    def __init__(self, file: BinaryIO, frames: int, layout: str, format: SampleFormat, header: bytes) -> None:
        self._file, self._left, self._format = file, frames, format
        self._channels = len(channel_names(layout))
        self._pad = frames * self._channels * BYTES_PER_SAMPLE[format] % 2
        file.write(header)

    def write(self, block: NDArray[np.floating]) -> None:
        """Append float samples of +-1; pcm24 rounds to nearest and clips at full scale."""
        assert block.ndim == 2 and block.shape[1] == self._channels and len(block) <= self._left
        self._file.write(_float_bytes(block) if self._format == "float32" else pcm24_bytes(block))
        self._left -= len(block)

    def close(self) -> None:
        """Complete the data chunk; a programmer's error if frames are missing."""
        assert self._left == 0, f"{self._left} frames were promised and not written"
        self._file.write(b"\0" * self._pad)
        self._file.flush()


@contextmanager
def wav_file(
    path: Path, frames: int, layout: str, format: SampleFormat, time_reference: int | None = None
) -> Iterator[WavWriter]:
    """Open `path` for exactly `frames` frames at 48 kHz; it appears whole or not at all.

    time_reference: samples since midnight of the first sample, for a broadcast-wave header without dates.
    """
    with part_file(path) as part, part.open("wb") as file:
        head = header(frames, layout, format, time_reference)
        writer = WavWriter(file, frames, layout, format, head)
        yield writer
        writer.close()


def _float_bytes(block: NDArray[np.floating]) -> bytes:
    return np.ascontiguousarray(block, "<f4").tobytes()


def pcm24_bytes(block: NDArray[np.floating]) -> bytes:
    """Little-endian 24-bit integers of +-1 floats: round half to even, clip at full scale."""
    scaled = np.rint(np.asarray(block, np.float64) * FULL_SCALE_24)
    whole = np.clip(scaled, -FULL_SCALE_24, FULL_SCALE_24 - 1).astype(np.int32).reshape(-1)
    padded = np.concatenate([whole, np.zeros(-len(whole) % 4, np.int32)]).view(np.uint32).reshape(-1, 4)
    one, two, three, four = (padded & 0xFFFFFF).T
    # Four samples are three words; a tenth of the time of leaving out every fourth byte.
    words = np.stack([one | two << 24, two >> 8 | three << 16, three >> 16 | four << 8], axis=1)
    return words.astype("<u4").tobytes()[: 3 * len(whole)]


def header(frames: int, layout: str, format: SampleFormat, time_reference: int | None = None) -> bytes:
    """Everything before the first sample: RIFF, or RF64 where its sizes would not fit (EBU Tech 3306)."""
    chunks = _fmt_chunk(layout, format)
    if format == "float32":
        chunks += struct.pack("<4sII", b"fact", 4, min(frames, 0xFFFFFFFF))
    if time_reference is not None:
        chunks = _bext_chunk(time_reference, layout, format) + chunks
    data_bytes = frames * len(channel_names(layout)) * BYTES_PER_SAMPLE[format]
    if data_bytes > RIFF_LIMIT:
        return _rf64_header(chunks, data_bytes, frames)
    riff_bytes = 4 + len(chunks) + 8 + data_bytes + data_bytes % 2
    return (
        struct.pack("<4sI4s", b"RIFF", riff_bytes, b"WAVE")
        + chunks
        + struct.pack("<4sI", b"data", data_bytes)
    )


def _rf64_header(chunks: bytes, data_bytes: int, frames: int) -> bytes:
    riff_bytes = 4 + 36 + len(chunks) + 8 + data_bytes + data_bytes % 2
    ds64 = struct.pack("<4sIQQQI", b"ds64", 28, riff_bytes, data_bytes, frames, 0)
    head = struct.pack("<4sI4s", b"RF64", 0xFFFFFFFF, b"WAVE")
    return head + ds64 + chunks + struct.pack("<4sI", b"data", 0xFFFFFFFF)


def _fmt_chunk(layout: str, format: SampleFormat) -> bytes:
    names, width = channel_names(layout), BYTES_PER_SAMPLE[format]
    frame_bytes = len(names) * width
    rates = (RATE_HZ, RATE_HZ * frame_bytes, frame_bytes, width * 8)
    if len(names) <= 2:
        return struct.pack("<4sIHHIIHH", b"fmt ", 16, _FORMAT_TAG[format], len(names), *rates)
    mask = sum(_SPEAKER_BITS.get(name, 0) for name in names)
    extensible = struct.pack("<HHIH", 22, width * 8, mask, _FORMAT_TAG[format]) + _GUID_TAIL
    return struct.pack("<4sIHHIIHH", b"fmt ", 40, 0xFFFE, len(names), *rates) + extensible


def _bext_chunk(time_reference: int, layout: str, format: SampleFormat) -> bytes:
    """Who wrote it and where it starts; dates stay empty, so the same sound gives the same bytes."""
    text = b"Reelscore".ljust(256, b"\0") + b"Reelscore".ljust(32, b"\0") + bytes(32) + bytes(10) + bytes(8)
    body = (text + struct.pack("<QH", time_reference, 1)).ljust(BEXT_BYTES, b"\0")
    body += _coding_history(layout, format)
    return struct.pack("<4sI", b"bext", len(body)) + body


def _coding_history(layout: str, format: SampleFormat) -> bytes:
    """One line in the form of EBU R 98, which has words for one and two channels only; even in length."""
    mode = {1: ",M=mono", 2: ",M=stereo"}.get(len(channel_names(layout)), "")
    line = f"A=PCM,F={RATE_HZ},W={8 * BYTES_PER_SAMPLE[format]}{mode},T=Reelscore\r\n".encode("ascii")
    return line + b"\0" * (len(line) % 2)
