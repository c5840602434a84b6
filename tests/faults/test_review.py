"""The review page under attack and under the knife: FAULTS 32 to 36."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error

from flows.review.policy import HEADERS
from flows.review.results import film_key
from flows.review.slices import BadRange, parse_range
from tests.conftest import NO_BROWSER, ROOT, WHY_NO_BROWSER
from tests.flows.review.browsing import open_player, wait_for
from tests.flows.review.conftest import page  # noqa: F401  (a fixture)
from tests.flows.review.made_results import Served, made_up_version, served

NIGHT = film_key("night")
# More of them with EXAMPLES=200 in the environment.
EXAMPLES = int(os.environ.get("EXAMPLES", "8"))
EVIL = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("faults") / "results"
    made_up_version(root / "night" / "v001", sounds=False)
    made_up_version(root / EVIL.replace("/", "_") / "v001", film_name=EVIL, reason=EVIL, sounds=False)
    (root / "night" / "v001" / "secret.txt").write_text("secret")
    with served(root) as running:
        yield running


def raw(house: Served, request: bytes) -> tuple[int, bytes, float]:
    """Status, answer and seconds of a request sent as it is, with no client to tidy it."""
    place = urlsplit(house.url)
    began = time.perf_counter()
    with socket.create_connection((place.hostname, place.port), timeout=10) as line:
        line.sendall(request)
        answer = line.recv(65_536)
    return int(answer.split(b" ", 2)[1]), answer, time.perf_counter() - began


def ask(house: Served, path: str, *headers: str) -> tuple[int, bytes, float]:
    host = urlsplit(house.url).netloc
    head = "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: close", *headers])
    return raw(house, (head + "\r\n\r\n").encode("latin-1"))


# --- 32


def test_the_policy_allows_no_inline_script_and_no_other_place(house: Served) -> None:
    for path in ("/", f"/film/{NIGHT}/v001", "/nowhere", f"/film/{NIGHT}/v001/media/preview.mp4"):
        policy = httpx.get(house.url + path).headers["content-security-policy"]
        assert policy == HEADERS["content-security-policy"]
        assert "unsafe" not in policy and "default-src 'none'" in policy and "http" not in policy


@pytest.mark.skipif(NO_BROWSER, reason=WHY_NO_BROWSER)
def test_scripts_in_names_notes_and_reasons_are_inert_text(page: Any, house: Served) -> None:  # noqa: F811
    name = EVIL.replace("/", "_")
    for text, who in (
        (EVIL, EVIL),
        ("{{7*7}}", '" autofocus onfocus="document.title=1'),
        ("a\u202eb\u2028c", "b"),
    ):
        fields = {"first": 1, "last": 1, "text": text, "name": who}
        httpx.post(f"{house.url}/film/{film_key(name)}/v001/notes", data=fields)
    fields = {"subject": "version", "verdict": "reject", "why": EVIL, "name": EVIL}
    httpx.post(f"{house.url}/film/{film_key(name)}/v001/decisions", data=fields)
    httpx.post(f"{house.url}/film/{film_key(name)}/v001/links", data={"label": EVIL, "days": 1, "name": "x"})
    page.goto(house.url)
    assert page.evaluate("document.title") == "The night – Reelscore"
    open_player(page, house.film(name))
    wait_for(page, "document.querySelectorAll('#note-list .note').length === 3")
    page.wait_for_timeout(200)
    assert page.evaluate("document.title").startswith("<script>")  # as text, in full
    assert page.locator("#main script, #main img[onerror], [onfocus]").count() == 0
    assert EVIL in page.inner_text("#note-list")
    for tab in ("Decide", "Cues", "Share"):
        page.get_by_role("tab", name=tab).click()
    assert EVIL in page.inner_text("#decisions") or "owned" in page.locator("#decisions").inner_text()


# --- 33


@pytest.mark.bad_inputs
@pytest.mark.parametrize(
    "header",
    [
        "bytes=" + "0-1," * 10_000,
        "bytes=" + ",".join(f"{n}-{n}" for n in range(1000)),
        "bytes=" + " " * 40_000 + "0-1",
        "bytes=0-" + "9" * 40_000,
        "bytes=99999999999999999999-",
        "bytes=5-4",
        "bytes=--1",
        "bytes=a-b",
        "rows=0-1",
        "bytes=\u0660-\u0661".encode().decode("latin-1"),
        "bytes=-0",
        "bytes=999999999999-",
        "bytes=-999999999999",
        "bytes=0-0",
        "bytes=0-9223372036854775807",
    ],
    ids=lambda header: header[:18],
)
def test_no_range_takes_long_or_breaks_anything(house: Served, header: str) -> None:
    tries = [ask(house, f"/film/{NIGHT}/v001/media/preview.mp4", f"Range: {header}") for _ in range(8)]
    assert {status for status, _, _ in tries} <= {206, 416, 400}
    assert min(seconds for _, _, seconds in tries) < 0.05


def test_a_range_is_what_was_asked_for(house: Served) -> None:
    whole = (house.root / "night" / "v001" / "preview.mp4").read_bytes()
    address = f"{house.url}/film/{NIGHT}/v001/media/preview.mp4"
    for header, want in (
        ("bytes=0-0", whole[:1]),
        ("bytes=100-199", whole[100:200]),
        ("bytes=-10", whole[-10:]),
        (f"bytes={len(whole) - 5}-", whole[-5:]),
        (f"bytes=-{10 * len(whole)}", whole),
    ):
        answer = httpx.get(address, headers={"range": header})
        assert answer.status_code == 206 and answer.content == want
    with pytest.raises(BadRange):
        parse_range("bytes=0-1", 0)


# --- 34


@pytest.mark.bad_inputs
@pytest.mark.parametrize(
    "path",
    [
        "/film/{night}/v001/files/../../../../../etc/passwd",
        "/film/{night}/v001/files/..%2f..%2f..%2fetc%2fpasswd",
        "/film/{night}/v001/files//etc/passwd",
        "/film/{night}/v001/files/secret.txt",
        "/film/{night}/v001/files/.work/mix.json",
        "/film/{night}/v001/media/../manifest.json",
        "/film/{night}/v001/media/%2e%2e%2fmanifest.json",
        "/film/{night}/v001/media/manifest.json",
        "/film/{night}/v001/still/..%2f..%2fmanifest.json",
        "/film/{night}/..%2fnight/media/preview.mp4",
        "/film/night/v001",
        "/film/{night}/v001/take/..%2f..%2f/1.m4a",
        "/film/{night}/v001/take/c0001/-1.m4a",
        "/static/../server.py",
        "/static/..%2fserver.py",
        "/static/htmx.LICENSE",
        "/api/films/{night}/jobs/1",
        "/s/guess/film/{night}/v001",
        "/s//film/{night}/v001",
    ],
)
def test_no_path_leads_out_of_what_is_published(house: Served, path: str) -> None:
    status, answer, _ = ask(house, path.replace("{night}", NIGHT))
    assert status in (400, 403, 404, 422) and b"root:" not in answer and b"secret" not in answer


@pytest.mark.bad_inputs
def test_a_symbolic_link_in_results_is_not_followed(house: Served, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    made_up_version(tmp_path / "elsewhere" / "v001", sounds=False)
    (house.root / "linked").symlink_to(tmp_path / "elsewhere")
    (house.root / "night" / "v001" / "film.m4a").symlink_to("/etc/passwd")
    assert httpx.get(f"{house.url}/film/{film_key('linked')}/v001").status_code == 404
    assert httpx.get(f"{house.url}/film/{NIGHT}/v001/media/film.m4a").status_code == 404
    (house.root / "night" / "v001" / "film.m4a").unlink()


# --- 35


@pytest.mark.bad_inputs
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://127.0.0.1:1"},
    ],
)
def test_a_post_from_another_site_changes_nothing(house: Served, headers: dict[str, str]) -> None:
    record = house.root / "night" / "decisions.jsonl"
    before = record.read_bytes() if record.exists() else b""
    fields = {"subject": "version", "verdict": "approve", "name": "Mallory"}
    forged = httpx.post(f"{house.url}/film/{NIGHT}/v001/decisions", data=fields, headers=headers)
    assert forged.status_code == 403
    plain = {"content-type": "text/plain", **headers}
    body = json.dumps({"verdict": "approve"})
    address = f"{house.url}/api/films/{NIGHT}/versions/v001/decisions"
    assert httpx.post(address, content=body, headers=plain).status_code == 403
    assert (record.read_bytes() if record.exists() else b"") == before


@pytest.mark.bad_inputs
def test_a_name_pointed_at_this_machine_is_not_answered(house: Served) -> None:
    """DNS rebinding: the browser believes that it talks to evil.example."""
    answer = httpx.get(house.url, headers={"host": "evil.example:80"})
    assert answer.status_code == 421 and "night" not in answer.text.lower()


@pytest.mark.bad_inputs
def test_a_body_without_end_is_cut_off(house: Served) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield b"text=" + b"x" * 100_000

    address = f"{house.url}/film/{NIGHT}/v001/notes"
    kind = {"content-type": "application/x-www-form-urlencoded"}
    with pytest.raises((httpx.HTTPError, AssertionError)):
        answer = httpx.post(address, content=endless(), headers=kind)
        assert answer.status_code < 400


# --- 36


@pytest.mark.parametrize("point", ["event-in-file", "event-taken"])
def test_a_decision_during_a_crash_is_taken_once_or_never_answered(
    tmp_path: Path, point: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("crash_points", point)
    root = tmp_path / "results"
    made_up_version(root / "night" / "v001", sounds=False)
    fields = {"subject": "version", "verdict": "approve", "name": "Ada", "event": "e1"}
    with running(root, FAULT=point) as (url, process):
        with pytest.raises(httpx.HTTPError):
            httpx.post(f"{url}/film/{NIGHT}/v001/decisions", data=fields)
        assert process.wait(timeout=20) == -signal.SIGKILL
    with running(root) as (url, _):
        told = httpx.get(f"{url}/api/films/{NIGHT}/decisions").json()["decisions"]
        assert [(one["id"], one["who"]) for one in told] == [("e1", "Ada")]
        again = httpx.post(f"{url}/film/{NIGHT}/v001/decisions", data=fields)  # the browser tries again
        assert again.status_code == 200
        assert len(httpx.get(f"{url}/api/films/{NIGHT}/decisions").json()["decisions"]) == 1
    assert len((root / "night" / "decisions.jsonl").read_text().splitlines()) == 1


class running:
    """`reelscore review` in a process of its own: (address, process)."""

    def __init__(self, root: Path, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flows.cli", "review", str(root), "--port", "0"],
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> tuple[str, "subprocess.Popen[str]"]:
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        found = re.search(r"http://[\d.:]+", line)
        assert found, line
        for _ in range(100):
            try:
                httpx.get(found[0])
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        return found[0], self.process

    def __exit__(self, *error: object) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=30)


# --- whatever the schema allows, and more


def test_nothing_that_the_schema_allows_is_a_server_error(house: Served) -> None:
    schema = schemathesis.openapi.from_url(f"{house.url}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 9
    real = {"film": NIGHT, "version": "v001", "job": 1}

    def throw(case: Any) -> None:
        case.call_and_validate(checks=[not_a_server_error])
        for name in set(case.path_parameters or ()) & set(real):
            case.path_parameters[name] = real[name]
        case.call_and_validate(checks=[not_a_server_error])

    for operation in operations:
        thrown = given(case=operation.as_strategy())(throw)
        settings(
            max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
        )(thrown)()
