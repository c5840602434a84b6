"""The one pass: exact times, every kind of picture, damage counted and refused."""

import shlex
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.films import TinyShot, texture, tiny_film
from vision.container import probe
from vision.measures import MotionMeter
from vision.picture import PassRecord, read_frames
from vision.planes import PlaneReader, Window
from vision.process import ffmpeg_path, run_tool
from vision.progress import silent
from vision.rejected import RejectedInput
from vision.scan import Scan, scan_picture


def ffmpeg(arguments: str) -> None:
    run_tool([ffmpeg_path(), "-v", "error", "-y", *shlex.split(arguments)], timeout_s=60)


def scan(path: Path, threads: int = 1) -> Scan:
    return scan_picture(path, probe(path), Window(), threads, silent)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    tiny_film(path, rate=25, tone_hz=440)
    return path


def test_every_frame_has_its_exact_time(tmp_path: Path) -> None:
    rate = Fraction(24000, 1001)
    film = tiny_film(tmp_path / "a.mp4", rate=rate)
    seen = scan(film.path)
    assert len(seen.time_s) == film.frames
    exact = [Fraction(pts - seen.record.pts[0]) * seen.record.time_base for pts in seen.record.pts]
    assert exact == [n / rate for n in range(film.frames)]
    assert (seen.record.end_pts - seen.record.pts[0]) * seen.record.time_base == film.frames / rate


def test_variable_rate_keeps_presentation_times(tmp_path: Path) -> None:
    stamps = [n for n in range(60) if n % 3]
    tiny_film(tmp_path / "a.mkv", [TinyShot(20), TinyShot(20)], rate=25, timestamps=stamps)
    seen = scan(tmp_path / "a.mkv")
    assert np.allclose(seen.time_s, (np.array(stamps) - 1) / 25, atol=0.0006)


def test_time_starts_at_the_first_shown_frame(film: Path, tmp_path: Path) -> None:
    late, edited = tmp_path / "late.mkv", tmp_path / "edited.mp4"
    ffmpeg(f"-itsoffset 5 -i {film} -c copy {late}")
    ffmpeg(f"-ss 1.0 -i {film} -c copy {edited}")
    assert scan(late).time_s[0] == 0
    assert scan(late).record.pts[0] * scan(late).record.time_base == pytest.approx(5, abs=0.03)
    seen = scan(edited)
    assert seen.time_s[0] == 0
    assert len(seen.time_s) == pytest.approx(65, abs=1)


@pytest.mark.parametrize(
    "made",
    [
        ("libx264", "yuv420p10le", "mp4"),
        ("libx264", "yuv422p", "mp4"),
        ("libx264", "yuv444p", "mp4"),
        ("libx264", "yuvj420p", "mp4"),
        ("prores_ks", "yuv422p10le", "mov"),
        ("mpeg4", "yuv420p", "avi"),
        ("libvpx-vp9", "yuv420p", "webm"),
        ("qtrle", "rgb24", "mov"),
    ],
)
def test_levels_are_the_same_in_every_pixel_format(
    tmp_path: Path, film: Path, made: tuple[str, str, str]
) -> None:
    codec, pixel_format, suffix = made
    path = tmp_path / f"a.{suffix}"
    tiny_film(path, rate=25, codec=codec, pixel_format=pixel_format)
    plain, other = scan(film).rows, scan(path).rows
    assert len(plain.brightness) == len(other.brightness)
    assert np.abs(plain.brightness - other.brightness).max() < 0.02
    assert np.abs(plain.saturation - other.saturation).max() < 0.04


def test_odd_sizes_interlaced_and_turned_pictures_are_read(film: Path, tmp_path: Path) -> None:
    odd, woven, turned = tmp_path / "odd.mp4", tmp_path / "woven.mpg", tmp_path / "turned.mp4"
    tiny_film(odd, size=(161, 91), pixel_format="yuv444p", rate=25)
    ffmpeg(
        f"-i {film} -vf tinterlace=interleave_top,setfield=tff -c:v mpeg2video -flags +ildct+ilme -an {woven}"
    )
    ffmpeg(f"-display_rotation 90 -i {film} -c copy {turned}")
    plain = scan(film).rows.brightness
    assert np.abs(scan(odd).rows.brightness - plain).max() < 0.03
    assert probe(woven).interlaced
    assert abs(float(scan(woven).rows.brightness.mean()) - float(plain.mean())) < 0.03
    assert np.abs(scan(turned).rows.brightness - plain).max() < 0.005


