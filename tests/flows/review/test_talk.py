"""Notes, decisions, links and people: what is said stays, in the ledger and beside the film."""

import csv
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import opentimelineio as otio
import pytest

from flows.review.people import check_password, hash_password
from flows.review.results import film_key
from tests.conftest import NO_BROWSER, WHY_NO_BROWSER, reelscore
from tests.flows.review.browsing import go, open_player, wait_for, wait_shown
from tests.flows.review.made_results import Served, made_up_version, served

in_browser = pytest.mark.skipif(NO_BROWSER, reason=WHY_NO_BROWSER)
NIGHT = film_key("night")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Served]:
    """One film in two versions, without sounds."""
    root = tmp_path / "results"
    made_up_version(root / "night" / "v001", sounds=False)
    made_up_version(root / "night" / "v002", sounds=False)
    with served(root) as running:
        yield running


def post(desk: Served, path: str, base: str = "", **fields: Any) -> httpx.Response:
    """A form, as the page sends it."""
    fields = {"name": "Ada", **fields}
    return httpx.post(f"{desk.url}{base}/film/{NIGHT}/{path}", data=fields)


def get(desk: Served, path: str, base: str = "") -> httpx.Response:
    return httpx.get(f"{desk.url}{base}/film/{NIGHT}/{path}")


def lines(desk: Served) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (desk.root / "night" / "decisions.jsonl").read_text().splitlines()]


def note(
    desk: Served, text: str = "too loud", first: int = 240, last: int = 240, **more: Any
) -> httpx.Response:
    return post(desk, "v002/notes", first=first, last=last, text=text, **more)


def test_a_note_keeps_its_frames_its_thread_and_whether_it_is_resolved(desk: Served) -> None:
    assert note(desk, first=240, last=251).status_code == 200
    (made,) = lines(desk)
    assert made["body"] == {"first": 240, "last": 251, "text": "too loud", "marker": False}
    post(desk, f"v002/notes/{made['event']}/reply", text="by 2 dB?", name="Ben")
    page = post(desk, f"v002/notes/{made['event']}/resolve", resolved="yes").text
    assert "by 2 dB?" in page and "Open again" in page and "01:00:10:00 – 01:00:10:11" in page
    assert [line["kind"] for line in lines(desk)] == ["note", "reply", "resolve"]


def test_what_is_no_note_is_refused_in_words(desk: Served) -> None:
    for fields, words in (
        ({"text": "  "}, "empty"),
        ({"text": "x" * 4001}, "longer"),
        ({"first": 5, "last": 4}, "not in this film"),
        ({"last": 99999999}, "not in this film"),
        ({"name": " "}, "who you are"),
    ):
        said = note(desk, **fields)
        assert said.status_code == 422 and words in said.text
    assert not (desk.root / "night" / "decisions.jsonl").exists()


def test_notes_leave_as_a_table_markers_and_a_timeline(desk: Served) -> None:
    note(desk, '=HYPERLINK("http://evil")', 48, 59)
    note(desk, "two\nlines | and a bar", 24, 24, name="+Ben")
    rows = list(csv.reader(io.StringIO(get(desk, "v002/notes/list.csv").text.lstrip("\ufeff"))))
    assert rows[1][:4] == ["01:00:01:00", "01:00:01:00", "24", "24"] and rows[1][5] == "'+Ben"
    assert rows[2][6] == '\'=HYPERLINK("http://evil")'
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    edl = get(desk, "v002/notes/list.edl").text.split("\r\n")
    assert edl[2].endswith("01:00:01:00 01:00:01:01 01:00:01:00 01:00:01:01")
    assert "two lines / and a bar" in edl[3] and edl[5].endswith("|D:12")
    timeline = otio.adapters.read_from_string(get(desk, "v002/notes/list.otio").text, "otio_json")
    marks = timeline.tracks.markers
    assert [(m.marked_range.start_time.value, m.marked_range.duration.value) for m in marks] == [
        (24, 1),
        (48, 12),
    ]


def test_a_decision_is_kept_in_both_places_and_needs_its_reason(desk: Served) -> None:
    assert post(desk, "v002/decisions", subject="version", verdict="changes").status_code == 422
    said = post(desk, "v002/decisions", subject="version", verdict="approve", why="moving", event="e1")
    assert said.status_code == 200 and "approved by Ada" in said.text
    post(
        desk, "v002/decisions", subject="version", verdict="approve", why="moving", event="e1"
    )  # a double click
    (line,) = lines(desk)
    assert (line["who"], line["version"], line["body"]["verdict"]) == ("Ada", "v002", "approve")
    assert "approved by Ada" in get(desk, "v002/decisions").text


def test_a_newer_version_inherits_no_approval_and_an_older_one_takes_none(desk: Served) -> None:
    assert post(desk, "v001/decisions", subject="version", verdict="approve").text.count("newer") >= 1
    assert not (desk.root / "night" / "decisions.jsonl").exists()
    post(desk, "v002/decisions", subject="version", verdict="approve")
    made_up_version(desk.root / "night" / "v003", sounds=False)
    subject = get(desk, "v003/decisions").text.split("data-subject")[1]
    assert "not decided" in subject


