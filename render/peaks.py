"""peaks.json: how loud each twentieth of a second gets, for the waveforms of the review page."""

import base64
from collections.abc import Iterable, Mapping
from functools import reduce
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vision.artifact import Artifact, read_json, write_json

RATE_HZ = 48_000
PER_SECOND = 20
BIN_SAMPLES = RATE_HZ // PER_SECOND


class Peaks(Artifact):
    """sounds: by name ("mix", "score", "film"), base64 of one byte a bin: the highest |sample|, 255 is 1.0.

    The last bin may be shorter than the others.
    """

    per_second: int
    sounds: dict[str, str]


class PeakBins:
    """Gathers [n, channels] blocks of one sound, in order."""

    def __init__(self) -> None:
        self._rest: NDArray[np.float32] = np.zeros(0, np.float32)
        self._bins: list[NDArray[np.float32]] = []

    def feed(self, block: NDArray[np.floating]) -> None:
        """Append samples of +-1."""
        here = reduce(np.maximum, np.abs(block).T)  # channel against channel: a sixth of max(axis=1)'s time
        loudest = np.concatenate([self._rest, here.astype(np.float32)])
        whole = len(loudest) // BIN_SAMPLES * BIN_SAMPLES
        self._bins.append(loudest[:whole].reshape(-1, BIN_SAMPLES).max(axis=1))  # [bins, BIN_SAMPLES]
        self._rest = loudest[whole:]

    def text(self) -> str:
        """Everything fed, as Peaks holds it."""
        last = [self._rest.max(keepdims=True)] if len(self._rest) else []
        bins = np.concatenate([*self._bins, *last]) if self._bins or last else np.zeros(0, np.float32)
        return base64.b64encode(np.rint(np.minimum(bins, 1.0) * 255).astype(np.uint8).tobytes()).decode()


def peaks_of(blocks: Iterable[NDArray[np.floating]]) -> str:
    """The text of one sound's peaks."""
    bins = PeakBins()
    for block in blocks:
        bins.feed(block)
    return bins.text()


def write_peaks(path: Path, sounds: Mapping[str, str]) -> None:
    """Write peaks.json from each sound's text."""
    write_json(path, Peaks(per_second=PER_SECOND, sounds=dict(sounds)))


def read_peaks(path: Path) -> dict[str, NDArray[np.float32]]:
    """Peaks by sound, 0..1."""
    sounds = read_json(path, Peaks).sounds
    return {
        name: np.frombuffer(base64.b64decode(text), np.uint8).astype(np.float32) / np.float32(255)
        for name, text in sounds.items()
    }
