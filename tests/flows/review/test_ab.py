"""A and B: another version under the same frame, at equal loudness, and never two sounds at once."""

from typing import Any

import pytest

from flows.review.ab import other_sounds
from flows.review.visitor import RIGHTS, Visitor
from tests.conftest import NO_BROWSER, WHY_NO_BROWSER
from tests.flows.review.browsing import go, open_player, wait_for, wait_shown
from tests.flows.review.made_results import Served

HEARD = "document.getElementById('review').dataset.heard"


def test_the_louder_side_is_turned_down_to_the_other(house: Served) -> None:
    results = house.review.results
    film = next(film for film in results.films() if film.name == "night")
    (choice,) = other_sounds(results, Visitor(None, RIGHTS["admin"]), film.versions[1], "")
    a, b = (choice["sources"][side]["mix"]["gain"] for side in "ab")
    assert b == 1.0 and a == pytest.approx(10 ** (-3 / 20), abs=1e-3)  # -20 LUFS against -23


@pytest.mark.skipif(NO_BROWSER, reason=WHY_NO_BROWSER)
def test_b_sounds_at_the_same_frame_and_a_is_silent_then(page: Any, house: Served) -> None:
    open_player(page, house.film("night", "v002"))
    go(page, "01:00:08:00")
    wait_shown(page, 192)
    page.keyboard.press("2")
    wait_for(page, f"{HEARD} === 'b:mix'")
    assert page.evaluate("document.getElementById('film').muted")
    wait_shown(page, 192)
    page.keyboard.press("s")
    wait_for(page, f"{HEARD} === 'b:score'")
    page.keyboard.press(" ")
    wait_for(page, "document.getElementById('film').currentTime > 9.5")
    page.wait_for_timeout(300)
    wait_for(page, "Math.abs(document.getElementById('review').dataset.drift) < 1.5 / 24")
    page.keyboard.press("1")
    wait_for(page, f"{HEARD} === 'a:score'")
    page.keyboard.press("s")
    wait_for(page, f"{HEARD} === 'a:mix'")
    assert not page.evaluate("document.getElementById('film').muted")
    assert page.evaluate("document.getElementById('film').volume") == pytest.approx(10 ** (-3 / 20), abs=1e-3)
