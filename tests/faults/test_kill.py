"""kill -9 at every named point of the line, direct and under Prefect: a rerun does only what is missing."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows.manifest import Manifest
from flows.prefect_server import temporary_server
from flows.run_job import RunRecord
from flows.score_film import LINE
from tests.conftest import score
from tests.faults.night import processes_in, until
from vision.artifact import read_json, sha256_file

KILLED = -9
POINTS = tuple(f"{when}-{step}" for step in LINE for when in ("start", "outputs", "receipt"))
QUICK = ("outputs-spot", "before-rename:mix.wav", "outputs-publish")


def last_run(out: Path) -> dict[str, bool]:
    """Whether each step of the last run was reused."""
    return {step.step: step.reused for step in read_json(out / "run.json", RunRecord).runs[-1].steps}


def published(out: Path) -> dict[str, str]:
    """sha256 of every published file, read from the disk, and the manifest's own."""
    files = read_json(out / "manifest.json", Manifest).files
    found = {name: sha256_file(out / name) for name in files}
    assert found == files
    on_disk = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    hidden = {name for name in on_disk if name.startswith(".work/")}
    assert on_disk - hidden == {*files, "manifest.json", "run.json"}
    return {**found, "manifest.json": sha256_file(out / "manifest.json")}


def killed_at(points: tuple[str, ...], film: Path, out: Path, *how: str) -> None:
    """Die at each point in turn, each time going on with what the run before left."""
    for point in points:
        said = score(film, out, *how, FAULT=point)
        assert said.code == KILLED, f"{point} was never reached: {said}"
        assert not (out / "manifest.json").exists() or point in ("outputs-publish", "receipt-publish")


def test_a_few_crashes_lose_nothing_and_change_no_byte(
    small_film: Path, scored: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    out = tmp_path / "out"
    record_property("crash_points", " ".join(QUICK))
    killed_at(QUICK, small_film, out)
    assert score(small_film, out).code in (0, 3)
    reused = last_run(out)
    assert [step for step in reused if not reused[step]] == ["publish"]
    assert published(out) == published(scored)


@pytest.mark.slow
def test_every_named_point_can_be_died_at_in_turn(
    small_film: Path, scored: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    dies_at_all(small_film, scored, tmp_path / "out")
    record_property("crash_points", " ".join(POINTS))


@pytest.mark.slow
def test_every_named_point_can_be_died_at_in_turn_under_prefect(
    small_film: Path, scored: Path, tmp_path: Path, prefect_api: None
) -> None:
    dies_at_all(small_film, scored, tmp_path / "out", "--prefect")


def dies_at_all(film: Path, scored: Path, out: Path, *how: str) -> None:
    """Die at every point in turn; the run after them finds all done, and the bytes are those of one run."""
    killed_at(POINTS, film, out, *how)
    assert score(film, out, *how).code in (0, 3)
    assert all(last_run(out).values())
    assert published(out) == published(scored)


def test_a_second_run_does_nothing_and_writes_nothing(small_film: Path, scored: Path, tmp_path: Path) -> None:
    out = shutil.copytree(scored, tmp_path / "out", symlinks=True)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    assert score(small_film, out).code in (0, 3)
    assert all(last_run(out).values())
    own = {out / "run.json", out / ".work" / "job.json", out / ".work" / "lock"}
    assert {path: path.stat().st_mtime_ns for path in before if path not in own} == {
        path: time for path, time in before.items() if path not in own
    }


def test_a_damaged_result_is_made_again(small_film: Path, scored: Path, tmp_path: Path) -> None:
    out = shutil.copytree(scored, tmp_path / "out", symlinks=True)
    data = bytearray((out / "mix.wav").read_bytes())
    data[len(data) // 2] ^= 1
    (out / "mix.wav").write_bytes(data)
    assert score(small_film, out).code in (0, 3)
    assert [step for step, reused in last_run(out).items() if not reused] == ["mix", "publish"]
    assert published(out) == published(scored)


def test_under_prefect_a_killed_run_goes_on_to_the_same_bytes(
    small_film: Path, scored: Path, tmp_path: Path, prefect_api: None
) -> None:
    out = tmp_path / "out"
    killed_at(("outputs-mix",), small_film, out, "--prefect")
    assert score(small_film, out, "--prefect").code in (0, 3)
    reused = last_run(out)
    assert reused["synthesise 1M01"] and not reused["mix"]
    assert published(out) == published(scored)


@pytest.mark.slow
def test_a_killed_run_takes_the_server_that_it_started_along_and_the_next_starts_its_own(
    small_film: Path, scored: Path, tmp_path: Path, prefect_home: Path
) -> None:
    out = tmp_path / "out"
    killed_at(("outputs-mix",), small_film, out, "--prefect")
    until(lambda: not processes_in(prefect_home), 60)
    assert score(small_film, out, "--prefect").code in (0, 3)
    assert published(out) == published(scored)
    assert not processes_in(prefect_home)


@pytest.fixture(scope="module")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One Prefect server for the runs of this file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
        patch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
        with temporary_server() as address:
            patch.setenv("PREFECT_API_URL", address)
            yield


@pytest.fixture
def prefect_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user who never ran Prefect: not even the folders above its state are there."""
    for name in ("PREFECT_HOME", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "nobody" / "state"))
    return tmp_path / "nobody" / "state"
