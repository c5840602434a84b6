"""The player in a real browser: keys, line, sounds under one picture, and frames exact at every rate."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NO_BROWSER, WHY_NO_BROWSER
from tests.flows.review.browsing import go, open_player, timecode, wait_for, wait_shown
from tests.flows.review.made_results import READ_NUMBER, Served, made_up_version, served
from tests.render.report_facts import SHOT_FRAMES
from vision.timecode import format_timecode, parse_timecode

pytestmark = pytest.mark.skipif(NO_BROWSER, reason=WHY_NO_BROWSER)

LAST = sum(SHOT_FRAMES) - 1
RATES = {
    "23.976": (Fraction(24000, 1001), "00:59:52:00", False),
    "24": (Fraction(24), "01:00:00:00", False),
    "25": (Fraction(25), "10:00:00:00", False),
    "29.97 drop": (Fraction(30000, 1001), "00:59:58;00", True),
    "29.97": (Fraction(30000, 1001), "00:59:58:00", False),
    "30": (Fraction(30), "23:59:59:00", False),
    "50": (Fraction(50), "01:00:00:00", False),
    "59.94 drop": (Fraction(60000, 1001), "00:08:58;00", True),
}
QUICK = ("23.976", "25", "29.97 drop")


@pytest.fixture(scope="module")
def rated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("rates") / "results"
    slow = any(item.get_closest_marker("slow") for item in request.session.items)
    for name, (rate, start, drop) in RATES.items():
        if slow or name in QUICK:
            made_up_version(root / name / "v001", rate, start, drop, sounds=False)
    with served(root) as running:
        yield running


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in RATES]
)
def test_a_typed_timecode_shows_that_very_frame(page: Any, rated: Served, name: str) -> None:
    rate, start, drop = RATES[name]
    open_player(page, rated.film(name))
    first = parse_timecode(start, rate, drop)
    for frame in (61, 1, LAST, 600, 601, 59, 60, 0):
        words = format_timecode(first + frame, rate, drop)
        go(page, words)
        wait_shown(page, frame)
        assert page.evaluate(READ_NUMBER) == frame
        assert timecode(page) == words and (";" in words) is drop
    for frame in (1, 2, 3):
        page.keyboard.press("ArrowRight")
        wait_shown(page, frame)
        assert page.evaluate(READ_NUMBER) == frame


def test_a_number_left_out_by_drop_frame_is_refused(page: Any, rated: Served) -> None:
    open_player(page, rated.film("29.97 drop"))
    go(page, "01:01:00;00")
    assert "no timecode" in page.inner_text("#said")
    go(page, "01:00:00;00")
    wait_shown(page, 60)


def test_keys_step_jump_and_shuttle(page: Any, house: Served) -> None:
    open_player(page, house.film("night"))
    for key, frame in (
        ("ArrowRight", 1),
        ("Shift+ArrowRight", 25),
        ("ArrowLeft", 24),
        ("ArrowDown", SHOT_FRAMES[0]),
        ("ArrowDown", SHOT_FRAMES[0] + SHOT_FRAMES[1]),
        ("ArrowUp", SHOT_FRAMES[0]),
        ("End", LAST),
        ("Home", 0),
        ("]", 48),
    ):
        page.keyboard.press(key)
        wait_shown(page, frame)
    page.keyboard.press("l")
    page.keyboard.press("l")
    assert page.evaluate("document.getElementById('film').playbackRate") == 2
    wait_for(page, "document.getElementById('film').currentTime > 2.3")
    page.keyboard.press("j")
    wait_for(page, "document.getElementById('film').paused")
    wait_for(page, "document.getElementById('film').currentTime < 2.2")
    page.keyboard.press("k")
    page.keyboard.press(" ")
    wait_for(page, "!document.getElementById('film').paused")
    page.keyboard.press(" ")
    wait_for(page, "document.getElementById('film').paused")


def test_keys_rest_while_typing_and_a_button_keeps_its_space(page: Any, house: Served) -> None:
    open_player(page, house.film("night"))
    page.focus("#tc")
    page.keyboard.type("dlj")
    assert page.evaluate("document.getElementById('film').paused")
    page.keyboard.press("Escape")
    page.focus("#burn-toggle")
    page.keyboard.press(" ")
    assert page.get_attribute("#burn-toggle", "aria-pressed") == "true"
    assert page.evaluate("document.getElementById('film').paused")
    page.keyboard.press("?")
    assert page.is_visible("#help")


def test_burn_in_names_timecode_shot_frame_and_cue(page: Any, house: Served) -> None:
    open_player(page, house.film("night"))
    page.keyboard.press("b")
    go(page, "01:00:02:00")
    wait_shown(page, 48)
    assert page.inner_text("#burn-tc") == "01:00:02:00"
    assert page.inner_text("#burn-frame") == "frame 48"
    assert page.inner_text("#burn-shot") == "shot 1 of 16"
    page.keyboard.press("b")
    assert not page.is_visible("#burn")


def test_a_click_on_the_line_a_cue_and_a_hit_go_there(page: Any, house: Served) -> None:
    open_player(page, house.film("night"))
    box = page.locator("#inner").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 30)
    wait_for(page, f"Math.abs(document.getElementById('review').dataset.shown - {LAST / 2}) < 2")
    page.locator(".cue").nth(1).click()
    wait_shown(page, 576)
    page.locator(".hit").nth(1).click()
    wait_shown(page, int(page.evaluate("document.getElementById('frame-number').textContent")))
    assert page.locator(".hit").count() == 8
    assert "ms" in page.locator(".hit").first.get_attribute("title")


def test_zoom_keeps_clicks_true(page: Any, house: Served) -> None:
    open_player(page, house.film("night"))
    go(page, "01:00:20:00")
    wait_shown(page, 480)
    width = page.locator("#inner").bounding_box()["width"]
    page.keyboard.press("+")
    page.keyboard.press("+")
    box = page.locator("#inner").bounding_box()
    assert abs(box["width"] - 4 * width) < 4
    page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + 40)
    wait_for(page, f"Math.abs(document.getElementById('review').dataset.shown - {0.4 * LAST}) < 2")


def test_sounds_change_under_one_picture_at_the_same_frame(page: Any, house: Served) -> None:
    open_player(page, house.film("night"))
    go(page, "01:00:05:00")
    wait_shown(page, 120)
    page.keyboard.press("s")
    wait_for(page, "document.getElementById('review').dataset.heard === 'a:score'")
    assert page.evaluate("document.getElementById('film').muted")
    wait_shown(page, 120)
    page.keyboard.press(" ")
    wait_for(page, "document.getElementById('film').currentTime > 5.6")
    before = page.evaluate("document.getElementById('film').currentTime")
    page.keyboard.press("d")
    wait_for(page, "document.getElementById('review').dataset.heard === 'a:film'")
    assert page.evaluate("document.getElementById('film').currentTime") - before < 2
    page.keyboard.press("d")
    wait_for(page, "document.getElementById('review').dataset.heard === 'a:mix'")
    assert not page.evaluate("document.getElementById('film').muted")


def test_a_sound_beside_the_picture_keeps_within_a_frame(page: Any, house: Served) -> None:
    open_player(page, house.film("night"))
    page.keyboard.press("s")
    wait_for(page, "document.getElementById('review').dataset.heard === 'a:score'")
    page.keyboard.press(" ")
    wait_for(page, "document.getElementById('film').currentTime > 2.5")
    drifts = []
    for _ in range(12):
        page.wait_for_timeout(80)
        drifts.append(float(page.evaluate("document.getElementById('review').dataset.drift")))
    assert sorted(abs(drift) for drift in drifts)[5] < 1 / 24


@pytest.mark.parametrize("page", [1280, 390], indirect=True)
def test_the_pages_fit_their_width(page: Any, house: Served) -> None:
    for address in (f"{house.url}/", house.film("night", "v002")):
        page.goto(address)
        page.wait_for_timeout(150)
        for tab in [None, *page.locator("[role=tab]").all()]:
            if tab is not None:
                tab.click()
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_night_filters_and_says_why(page: Any, house: Served) -> None:
    page.goto(house.url)
    assert page.locator("li.film").count() == 2
    assert page.inner_text("li.film:has-text('Night Train') .state").strip() == "Ready"
    page.fill("input[type=search]", "night")
    wait_for(page, "document.querySelectorAll('li.film').length === 1")
    page.fill("input[type=search]", "")
    page.get_by_label("Needs a look").check()
    wait_for(page, "document.querySelectorAll('li.none').length === 1")


def test_a_film_that_needs_a_look_says_why_on_its_page(page: Any, house: Served) -> None:
    open_player(page, house.film("night", "v001"))
    assert "This cut already has music" in page.inner_text(".verdict")


def test_live_progress_of_a_film_in_work(page: Any, tmp_path: Path) -> None:
    root = tmp_path / "results"
    made_up_version(root / "a" / "v001")
    with served(root) as running:
        page.goto(running.url)
        assert page.locator("li.film").count() == 1
        receipts = root / "b" / "v001" / ".work" / "receipts"
        receipts.mkdir(parents=True)
        (receipts / "claim.json").write_text("{}")
        wait_for(page, "document.querySelectorAll('li.film').length === 2")
        assert "goes on from the last finished step" in page.inner_text("li.unfinished")
