"""The film's sound on the film's clock: every stream decoded, resampled and aligned to picture time zero."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream as DecodedStream
from numpy.typing import NDArray

from vision.analysis import AudioStream
from vision.progress import Progress

RATE_HZ = 48_000
BLOCK_SAMPLES = RATE_HZ // 2
RESYNC_SAMPLES = RATE_HZ // 50
"""Timestamps jitter by a few ms (Matroska rounds to 1 ms): only 20 ms or more is a gap or an overlap."""
MAX_LEAD_SAMPLES = 30 * RATE_HZ
"""How far one stream may run ahead of another in the file before the late one counts as silent."""

DEFAULT_LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}

Samples = NDArray[np.float32]


def read_soundtrack(
    path: Path, streams: Sequence[AudioStream], zero_s: Fraction, duration_s: float, progress: Progress
) -> Iterator[tuple[Samples, ...]]:
    """Yield half-second blocks that cover [0, duration_s) of presentation time without gap.

    zero_s: container time of the first shown frame.  Each block holds one [n, channels] float32 array a
    stream, 48 kHz, all of one n (the last block may be shorter).  Sound before zero or after the end is
    dropped, gaps are silent, packets that don't decode are gaps.  Memory does not grow with the film.
    """
    total = round(duration_s * RATE_HZ)
    with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
        tracks = {s.index: _Track(_decoded(container, s.index), s.layout, zero_s) for s in streams}
        done = 0
        for done, block in _blocks(container, tracks, total):
            yield block
            progress(done / total)


def _blocks(
    container: av.container.InputContainer, tracks: dict[int, "_Track"], total: int
) -> Iterator[tuple[int, tuple[Samples, ...]]]:
    done = 0
    lanes = list(tracks.values())
    for packet in container.demux([track.stream for track in lanes]):
        if not tracks[packet.stream.index].push(packet):
            continue
        lead = max(track.end for track in lanes)
        for track in lanes:
            track.fill_to(min(total, lead - MAX_LEAD_SAMPLES))
        while (ready := min(total, min(track.end for track in lanes))) >= done + BLOCK_SAMPLES:
            done += BLOCK_SAMPLES
            yield done, tuple(track.take(BLOCK_SAMPLES) for track in lanes)
        if ready >= total:
            break
    for track in lanes:
        track.fill_to(total)
    while done < total:
        size = min(BLOCK_SAMPLES, total - done)
        done += size
        yield done, tuple(track.take(size) for track in lanes)


class _Track:
    """One stream's decoder, resampler and queue; `end` is the sample that comes next, counted from zero."""

    def __init__(self, stream: DecodedStream, layout: str, zero_s: Fraction) -> None:
        self.stream = stream
        self.end = 0
        self._zero_s = zero_s
        self._layout = seated_layout(layout, stream.codec_context.channels)
        self._channels = av.AudioLayout(self._layout).nb_channels
        self._resampler: av.AudioResampler | None = None
        self._heard: Fraction | None = None
        self._sample_ticks = stream.time_base == Fraction(1, RATE_HZ)
        self._next_pts: int | None = None
        self._run = 0  # samples since _heard was reckoned
        self._skip = 0
        self._queue: list[Samples] = []

    def push(self, packet: "av.Packet[av.stream.Stream]") -> bool:
        """Decode one packet into the queue; False where nothing came of it."""
        before = self.end
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            return False
        for frame in frames:
            if isinstance(frame, av.AudioFrame):
                self._push_frame(frame)
        if packet.dts is None and packet.pts is None and packet.size == 0:
            self._flush()
        return self.end > before

    def _push_frame(self, frame: av.AudioFrame) -> None:
        """A frame whose ticks are samples and go on where the last ones ended has its place: no fractions."""
        runs_on = frame.pts is not None and frame.pts == self._next_pts and frame.sample_rate == RATE_HZ
        if not runs_on:
            self._place(frame)
        self._run += frame.samples if runs_on else 0
        self._next_pts = None
        if self._sample_ticks and frame.pts is not None and frame.sample_rate == RATE_HZ:
            self._next_pts = frame.pts + frame.samples
        self._append(frame)

    def _place(self, frame: av.AudioFrame) -> None:
        if self._heard is not None:
            self._heard += self._run
        self._run = 0
        start = self._heard
        if frame.pts is not None and frame.time_base is not None:
            start = (frame.pts * frame.time_base - self._zero_s) * RATE_HZ
        if start is None:
            start = Fraction(self.end)
        if self._heard is None or abs(start - self._heard) >= RESYNC_SAMPLES:
            self._flush()
            self._seek(round(start))
            self._heard = start
        self._heard += Fraction(frame.samples * RATE_HZ, frame.sample_rate)

    def _append(self, frame: av.AudioFrame) -> None:
        if self._as_it_is(frame):
            self._flush()
            self._store(np.asarray(frame.to_ndarray(), np.float32).T)
            return
        frame.pts = None
        if self._resampler is None:
            self._resampler = av.AudioResampler(format="flt", layout=self._layout, rate=RATE_HZ)
        try:
            resampled = self._resampler.resample(frame)
        except ValueError:  # the stream changed its rate or layout on the way: begin anew, as a player does
            self._flush()
            self._resampler = av.AudioResampler(format="flt", layout=self._layout, rate=RATE_HZ)
            resampled = self._resampler.resample(frame)
        for piece in resampled:
            self._store(_samples(piece))

    def _as_it_is(self, frame: av.AudioFrame) -> bool:
        """Whether the decoder's samples are what a resampler would give, only channel by channel."""
        plain = frame.sample_rate == RATE_HZ and frame.format.name == "fltp" and self._channels <= 2
        return plain and frame.layout.name == self._layout

    def _flush(self) -> None:
        if self._resampler is not None:
            for piece in self._resampler.resample(None):
                self._store(_samples(piece))
            self._resampler = None

    def _seek(self, start: int) -> None:
        if start > self.end:
            self.fill_to(start)
            self._skip = 0
        else:
            self._skip = self.end - start

    def _store(self, samples: Samples) -> None:
        dropped = min(self._skip, len(samples))
        self._skip -= dropped
        kept = samples[dropped:]
        self._queue.append(kept)
        self.end += len(kept)

    def fill_to(self, end: int) -> None:
        """Silence up to sample `end`, where the queue doesn't reach it yet."""
        while self.end < end:
            size = min(BLOCK_SAMPLES, end - self.end)
            self._queue.append(np.zeros((size, self._channels), np.float32))
            self.end += size

    def take(self, count: int) -> Samples:
        """The next `count` samples off the queue; what is no number is silence."""
        pieces: list[Samples] = []
        wanted = count
        while wanted:
            piece = self._queue.pop(0)
            if len(piece) > wanted:
                self._queue.insert(0, piece[wanted:])
                piece = piece[:wanted]
            pieces.append(piece)
            wanted -= len(piece)
        taken = np.ascontiguousarray(np.concatenate(pieces))
        if not np.isfinite(taken).all():
            taken = np.nan_to_num(taken, nan=0.0, posinf=0.0, neginf=0.0)
        return taken


def _decoded(container: av.container.InputContainer, index: int) -> DecodedStream:
    stream = container.streams[index]
    assert isinstance(stream, DecodedStream), "the caller names sound streams"
    return stream


def _samples(frame: av.AudioFrame) -> Samples:
    """[n, channels]; interleaved: PyAV 18.1 crashes on reading the planes of eight channels."""
    return np.asarray(frame.to_ndarray(), np.float32).reshape(frame.samples, -1)  # (1, n * channels)


def seated_layout(layout: str, channels: int) -> str:
    """The declared layout where it says who sits where, else what players assume for that many channels.

    PCM in Matroska and AAC with its own table declare "6 channels" and no more.
    """
    try:
        declared = av.AudioLayout(layout)
        if declared.nb_channels == channels and all(c.name != "NONE" for c in declared.channels):
            return layout
    except ValueError:
        pass
    return DEFAULT_LAYOUTS.get(channels, f"{channels} channels")
