"""Cues done again and moved by hand: a new version by the queue, everything else byte for byte as it was."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from flows.review.results import film_key
from tests.conftest import NO_BROWSER, WHY_NO_BROWSER, score
from tests.films import TinyShot, tiny_film
from tests.flows.review.browsing import go, open_player, wait_for, wait_shown
from tests.flows.review.made_results import Served, served
from vision.artifact import sha256_file

FILM = film_key("cut")
SPANS = "music: [0:00-0:06, 0:08-0:14, 0:16-0:21]\n"
TAIL_S = 6.0  # a ring of 1.5 s and the room after it


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A film of three cues, scored by hand into a results folder that no ledger knows yet."""
    folder = tmp_path_factory.mktemp("spotting")
    shots = [TinyShot(frames) for frames in (96, 120, 60, 84, 144, 72)]
    film = tiny_film(folder / "cut.mp4", shots, tone_hz=220).path
    (folder / "wishes.yaml").write_text(SPANS)
    said = score(film, folder / "results" / "cut" / "v001", "--directions", str(folder / "wishes.yaml"))
    assert said.code in (0, 3), said.err
    with served(folder / "results") as running:
        yield running


def ask(house: Served, *changes: dict[str, Any], version: str = "v001") -> httpx.Response:
    address = f"{house.url}/api/films/{FILM}/versions/{version}/changes"
    return httpx.post(address, json={"changes": changes, "name": "Ada"})


def wait_done(house: Served, job: int) -> dict[str, Any]:
    for _ in range(600):
        told = httpx.get(f"{house.url}/api/films/{FILM}/jobs/{job}").json()
        if not told["open"]:
            house.review.helper.close()
            return dict(told)
        time.sleep(0.2)
    raise AssertionError(f"job {job} never ended: {told}")


def cues(house: Served, version: str = "v001") -> dict[str, str]:
    """uid by id."""
    found = house.review.results.film(FILM)
    assert found is not None
    spotting = house.review.results.spotting(found.version(version))  # type: ignore[arg-type]
    assert spotting is not None
    return {cue.id: cue.uid for cue in spotting.cues}


def hashes(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): sha256_file(p) for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def second(house: Served) -> dict[str, Any]:
    """1M02 again, calmer and darker."""
    uid = cues(house)["1M02"]
    answer = ask(
        house,
        {"do": "again", "cue": uid, "how": "calmer"},
        {"do": "again", "cue": uid, "how": "darker"},
    )
    assert answer.status_code == 202, answer.text
    told = wait_done(house, answer.json()["job"])
    assert told["state"] in ("ready", "needs a look"), told
    return told


def test_every_other_cue_is_the_same_byte_for_byte(house: Served, second: dict[str, Any]) -> None:
    results, ids = house.root / "cut", cues(house)
    for name in ("1M01", "1M03"):
        assert hashes(results / "v001" / "cues" / ids[name]) == hashes(results / "v002" / "cues" / ids[name])
    assert hashes(results / "v001" / "cues" / ids["1M02"]) != hashes(results / "v002" / "cues" / ids["1M02"])


def test_the_mix_is_equal_outside_the_cue_and_its_tail(house: Served, second: dict[str, Any]) -> None:
    before, rate = soundfile.read(house.root / "cut" / "v001" / "mix.wav", dtype="int32")
    after, _ = soundfile.read(house.root / "cut" / "v002" / "mix.wav", dtype="int32")
    differ = np.flatnonzero((before != after).any(axis=1)) / rate
    assert len(differ) and 7.99 <= differ[0] and differ[-1] <= 14.0 + TAIL_S


def test_the_difference_names_the_cue_and_its_bars(house: Served, second: dict[str, Any]) -> None:
    address = f"{house.url}/api/films/{FILM}/versions/v002/differences?other=v001"
    rows = {row["id"]: row for row in httpx.get(address).json()}
    assert [rows[name]["state"] for name in ("1M01", "1M02", "1M03")] == ["same", "changed", "same"]
    assert rows["1M01"]["identical"] and rows["1M02"]["count"] > 0 and rows["1M02"]["bars"]
    assert any(words.startswith("mode") for words in rows["1M02"]["what"])


def test_the_same_wish_twice_is_one_version(house: Served, second: dict[str, Any]) -> None:
    uid = cues(house)["1M02"]
    wishes = [{"do": "again", "cue": uid, "how": how} for how in ("calmer", "darker")]
    assert ask(house, *wishes).json()["version"] == "v002"
    assert not (house.root / "cut" / "v003").exists()


def test_an_approved_and_a_locked_cue_never_change(house: Served, second: dict[str, Any]) -> None:
    uid, form = cues(house)["1M03"], {"name": "Ada"}
    here = f"{house.url}/film/{FILM}/v002"
    httpx.post(f"{here}/locks", data={**form, "cue": uid, "locked": "yes"})
    refused = ask(house, {"do": "again", "cue": uid, "how": "seed"}, version="v002")
    assert refused.status_code == 409 and "locked by Ada" in refused.json()["reason"]
    httpx.post(f"{here}/locks", data={**form, "cue": uid, "locked": "no"})
    httpx.post(f"{here}/decisions", data={**form, "subject": uid, "verdict": "approve"})
    for change in (
        {"do": "remove", "cue": uid},
        {"do": "move", "cue": uid, "first": 390, "last": 500},
        {"do": "hit", "cue": uid, "first": 400},
        {"do": "ending", "cue": uid, "value": "stop"},
    ):
        refused = ask(house, change, version="v002")
        assert refused.status_code == 409 and "approved by Ada" in refused.json()["reason"]


