"""Two processes never work in one folder, and a film that changes is never published."""

import shutil
from pathlib import Path

import pytest

from flows.job import Job
from flows.line_look import Changed, check_identity, identity
from flows.settings import JobSettings
from flows.workplace import Busy, workplace
from tests.conftest import score
from vision.rejected import RejectedInput


def test_a_second_process_is_told_to_try_again(small_film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with workplace(out):
        said = score(small_film, out)
    assert said.code == 75 and said.err.startswith("try again: ") and said.out == ""
    assert (out / ".work").is_dir()


def test_the_lock_goes_with_its_process(tmp_path: Path) -> None:
    with workplace(tmp_path / "out"), pytest.raises(Busy), workplace(tmp_path / "out"):
        pass
    with workplace(tmp_path / "out"):
        pass


def test_parts_of_a_killed_run_are_swept_away(tmp_path: Path) -> None:
    with workplace(tmp_path / "out") as out:
        (out / "mix.part.wav").write_bytes(b"half")
        (out / "a.part.b.txt").write_bytes(b"somebody's own name")
    with workplace(tmp_path / "out"):
        assert not (out / "mix.part.wav").exists()
        assert (out / "a.part.b.txt").exists()
    (out / "a.part.b.txt").unlink()


def test_a_rejection_removes_what_it_made_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for out in (tmp_path / "a" / "b", tmp_path / "mine"):
        with pytest.raises(RejectedInput), workplace(out):
            raise RejectedInput("no film", "give one")
    assert list(tmp_path.iterdir()) == [tmp_path / "mine"]
    assert not list((tmp_path / "mine").iterdir())


def test_a_film_replaced_while_in_work_is_noticed(small_film: Path, tmp_path: Path) -> None:
    film = shutil.copy(small_film, tmp_path / "cut.mp4")
    job = Job(Path(film), tmp_path / "out", JobSettings())
    before = identity(job.film)
    check_identity(job, before)
    (tmp_path / "new.mp4").write_bytes(small_film.read_bytes())
    (tmp_path / "new.mp4").replace(film)
    with pytest.raises(Changed, match="changed while"):
        check_identity(job, before)
    Path(film).unlink()
    with pytest.raises(Changed, match="removed"):
        check_identity(job, before)


def test_a_read_only_disk_is_refused_in_words(tmp_path: Path) -> None:
    lock = tmp_path / "out" / ".work" / "lock"
    lock.mkdir(parents=True)
    with pytest.raises(RejectedInput, match="can't write"), workplace(tmp_path / "out"):
        pass
