"""What editors send: each codec and container, read with the same cuts, levels and sound."""

import shlex
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.films import TinyShot, tiny_film, tone
from vision.analyse import analyse_film
from vision.analysis import Analysis
from vision.container import probe
from vision.curves import Curves
from vision.process import ffmpeg_path, run_tool
from vision.progress import silent
from vision.settings import VisionSettings

SHOTS = [TinyShot(25), TinyShot(14, pan=0.2), TinyShot(36)]
STARTS = [0, 25, 39]
FRAMES = sum(shot.frames for shot in SHOTS)


def ffmpeg(arguments: str) -> None:
    run_tool([ffmpeg_path(), "-v", "error", "-y", *shlex.split(arguments)], timeout_s=60)


def analysed(path: Path) -> tuple[Analysis, Curves]:
    return analyse_film(path, VisionSettings(threads=1), silent)


@dataclass(frozen=True)
class Master:
    """The film that every format is made from, and what it looks like."""

    path: Path
    curves: Curves


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Master:
    path = tmp_path_factory.mktemp("master") / "master.mov"
    tiny_film(
        path, SHOTS, rate=25, size=(256, 144), options={"qp": "8"}, tone_hz=440, sound_codec="pcm_s16le"
    )
    return Master(path, analysed(path)[1])