def test_what_can_not_be_done_is_refused_with_a_remedy(house: Served) -> None:
    uid = cues(house)["1M01"]
    for change, words in (
        ({"do": "move", "cue": uid, "first": 0, "last": 300}, "overlap"),
        ({"do": "move", "cue": uid, "first": 100, "last": 110}, "3 s or more"),
        ({"do": "move", "cue": uid, "first": 0, "last": 999999}, "not in this film"),
        ({"do": "add", "first": 24, "last": 120}, "overlap"),
        ({"do": "again", "cue": uid, "how": "style", "value": "polka"}, "orchestral"),
        ({"do": "again", "cue": uid}, "busier"),
        ({"do": "ending", "cue": uid, "value": "bang"}, "segue"),
        ({"do": "hit", "cue": uid, "first": 300}, "between its in and out"),
        ({"do": "take", "cue": uid, "value": "7"}, "no take"),
    ):
        refused = ask(house, change)
        assert refused.status_code in (404, 422), refused.text
        assert words in refused.text, refused.text
    assert ask(house).status_code == 422


def test_takes_are_heard_alone_at_one_loudness(house: Served) -> None:
    uid = cues(house)["1M01"]
    here = f"{house.url}/film/{FILM}/v001/take/{uid}"
    answer = httpx.get(f"{here}/1.m4a", headers={"range": "bytes=0-99"})
    assert answer.status_code == 206 and answer.headers["content-type"] == "audio/mp4"
    assert httpx.get(f"{here}/2.m4a").status_code == 404


@pytest.mark.skipif(NO_BROWSER, reason=WHY_NO_BROWSER)
def test_an_end_is_dragged_to_a_cut_and_the_wish_is_sent(page: Any, house: Served) -> None:
    page.expected.append("409")
    open_player(page, house.film("cut"))
    drag_first_out(page)
    sent: list[Any] = []

    def refuse(route: Any) -> None:
        sent.append(route.request.post_data_json)
        route.fulfill(status=409, json={"reason": "kept for the slow test", "remedy": ""})

    page.route("**/changes", refuse)
    page.get_by_role("button", name="Make a new version").click()
    wait_for(page, "document.getElementById('said').textContent.includes('slow test')")
    assert sent[0]["name"] == "Ada"
    assert [(one["do"], one.get("first"), one.get("last")) for one in sent[0]["changes"]] == [("move", 0, 96)]


def drag_first_out(page: Any) -> None:
    """Drag the first cue's out to the cut at frame 96."""
    page.fill("[data-who]", "Ada")
    page.get_by_role("tab", name="Spot").click()
    page.select_option("#spot-cue", label=page.locator("#spot-cue option").first.inner_text())
    wait_shown(page, 0)
    handle = page.locator(".handle.out").bounding_box()
    line = page.locator("#inner").bounding_box()
    x, y = handle["x"] + 2, handle["y"] + 5
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30, y, steps=4)
    page.mouse.move(line["x"] + line["width"] * 96 / 576 + 3, y, steps=4)
    page.mouse.up()
    assert "to 00:00:04:00" in page.inner_text("#asked")


@pytest.mark.slow
@pytest.mark.skipif(NO_BROWSER, reason=WHY_NO_BROWSER)
def test_a_cue_is_dragged_and_heard_beside_the_version_before(
    page: Any, house: Served, second: dict[str, Any]
) -> None:
    open_player(page, house.film("cut"))
    drag_first_out(page)
    go(page, "00:00:02:00")
    wait_shown(page, 48)
    page.get_by_role("button", name="Hit this frame").click()
    assert page.locator("#asked li").count() == 2
    page.get_by_role("button", name="Make a new version").click()
    for _ in range(300):
        if page.locator("#spot-progress a").count():
            break
        page.wait_for_timeout(200)
    house.review.helper.close()
    page.locator("#spot-progress a").click()
    wait_for(page, "document.getElementById('review').dataset.ready === 'yes'")
    panel = page.inner_text("#panel-changes")
    assert "1M01" in panel and "Out -" in panel and panel.count("same bytes") == 2
    go(page, "00:00:03:00")
    wait_shown(page, 72)
    page.keyboard.press("2")
    wait_for(page, "document.getElementById('review').dataset.heard === 'b:mix'")
    assert "equal loudness" in page.inner_text("#sound-said")
    wait_shown(page, 72)
    page.keyboard.press("1")
    wait_for(page, "document.getElementById('review').dataset.heard === 'a:mix'")
    hits = house.review.results.film(FILM).versions[-1]  # type: ignore[union-attr]
    spotting = house.review.results.spotting(hits)
    assert spotting is not None and any(hit.frame == 48 and hit.directed for hit in spotting.hits)
    assert abs(spotting.cues[0].out_s - 4.0) < 1e-6
