"""Media that break others: clocks, shapes, sounds, extremes, damage and bombs, each made for its test."""

import shlex
import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.films import Samples, TinyShot, encode, tiny_film, tone
from vision.analyse import analyse_film, length_samples
from vision.analysis import Analysis
from vision.container import probe
from vision.curves import Curves
from vision.process import ffmpeg_path, run_tool
from vision.rejected import RejectedInput
from vision.settings import VisionSettings
from vision.timecode import format_timecode

SMALL = (64, 36)
SHOTS = [TinyShot(25), TinyShot(30, pan=0.1), TinyShot(20)]
CUTS_S = [0.0, 1.0, 2.2]


def ffmpeg(arguments: str) -> None:
    run_tool([ffmpeg_path(), "-v", "error", "-y", *shlex.split(arguments)], timeout_s=300)


def analysed(path: Path) -> tuple[Analysis, Curves]:
    """The analysis, after what must hold for any film has been checked."""
    seen: list[float] = []
    analysis, curves = analyse_film(path, VisionSettings(threads=1), seen.append)
    film, shots = analysis.film, analysis.shots
    assert [shot.end_frame for shot in shots] == [*(shot.start_frame for shot in shots[1:]), film.frames]
    assert shots[0].start_frame == 0 and shots[0].start_s == 0
    assert shots[-1].end_s == pytest.approx(film.duration_s)
    assert film.length_samples == length_samples((film.end_pts - film.first_pts) * Fraction(film.time_base))
    for name in ("brightness", "saturation", "motion", "difference", "cut_rate_hz", "arousal", "pleasure"):
        curve = getattr(curves, name)
        assert len(curve) == film.frames and np.isfinite(curve).all(), name
    assert np.isfinite(curves.loudness_lufs).all()
    assert seen == sorted(seen) and seen[-1] == 1
    return analysis, curves