FORMATS = {
    "ProRes in MOV": ("-c:v prores_ks -profile:v 3 -pix_fmt yuv422p10le -c:a pcm_s24le", "mov"),
    "ProRes 4444 in MOV": ("-c:v prores_ks -profile:v 4 -pix_fmt yuv444p10le -c:a pcm_s24le", "mov"),
    "DNxHR in MOV": ("-c:v dnxhd -profile:v dnxhr_hq -pix_fmt yuv422p -c:a pcm_s16le", "mov"),
    "DNxHR of 10 bits in MXF OP1a": (
        "-c:v dnxhd -profile:v dnxhr_hqx -pix_fmt yuv422p10le -c:a pcm_s24le",
        "mxf",
    ),
    "MPEG-2 4:2:2 in MXF OP1a": ("-c:v mpeg2video -pix_fmt yuv422p -q:v 2 -bf 2 -c:a pcm_s16le", "mxf"),
    "MPEG-2 in a programme stream": ("-c:v mpeg2video -q:v 2 -bf 2 -c:a mp2", "mpg"),
    "MPEG-2 in a transport stream": ("-c:v mpeg2video -q:v 2 -bf 2 -c:a mp2", "ts"),
    "H.264 in a transport stream": ("-c:v libx264 -bf 3 -c:a aac", "ts"),
    "H.264 of 10 bits, 4:2:2": ("-c:v libx264 -preset veryfast -pix_fmt yuv422p10le -c:a aac", "mp4"),
    "HEVC in MP4": ("-c:v libx265 -preset ultrafast -x265-params log-level=none -tag:v hvc1 -c:a aac", "mp4"),
    "HEVC of 10 bits in Matroska": (
        "-c:v libx265 -preset ultrafast -x265-params log-level=none -pix_fmt yuv420p10le -c:a libopus",
        "mkv",
    ),
    "VP9 in WebM": ("-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 2M -c:a libopus", "webm"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_read_with_the_same_cuts_levels_and_sound(
    name: str, tmp_path: Path, master: Master
) -> None:
    options, suffix = FORMATS[name]
    path = tmp_path / f"a.{suffix}"
    ffmpeg(f"-i {master.path} {options} {path}")
    analysis, curves = analysed(path)
    assert analysis.film.rate == 25
    assert analysis.film.frames == FRAMES
    assert [shot.start_frame for shot in analysis.shots] == STARTS
    assert np.abs(curves.brightness - master.curves.brightness).mean() < 0.02
    assert np.abs(curves.saturation - master.curves.saturation).mean() < 0.03
    assert len(analysis.film.audio_streams) == 1
    assert analysis.sound.loudness_lufs == pytest.approx(-23.0, abs=1.5)  # a sine of .1


@pytest.mark.parametrize("suffix", ["mov", "mxf"])
def test_eight_mono_tracks_are_one_sound(tmp_path: Path, master: Master, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    codec = "-c:v mpeg2video -q:v 2" if suffix == "mxf" else "-c:v copy"
    tracks = " ".join(["-map 0:a"] * 8)
    ffmpeg(f"-i {master.path} -map 0:v {tracks} {codec} -c:a pcm_s24le -ac 1 {path}")
    analysis, _ = analysed(path)
    assert [stream.channels for stream in analysis.film.audio_streams] == [1] * 8
    # L R C Ls Rs of one tone, LFE and the stereo fold left out: 10 log10(3 + 2 x 1.41) over one channel.
    one = analysed(master.path)[0].sound.loudness_lufs
    assert one is not None
    assert analysis.sound.loudness_lufs == pytest.approx(one + 10 * np.log10(3 + 2 * 1.41), abs=0.3)


def test_interlaced_film_keeps_its_cuts_and_says_so(tmp_path: Path, master: Master) -> None:
    path = tmp_path / "a.mxf"
    ffmpeg(
        f"-i {master.path} -vf setfield=tff -c:v mpeg2video -q:v 2 -flags +ildct+ilme -c:a pcm_s16le {path}"
    )
    assert probe(path).interlaced
    assert [shot.start_frame for shot in analysed(path)[0].shots] == STARTS


def test_anamorphic_and_turned_pictures_are_measured_as_shown(tmp_path: Path, master: Master) -> None:
    squeezed, turned = tmp_path / "squeezed.mov", tmp_path / "turned.mov"
    ffmpeg(f"-i {master.path} -vf scale=128:144,setsar=2 -c:v libx264 -qp 8 -an {squeezed}")
    ffmpeg(f"-display_rotation 90 -i {master.path} -c copy {turned}")
    for path, shape in ((squeezed, (256, 144)), (turned, (144, 256))):
        analysis, curves = analysed(path)
        assert (analysis.film.width, analysis.film.height) == shape
        assert [shot.start_frame for shot in analysis.shots] == STARTS
        assert np.abs(curves.brightness - master.curves.brightness).mean() < 0.02
    motion = analysed(squeezed)[1].motion[25:39].mean()
    assert motion == pytest.approx(float(master.curves.motion[25:39].mean()), rel=0.15)


@pytest.mark.parametrize(
    ("suffix", "rate", "given", "found", "dropped"),
    [
        ("mov", "25", "00:59:52:00", "00:59:52:00", False),
        ("mov", "30000/1001", "00:59:52;02", "00:59:52;02", True),
        ("mov", "60000/1001", "09:59:58;04", "09:59:58;04", True),
        ("mxf", "25", "10:00:00:00", "10:00:00:00", False),
        ("mxf", "30000/1001", "00:58:30;00", "00:58:30;00", True),
        ("mkv", "24000/1001", "01:00:00:00", "01:00:00:00", False),
    ],
)
def test_the_start_timecode_is_read_of_tmcd_and_mxf(
    tmp_path: Path, suffix: str, rate: str, given: str, found: str, dropped: bool
) -> None:
    raw, path = tmp_path / "raw.mov", tmp_path / f"a.{suffix}"
    tiny_film(raw, [TinyShot(12)], rate=Fraction(rate), codec="mpeg2video", options={"qmin": "2"})
    tag = f"-metadata timecode='{given}'" if suffix == "mkv" else f"-timecode '{given}'"
    ffmpeg(f"-i {raw} -c copy {tag} {path}")
    film = analysed(path)[0].film
    assert (film.start_timecode, film.drop_frame) == (found, dropped)


def test_the_start_timecode_is_read_of_a_broadcast_wave(tmp_path: Path) -> None:
    picture, sound, film = tmp_path / "a.mkv", tmp_path / "a.wav", tmp_path / "film.mkv"
    tiny_film(picture, [TinyShot(50)], rate=25)
    tiny_film(tmp_path / "t.mov", [TinyShot(50)], rate=25, sound=tone(440, 2.0), sound_codec="pcm_s16le")
    ffmpeg(f"-i {tmp_path / 't.mov'} -vn -write_bext 1 -metadata time_reference={48000 * 3592} {sound}")
    ffmpeg(f"-i {picture} -i {sound} -map 0:v -map 1:a -map_metadata 1 -c copy {film}")
    assert probe(film).start_timecode == "00:59:52:00"
