"""The one decoding pass: frames in presentation order with their exact times, and what was damaged."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vision.container import EXPORT_AGAIN, Probe, open_film
from vision.progress import Progress
from vision.rejected import RejectedInput
from vision.sniff import shown

CORRUPT_SHARE = 0.05
"""Damaged packets tolerated: one in twenty is a scratch; beyond it shots and curves are guesswork."""
SHORT_SHARE, SHORT_S = 0.02, 1.0
"""A stream may end this much before its header says (codec delay, last GOP); half copies miss far more."""
PROGRESS_FRAMES = 25
ONE_THREAD_PIXELS = 1024 * 576
"""Up to here one thread decodes and measures fifty times faster than the film runs."""
PROBLEMS = (av.error.InvalidDataError, av.error.UndefinedError, av.error.EOFError, ValueError)
"""What the decoder says of a packet that it can't use."""


@dataclass
class PassRecord:
    """What the pass saw: presentation times in time-base ticks, and damage. Grows while frames are read."""

    time_base: Fraction
    pts: list[int] = field(default_factory=list)
    last_duration: int = 0
    packets: int = 0
    corrupt: int = 0
    sound_end_s: float = 0.0

    @property
    def end_pts(self) -> int:
        """The last frame's pts + its duration."""
        return self.pts[-1] + self.last_duration


def read_frames(
    path: Path, probe: Probe, threads: int, progress: Progress, record: PassRecord
) -> Iterator[VideoFrame]:
    """Yield every frame of the chosen stream in rising presentation time; fills `record` on the way.

    Edit lists are applied by the demuxer: frames outside them never appear.  Raises RejectedInput where
    the film ends before its header says, or is damaged beyond CORRUPT_SHARE.
    """
    for frame in read_span(path, probe, threads, record):
        if len(record.pts) % PROGRESS_FRAMES == 0:
            done = float((record.pts[-1] - record.pts[0]) * record.time_base) / max(probe.duration_s, 0.04)
            progress(min(done, 1.0))
        yield frame
    refuse_damage(path, probe, record)


def read_span(
    path: Path,
    probe: Probe,
    threads: int,
    record: PassRecord,
    seek_pts: int | None = None,
    span: tuple[int | None, int | None] = (None, None),
) -> Iterator[VideoFrame]:
    """Yield the frames of `span` (first and last pts, None without end) in rising presentation time.

    seek_pts: where to begin decoding, a key frame's pts; None for the top.
    """
    first, last = span
    with open_film(path, probe.demuxer) as container:
        video = container.streams[probe.video_stream]
        assert isinstance(video, VideoStream), "the probe names a video stream"
        video.thread_type = "AUTO"
        video.codec_context.thread_count = threads or _fewest_threads(video)
        video.codec_context.options = {"skip_loop_filter": "all"}
        if seek_pts is not None:
            container.seek(seek_pts, stream=video)
        for frame in _decoded(container, video, record):
            pts = _time_of(frame, record, probe)
            if first is not None and pts < first:
                record.corrupt = 0  # what leads up to the span may lack its references
                continue
            if record.pts and pts <= record.pts[-1]:
                continue
            if last is not None and pts > last:
                return
            record.pts.append(pts)
            record.last_duration = frame.duration or round(1 / (probe.rate * record.time_base))
            yield frame


def _fewest_threads(video: VideoStream) -> int:
    """One for small pictures, where handing frames over costs a fifth more CPU; else 0, one a core."""
    return 1 if video.width * video.height <= ONE_THREAD_PIXELS else 0


def _decoded(container: InputContainer, video: VideoStream, record: PassRecord) -> Iterator[VideoFrame]:
    """Decode packet by packet, so that one that fails is counted and passed over."""
    heard = container.streams.audio if container.format.name.startswith("matroska") else ()
    for packet in container.demux([video, *heard]):
        if packet.stream.index != video.index:
            if packet.pts is not None:
                record.sound_end_s = max(record.sound_end_s, float(packet.pts * packet.time_base))
            continue
        record.packets += packet.size > 0
        record.corrupt += packet.is_corrupt
        try:
            frames = packet.decode()
        except PROBLEMS:
            record.corrupt += not packet.is_corrupt
            continue
        for frame in frames:
            assert isinstance(frame, VideoFrame), "a picture packet gives pictures"
            record.corrupt += frame.is_corrupt and not packet.is_corrupt
            yield frame


def _time_of(frame: VideoFrame, record: PassRecord, probe: Probe) -> int:
    """The frame's pts in the stream's ticks; a frame without one follows the last by one frame."""
    if frame.pts is not None:
        return frame.pts
    if not record.pts:
        return 0
    return record.pts[-1] + max(round(1 / (probe.rate * record.time_base)), 1)


def refuse_damage(path: Path, probe: Probe, record: PassRecord) -> None:
    """Raise RejectedInput where a whole film's record shows too much damage or too early an end."""
    if not record.pts:
        raise RejectedInput(f"{shown(path)}: not one frame of its picture can be decoded", EXPORT_AGAIN)
    held = float((record.end_pts - record.pts[0]) * record.time_base)
    reached = max(held, record.sound_end_s - float(record.pts[0] * record.time_base))
    missing = probe.duration_s - (reached if probe.demuxer == "matroska" else held)
    if missing > max(SHORT_S, SHORT_SHARE * probe.duration_s):
        raise RejectedInput(
            f"{shown(path)} is cut short: its header says {probe.duration_s:.1f} s, "
            f"{held:.1f} s of picture decode",
            "wait for the copy to end, or copy it again",
        )
    if record.corrupt > max(1, CORRUPT_SHARE * record.packets):
        raise RejectedInput(
            f"{shown(path)} is damaged: {record.corrupt} of {record.packets} packets don't decode, "
            f"at most {CORRUPT_SHARE:.0%} are tolerated",
            EXPORT_AGAIN,
        )