def test_a_turned_picture_stands_upright(film: Path, tmp_path: Path) -> None:
    turned = tmp_path / "turned.mp4"
    ffmpeg(f"-display_rotation 90 -i {film} -c copy {turned}")
    stored, shown = _first_luma(film), _first_luma(turned)
    ffmpeg(f"-i {turned} -frames:v 1 -c:v libx264 -qp 1 {tmp_path / 'upright.mp4'}")
    upright = _first_luma(tmp_path / "upright.mp4")
    assert np.abs(shown.astype(int) - upright).mean() < 6
    assert np.abs(shown.astype(int) - stored).mean() > 12


def _first_luma(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    found = probe(path)
    frames = read_frames(path, found, 1, silent, PassRecord(Fraction(found.time_base)))
    luma = PlaneReader(found, Window()).read(next(iter(frames))).luma
    frames.close()  # type: ignore[attr-defined]  # a generator, typed as an iterator
    return luma


def test_one_thread_and_four_see_the_same(film: Path) -> None:
    one, four = scan(film, threads=1), scan(film, threads=4)
    assert one.evidence == four.evidence
    assert one.motion.tobytes() == four.motion.tobytes()
    assert one.rows.thumbs.tobytes() == four.rows.thumbs.tobytes()


def test_motion_scale(tmp_path: Path) -> None:
    """A pan of 0.3 widths a second reads the same at any size and rate."""
    read = []
    for name, size, rate in (
        ("a", (160, 90), 24),
        ("b", (640, 360), 24),
        ("c", (320, 180), 60),
        ("d", (320, 180), 12),
    ):
        path = tmp_path / f"{name}.mp4"
        tiny_film(path, [TinyShot(rate, pan=0.3)], rate=rate, size=size, options={"qp": "12"})
        read.append(float(np.nanmedian(scan(path).motion[rate // 4 :])))
    assert np.allclose(read, 0.3, rtol=0.12)


def test_motion_of_a_still_is_nothing() -> None:
    still = np.asarray(texture(3, (96, 54))[:, :96, 1])
    meter = MotionMeter(16 / 9)
    read = [meter.feed(n / 24, still) for n in range(10)]
    assert [value < 1e-3 for value in read[2::2]] == [True] * 4
    assert np.isnan([read[0], *read[1::2]]).all()


@pytest.mark.parametrize("suffix", ["mkv", "avi", "ts"])
def test_a_half_copy_names_both_lengths_where_the_header_claims_more(
    tmp_path: Path, film: Path, suffix: str
) -> None:
    whole, half = tmp_path / f"whole.{suffix}", tmp_path / f"half.{suffix}"
    long = tmp_path / "long.mp4"
    tiny_film(long, [TinyShot(50) for _ in range(4)], rate=25, tone_hz=300)
    ffmpeg(f"-i {long} -c copy {whole}")
    data = whole.read_bytes()
    half.write_bytes(data[: len(data) * 6 // 10])
    if suffix == "ts":  # a transport stream has no header that claims a length: what is there is the film
        assert 60 < len(scan(half).time_s) < 160
        return
    with pytest.raises(RejectedInput, match=r"cut short.*8\.0 s"):
        scan(half)


def test_a_scratch_is_counted_and_a_ruin_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    tiny_film(path, [TinyShot(30, pan=0.2) for _ in range(4)], rate=25, options={"g": "10", "bf": "0"})
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4000
    scratched, ruined = tmp_path / "scratched.mp4", tmp_path / "ruined.mp4"
    scratched.write_bytes(data[:start] + bytes(300) + data[start + 300 :])
    seen = scan(scratched)
    assert 0 < seen.record.corrupt <= 6
    assert len(seen.time_s) >= 112
    noise = np.random.default_rng(1).bytes(len(data) // 2)
    ruined.write_bytes(data[:start] + noise[: len(data) // 2] + data[start + len(data) // 2 :])
    with pytest.raises(RejectedInput, match="damaged|cut short|not one frame"):
        scan(ruined)


@pytest.mark.parametrize("frames", [1, 2, 12])
def test_the_shortest_films_work(tmp_path: Path, frames: int) -> None:
    tiny_film(tmp_path / "a.mp4", [TinyShot(frames)], rate=25)
    seen = scan(tmp_path / "a.mp4")
    assert len(seen.time_s) == len(seen.motion) == len(seen.rows.brightness) == frames
