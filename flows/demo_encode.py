"""Writes a drawn film through MoviePy at the exact rational rate, and reads it back to prove it."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from moviepy import VideoClip
from moviepy.audio.AudioClip import AudioArrayClip
from numpy.typing import NDArray

from flows.demo_paint import Picture
from vision.artifact import part_file
from vision.progress import Progress

SOUND_RATE_HZ = 48_000
ENCODER_THREADS = 2  # x264's bytes depend on the number of threads, so it is fixed


def write_film(
    path: Path,
    frame: Callable[[int], Picture],
    frames: int,
    size: tuple[int, int],
    rate: Fraction,
    sound: NDArray[np.float32],
    progress: Progress,
) -> None:
    """Write `frames` pictures from `frame` (BGR) with [n, 2] sound at 48 kHz as H.264 and AAC in MP4.

    MoviePy 2.2.1 hands ffmpeg the rate with two decimals ("23.98"); frame n is therefore stamped anew with
    exactly n / rate before encoding.  Raises OSError where the file read back has another rate or length.
    """
    clip = VideoClip(
        lambda t: _shown(frame, round(t * rate), frames, progress), duration=(frames + 0.5) / float(rate)
    )
    clip = clip.with_audio(AudioArrayClip(sound.astype(np.float64), fps=SOUND_RATE_HZ))
    with part_file(path) as part:
        clip.write_videofile(
            str(part),
            fps=float(rate),
            codec="libx264",
            preset="veryfast",
            audio_fps=SOUND_RATE_HZ,
            audio_codec="aac",
            audio_bitrate="192k",
            temp_audiofile=str(part.with_suffix(".m4a")),
            threads=ENCODER_THREADS,
            ffmpeg_params=_exact(rate),
            logger=None,
        )
        _prove(part, frames, size, rate)


def _shown(frame: Callable[[int], Picture], index: int, frames: int, progress: Progress) -> Picture:
    progress((index + 1) / frames)
    return np.ascontiguousarray(frame(index)[:, :, ::-1])


def _exact(rate: Fraction) -> list[str]:
    """Stamps in units of the rate's numerator, so that n / rate is whole; nothing dated."""
    top, bottom = rate.numerator, rate.denominator
    filters = f"settb=1/{top},setpts=N*{bottom},scale=out_color_matrix=bt709:out_range=tv"
    colours = "-colorspace bt709 -color_primaries bt709 -color_trc bt709"
    timing = f"-r {top}/{bottom} -fps_mode cfr -video_track_timescale {top}"
    plain = "-fflags +bitexact -flags:v +bitexact -flags:a +bitexact -movflags +faststart"
    return ["-vf", filters, *f"{timing} -crf 22 -g 24 {colours} {plain}".split()]


def _prove(path: Path, frames: int, size: tuple[int, int], rate: Fraction) -> None:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stamps = sorted(
            packet.pts * packet.time_base for packet in container.demux(stream) if packet.pts is not None
        )
        shape, has_sound = (stream.width, stream.height), bool(container.streams.audio)
        declared = stream.average_rate
    expected = [stamps[0] + n / rate for n in range(frames)] if stamps else []
    if stamps != expected or shape != size or declared != rate or not has_sound:
        seen = f"{len(stamps)} frames of {shape} at {declared}"
        raise OSError(f"{path.name}: {seen} were written, not {frames} of {size} at {rate}")
