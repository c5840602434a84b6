"""A short whole night: the bench's own, with a dozen films (the long one: python -m tests.bench.night)."""

from pathlib import Path

import pytest

from tests.bench.night import a_night


@pytest.mark.slow
def test_a_dozen_films_with_kills_copies_broken_ones_and_a_replaced_one(tmp_path: Path) -> None:
    printed, faults = a_night(tmp_path, films=12, limit_s=1800)
    print(printed)
    assert faults == []
