"""AAC for the review page: samples in blocks, an MP4 whose first decoded sample is the first one given."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from vision.artifact import part_file

RATE_HZ = 48_000
BIT_RATE_PER_CHANNEL = 80_000  # bits a second: for judging in a browser, not for delivery
# One encoder thread and no dates: the same samples give the same bytes. The fast coder takes a third of the
# other's CPU.
EXACT = {"flags": "+bitexact", "threads": "1", "aac_coder": "fast"}


class AacWriter:
    """Takes [n, channels] float blocks of +-1 at 48 kHz, in order."""

    def __init__(self, container: av.container.OutputContainer, layout: str, channels: int) -> None:
        self._container, self._layout = container, layout
        self._stream = container.add_stream("aac", rate=RATE_HZ, layout=layout, options=EXACT)
        self._stream.bit_rate = BIT_RATE_PER_CHANNEL * channels
        self._at = 0

    def write(self, block: NDArray[np.floating]) -> None:
        """Append samples; what lies outside +-1 is left to the player's own limit."""
        planes = np.ascontiguousarray(block.T, np.float32)
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=self._layout)
        frame.sample_rate, frame.pts = RATE_HZ, self._at
        self._at += len(block)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Flush the encoder."""
        self._container.mux(self._stream.encode(None))


@contextmanager
def aac_file(path: Path, layout: str, channels: int) -> Iterator[AacWriter]:
    """Open `path` (.m4a) for writing; it appears whole or not at all.

    The encoder's priming is skipped by the file's edit list, so a player's time 0 is the first sample.
    """
    with part_file(path) as part:
        options = {"fflags": "+bitexact", "movflags": "+faststart"}
        with av.open(str(part), "w", format="ipod", options=options) as container:
            writer = AacWriter(container, layout, channels)
            yield writer
            writer.close()
