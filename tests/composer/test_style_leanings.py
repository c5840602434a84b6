"""The same picture asks an orchestra for more voices than a piano, and synthesisers for lower music."""

import pytest

from composer.compose import compose_cue
from composer.directions import Directions
from composer.engine import load_engine
from composer.realised import realise
from composer.request import CueRequest
from composer.settings import ComposerSettings
from composer.spotter import plan_score
from composer.spotting import Style
from composer.style_leanings import leaning
from tests.composer.analyses import SyntheticScene, synthetic_film
from tests.composer.requests import request

STYLES: tuple[Style, ...] = ("orchestral", "chamber", "electronic_tension", "silent_piano")


@pytest.fixture(scope="module")
def heard() -> dict[Style, tuple[float, float]]:
    """Mean register and voices of one film's montage, as composed in each style."""
    film = synthetic_film(scenes=[SyntheticScene("montage", 60.0, 1)], sound=False)
    engine = load_engine("neural", None)
    found: dict[Style, tuple[float, float]] = {}
    for style in STYLES:
        settings = ComposerSettings.model_validate({"style": style})
        (draft,) = plan_score(film.analysis, film.curves, settings, Directions(), 1).drafts
        bars = realise(draft, compose_cue(draft, engine))[: draft.out_bar]
        heights = [bar.register for bar in bars if bar.register is not None]
        found[style] = sum(heights) / len(heights), sum(bar.polyphony for bar in bars) / len(bars)
    return found


def test_synthesisers_lie_lower_than_strings_under_the_same_picture(
    heard: dict[Style, tuple[float, float]],
) -> None:
    assert heard["electronic_tension"][0] < heard["chamber"][0] - 3


def test_an_orchestra_is_fuller_than_a_piano_under_the_same_picture(
    heard: dict[Style, tuple[float, float]],
) -> None:
    assert heard["orchestral"][1] > heard["silent_piano"][1] + 2.3


def test_bars_under_speech_stay_as_thin_whatever_the_style() -> None:
    asked = request(("walk",), style="orchestral", speech_bars=(2, 3))
    leant: CueRequest = leaning(asked)
    same = [a == b for a, b in zip(asked.bars, leant.bars, strict=True)]
    assert [index for index, kept in enumerate(same) if kept] == [2, 3]
