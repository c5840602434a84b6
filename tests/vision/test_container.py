"""Each bad input by its own generated file, and what a header tells."""

import os
import shlex
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.films import TinyShot, tiny_film, tone
from vision.container import MAX_SIDE, probe
from vision.process import ffmpeg_path, run_tool
from vision.rejected import RejectedInput
from vision.sniff import shown, sniff


def ffmpeg(arguments: str) -> None:
    run_tool([ffmpeg_path(), "-v", "error", "-y", *shlex.split(arguments)], timeout_s=60)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    tiny_film(path, rate=Fraction(24000, 1001), tone_hz=440)
    return path


def test_a_film_is_described_by_its_header(film: Path) -> None:
    found = probe(film)
    assert (found.container, found.video_codec, found.pixel_format) == ("mov", "h264", "yuv420p")
    assert (found.width, found.height, found.rotation) == (160, 90, 0)
    assert found.rate == Fraction(24000, 1001)
    assert found.frames == 90
    assert found.duration_s == pytest.approx(90 * 1001 / 24000)
    assert [(s.codec, s.sample_rate_hz, s.channels) for s in found.audio_streams] == [("aac", 48000, 1)]
    assert found.start_timecode is None


@pytest.mark.parametrize("suffix", ["mkv", "webm", "avi", "mov", "ts", "mpg", "mxf"])
def test_every_container_that_editors_send_is_read(tmp_path: Path, suffix: str) -> None:
    codecs = {"webm": "libvpx", "mpg": "mpeg2video", "mxf": "mpeg2video", "avi": "mpeg4"}
    path = tmp_path / f"a.{suffix}"
    tiny_film(path, [TinyShot(25)], rate=25, codec=codecs.get(suffix, "libx264"))
    found = probe(path)
    assert found.rate == 25
    assert abs(found.frames - 25) <= 5


def test_the_start_timecode_and_drop_frame_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    tiny_film(path, [TinyShot(12)], rate=Fraction(30000, 1001), metadata={"timecode": "00:59:52;00"})
    found = probe(path)
    assert (found.start_timecode, found.drop_frame) == ("00:59:52;00", True)


def test_rotation_and_sample_aspect_change_the_size_shown(film: Path, tmp_path: Path) -> None:
    turned, squeezed = tmp_path / "turned.mp4", tmp_path / "squeezed.mp4"
    ffmpeg(f"-display_rotation 90 -i {film} -c copy {turned}")
    ffmpeg(f"-i {film} -vf setsar=4/3 -an {squeezed}")
    assert (probe(turned).width, probe(turned).height) == (90, 160)
    assert (probe(squeezed).width, probe(squeezed).height) == (213, 90)


def test_cover_art_is_not_the_picture_and_sound_alone_is_no_film(film: Path, tmp_path: Path) -> None:
    cover, song, covered = tmp_path / "cover.png", tmp_path / "song.m4a", tmp_path / "covered.mp4"
    ffmpeg(f"-i {film} -frames:v 1 {cover}")
    ffmpeg(f"-i {film} -i {cover} -map 0:a -map 1 -c copy -disposition:v attached_pic {song}")
    ffmpeg(f"-i {cover} -i {film} -map 0 -map 1:v -c copy -disposition:0 attached_pic {covered}")
    with pytest.raises(RejectedInput, match="no video stream"):
        probe(song)
    assert probe(covered).video_codec == "h264"


def test_of_two_pictures_the_default_one_is_taken(film: Path, tmp_path: Path) -> None:
    both = tmp_path / "both.mkv"
    streams = '-filter_complex "split[a][b];[b]scale=320:180[c]" -map [c] -map [a]'
    ffmpeg(f"-i {film} {streams} -disposition:0 0 -disposition:1 default {both}")
    assert (probe(both).video_stream, probe(both).width) == (1, 160)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"this is a letter, not a film\n" * 20, "is text"),
        (bytes(4096), "zeros"),
        (b"ffconcat version 1.0\nfile film.mp4\n", "playlist"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:1\nfilm.mp4\n", "playlist"),
        (b"\n\n<MPD xmlns='urn:mpeg:dash:schema:mpd:2011'></MPD>", "playlist"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "picture"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "sound file"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(64), "damaged or cut short"),
        (bytes(range(256)) * 8, "unknown kind"),
    ],
)
def test_what_is_no_film_is_rejected_with_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    with pytest.raises(RejectedInput, match=reason) as rejected:
        probe(path)
    assert "film.mp4" in rejected.value.reason
    assert rejected.value.remedy


