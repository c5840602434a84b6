"""`--workers`: a film in chunks over real Dask processes, through the command line."""

import sys
from pathlib import Path

import pytest

from flows import dask_chunks
from tests.conftest import reelscore
from tests.films import TinyShot, tiny_film
from vision.rejected import RejectedInput


def test_workers_give_the_bytes_of_one_pass(tmp_path: Path) -> None:
    shots = [TinyShot(90, pan=0.1 * (number % 3)) for number in range(13)]
    film = tiny_film(tmp_path / "long.mp4", shots, rate=25, size=(96, 54), options={"g": "50"})
    for name, more in (("one", ()), ("two", ("--workers", "2"))):
        said = reelscore("analyse", film.path, "-o", tmp_path / name, *more)
        assert said.code == 0, said.err
        assert "don't join" not in said.err
    for file in ("analysis.json", "curves.npz"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_scheduler_that_does_not_answer_is_named(tmp_path: Path) -> None:
    shots = [TinyShot(130) for _ in range(8)]
    film = tiny_film(tmp_path / "long.mp4", shots, rate=25, size=(96, 54))
    for address in ("nonsense", "tcp://127.0.0.1:1"):
        said = reelscore(
            "analyse", film.path, "-o", tmp_path / "out", "--workers", "2", REELSCORE_DASK=address
        )
        assert said.code == 2, said.err
        assert address in said.err.splitlines()[-1]


def test_without_dask_the_option_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RejectedInput, match=r"--workers 2 needs Dask.*pip install"):
        dask_chunks.dask_runner(2)
    assert dask_chunks.dask_runner(0) is None
