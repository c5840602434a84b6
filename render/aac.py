"""AAC that begins with its first sample and ends with its last in every player: for preview and page.

A frame holds 1,024 samples, and the first one is the encoder's priming, which the file's edit list skips.
Padding at the end is trimmed by some decoders only (ffmpeg 7.0 keeps it: 13.3 ms too long on a 62 s film).
So silence in front makes up the last frame, and the edit list skips it with the priming.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from vision.artifact import part_file
from vision.process import ffmpeg_path, run_tool

RATE_HZ = 48_000
FRAME_SAMPLES = 1024
BIT_RATE_PER_CHANNEL = 80_000  # bits a second: for judging in a browser, not for delivery
# One encoder thread and no dates: the same samples give the same bytes. The fast coder takes a third of the
# other's CPU.
EXACT = {"flags": "+bitexact", "threads": "1", "aac_coder": "fast"}


class Ends(NamedTuple):
    """Silent samples in front, and samples left off at the end."""

    lead: int
    cut: int


def ends(samples: int) -> Ends:
    """What makes whole frames of so many samples, priming apart.

    Where they are whole frames already, silence takes the place of the last sample: Chromium's element, asked
    to skip nothing but whole frames, begins 9 ms late and swallows what starts with the picture.
    """
    return Ends(-samples % FRAME_SAMPLES or 1, int(samples % FRAME_SAMPLES == 0))


def encode_wav(wav: Path, path: Path, rate_per_channel: int, timeout_s: float) -> None:
    """Write `wav` as AAC in an MP4 of its own, by ffmpeg.  Raises ToolFailed."""
    about = sf.info(wav)
    lead, cut = ends(about.frames)
    shift = f"adelay=delays={lead}S:all=1,atrim=end_sample={about.frames + lead - cut}"
    coder = ["-c:a", "aac", "-aac_coder", EXACT["aac_coder"], "-b:a", str(rate_per_channel * about.channels)]
    options = [*coder, "-af", shift, "-bsf:a", f"setts=ts=TS-{lead}", "-fflags", "+bitexact"]
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-y", "-i", f"file:{wav}", *options]
    run_tool([*command, "-flags:a", "+bitexact", f"file:{path}"], timeout_s=timeout_s)


class AacWriter:
    """Takes [n, channels] float blocks of +-1 at 48 kHz, in order, `samples` in all."""

    def __init__(
        self, container: av.container.OutputContainer, layout: str, channels: int, samples: int
    ) -> None:
        self._container, self._layout = container, layout
        self._stream = container.add_stream("aac", rate=RATE_HZ, layout=layout, options=EXACT)
        self._stream.bit_rate = BIT_RATE_PER_CHANNEL * channels
        lead, cut = ends(samples)
        self._left = samples - cut
        self._at = -lead
        self._encode(np.zeros((lead, channels), np.float32))

    def write(self, block: NDArray[np.floating]) -> None:
        """Append samples; what lies outside +-1 is left to the player's own limit."""
        heard = block[: self._left]
        self._left -= len(heard)
        if len(heard):
            self._encode(heard)

    def _encode(self, block: NDArray[np.floating]) -> None:
        planes = np.ascontiguousarray(block.T, np.float32)
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=self._layout)
        frame.sample_rate, frame.pts = RATE_HZ, self._at
        self._at += len(block)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Flush the encoder; a programmer's error if samples are missing."""
        assert self._left == 0, f"{self._left} samples were promised and not written"
        self._container.mux(self._stream.encode(None))


@contextmanager
def aac_file(path: Path, layout: str, channels: int, samples: int) -> Iterator[AacWriter]:
    """Open `path` (.m4a) for so many samples; it appears whole or not at all."""
    with part_file(path) as part:
        options = {"fflags": "+bitexact", "movflags": "+faststart"}
        with av.open(str(part), "w", format="ipod", options=options) as container:
            writer = AacWriter(container, layout, channels, samples)
            yield writer
            writer.close()
