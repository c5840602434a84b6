"""The preview is the film's own picture, at its own times, with sound that ends when it does."""

import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from render.packets import picture_facts
from render.preview import PreviewFacts, make_preview
from render.wav import wav_file
from tests.films import TinyShot, tiny_film
from tests.render.scenes import analysis
from vision.analysis import Analysis
from vision.artifact import sha256_file
from vision.process import ffmpeg_path
from vision.progress import silent

FRAMES = 60


def ffmpeg(*arguments: str | Path) -> bytes:
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-y", *(str(a) for a in arguments)]
    return subprocess.run(command, capture_output=True, check=True).stdout


def streamhash(path: Path, stream: int = 0) -> bytes:
    bitstream = ("-c", "copy", "-bsf:v", "h264_mp4toannexb", "-f", "streamhash", "-")
    return ffmpeg("-i", path, "-map", f"0:{stream}", *bitstream)


def facts_of(path: Path, rate: Fraction | int = 24) -> Analysis:
    """An analysis whose clock is read from the file's shown packets."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        tick, codec, pixels = stream.time_base, stream.codec_context.name, stream.codec_context.pix_fmt
        shown = [
            (p.pts, p.duration) for p in container.demux(stream) if p.pts is not None and not p.is_discard
        ]
    assert tick is not None and pixels is not None
    first, (last, duration) = min(shown)[0], max(shown)
    made = analysis(
        len(shown), rate, codec=codec, pixel_format=pixels, time_base=tick, end_pts=last + duration - first
    )
    film = made.film.model_copy(update={"first_pts": first, "end_pts": last + duration})
    return made.model_copy(update={"film": film})


def preview(film_path: Path, facts: Analysis, layout: str = "stereo") -> tuple[Path, PreviewFacts]:
    """A click on the first sample and on each second, as a mix of exactly the film's length."""
    folder = film_path.parent
    sound = np.zeros((facts.film.length_samples, {"stereo": 2, "5.1": 6}[layout]))
    sound[::48_000, :2] = 0.9
    with wav_file(folder / "mix.wav", len(sound), layout, "pcm24") as wav:
        wav.write(sound)
    out = folder / "preview.mp4"
    return out, make_preview(film_path, facts, folder / "mix.wav", out, silent)


def decoded(path: Path, channels: int = 2) -> np.ndarray:
    """[n, channels] the preview's sound as ffmpeg decodes it, trimming nothing itself."""
    raw = ffmpeg("-i", path, "-map", "0:a", "-f", "f32le", "-")
    return np.frombuffer(raw, np.float32).reshape(-1, channels)


def film(path: Path, **more: object) -> Path:
    shots = [TinyShot(FRAMES // 2, pan=0.3), TinyShot(FRAMES - FRAMES // 2)]
    tiny_film(path, shots, **more)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("rate", [Fraction(24_000, 1001), 25, Fraction(30_000, 1001)])
def test_a_copied_picture_is_the_films_own_at_the_films_own_times(
    tmp_path: Path, rate: Fraction | int
) -> None:
    source = film(tmp_path / "film.mp4", rate=rate, options={"bf": "2", "g": "24"})
    facts = facts_of(source, rate)
    out, made = preview(source, facts)
    assert made.copied and made.frames == FRAMES
    assert streamhash(source) == streamhash(out)
    assert picture_facts(out, 0, 0).times == picture_facts(source, 0, facts.film.first_pts).times
    assert picture_facts(out, 0, 0).times[1] == 1 / Fraction(rate)


@pytest.mark.parametrize("layout", ["stereo", "5.1"])
def test_the_sound_starts_at_zero_and_ends_with_the_picture(tmp_path: Path, layout: str) -> None:
    source = film(tmp_path / "film.mp4")
    facts = facts_of(source)
    out, made = preview(source, facts, layout)
    sound = decoded(out, 2 if layout == "stereo" else 6)
    assert len(sound) == facts.film.length_samples and made.sound_error_ms == 0.0
    clicks = [int(np.abs(sound[s : s + 2_000, 0]).argmax()) for s in (0, 48_000, 96_000)]
    assert max(clicks) <= 1


def test_a_cut_inside_a_group_of_pictures_shows_what_its_edit_list_shows(tmp_path: Path) -> None:
    source = film(tmp_path / "whole.mp4", options={"g": "48"})
    cut = tmp_path / "cut.mp4"
    ffmpeg("-ss", "0.7", "-i", source, "-c", "copy", cut)
    facts = facts_of(cut)
    out, made = preview(cut, facts)
    assert made.copied and made.frames == facts.film.frames < FRAMES
    assert _first_picture(out) == _first_picture(cut)


def _first_picture(path: Path) -> bytes:
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_ndarray().tobytes()


def test_a_variable_rate_keeps_its_times(tmp_path: Path) -> None:
    stamps = [i for i in range(FRAMES + FRAMES // 2) if i % 3 != 2]
    source = film(tmp_path / "film.mp4", timestamps=stamps)
    out, made = preview(source, facts_of(source))
    assert made.copied
    assert picture_facts(out, 0, 0).times == tuple(Fraction(stamp, 24) for stamp in stamps)


@pytest.mark.parametrize(
    ("name", "codec", "pixels"), [("a.mp4", "libx264", "yuv422p10le"), ("a.mkv", "libx265", "yuv420p")]
)
def test_what_no_browser_plays_becomes_a_proxy_with_a_frame_at_each_time(
    tmp_path: Path, name: str, codec: str, pixels: str
) -> None:
    quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    source = film(tmp_path / name, codec=codec, pixel_format=pixels, options=quiet)
    facts = facts_of(source)
    out, made = preview(source, facts)
    assert not made.copied and made.codec == "h264"
    assert picture_facts(out, 0, 0).times == picture_facts(source, 0, facts.film.first_pts).times
    assert _key_frame_gaps(out) <= 1.0


def _key_frame_gaps(path: Path) -> float:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None and stream.codec_context.pix_fmt == "yuv420p"
        keys: Sequence[float] = [
            float(p.pts * stream.time_base)
            for p in container.demux(stream)
            if p.pts is not None and p.is_keyframe
        ]
    return max((b - a for a, b in zip(keys, keys[1:], strict=False)), default=0.0)


def test_two_previews_are_the_same_bytes_and_leave_nothing_beside_them(tmp_path: Path) -> None:
    source = film(tmp_path / "film.mp4")
    facts = facts_of(source)
    first = sha256_file(preview(source, facts)[0])
    assert sha256_file(preview(source, facts)[0]) == first
    assert sorted(p.name for p in tmp_path.iterdir()) == ["film.mp4", "mix.wav", "preview.mp4"]


def test_a_film_that_starts_late_is_shown_from_zero(tmp_path: Path) -> None:
    source = film(tmp_path / "film.mp4")
    late = tmp_path / "late.mp4"
    ffmpeg("-itsoffset", "1.5", "-i", source, "-c", "copy", late)
    out, made = preview(late, facts_of(late))
    assert picture_facts(out, 0, 0).times[0] == 0 and made.frames == FRAMES


def test_a_transport_stream_is_copied_and_shown_from_zero(tmp_path: Path) -> None:
    source = film(tmp_path / "film.mp4", options={"g": "24"})
    stream = tmp_path / "film.ts"
    ffmpeg("-i", source, "-c", "copy", stream)
    out, made = preview(stream, facts_of(stream))
    assert made.copied and made.frames == FRAMES
    assert picture_facts(out, 0, 0).times[:2] == (0, Fraction(1, 24))
