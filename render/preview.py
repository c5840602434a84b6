"""The preview: the film's own picture with the mix as sound, read back before anyone sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from render.aac import encode_wav
from render.merge import merge
from render.packets import PictureFacts, is_transport_stream, picture_facts, rewrap, sound_samples
from render.wav import RATE_HZ
from vision.analysis import Analysis, Film
from vision.artifact import Artifact, part_file
from vision.process import ToolFailed, ffmpeg_path, no_room, run_tool
from vision.progress import Progress

# What Chromium, Firefox and Safari decode from an MP4 without a plug-in: 8 bit 4:2:0 only.
PLAYABLE_CODECS = frozenset({"h264", "vp9", "av1"})
PLAYABLE_FORMATS = frozenset({"yuv420p", "yuvj420p"})
# Bits a second; AAC-LC is transparent to most from about 96. At this rate ffmpeg's fast coder has 7 dB less
# noise (0-2 kHz: 9 dB) than its twoloop, for a third of the CPU.
SOUND_RATE_PER_CHANNEL = 112_000
LATEST_SOUND_S = 0.001
PROXY_QUALITY = 20  # x264 crf: no visible loss at the proxy's size
PROXY_SIDE_PX = 1920
PROXY_THREADS = 2  # whatever the machine has: x264's bytes depend on it


class PreviewFacts(Artifact):
    """What was made and read back. copied: the picture's packets are the film's own, at its own times.

    picture_sha256: over the packets.  sound_error_ms: decoded sound's length less the picture's.
    """

    copied: bool
    reason: str
    codec: str
    frames: int
    duration_s: float
    picture_sha256: str
    sound_error_ms: float
    warnings: tuple[str, ...] = ()


def make_preview(
    film_path: Path, analysis: Analysis, mix_wav: Path, out_path: Path, progress: Progress
) -> PreviewFacts:
    """Write out_path (MP4): the picture copied where browsers play it, else an H.264 proxy; the mix as AAC.

    Time zero is the first shown frame. Read back: a copy has the film's packets at the film's times, a
    proxy a frame at each of them; the sound ends with the picture within 1 ms. A copy that doesn't come
    back equal is made a proxy and says so; RuntimeError where even that doesn't.
    """
    film = analysis.film
    reason = _why_not_copied(film)
    source = picture_facts(film_path, film.video_stream, film.first_pts, hashed=reason is None)
    if reason is None:
        try:
            return _made(film_path, film, mix_wav, out_path, source, None, progress)
        except (_NotEqual, ToolFailed, OSError) as fault:
            if no_room(fault):
                raise  # a proxy may be smaller and fit: that is not what was asked for
            reason = f"a copy of the picture did not read back equal ({fault})"
    return _made(film_path, film, mix_wav, out_path, source, reason, progress)


class _NotEqual(RuntimeError):
    """What was written is not what was read."""


def _why_not_copied(film: Film) -> str | None:
    """None where a browser plays the picture as it is."""
    if film.video_codec not in PLAYABLE_CODECS:
        return f"browsers do not play {film.video_codec} in MP4"
    if film.pixel_format not in PLAYABLE_FORMATS:
        return f"browsers play 8-bit 4:2:0 only, this is {film.pixel_format}"
    return None


def _made(
    film_path: Path,
    film: Film,
    mix_wav: Path,
    out_path: Path,
    source: PictureFacts,
    reason: str | None,
    progress: Progress,
) -> PreviewFacts:
    with beside(out_path, "picture.mp4") as picture, beside(out_path, "sound.m4a") as sound:
        with _readable(film_path, film, out_path) as readable:
            command = _copy(*readable, film, picture) if reason is None else _proxy(*readable, film, picture)
            run_tool(command, timeout_s=120.0 + 20.0 * film.duration_s)
        progress(0.6)
        encode_wav(mix_wav, sound, SOUND_RATE_PER_CHANNEL, timeout_s=120.0 + film.duration_s)
        progress(0.8)
        with part_file(out_path) as part:
            merge(picture, sound, part, film.duration_s)
            facts = _read_back(part, film, source, reason)
    progress(1.0)
    return facts


@contextmanager
def beside(out_path: Path, name: str) -> Iterator[Path]:
    """A scratch file in the output's folder, gone afterwards."""
    stem, suffix = name.split(".")
    path = out_path.with_name(f"{out_path.stem}.{stem}.part.{suffix}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _readable(film_path: Path, film: Film, out_path: Path) -> Iterator[tuple[Path, int]]:
    """The film and its stream as the ffmpeg wheel can read them.

    The static 7.0.2 of imageio-ffmpeg 0.7.0 dies of a segmentation fault on every transport stream (here
    even `-f null`); PyAV's library reads them, so their picture is rewrapped first, packets untouched.
    """
    if not is_transport_stream(film_path):
        yield film_path, film.video_stream
        return
    with beside(out_path, "rewrapped.nut") as rewrapped:
        rewrap(film_path, film.video_stream, rewrapped)
        yield rewrapped, 0


def _input(film_path: Path, stream: int) -> list[str]:
    """`file:` keeps a colon in a name from being a protocol; copyts keeps the film's own clock."""
    options = ["-nostdin", "-v", "error", "-y", "-copyts", "-protocol_whitelist", "file"]
    return [ffmpeg_path(), *options, "-i", f"file:{film_path}", "-map", f"0:{stream}"]


def _output(film: Film, path: Path) -> list[str]:
    """The film's own time base, so that every time stays the same rational."""
    ticks = film.time_base.partition("/")[2] or "1"
    return ["-map_metadata", "-1", "-fflags", "+bitexact", "-video_track_timescale", ticks, f"file:{path}"]


def _copy(film_path: Path, stream: int, film: Film, path: Path) -> list[str]:
    shift = f"setts=pts=PTS-({film.first_pts}):dts=DTS-({film.first_pts})"
    return [*_input(film_path, stream), "-c", "copy", "-bsf:v", shift, *_output(film, path)]


def _proxy(film_path: Path, stream: int, film: Film, path: Path) -> list[str]:
    fit = f"min(1,{PROXY_SIDE_PX}/max(iw,ih))"
    size = f"scale=w='2*round(iw*{fit}/2)':h='2*round(ih*{fit}/2)'"
    gop = str(max(int(film.rate), 1))
    encoder = ["-c:v", "libx264", "-preset", "veryfast", "-crf", str(PROXY_QUALITY), "-pix_fmt", "yuv420p"]
    keys = ["-g", gop, "-force_key_frames", "expr:gte(t,n_forced)", "-threads", str(PROXY_THREADS)]
    times = ["-fps_mode", "passthrough", "-enc_time_base:v", "demux", "-flags:v", "+bitexact"]
    filters = ["-vf", f"setpts=PTS-({film.first_pts}),{size}"]
    return [*_input(film_path, stream), *filters, *encoder, *keys, *times, *_output(film, path)]


def _read_back(part: Path, film: Film, source: PictureFacts, reason: str | None) -> PreviewFacts:
    made = picture_facts(part, 0, 0)
    if reason is None and made.sha256 != source.sha256:
        raise _NotEqual("its packets differ")
    if made.times != source.times:
        raise _NotEqual("its presentation times differ")
    error_s = sound_samples(part) / RATE_HZ - film.length_samples / RATE_HZ
    if abs(error_s) > LATEST_SOUND_S:
        raise _NotEqual(f"its sound is {error_s * 1000:.1f} ms longer than the picture")
    return PreviewFacts(
        copied=reason is None,
        reason=reason or "the film's own picture",
        codec=made.codec,
        frames=len(made.times),
        duration_s=film.duration_s,
        picture_sha256=made.sha256,
        sound_error_ms=round(error_s * 1000.0, 3),
    )
