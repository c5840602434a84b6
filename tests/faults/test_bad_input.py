"""Every bad input through the real command line: one line, exit 2, nothing left behind, no traceback."""

import os
from pathlib import Path

import pytest

from tests.conftest import Said, reelscore
from tests.films import tiny_film, tone

pytestmark = pytest.mark.bad_inputs


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return tiny_film(tmp_path / "good.mp4", tone_hz=330).path


def rejected(tmp_path: Path, *arguments: str | bytes | Path) -> str:
    """Score, expect a rejection, and return its one line; the folder holds what it held before."""
    before = sorted(os.fsencode(path) for path in tmp_path.rglob("*"))
    said = reelscore("score", *arguments, cwd=tmp_path)
    assert said.code == 2, said
    assert "Traceback" not in said.err
    line = last_line(said)
    assert line.startswith("rejected: ") and " - " in line
    assert said.out == ""
    assert sorted(os.fsencode(path) for path in tmp_path.rglob("*")) == before
    return line


def last_line(said: Said) -> str:
    """The rejection; before it there may stand the film's own first line, and finished steps."""
    lines = said.err.splitlines()
    assert sum(line.startswith("rejected: ") for line in lines) == 1, said.err
    return lines[-1]


def alone(tmp_path: Path, *arguments: str | bytes | Path) -> str:
    """A rejection that comes before anything else is said."""
    before = len(reelscore("score", *arguments, cwd=tmp_path).err.splitlines())
    assert before == 1
    return rejected(tmp_path, *arguments)


def test_a_missing_film_is_named(tmp_path: Path) -> None:
    assert "nowhere.mp4" in rejected(tmp_path, tmp_path / "nowhere.mp4")


def test_a_folder_is_not_a_film(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").mkdir()
    assert "folder" in rejected(tmp_path, tmp_path / "x.mp4")


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").touch()
    assert "empty" in rejected(tmp_path, tmp_path / "x.mp4")


def test_text_named_mp4_is_called_text(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_text("This is a note to the editor, not a film.\n" * 40)
    assert "text" in rejected(tmp_path, tmp_path / "x.mp4")


def test_sixty_percent_of_an_mp4_is_refused_with_both_lengths(tmp_path: Path, film: Path) -> None:
    whole = film.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: int(len(whole) * 0.6)])
    assert "cut.mp4" in rejected(tmp_path, cut)


def test_a_truncated_mp4_whose_index_comes_first_is_refused(tmp_path: Path) -> None:
    fast = tiny_film(tmp_path / "fast.mp4", tone_hz=330, options={"g": "12"}).path
    moved = tmp_path / "moved.mp4"
    faststart(fast, moved)
    whole = moved.read_bytes()
    moved.write_bytes(whole[: int(len(whole) * 0.6)])
    assert "cut short" in rejected(tmp_path, moved)


def test_an_ffconcat_named_mp4_plays_nothing(tmp_path: Path, film: Path) -> None:
    (tmp_path / "list.mp4").write_text(f"ffconcat version 1.0\nfile '{film.name}'\n")
    assert "playlist" in rejected(tmp_path, tmp_path / "list.mp4")


def test_an_hls_playlist_named_mp4_plays_nothing(tmp_path: Path, film: Path) -> None:
    (tmp_path / "list.mp4").write_text(f"#EXTM3U\n#EXTINF:3,\n{film.name}\n#EXT-X-ENDLIST\n")
    assert "playlist" in rejected(tmp_path, tmp_path / "list.mp4")


def test_sound_alone_is_not_a_film(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    sound_only(path)
    assert "no video stream" in rejected(tmp_path, path)


def test_an_output_under_a_file_is_refused_even_for_root(tmp_path: Path, film: Path) -> None:
    line = alone(tmp_path, film, "-o", film / "out")
    assert "can't write" in line and "good.mp4/out" in line


def test_an_output_where_a_file_lies_is_refused(tmp_path: Path, film: Path) -> None:
    (tmp_path / "out").write_text("notes")
    alone(tmp_path, film, "-o", tmp_path / "out")
    assert (tmp_path / "out").read_text() == "notes"


def test_a_folder_with_other_files_is_not_taken(tmp_path: Path, film: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    assert "other files" in alone(tmp_path, film, "-o", tmp_path / "out")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--style", "orchestal"), "orchestral"),
        (("--tone", "sad"), "neutral"),
        (("--hits", "many"), "sparse"),
        (("--loudness", "r128"), "ebu"),
        (("--composer", "magic"), "neural"),
        (("--energy", "high"), "energy"),
        (("--set", "composr.energy=1"), "composer.energy"),
        (("--set", "composer.energy"), "key=value"),
        (("--set", "composer.coverage=[1"), "not a value"),
        (("--stlye", "chamber"), "--style"),
        (("--set", "render.soundfont=/nowhere.sf2"), "no such file"),
        (("--set", "composer.weights=/nowhere"), "no folder"),
    ],
)
def test_an_unknown_setting_names_the_nearest(
    tmp_path: Path, film: Path, arguments: tuple[str, str], said: str
) -> None:
    assert said in rejected(tmp_path, film, *arguments)


def test_a_broken_directions_file_is_named(tmp_path: Path, film: Path) -> None:
    (tmp_path / "notes.yaml").write_text("cues: [1M01: {tone: dark\n")
    assert "notes.yaml" in rejected(tmp_path, film, "--directions", tmp_path / "notes.yaml")


@pytest.mark.bad_inputs(2)
def test_missing_and_binary_directions_are_refused(tmp_path: Path, film: Path) -> None:
    assert "no file" in rejected(tmp_path, film, "--directions", tmp_path / "none.yaml")
    assert "UTF-8" in rejected(tmp_path, film, "--directions", film)


@pytest.mark.parametrize("span", [("10", "5"), ("0", "100000"), ("a", "b"), ("00:00:00:00", "00:00:00:99")])
def test_a_range_outside_the_film_is_refused(tmp_path: Path, film: Path, span: tuple[str, str]) -> None:
    assert "--range" in rejected(tmp_path, film, "--range", *span)


@pytest.mark.parametrize(
    "name", [b'it\'s "quoted".mp4', b"two\nlines.mp4", b"caf\xe9.mp4", b"$(x) %03d a:b.mp4"]
)
def test_a_bad_film_with_a_hostile_name_is_one_line(tmp_path: Path, name: bytes) -> None:
    path = os.path.join(os.fsencode(tmp_path), name)
    with open(path, "wb") as file:
        file.write(b"not a film")
    rejected(tmp_path, path)


def faststart(film: Path, moved: Path) -> None:
    """The same film with its index before its pictures."""
    import av

    with av.open(str(film)) as source, av.open(str(moved), "w", options={"movflags": "faststart"}) as target:
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)


def sound_only(path: Path) -> None:
    """Two seconds of a tone in an MP4."""
    import av
    import numpy as np

    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000, layout="mono")
        chunk = av.AudioFrame.from_ndarray(np.ascontiguousarray(tone(440, 2.0)), format="fltp", layout="mono")
        chunk.sample_rate = 48000
        container.mux(stream.encode(chunk))
        container.mux(stream.encode())