def test_a_missing_file_a_folder_and_a_pipe_are_rejected(tmp_path: Path) -> None:
    folder, pipe = tmp_path / "folder.mp4", tmp_path / "pipe.mp4"
    folder.mkdir()
    os.mkfifo(pipe)
    for path, reason in ((tmp_path / "none.mp4", "does not exist"), (folder, "folder"), (pipe, "pipe")):
        with pytest.raises(RejectedInput, match=reason):
            probe(path)


def test_a_disguised_playlist_opens_no_other_file(film: Path, tmp_path: Path) -> None:
    before = film.stat().st_atime_ns
    liar = tmp_path / "liar.mp4"
    liar.write_text(f"ffconcat version 1.0\nfile '{film}'\n")
    with pytest.raises(RejectedInput, match="playlist"):
        probe(liar)
    assert film.stat().st_atime_ns == before


def test_a_movie_that_refers_to_another_file_reads_nothing_of_it(film: Path, tmp_path: Path) -> None:
    """The data reference says "elsewhere" in place of "self-contained": the samples then lie in this file."""
    referring = tmp_path / "referring.mov"
    ffmpeg(f"-i {film} -c copy {referring}")
    data = referring.read_bytes()
    start = data.index(b"url \0\0\0\x01")
    referring.write_bytes(data[: start + 7] + b"\0" + data[start + 8 :])
    try:
        assert probe(referring).video_codec == "h264"
    except RejectedInput as rejected:
        assert "referring.mov" in rejected.reason


@pytest.mark.parametrize(
    "name", [b"a\nb.mp4", b'it\'s "so".mp4', b"\xff\xfe.mp4", b"$(x) %03d.mp4", b"a:b.mp4", b"-y.mp4"]
)
def test_hostile_names_work(film: Path, tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(film.read_bytes())
    assert probe(path).frames == 90


def test_hostile_names_are_shown_escaped(tmp_path: Path) -> None:
    for name in (b"a\nb.mp4", b"\xff.mp4", "\u202egpj.mp4".encode(), b"\x1b[31m.mp4"):
        text = shown(tmp_path / os.fsdecode(name))
        assert text.isprintable()
        text.encode("utf-8")


@pytest.mark.parametrize("options", ["-movflags +faststart", ""])
def test_sixty_percent_of_an_mp4_is_rejected(film: Path, tmp_path: Path, options: str) -> None:
    whole, half = tmp_path / "whole.mp4", tmp_path / "half.mp4"
    ffmpeg(f"-i {film} -c copy {options} {whole}")
    data = whole.read_bytes()
    half.write_bytes(data[: len(data) * 6 // 10])
    with pytest.raises(RejectedInput, match="cut short") as rejected:
        probe(half)
    if options:
        assert "it claims 3.7 s and holds" in rejected.value.reason


def test_a_picture_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.mp4"
    tiny_film(bomb, [TinyShot(2)], size=(2 * MAX_SIDE, 16), options={"preset": "ultrafast"})
    with pytest.raises(RejectedInput, match="16384x16"):
        probe(bomb)


def test_a_million_frames_a_second_and_a_hundred_days_are_refused(tmp_path: Path) -> None:
    fast, long = tmp_path / "fast.mov", tmp_path / "long.mkv"
    tiny_film(fast, [TinyShot(5)], rate=100_000)
    with pytest.raises(RejectedInput, match="frames a second"):
        probe(fast)
    tiny_film(long, [TinyShot(3)], rate=1, timestamps=[0, 1, 8_640_000])
    with pytest.raises(RejectedInput, match="hours"):
        probe(long)


def test_sniffing_names_one_demuxer(film: Path, tmp_path: Path) -> None:
    assert sniff(film) == "mov"
    transport = tmp_path / "a.dat"
    ffmpeg(f"-i {film} -c:v copy -an -f mpegts {transport}")
    assert sniff(transport) == "mpegts"


def test_sound_is_listed_with_its_layout(tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    six = np.concatenate([tone(200 + 50 * c, 0.5) for c in range(6)])
    tiny_film(path, [TinyShot(12)], sound=six, sound_codec="pcm_s16le")
    assert [(s.layout, s.channels) for s in probe(path).audio_streams] == [("5.1", 6)]
