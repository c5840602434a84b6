"""A film looked at in chunks gives the bytes of one pass, at every kind of seam."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.films import TinyShot, tiny_film
from vision import chunks
from vision.analyse import analyse_film
from vision.artifact import write_json
from vision.chunks import Chunk, ChunkJob, plan_chunks, read_packets, scan_chunk
from vision.container import probe
from vision.curves import save_curves
from vision.planes import Window
from vision.process import ffmpeg_path, run_tool
from vision.progress import Progress, silent
from vision.settings import VisionSettings

SHOTS = [
    TinyShot(n, pan=0.1 * (k % 3), how="dissolve" if k % 4 == 3 else "cut", over=14)
    for k, n in enumerate([30, 71, 25, 90, 48, 66] * 5)
]


class Here:
    """Runs jobs one after the other in this process, and remembers them."""

    def __init__(self) -> None:
        self.jobs: list[ChunkJob] = []

    def __call__(self, jobs: Sequence[ChunkJob], progress: Progress) -> list[Chunk]:
        self.jobs += jobs
        return [scan_chunk(job) for job in jobs]


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,650 frames of cuts, pans and dissolves, hardly compressed."""
    path = tmp_path_factory.mktemp("long") / "long.mp4"
    tiny_film(path, SHOTS, rate=25, size=(96, 54), options={"qp": "10"})
    return path


def bytes_of(path: Path, folder: Path, run: Here | None) -> tuple[bytes, bytes]:
    """analysis.json and curves.npz."""
    analysis, curves = analyse_film(path, VisionSettings(workers=1), silent, run)
    write_json(folder / "analysis.json", analysis)
    save_curves(folder / "curves.npz", curves)
    return (folder / "analysis.json").read_bytes(), (folder / "curves.npz").read_bytes()


@pytest.mark.parametrize(
    ("options", "suffix"),
    [
        ("-c:v libx264 -preset veryfast -g 50 -bf 3", "mp4"),
        (
            "-c:v libx264 -preset veryfast -bf 3 -x264-params open-gop=1:keyint=40:min-keyint=40:scenecut=0",
            "mkv",
        ),
        ("-c:v libx264 -preset veryfast -x264-params intra-refresh=1:keyint=60:bframes=0", "mp4"),
        (
            "-c:v libx265 -preset ultrafast -x265-params open-gop=1:keyint=48:min-keyint=48:log-level=none",
            "mp4",
        ),
        ("-c:v mpeg2video -g 15 -bf 2 -q:v 4", "ts"),
        ("-c:v libx264 -preset veryfast -g 30 -ss 1.02", "mov"),
    ],
    ids=["closed", "open-gop", "intra-refresh", "hevc", "mpeg2", "edited"],
)
def test_chunks_and_one_pass_give_the_same_bytes(
    tmp_path: Path, long_film: Path, options: str, suffix: str
) -> None:
    film = tmp_path / f"a.{suffix}"
    command = f"-v error -y -i {long_film} -an {options} {film}"
    run_tool([ffmpeg_path(), *shlex.split(command)], timeout_s=60)
    here = Here()
    whole = bytes_of(film, tmp_path, None)
    assert bytes_of(film, tmp_path, here) == whole
    assert len(here.jobs) == 3


def test_a_chunk_begins_at_a_key_frame_and_not_at_the_top(long_film: Path) -> None:
    header = probe(long_film)
    packets = read_packets(long_film, header)
    assert packets is not None and len(packets.shown) == 1650
    jobs = plan_chunks(long_film, header, Window(), (), packets, 3)
    assert [job.start for job in jobs] == [0, 6 * 64, 15 * 64]
    assert jobs[-1].seek_pts in packets.keys and jobs[-1].last
    assert (scan_chunk(jobs[-1]).pts[0], scan_chunk(jobs[-1]).pts[-1]) == (
        packets.shown[960],
        packets.shown[-1],
    )


def test_a_seam_that_does_not_fit_is_looked_at_in_one_pass(
    tmp_path: Path, long_film: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Spoilt(Here):
        def __call__(self, jobs: Sequence[ChunkJob], progress: Progress) -> list[Chunk]:
            first, *rest = super().__call__(jobs, progress)
            thumbs = first.rows.thumbs.copy()
            thumbs[-3, 0, 0, 0] ^= 1
            return [replace(first, rows=replace(first.rows, thumbs=thumbs)), *rest]

    assert bytes_of(long_film, tmp_path, Spoilt()) == bytes_of(long_film, tmp_path, None)
    assert "don't join" in caplog.text


def test_a_short_film_is_not_cut(tmp_path: Path) -> None:
    film = tiny_film(tmp_path / "a.mp4", rate=25)
    here = Here()
    assert bytes_of(film.path, tmp_path, here) == bytes_of(film.path, tmp_path, None)
    assert here.jobs == []


def test_a_film_without_presentation_times_is_not_cut(tmp_path: Path, long_film: Path) -> None:
    film = tmp_path / "a.avi"
    run_tool(
        [ffmpeg_path(), *shlex.split(f"-v error -i {long_film} -c:v mpeg4 -bf 2 -g 30 {film}")], timeout_s=60
    )
    here = Here()
    assert bytes_of(film, tmp_path, here) == bytes_of(film, tmp_path, None)


def test_every_frame_of_a_cut_film_is_measured_once(long_film: Path) -> None:
    header = probe(long_film)
    joined = chunks.scan_in_chunks(long_film, header, Window(), (), 3, Here(), silent)
    assert joined is not None
    assert len(joined.time_s) == len(joined.rows.brightness) == len(joined.motion) == 1650
    assert np.all(np.diff(joined.time_s) > 0)