def starts_s(path: Path) -> list[float]:
    return [shot.start_s for shot in analysed(path)[0].shots]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_film(tmp_path_factory.mktemp("film") / "film.mp4", SHOTS, rate=25, tone_hz=440).path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rate", "drop"), [("24000/1001", False), ("30000/1001", True), ("60000/1001", True)]
)
def test_two_hours_end_on_the_exact_frame_and_timecode(tmp_path: Path, rate: str, drop: bool) -> None:
    exact, minute, long = Fraction(rate), tmp_path / "minute.mov", tmp_path / "long.mov"
    frames = round(60 * exact)
    shots = [TinyShot(frames // 6)] * 5 + [TinyShot(frames - 5 * (frames // 6))]
    tiny_film(minute, shots, rate=exact, size=SMALL)
    start = "00:59:52;00" if drop else "00:59:52:00"
    ffmpeg(f"-stream_loop 119 -i {minute} -c copy -timecode '{start}' {long}")
    analysis, curves = analysed(long)
    assert (analysis.film.rate, analysis.film.frames) == (exact, 120 * frames)
    assert analysis.film.duration_s == pytest.approx(float(120 * frames / exact), abs=1e-6)
    assert curves.time_s[-1] == pytest.approx(float((120 * frames - 1) / exact), abs=1e-6)
    assert abs(analysis.film.length_samples - 48000 * 120 * frames / exact) <= 0.5
    assert analysis.shots[-1].start_frame == 119 * frames + 5 * (frames // 6)
    hours = format_timecode(round(7200 * exact), exact, drop)
    assert hours[:8] == ("02:00:00" if drop else "01:59:52")


def test_a_variable_rate_puts_cuts_at_their_time(tmp_path: Path) -> None:
    stamps = [n for n in range(112) if n % 3 != 1][: sum(shot.frames for shot in SHOTS)]
    tiny_film(tmp_path / "a.mp4", SHOTS, rate=25, timestamps=stamps)
    analysis, _ = analysed(tmp_path / "a.mp4")
    assert analysis.film.variable_rate
    assert [s.start_s for s in analysis.shots] == pytest.approx([0, stamps[25] / 25, stamps[55] / 25])


def test_a_gap_in_the_timestamps_stays_a_gap(tmp_path: Path) -> None:
    stamps = [n if n < 30 else n + 50 for n in range(75)]
    tiny_film(tmp_path / "a.mkv", SHOTS, rate=25, timestamps=stamps)
    assert starts_s(tmp_path / "a.mkv") == pytest.approx([0, 1.0, (55 + 50) / 25], abs=0.002)


@pytest.mark.parametrize("offset", ["5", "-0.4"])
def test_a_film_that_does_not_start_at_zero_has_its_cuts_in_place(
    tmp_path: Path, film: Path, offset: str
) -> None:
    ffmpeg(f"-itsoffset {offset} -i {film} -c copy {tmp_path / 'a.mkv'}")
    found = starts_s(tmp_path / "a.mkv")
    assert found == pytest.approx(CUTS_S, abs=0.041)


def test_an_edit_list_hides_what_it_cuts_off(tmp_path: Path, film: Path) -> None:
    ffmpeg(f"-ss 0.52 -i {film} -c copy {tmp_path / 'a.mp4'}")
    assert starts_s(tmp_path / "a.mp4") == pytest.approx([0, 0.48, 1.68], abs=0.041)


def test_of_two_pictures_one_is_measured_and_cover_art_is_none(tmp_path: Path, film: Path) -> None:
    cover, covered, both = (tmp_path / name for name in ("cover.png", "covered.mp4", "both.mp4"))
    ffmpeg(f"-i {film} -frames:v 1 {cover}")
    ffmpeg(f"-i {cover} -i {film} -map 0 -map 1 -c copy -disposition:0 attached_pic {covered}")
    ffmpeg(f'-i {film} -filter_complex "[0:v]scale=64:36[s]" -map [s] -map 0:v -map 0:a {both}')
    assert starts_s(covered) == pytest.approx(CUTS_S)
    assert starts_s(both) == pytest.approx(CUTS_S)


def test_odd_sizes_of_ten_bits_are_read(tmp_path: Path) -> None:
    options = {"crf": "10"}
    path = tmp_path / "a.mkv"
    tiny_film(path, SHOTS, rate=25, size=(161, 91), pixel_format="yuv444p10le", options=options)
    assert starts_s(path) == pytest.approx(CUTS_S, abs=0.002)


SOUNDS: dict[str, Samples] = {
    "silent": np.zeros((2, 144000), np.float32),
    "mono": tone(440, 3.0),
    "5.1": np.concatenate([tone(200 + 40 * channel, 3.0) for channel in range(6)]),
    "longer than the picture": tone(440, 9.0),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_any_sound_is_heard_for_as_long_as_the_picture(name: str, tmp_path: Path) -> None:
    tiny_film(tmp_path / "a.mov", SHOTS, rate=25, sound=SOUNDS[name], sound_codec="pcm_s16le")
    analysis, curves = analysed(tmp_path / "a.mov")
    assert analysis.film.duration_s == 3.0
    assert len(curves.loudness_lufs) == 30
    assert (analysis.sound.loudness_lufs is None) == (name == "silent")
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(SOUNDS[name])]
    assert [stream.layout for stream in analysis.film.audio_streams] == [layout]


def test_96_khz_is_heard_like_48(tmp_path: Path, film: Path) -> None:
    ffmpeg(f"-i {film} -c:v copy -c:a pcm_s24le -ar 96000 {tmp_path / 'a.mov'}")
    analysis, _ = analysed(tmp_path / "a.mov")
    assert analysis.film.audio_streams[0].sample_rate_hz == 96000
    plain = analysed(film)[0].sound.loudness_lufs
    assert plain is not None and analysis.sound.loudness_lufs == pytest.approx(plain, abs=0.2)


@pytest.mark.parametrize("frames", [1, 12])
def test_one_frame_and_half_a_second_are_films(tmp_path: Path, frames: int) -> None:
    tiny_film(tmp_path / "a.mp4", [TinyShot(frames)], rate=24, tone_hz=440)
    analysis, _ = analysed(tmp_path / "a.mp4")
    assert (analysis.film.frames, len(analysis.shots)) == (frames, 1)


def test_ten_hours_are_looked_at_to_the_end(tmp_path: Path) -> None:
    rate, part, long = Fraction(1, 10), tmp_path / "part.mp4", tmp_path / "long.mp4"
    tiny_film(part, [TinyShot(20), TinyShot(16)], rate=rate, size=SMALL)
    ffmpeg(f"-stream_loop 99 -i {part} -c copy {long}")
    analysis, _ = analysed(long)
    assert analysis.film.duration_s == pytest.approx(36_000)
    assert len(analysis.shots) == 200


def drawn(path: Path, levels: list[int]) -> Analysis:
    """A film of grey frames."""
    pictures = (np.full((36, 64, 3), level, np.uint8) for level in levels)
    encode(path, pictures, Fraction(25), SMALL, "libx264", "yuv420p", {}, None, "aac", None, None)
    return analysed(path)[0]


def test_an_all_black_film_has_one_shot_and_a_programme(tmp_path: Path) -> None:
    analysis = drawn(tmp_path / "a.mp4", [0] * 100)
    assert len(analysis.shots) == 1
    assert analysis.film.programme.end_s > 0


def test_a_strobe_is_no_storm_of_cuts(tmp_path: Path) -> None:
    assert len(drawn(tmp_path / "a.mp4", [0, 255] * 75).shots) <= 2


def test_one_title_card_is_one_shot(tmp_path: Path) -> None:
    tiny_film(tmp_path / "a.mp4", [TinyShot(250)], rate=25, size=SMALL)
    assert len(analysed(tmp_path / "a.mp4")[0].shots) == 1


def test_an_endless_dissolve_is_at_most_one_boundary(tmp_path: Path) -> None:
    shots = [TinyShot(1), TinyShot(400, how="dissolve", over=399)]
    tiny_film(tmp_path / "a.mp4", shots, rate=25, size=SMALL)
    assert len(analysed(tmp_path / "a.mp4")[0].shots) <= 2


def test_a_take_of_twenty_minutes_is_one_shot(tmp_path: Path) -> None:
    tiny_film(tmp_path / "a.mp4", [TinyShot(1200, pan=0.02)], rate=1, size=SMALL)
    analysis, _ = analysed(tmp_path / "a.mp4")
    assert (analysis.film.duration_s, len(analysis.shots)) == (1200, 1)


@pytest.mark.slow
def test_three_thousand_cuts_are_all_found(tmp_path: Path) -> None:
    shots = [TinyShot(8, look=number % 400) for number in range(3001)]
    tiny_film(tmp_path / "a.mp4", shots, rate=24, size=SMALL, options={"preset": "ultrafast", "crf": "18"})
    found = {shot.start_frame for shot in analysed(tmp_path / "a.mp4")[0].shots}
    truth = {8 * number for number in range(3001)}
    assert len(found & truth) >= 0.99 * len(truth)
    assert len(found - truth) <= 0.01 * len(truth)


@pytest.mark.bad_inputs(2)
def test_a_scratch_is_counted_in_the_warnings_and_a_ruin_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    shots = [TinyShot(60, pan=0.2) for _ in range(4)]
    tiny_film(path, shots, rate=25, options={"g": "12", "bf": "0"})
    data = bytearray(path.read_bytes())
    places = range(data.index(b"mdat") + 4000, len(data) - 8000, max(len(data) // 60, 1))
    data[places[10] : places[10] + 200] = bytes(200)
    (tmp_path / "scratched.mp4").write_bytes(data)
    (said,) = analysed(tmp_path / "scratched.mp4")[0].warnings
    assert "damaged" in said and "240 video packets" in said
    for place in places:
        data[place : place + 120] = bytes(120)
    (tmp_path / "ruined.mp4").write_bytes(data)
    with pytest.raises(RejectedInput, match="damaged"):
        analysed(tmp_path / "ruined.mp4")


@pytest.mark.bad_inputs
def test_a_picture_of_sixteen_thousand_lines_is_refused_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    tiny_film(path, [TinyShot(2)], size=(400, 300), codec="rawvideo")
    true, claimed = (struct.pack("<III", 40, *size) for size in ((400, 300), (16384, 16384)))
    data = path.read_bytes()
    assert data.count(true) == 1
    path.write_bytes(data.replace(true, claimed))
    with pytest.raises(RejectedInput, match="beyond 8192 a side"):
        probe(path)


@pytest.mark.bad_inputs
def test_four_thousand_streams_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    tiny_film(path, [TinyShot(2)])
    data = path.read_bytes()  # its index comes last
    head, track = data.index(b"moov") - 4, data.index(b"trak") - 4
    size = int.from_bytes(data[track : track + 4], "big")
    index = data[head + 4 :] + data[track : track + size] * 3999
    path.write_bytes(data[:head] + struct.pack(">I", len(index) + 4) + index)
    with pytest.raises(RejectedInput):
        probe(path)


@pytest.mark.bad_inputs
@pytest.mark.parametrize("claim", ["frames a second", "hours"])
def test_a_million_frames_a_second_and_a_hundred_days_are_refused(tmp_path: Path, claim: str) -> None:
    path = tmp_path / "a.mkv"
    if claim == "hours":
        tiny_film(path, [TinyShot(3)], rate=1, timestamps=[0, 1, 8_640_000])
    else:
        path = tmp_path / "a.mov"
        tiny_film(path, [TinyShot(5)], rate=1_000_000)
    with pytest.raises(RejectedInput, match=claim):
        probe(path)
