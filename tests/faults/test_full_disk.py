"""A disk that fills up, staged by a limit on file size: said plainly, nothing half-written, resumed later."""

import resource
from pathlib import Path

import pytest

from tests.conftest import score
from tests.faults.test_kill import published

KIB = 1024


@pytest.mark.parametrize(
    "limit",
    [
        pytest.param(16 * KIB, marks=pytest.mark.slow),
        400 * KIB,
        pytest.param(2000 * KIB, marks=pytest.mark.slow),
    ],
)
def test_a_full_disk_says_so_and_the_run_goes_on_when_there_is_room(
    small_film: Path, scored: Path, tmp_path: Path, limit: int
) -> None:
    out = tmp_path / "out"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        said = score(small_film, out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert said.code == 75, said
    assert said.err.splitlines()[-1].startswith("try again: there is no room")
    assert not list(out.rglob("*.part*")) and not (out / "manifest.json").exists()
    assert score(small_film, out).code in (0, 3)
    assert published(out) == published(scored)
