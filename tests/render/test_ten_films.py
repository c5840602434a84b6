"""What a mixer would measure, on two of the ten films of the bench: levels, peaks, speech, untouched film."""

from pathlib import Path

import pytest

from render.settings import LoudnessTarget
from tests.render.scenes import song, synthesised
from tests.render.ten_films import TEN, measure

FILMS = {recipe.name: recipe for recipe in TEN}


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return synthesised(tmp_path_factory.mktemp("cues"), {"a": song(14), "b": song(13, 2)})


@pytest.mark.parametrize(("name", "target"), [("split tracks", "keep"), ("5.1", "web")])
def test_levels_peaks_and_speech_are_where_they_belong(
    tmp_path: Path, songs: dict[str, Path], name: str, target: LoudnessTarget
) -> None:
    seen = measure(FILMS[name], target, songs, tmp_path)
    assert seen.layout == ("5.1" if name == "5.1" else "stereo")
    assert seen.lufs_off is None or abs(seen.lufs_off) <= 0.2
    assert seen.peak_dbtp <= seen.peak_limit_dbtp + 0.1
    assert seen.untouched is not False
    assert min(seen.differences_lu) >= 10.0
    assert seen.slope_db_s <= 36.1 and seen.apart_s >= 2.0
