"""A preview with timecode, shot, cue and hits written into the picture, at the film's exact rate."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from composer.spotting import Spotting
from render.aac import encode_wav
from render.marks import MarkedPicture
from render.picture import Reel, open_reel
from render.preview import SOUND_RATE_PER_CHANNEL, beside
from vision.analysis import Analysis, Film
from vision.artifact import part_file
from vision.process import ffmpeg_path, run_tool
from vision.progress import Progress

LONGEST_SIDE_PX = 1280
# Two threads whatever the machine: x264's bytes depend on the thread count.
ENCODER = {"preset": "veryfast", "crf": "21", "threads": "2", "bf": "0"}
BT709 = 1


def burn_in_preview(
    film_path: Path,
    analysis: Analysis,
    spotting: Spotting,
    mix_wav: Path,
    out_path: Path,
    progress: Progress,
) -> None:
    """Write `out_path` (MP4: H.264 with a key frame a second, AAC): the marked picture with the mix under it.

    Every shown frame appears once at its own presentation time, so a variable rate stays what it was;
    constant-rate films run at exactly film.rate. MoviePy composes the frames and PyAV writes them, since
    MoviePy writes 23.976 as 23.98. Read back: RuntimeError where frame count, start or rate differ.
    """
    film = analysis.film
    with beside(out_path, "picture.mp4") as picture, beside(out_path, "sound.m4a") as sound:
        written = _write_picture(film_path, analysis, spotting, picture, progress)
        encode_wav(mix_wav, sound, SOUND_RATE_PER_CHANNEL, timeout_s=120 + film.duration_s)
        with part_file(out_path) as part:
            _join(picture, sound, part, film.duration_s)
            check_clock(part, film, written)
    progress(1.0)


def check_clock(path: Path, film: Film, frames: int) -> None:
    """Raise RuntimeError unless `path` holds `frames` frames from time 0 at the film's own rate."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        times = sorted(packet.pts for packet in container.demux(stream) if packet.pts is not None)
        rate = stream.average_rate
    if len(times) != frames or times[0] != 0:
        raise RuntimeError(f"{path.name} has {len(times)} frames from time {times[:1]}, not {frames} from 0")
    if not film.variable_rate and rate != film.rate:
        raise RuntimeError(f"{path.name} runs at {rate} frames a second, not {film.rate}")


def _write_picture(
    film_path: Path, analysis: Analysis, spotting: Spotting, path: Path, progress: Progress
) -> int:
    """Write the marked picture alone; returns how many frames it has."""
    film = analysis.film
    written = 0
    with open_reel(film_path, film) as reel, av.open(str(path), "w", options={"fflags": "+bitexact"}) as out:
        stream, marked, size = None, None, (0, 0)
        for written, frame in enumerate(reel.frames(), 1):
            if stream is None or marked is None:
                size = _size(*reel.display_shape(frame))
                stream, marked = _encoder(out, film, reel, size), MarkedPicture(analysis, spotting, size)
            time_s = float(reel.time_s(frame))
            drawn = marked.compose(reel.picture(frame, *size), written - 1, time_s, float(1 / film.rate))
            out.mux(stream.encode(_encodable(drawn, film, reel, frame, written - 1)))
            progress(0.95 * min(written / film.frames, 1.0))
        if stream is not None:
            out.mux(stream.encode())
    return written


def _encoder(
    out: "av.container.OutputContainer", film: Film, reel: Reel, size: tuple[int, int]
) -> "av.VideoStream":
    stream = out.add_stream("libx264", rate=film.rate, options=ENCODER)
    assert isinstance(stream, av.VideoStream)
    context = stream.codec_context
    context.width, context.height, context.pix_fmt = *size, "yuv420p"
    context.gop_size = max(round(film.rate), 1)
    context.time_base = reel.time_base if film.variable_rate else 1 / film.rate
    context.colorspace = context.color_primaries = context.color_trc = BT709
    return stream


def _encodable(
    drawn: NDArray[np.uint8], film: Film, reel: Reel, source: av.VideoFrame, number: int
) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(drawn, format="rgb24").reformat(
        format="yuv420p", dst_colorspace="ITU709"
    )
    assert source.pts is not None
    frame.pts = source.pts - film.first_pts if film.variable_rate else number
    frame.time_base = reel.time_base if film.variable_rate else 1 / film.rate
    return frame


def _size(width: int, height: int) -> tuple[int, int]:
    """The picture's own size down to LONGEST_SIDE_PX, even as 4:2:0 needs."""
    scale = min(Fraction(LONGEST_SIDE_PX, max(width, height)), Fraction(1))
    return max(round(width * scale / 2) * 2, 2), max(round(height * scale / 2) * 2, 2)


def _join(picture: Path, sound: Path, path: Path, duration_s: float) -> None:
    command = [ffmpeg_path(), "-v", "error", "-nostdin", "-y", "-i", str(picture), "-i", str(sound)]
    command += ["-map", "0:v:0", "-map", "1:a:0", "-c", "copy", "-fflags", "+bitexact"]
    run_tool([*command, "-movflags", "+faststart", str(path)], timeout_s=120 + 2 * duration_s)
