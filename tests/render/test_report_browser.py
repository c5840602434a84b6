"""The report as a browser shows it: it obeys its own policy, seeks, answers keys, and fits a phone."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from render.report import write_report
from render.stills import write_stills
from render.takes import write_takes
from tests.conftest import NO_BROWSER, WHY_NO_BROWSER
from tests.films import TinyShot, tiny_film
from tests.render.report_facts import SHOT_FRAMES, made_up_analysis, made_up_facts, made_up_film
from vision.progress import silent

pytestmark = pytest.mark.skipif(NO_BROWSER, reason=WHY_NO_BROWSER)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with a hostile name, its preview and its stills."""
    out = tmp_path_factory.mktemp("report")
    shots = [TinyShot(frames) for frames in SHOT_FRAMES]
    made = tiny_film(out / "preview.mp4", shots, rate=Fraction(24000, 1001), tone_hz=220, options={"g": "24"})
    write_stills(made.path, made_up_analysis(made_up_film()), out, silent)
    write_report(out, made_up_facts(film_name="<img src=x onerror=document.title='owned'>.mov"))
    return out / "report.html"


@pytest.fixture
def page(browser: Any, report: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The report, open; any console error, refused source or foreign request fails the test at its end."""
    opened = browser.new_page(viewport={"width": getattr(request, "param", 1280), "height": 844})
    wrong: list[str] = []
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on(
        "requestfailed", lambda failed: wrong.append(failed.url) if "preview" not in failed.url else None
    )
    opened.on(
        "request", lambda asked: wrong.append(asked.url) if not asked.url.startswith("file://") else None
    )
    opened.goto(report.as_uri())
    wait_for(opened, "document.getElementById('film').readyState >= 2")
    yield opened
    opened.close()
    assert wrong == []


def wait_for(page: Any, condition: str) -> None:
    """Poll from outside: the page's policy rightly refuses the eval that wait_for_function runs inside it."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {condition}")


def clock(page: Any) -> str:
    return str(page.text_content("#clock"))


@pytest.mark.parametrize("page", [1280, 390], indirect=True)
def test_the_page_fits_its_width_and_shows_every_still(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("svg image").count() == len(SHOT_FRAMES)
    assert page.evaluate("document.title").startswith("<img src=x")


def test_a_click_on_the_line_seeks_to_the_middle_of_a_frame(page: Any) -> None:
    line = page.locator("#inner")
    line.click(position={"x": line.bounding_box()["width"] / 2, "y": 50})
    wait_for(page, "!document.getElementById('film').seeking")
    frames = page.evaluate("document.getElementById('film').currentTime") * 24000 / 1001
    assert abs(frames % 1 - 0.5) < 0.01
    assert round(frames - 0.5) == sum(SHOT_FRAMES) // 2
    assert clock(page) == "01:00:24:23"


def test_arrows_step_by_frame_by_second_and_by_shot(page: Any) -> None:
    steps = {
        "ArrowRight": "01:00:00:01",
        "Shift+ArrowRight": "01:00:01:01",
        "ArrowLeft": "01:00:01:00",
        "ArrowDown": "01:00:04:00",
        "ArrowUp": "01:00:00:00",
    }
    for key, shown in steps.items():
        page.keyboard.press(key)
        wait_for(page, f"document.getElementById('clock').textContent.trim() === '{shown}'")


def test_space_plays_and_pauses_and_the_playhead_moves(page: Any) -> None:
    page.keyboard.press(" ")
    wait_for(page, "document.getElementById('film').currentTime > 0.15")
    assert page.text_content("#play") == "Pause"
    page.keyboard.press(" ")
    wait_for(page, "document.getElementById('film').paused")
    assert float(page.evaluate("parseFloat(document.getElementById('playhead').style.left)")) > 0
    assert clock(page) != "01:00:00:00"


def test_a_timecode_in_a_table_goes_there(page: Any) -> None:
    page.get_by_role("button", name="01:00:23:23").first.click()
    wait_for(page, "!document.getElementById('film').seeking")
    assert clock(page) == "01:00:23:23"
    assert page.text_content("#now-cue") == "1M02"


def test_the_position_is_told_to_a_screen_reader(page: Any) -> None:
    page.keyboard.press("Shift+ArrowRight")
    slider = page.get_by_role("slider", name="Position in the film")
    assert slider.get_attribute("aria-valuetext") == "01:00:01:00"


def test_space_on_the_video_itself_toggles_once(page: Any) -> None:
    page.locator("#film").focus()
    page.keyboard.press(" ")
    wait_for(page, "document.getElementById('film').currentTime > 0.15")
    assert page.evaluate("!document.getElementById('film').paused")


def test_zoom_widens_the_line_and_keeps_clicks_true(page: Any) -> None:
    line = page.locator("#inner")
    before = line.bounding_box()["width"]
    page.get_by_role("button", name="Show less of the film, larger").click()
    assert line.bounding_box()["width"] == pytest.approx(2 * before, abs=2)
    page.evaluate("document.getElementById('scroller').scrollLeft = 0")
    line.click(position={"x": before / 2, "y": 50})
    wait_for(page, "!document.getElementById('film').seeking")
    seconds = page.evaluate("document.getElementById('film').currentTime")
    assert seconds == pytest.approx(sum(SHOT_FRAMES) * 1001 / 24000 / 4, abs=0.1)


def test_takes_play_equally_loud_from_one_place_over_the_picture(
    browser: Any, report: Path, tmp_path: Path
) -> None:
    facts = made_up_facts()
    cue = facts.spotting.cues[0]
    (tmp_path / "preview.mp4").write_bytes((report.parent / "preview.mp4").read_bytes())
    for take, gain in ((1, 0.2), (2, 0.05)):
        folder = tmp_path / "cues" / cue.uid / str(take)
        folder.mkdir(parents=True)
        time = np.arange(6 * 48_000) / 48_000
        sf.write(folder / "pad.wav", np.stack([gain * np.sin(2764 * time)] * 2, 1), 48_000, subtype="FLOAT")
    folders = {take: tmp_path / "cues" / cue.uid / str(take) for take in (1, 2)}
    takes = write_takes(folders, dict.fromkeys(folders, facts.notes[cue.uid]))
    write_report(tmp_path, replace(facts, takes={cue.uid: takes}, chosen={cue.uid: 2}))
    wrong: list[str] = []
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.goto((tmp_path / "report.html").as_uri())
    sound = opened.locator(".takes audio")
    # Playwright's own waiting evaluates text, which the page's policy forbids.
    until = "a => new Promise(done => {{ const look = () => {} ? done() : setTimeout(look, 20); look(); }})"
    assert sound.evaluate("a => [a.getAttribute('src'), a.volume]") == [f"cues/{cue.uid}/2/take.m4a", 1]
    opened.get_by_role("button", name="Take 1").click()
    sound.evaluate(until.format("a.currentTime > 0.3"))
    src, volume = sound.evaluate("a => [a.getAttribute('src'), a.volume]")
    assert src.endswith("/1/take.m4a") and volume == pytest.approx(0.25, abs=0.01)
    film = opened.evaluate("(f => [f.muted, f.paused, f.currentTime])(document.getElementById('film'))")
    assert film[:2] == [True, False] and film[2] >= cue.start_s
    place = sound.evaluate("a => a.currentTime")
    opened.get_by_role("button", name="Take 2").click()
    sound.evaluate(until.format("a.currentTime > 0.2"))
    assert sound.evaluate("a => a.currentTime") >= place - 0.1
    sound.evaluate("a => a.pause()")
    sound.evaluate(until.format("document.getElementById('film').paused"))
    assert wrong == []
    opened.close()
