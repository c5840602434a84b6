"""Before the pass: where the picture proper lies inside the frame, from about thirty places in the film."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from vision.container import Probe, open_film
from vision.picture import PROBLEMS
from vision.planes import Bytes, Window, luma_plane

SEEKS, LEAST_SEEKS, SECONDS_A_SEEK = 30, 10, 8.0
"""A seek and its key frame cost 17 ms of CPU at 1080p; a short film gives ten, a longer one more."""
GRID = (192, 216)
"""Columns and rows of the map of the frame; a bar is found to half a percent of the picture."""
BAR_LEVEL, LIT_LEVEL = 24, 40
"""8-bit luma: mattes with coding noise stay under 24; a place counts once any sample there is lit."""
BAR_DARK_PERCENT = 65
"""This much of a bar's length stays dark: timecode windows burnt into the matte take up to a third of it."""
MOST_BAR = 0.3
UNEVEN = 3
"""Cells by which both bars may differ; more is a dark side of the scene."""
MARGIN = 1
"""Cells given away beside a bar, since its edge is soft."""


def sampled(path: Path, probe: Probe) -> list[Bytes]:
    """[216, 192] luma in 8 bits, as coded (not turned), of places spread over the film."""
    return [_sample(frame) for frame in sampled_frames(path, probe)]


def picture_window(samples: Sequence[Bytes]) -> Window:
    """Letterbox and pillarbox cut off; the whole frame where nothing supports a bar."""
    lit = [sample for sample in samples if int(sample.max()) >= LIT_LEVEL]
    if not lit or len(lit) < min(3, len(samples)):
        return Window()
    brightest = np.percentile(np.stack(lit), 98, axis=0)  # (216, 192)
    top, bottom = _bars(np.percentile(brightest, BAR_DARK_PERCENT, axis=1))
    left, right = _bars(np.percentile(brightest, BAR_DARK_PERCENT, axis=0))
    columns, rows = GRID
    return Window(top / rows, 1 - bottom / rows, left / columns, 1 - right / columns)


def sampled_frames(path: Path, probe: Probe) -> Iterator[VideoFrame]:
    """Key frames spread over the film; places that don't decode are passed over."""
    count = int(min(SEEKS, max(probe.duration_s // SECONDS_A_SEEK, LEAST_SEEKS)))
    with open_film(path, probe.demuxer) as container:
        video = container.streams[probe.video_stream]
        assert isinstance(video, VideoStream), "the probe names a video stream"
        video.codec_context.thread_count = 1
        video.codec_context.options = {"skip_loop_filter": "all"}
        start, base = video.start_time or 0, Fraction(probe.time_base)
        for place in range(count):
            ticks = int(probe.duration_s * (place + 0.5) / count / base)
            try:
                container.seek(start + ticks, stream=video)
                yield from _key_frame(container, video)
            except PROBLEMS:
                continue


def _key_frame(container: InputContainer, video: VideoStream) -> list[VideoFrame]:
    """The frame of the next packet alone: the decoder is drained at once instead of fed for its delay."""
    for packet in container.demux(video):
        if packet.is_keyframe:
            frames = [*packet.decode(), *video.codec_context.decode(None)]
            return [frame for frame in frames if isinstance(frame, VideoFrame)][:1]
    return []


def _sample(frame: VideoFrame) -> Bytes:
    return np.asarray(cv2.resize(luma_plane(frame), GRID, interpolation=cv2.INTER_AREA))


def _bars(profile: NDArray[np.float64]) -> tuple[int, int]:
    """Cells dark at both ends of a profile of brightest values, with the margin; mattes lie in the middle."""
    lit = np.flatnonzero(profile >= BAR_LEVEL)
    if len(lit) == 0:
        return 0, 0
    first, last = int(lit[0]), len(profile) - 1 - int(lit[-1])
    if min(first, last) == 0 or max(first, last) > MOST_BAR * len(profile) or abs(first - last) > UNEVEN:
        return 0, 0
    return first + MARGIN, last + MARGIN
