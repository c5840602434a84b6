"""The container: streams, clock and timecode of a film, and what is refused before decoding."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vision.analysis import AudioStream
from vision.artifact import Frozen
from vision.rejected import RejectedInput
from vision.sniff import shown, sniff
from vision.timecode import format_timecode, may_drop

# No memory, no thread, no open file more: nothing that the film could help (seen in 700 MB).
SPARE_BYTES = 64_000_000
SHORTAGES = (errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.ENFILE)

MAX_SIDE = 8192
MAX_RATE = Fraction(1000)
MAX_DURATION_S = 24 * 3600.0
MAX_STREAMS = 128
"""8K, high-speed rates, a day and 128 streams hold any real cut; 16k, 10^6 fps and 100 days are bombs."""

EXPORT_AGAIN = "export or copy the film again"
_WHOLE_RATES = (24, 25, 30, 48, 50, 60, 100, 120)
_KNOWN_RATES = (*map(Fraction, _WHOLE_RATES), *(Fraction(n * 1000, 1001) for n in _WHOLE_RATES if n % 6 == 0))


class Probe(Frozen):
    """A film by its header and its first frame.

    width, height: as shown, after sample aspect and rotation (degrees counter-clockwise, as stored).
    frames: an estimate.  duration_s: as the header claims, of the chosen video stream where it says.
    start_timecode: None where the file has none.  frame_rate and time_base: exact, "24000/1001".
    """

    container: str
    demuxer: str
    size_bytes: int
    video_stream: int
    video_codec: str
    pixel_format: str
    coded_width: int
    coded_height: int
    width: int
    height: int
    rotation: int
    interlaced: bool
    frame_rate: str
    time_base: str
    duration_s: float
    frames: int
    start_timecode: str | None
    drop_frame: bool
    audio_streams: tuple[AudioStream, ...]

    @property
    def rate(self) -> Fraction:
        """Frames a second, exact."""
        return Fraction(self.frame_rate)


def probe(path: Path) -> Probe:
    """What `path` is, from its header and first frame; native code opens no other file and no socket.

    Raises RejectedInput for a missing file, a folder, an empty file, playlists, pictures, text, a film
    without video, beyond the limits above, or cut short where its index shows that.
    """
    demuxer = sniff(path)
    with open_film(path, demuxer) as container:
        video = _chosen_video(container, path)
        _refuse_bombs(container, video, path)
        _refuse_cut_short(video, path)
        return _described(container, video, _first_frame(container, video, path), path, demuxer)


@contextmanager
def open_film(path: Path, demuxer: str) -> Iterator[InputContainer]:
    """Open `path` with that one demuxer and the file protocol alone; an open that fails is RejectedInput."""
    options = {"protocol_whitelist": "file", "format_whitelist": demuxer, "max_streams": str(MAX_STREAMS)}
    place = str(path.absolute())
    try:
        container = av.open(place, format=demuxer, options=options, metadata_errors="replace")
    except (av.error.FFmpegError, ValueError, OSError) as error:
        raise RejectedInput(
            f"{shown(path)} is damaged or cut short: its header can't be read ({_why(error)})", EXPORT_AGAIN
        ) from error
    with container:
        yield container


def exact_rate(video: VideoStream) -> Fraction:
    """The stream's frame rate; within 20 ppm of a broadcast rate it is that (Matroska rounds to 1 ns).

    The average is frames over duration: without the last frame's duration, or with a splice's small gap, it
    strays (24000/1001 read as 23.994 over 56 s). The step that most frames keep is then the rate.
    """
    rate = video.average_rate or video.guessed_rate or video.base_rate or Fraction(0)
    step, frames = video.guessed_rate or Fraction(0), video.frames if video.frames > 1 else 1001
    if step and abs(rate / step - 1) <= Fraction(1, min(frames - 1, 1000)):
        rate = step
    near = [known for known in _KNOWN_RATES if rate and abs(known / rate - 1) < Fraction(1, 50_000)]
    return near[0] if near else rate


def _chosen_video(container: InputContainer, path: Path) -> VideoStream:
    """The stream a player shows: cover art and thumbnails apart, the first default one, else the largest."""
    odd = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    real = [video for video in container.streams.video if not video.disposition & odd]
    real = [video for video in real if video.codec_context is not None]
    if not real:
        raise RejectedInput(f"{shown(path)} has no video stream", "give a film with picture")
    default = [video for video in real if video.disposition & av.stream.Disposition.default]
    return default[0] if default else max(real, key=lambda video: video.width * video.height)


def _refuse_bombs(container: InputContainer, video: VideoStream, path: Path) -> None:
    name = shown(path)
    remedy = "give a copy made for viewing"
    if len(container.streams) > MAX_STREAMS:
        raise RejectedInput(f"{name} has {len(container.streams)} streams, more than {MAX_STREAMS}", remedy)
    if not 0 < video.width <= MAX_SIDE or not 0 < video.height <= MAX_SIDE:
        raise RejectedInput(f"{name} is {video.width}x{video.height}, beyond {MAX_SIDE} a side", remedy)
    rate = exact_rate(video)
    if not 0 < rate <= MAX_RATE:
        raise RejectedInput(f"{name} claims {float(rate):.0f} frames a second, expected 1 to 1000", remedy)
    duration = _duration_s(container, video)
    if duration > MAX_DURATION_S:
        raise RejectedInput(f"{name} claims to last {duration / 3600:.0f} hours, more than a day", remedy)


def _refuse_cut_short(video: VideoStream, path: Path) -> None:
    """An MP4's index names a place for every frame; places beyond the file's end mean a half copy."""
    index, size = video.index_entries, path.stat().st_size
    if len(index) == 0 or video.time_base is None or index[len(index) - 1].pos < size:
        return
    times = [entry.timestamp for entry in index]
    present = [entry.timestamp for entry in index if entry.pos + entry.size <= size]
    start = min(times)
    held = float((max(present, default=start) - start) * video.time_base)
    claimed = float((max(times) - start) * video.time_base)
    raise RejectedInput(
        f"{shown(path)} is cut short: it claims {claimed:.1f} s and holds {held:.1f} s of picture",
        "wait for the copy to end, or copy it again",
    )


def _first_frame(container: InputContainer, video: VideoStream, path: Path) -> VideoFrame:
    try:
        for frame in container.decode(video):
            return frame
    except (av.error.FFmpegError, ValueError) as error:
        raise RejectedInput(
            f"{shown(path)}: its {video.codec_context.name} picture can't be decoded ({_why(error)})",
            EXPORT_AGAIN,
        ) from error
    raise RejectedInput(f"{shown(path)} has a video stream without a single frame", EXPORT_AGAIN)


def _described(
    container: InputContainer, video: VideoStream, first: VideoFrame, path: Path, demuxer: str
) -> Probe:
    rate, duration = exact_rate(video), _duration_s(container, video)
    if container.format.name.startswith("matroska"):  # it counts from zero, not from its first frame
        duration -= max(first.time or 0.0, 0.0)
    aspect = video.sample_aspect_ratio or Fraction(1)
    shape = (round(first.width * aspect), first.height)
    timecode = _timecode(container, video) or _broadcast_wave_timecode(container, rate)
    return Probe(
        container=container.format.name,
        demuxer=demuxer,
        size_bytes=path.stat().st_size,
        video_stream=video.index,
        video_codec=video.codec_context.name,
        pixel_format=first.format.name,
        coded_width=first.width,
        coded_height=first.height,
        width=shape[first.rotation % 180 != 0],
        height=shape[first.rotation % 180 == 0],
        rotation=first.rotation % 360,
        interlaced=first.interlaced_frame,
        frame_rate=f"{rate.numerator}/{rate.denominator}",
        time_base=str(video.time_base),
        duration_s=duration,
        frames=video.frames or max(round(duration * rate), 1),
        start_timecode=timecode,
        drop_frame=timecode is not None and ";" in timecode and may_drop(rate),
        audio_streams=tuple(_audio(stream) for stream in container.streams.audio if stream.codec_context),
    )


def _audio(stream: av.AudioStream) -> AudioStream:
    context = stream.codec_context
    return AudioStream(
        index=stream.index,
        codec=context.name,
        sample_rate_hz=context.sample_rate,
        channels=context.channels,
        layout=context.layout.name,
    )


def _duration_s(container: InputContainer, video: VideoStream) -> float:
    """What the header claims: AVI by its frame count, since ffmpeg scales its duration to the bytes there."""
    if container.format.name == "avi" and video.frames and video.time_base:
        return float(video.frames * video.time_base)
    if video.duration and video.time_base:
        return float(video.duration * video.time_base)
    tag = _clock_s(video.metadata.get("DURATION", ""))
    return tag or (container.duration or 0) / 1e6


def _clock_s(text: str) -> float | None:
    """Matroska's own statistics tag, "00:00:32.532000000"."""
    try:
        hours, minutes, seconds = text.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return None