def test_of_two_who_decide_at_once_the_first_counts_and_the_second_is_told(desk: Served) -> None:
    answers: list[httpx.Response] = []

    def decide(name: str, verdict: str) -> None:
        fields = {"subject": "version", "verdict": verdict, "why": "so", "seen": "", "name": name}
        answers.append(post(desk, "v002/decisions", **fields))

    threads = [
        threading.Thread(target=decide, args=pair)
        for pair in [("Ada", "approve"), ("Ben", "reject"), ("Cy", "changes"), ("Di", "approve")]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (line,) = lines(desk)
    told = [answer.text for answer in answers if "meanwhile" in answer.text.lower()]
    assert len(told) == 3 and all(line["who"] in words for words in told)
    again = post(
        desk, "v002/decisions", subject="version", verdict="reject", why="no", seen=line["event"], name="Ben"
    )
    assert "rejected by Ben" in again.text and len(lines(desk)) == 2


def test_history_can_not_be_rewritten(desk: Served) -> None:
    post(desk, "v002/decisions", subject="version", verdict="approve")
    from sqlalchemy import text
    from sqlalchemy.exc import DatabaseError

    for statement in ("DELETE FROM review_events", "UPDATE review_events SET who = 'Mallory'"):
        with pytest.raises(DatabaseError, match="append-only"), desk.review.ledger.write() as session:
            session.execute(text(statement))


def test_a_results_folder_alone_is_complete(desk: Served, tmp_path: Path) -> None:
    note(desk)
    post(desk, "v002/decisions", subject="version", verdict="approve")
    record = desk.root / "night" / "decisions.jsonl"
    record.write_bytes(record.read_bytes() + b'{"schema_version": 1, "event": "torn')
    moved = tmp_path / "elsewhere"
    (moved / "night").mkdir(parents=True)
    (moved / "night" / "decisions.jsonl").write_bytes(record.read_bytes())
    (desk.root / "night" / "v002").rename(moved / "night" / "v002")
    with served(moved) as there:
        page = httpx.get(f"{there.url}/film/{NIGHT}/v002/notes").text
        assert "too loud" in page
        assert note(there, "after").status_code == 200
        assert [line for line in record.read_text().splitlines()][-1].endswith("torn")
        kept = (moved / "night" / "decisions.jsonl").read_text().splitlines()
        assert json.loads(kept[-1])["body"]["text"] == "after" and len(kept) == 4


def make_link(desk: Served, path: str = "v002/links", **fields: Any) -> str:
    """A link's token, as it is shown once."""
    page = post(desk, path, **{"label": "Director", "days": 7, **fields}).text
    return page.split("/s/")[1].split('"')[0]


def test_a_link_opens_one_film_with_the_rights_it_has(desk: Served) -> None:
    made_up_version(desk.root / "day" / "v001", sounds=False)
    token = make_link(desk, comment="yes")
    base = f"/s/{token}"
    assert len(token) >= 43
    assert get(desk, "v002", base).status_code == 200
    assert get(desk, "v002/media/preview.mp4", base).status_code == 200
    assert httpx.get(f"{desk.url}{base}/film/{film_key('day')}/v001").status_code == 404
    assert httpx.get(f"{desk.url}{base}/night").status_code == 404
    assert post(desk, "v002/notes", base, first=1, last=1, text="hm").status_code == 200
    assert lines(desk)[0]["who"] == "Ada (by link)"
    for path in ("v002/decisions", "v002/locks", "v002/links"):
        assert post(desk, path, base, subject="version", verdict="approve", cue="c0001").status_code == 403
    assert get(desk, "v002/files/preview.mp4", base).status_code == 403  # downloads are off by default
    assert get(desk, "v002/files/preview.mp4").status_code == 200


def test_a_link_to_one_version_opens_no_other(desk: Served) -> None:
    base = f"/s/{make_link(desk, 'v001/links', scope='version')}"
    assert get(desk, "v001", base).status_code == 200
    assert get(desk, "v002", base).status_code == 404


def test_a_guessed_an_expired_and_a_revoked_link_open_nothing_alike(desk: Served) -> None:
    from sqlalchemy import text

    revoked, expired = make_link(desk), make_link(desk)
    page = get(desk, "v002/links").text
    post(desk, f"v002/links/{page.split('/revoke')[-2].rsplit('/', 1)[1]}/revoke")
    with desk.review.ledger.write() as session:
        session.execute(text("UPDATE review_shares SET expires_at = 1 WHERE id = 2"))
    answers = [get(desk, "v002", f"/s/{token}") for token in (revoked, expired, "A" * 43, "x", "%00")]
    assert {answer.status_code for answer in answers} == {404}
    assert (
        len({answer.text.replace(token, "") for answer, token in zip(answers, [revoked], strict=False)}) == 1
    )
    held = (desk.root / ".reelscore" / "ledger.sqlite").read_bytes()
    assert revoked.encode() not in held and expired.encode() not in held


def test_off_this_machine_people_sign_in_and_have_roles(tmp_path: Path) -> None:
    root = tmp_path / "results"
    made_up_version(root / "night" / "v001", sounds=False)
    with served(root, open_house=False) as house:
        house.review.people.put("Ada", "reviewer", "correct horse")
        assert httpx.get(house.url, headers={"accept": "text/html"}).headers["location"] == "/enter"
        assert httpx.get(f"{house.url}/film/{NIGHT}/v001/media/preview.mp4").status_code == 401
        wrong = httpx.post(f"{house.url}/enter", data={"name": "Ada", "password": "guess"})
        assert wrong.status_code == 403 and "set-cookie" not in wrong.headers
        with httpx.Client(base_url=house.url) as ada:
            entered = ada.post("/enter", data={"name": "Ada", "password": "correct horse"})
            cookie = entered.headers["set-cookie"]
            assert "HttpOnly" in cookie and "SameSite=strict" in cookie
            assert ada.get("/").status_code == 200
            said = ada.post(
                f"/film/{NIGHT}/v001/decisions", data={"subject": "version", "verdict": "approve"}
            )
            assert "approved by Ada" in said.text
            assert ada.post(f"/film/{NIGHT}/v001/locks", data={"cue": "c0001"}).status_code == 403
            ada.post("/leave", data={})
            assert ada.get("/").status_code == 401


def test_the_page_is_not_opened_to_others_while_nobody_can_sign_in(tmp_path: Path) -> None:
    root = tmp_path / "results"
    made_up_version(root / "night" / "v001", sounds=False)
    said = reelscore("review", root, "--host", "0.0.0.0", "--port", "0")
    assert said.code == 2 and "reelscore people" in said.err


def test_many_wrong_passwords_are_slowed_down(tmp_path: Path) -> None:
    root = tmp_path / "results"
    made_up_version(root / "night" / "v001", sounds=False)
    with served(root, open_house=False) as house:
        codes = [
            httpx.post(f"{house.url}/enter", data={"name": "Ada", "password": "guess"}).status_code
            for _ in range(9)
        ]
        assert codes[:8] == [403] * 8 and codes[8] == 429


def test_passwords_are_kept_as_salted_hashes() -> None:
    kept = hash_password("correct horse")
    assert "horse" not in kept and kept != hash_password("correct horse")
    assert check_password("correct horse", kept) and not check_password("wrong horse", kept)


@in_browser
def test_a_note_is_written_at_the_frame_that_is_shown(page: Any, desk: Served) -> None:
    open_player(page, desk.film("night", "v002"))
    page.fill("[data-who]", "Ada")
    go(page, "01:00:10:00")
    wait_shown(page, 240)
    page.keyboard.press(" ")
    wait_for(page, "document.getElementById('film').currentTime > 10.3")
    page.keyboard.press("c")
    page.keyboard.type("too loud")
    wait_for(page, "document.getElementById('film').paused")  # typing pauses
    frame = int(page.evaluate("document.getElementById('frame-number').textContent"))
    page.keyboard.press("Enter")
    wait_for(page, "document.querySelectorAll('#note-list .note').length === 1")
    assert lines(desk)[0]["body"]["first"] == frame
    assert page.locator(".pin").count() == 1
    for key, code in (("i", "01:00:02:00"), ("o", "01:00:03:00")):
        go(page, code)
        wait_shown(page, 48 if key == "i" else 72)
        page.keyboard.press(key)
    page.keyboard.press("m")
    wait_for(page, "document.querySelectorAll('#note-list .note').length === 2")
    marker = lines(desk)[1]["body"]
    assert (marker["first"], marker["last"], marker["marker"]) == (48, 72, True)
    page.get_by_role("button", name="Resolve").first.click()
    wait_for(page, "document.querySelectorAll('.pin.done').length === 1")


@in_browser
def test_decisions_and_links_are_made_on_the_page(page: Any, desk: Served) -> None:
    page.expected.append("409")
    open_player(page, desk.film("night", "v002"))
    page.fill("[data-who]", "Ada")
    page.get_by_role("tab", name="Decide").click()
    page.locator("[data-subject=version] button.approve").click()
    wait_for(page, "document.querySelector('[data-subject=version] .decided.approve') !== null")
    page.locator("[data-subject=c0001] button.approve").click()
    wait_for(page, "document.querySelector('.cue.held') !== null")
    page.get_by_role("tab", name="Share").click()
    page.fill(".share input[name=label]", "Director")
    page.get_by_role("button", name="Make a link").click()
    wait_for(page, "document.getElementById('made-link') !== null")
    page.goto(page.input_value("#made-link"))
    wait_for(page, "document.getElementById('review').dataset.ready === 'yes'")
    assert page.locator("[role=tab]").all_inner_texts() == ["Notes", "Decide", "Cues", "Changes"]
    assert page.locator(".decide").count() == 0
