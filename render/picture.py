"""The film's frames as they are shown: on presentation times, upright, in square pixels, in order."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from vision.analysis import Film

Pixels = NDArray[np.uint8]


class Reel:
    """One film opened for looking at."""

    def __init__(self, film: Film, container: "av.container.InputContainer", rough: bool = False) -> None:
        self._film = film
        self._container = container
        stream = container.streams[film.video_stream]
        assert isinstance(stream, av.VideoStream)
        self._stream = stream
        self._stream.thread_type = "AUTO"
        if rough:
            self._stream.codec_context.options = {"skip_loop_filter": "all"}
        self.time_base = Fraction(self._stream.time_base or 1)

    def frames(self) -> Iterator[av.VideoFrame]:
        """Each shown frame in order, from the film's first to its last."""
        for frame in self._container.decode(self._stream):
            if isinstance(frame, av.VideoFrame) and self._shown(frame):
                yield frame

    def frame_after(self, time_s: float) -> av.VideoFrame | None:
        """The first shown frame at or after `time_s`, found by a seek; None past the end."""
        wanted = self._pts(time_s)
        for frame in self._from_key_before(wanted):
            if frame.pts is not None and frame.pts >= wanted:
                return frame
        return None

    def key_frame(self, earliest_s: float, latest_s: float) -> av.VideoFrame | None:
        """The last key frame between two moments, for the price of decoding one picture; None for none."""
        frame = next(self._from_key_before(self._pts(latest_s)), None)
        if frame is None or frame.pts is None or not frame.key_frame:
            return None
        return frame if self._pts(earliest_s) <= frame.pts <= self._pts(latest_s) else None

    def _from_key_before(self, pts: int) -> Iterator[av.VideoFrame]:
        self._container.seek(max(pts, self._film.first_pts), stream=self._stream)
        return self.frames()

    def _pts(self, time_s: float) -> int:
        return self._film.first_pts + round(Fraction(time_s) / self.time_base)

    def time_s(self, frame: av.VideoFrame) -> Fraction:
        """Presentation time of a shown frame, exact."""
        assert frame.pts is not None
        return (frame.pts - self._film.first_pts) * self.time_base

    def picture(self, frame: av.VideoFrame, width: int, height: int) -> Pixels:
        """[height, width, 3] RGB uint8: scaled to that size and turned as the container says."""
        turns = frame.rotation // 90 % 4
        across, down = (height, width) if turns % 2 else (width, height)
        scaled = frame.to_ndarray(format="rgb24", width=across, height=down, interpolation="AREA")
        return np.ascontiguousarray(np.rot90(scaled, k=turns), dtype=np.uint8)

    def display_shape(self, frame: av.VideoFrame) -> tuple[int, int]:
        """(width, height) in square pixels, upright."""
        aspect = self._stream.sample_aspect_ratio or self._stream.codec_context.sample_aspect_ratio
        width, height = round(frame.width * (aspect or 1)), frame.height
        return (height, width) if frame.rotation % 180 else (width, height)

    def _shown(self, frame: av.VideoFrame) -> bool:
        return frame.pts is not None and self._film.first_pts <= frame.pts < self._film.end_pts


@contextmanager
def open_reel(film_path: Path, film: Film, rough: bool = False) -> Iterator[Reel]:
    """Open the film's own video stream; the file was sniffed and allowed when it was analysed.

    rough: leave out the codec's deblocking, which nobody sees in a thumbnail.
    """
    with av.open(str(film_path)) as container:
        yield Reel(film, container, rough)