def _timecode(container: InputContainer, video: VideoStream) -> str | None:
    """The tmcd track, or what MXF, Matroska and MPEG keep in their metadata."""
    places = [video.metadata, *(stream.metadata for stream in container.streams), container.metadata]
    found = (place.get("timecode") or place.get("TIMECODE") for place in places)
    return next((text.strip() for text in found if text and text.strip()), None)


def _broadcast_wave_timecode(container: InputContainer, rate: Fraction) -> str | None:
    """What a Broadcast Wave chunk says: samples since midnight (EBU Tech 3285), where a copy kept its tag."""
    for stream in container.streams.audio:
        for place in (stream.metadata, container.metadata):
            samples = place.get("time_reference") or place.get("TIME_REFERENCE") or ""
            if samples.strip().isdigit() and stream.codec_context and stream.codec_context.sample_rate:
                seconds = Fraction(int(samples), stream.codec_context.sample_rate)
                return format_timecode(round(seconds * rate), rate)
    return None


def _why(error: Exception) -> str:
    """What is wrong with the film; raises `error` itself where the machine is at fault."""
    number = getattr(error, "errno", None)
    if number == errno.ENOMEM and _has_memory():
        return f"it asks for more than {MAX_STREAMS} streams or for more memory than any film"
    if number in SHORTAGES:
        raise error
    return str(getattr(error, "strerror", None) or error).split(":")[0].strip().lower()[:80]


def _has_memory() -> bool:
    """Whether this process can still have what an ordinary header takes many times over.

    ffmpeg says ENOMEM of a 4001st stream, too.
    """
    try:
        return len(bytearray(SPARE_BYTES)) == SPARE_BYTES
    except MemoryError:
        return False
