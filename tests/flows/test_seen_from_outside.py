"""Hooks, health, metrics, retention, plan: what people and machines outside see of a night."""

import http.server
import json
import socketserver
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows.ledger.ledger import Ledger, open_ledger
from flows.ledger.queue import Death, Patience, Queue
from flows.ledger.tables import JobRow
from flows.night.health import Pulse, kind_of, outside
from flows.night.hooks import SIGNATURE, TIMESTAMP, signature, tell
from flows.night.priority import patterns, prioritise
from flows.night.retention import retain
from flows.results import FolderResults
from flows.review.tables import ReviewEvent
from tests.conftest import reelscore
from tests.films import tiny_film
from tests.flows.ledgers import taken


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "results")
    yield opened
    opened.close()


def published(ledger: Ledger, name: str, content: str) -> JobRow:
    job, queue = taken(ledger, name, content), Queue(ledger)
    claimed = queue.claim()
    assert claimed is not None and queue.publish(claimed, [], {"wall_s_analyse": 2.5})
    return job


@contextmanager
def listener() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """A web server that keeps what is posted to it."""
    heard: list[tuple[dict[str, str], bytes]] = []

    class Hears(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hears)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def mail_server() -> Iterator[tuple[str, list[str]]]:
    """The few words of SMTP that a mail needs, on a real socket."""
    mails: list[str] = []

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                if line[:4].upper() == b"DATA":
                    self.wfile.write(b"354 go\r\n")
                    lines = []
                    while (text := self.rfile.readline()) != b".\r\n":
                        lines.append(text.decode())
                    mails.append("".join(lines))
                self.wfile.write(b"221 bye\r\n" if line[:4].upper() == b"QUIT" else b"250 ok\r\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}", mails
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_nobody_is_told_unless_somebody_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REELSCORE_ON_READY", raising=False)
    assert not tell("ready", {"job": 1})


def test_a_command_gets_the_facts_on_its_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REELSCORE_ON_READY", f"cmd:sh -c 'cat > {tmp_path}/told.json'")
    assert tell("ready", {"job": 1, "folder": "cut/v001"})
    assert json.loads((tmp_path / "told.json").read_text()) == {
        "event": "ready", "job": 1, "folder": "cut/v001",
    }  # fmt: skip


def test_a_web_call_is_signed_and_nothing_goes_out_unsigned(monkeypatch: pytest.MonkeyPatch) -> None:
    with listener() as (address, heard):
        monkeypatch.setenv("REELSCORE_ON_REJECTED", address)
        monkeypatch.delenv("REELSCORE_HOOK_SECRET", raising=False)
        assert not tell("rejected", {"job": 2}) and heard == []
        monkeypatch.setenv("REELSCORE_HOOK_SECRET", "s3cret")
        assert tell("rejected", {"job": 2})
    ((headers, body),) = heard
    assert headers[SIGNATURE] == signature("s3cret", headers[TIMESTAMP], body)
    assert abs(time.time() - int(headers[TIMESTAMP])) < 60
    assert json.loads(body)["job"] == 2


def test_a_mail_says_what_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server() as (place, mails):
        monkeypatch.setenv("REELSCORE_ON_DIGEST", "mailto:ana@example.org")
        monkeypatch.setenv("REELSCORE_SMTP", place)
        assert tell("digest", {"sums": "2 ready"})
    assert "To: ana@example.org" in mails[0] and "2 ready" in mails[0]


@pytest.mark.parametrize(
    "target", ["cmd:/nowhere/at all", "cmd:false", "https://127.0.0.1:1/x", "mailto:a@b", "gopher:x", "cmd:'"]
)
def test_a_hook_that_fails_fails_nothing(monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    monkeypatch.setenv("REELSCORE_ON_READY", target)
    monkeypatch.setenv("REELSCORE_HOOK_SECRET", "x")
    monkeypatch.setenv("REELSCORE_SMTP", "127.0.0.1:1")
    assert not tell("ready", {"job": 1})


def test_metrics_count_what_the_ledger_holds(ledger: Ledger) -> None:
    published(ledger, "a.mov", "aa")
    taken(ledger, "b.mov", "bb")
    queue = Queue(ledger, Patience(attempts=1))
    claimed = queue.claim()
    assert claimed is not None
    queue.beat(claimed, "mix", "", 0.5)
    queue.die(claimed, Death("mix", "", -9, "", ""))
    taken(ledger, "c.mov", "cc")
    with outside("127.0.0.1:0", ledger, Pulse()) as address:
        text = urllib.request.urlopen(f"{address}/metrics").read().decode()
        health = json.load(urllib.request.urlopen(f"{address}/health"))
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{address}/else")
    assert 'reelscore_jobs{state="ready"} 1.0' in text
    assert "reelscore_queue_depth 1.0" in text
    (failure,) = (line for line in text.splitlines() if line.startswith("reelscore_failures_total"))
    assert 'state="quarantined",step="mix"} 1.0' in failure and "reason=" in failure
    assert 'reelscore_step_seconds_total{step="analyse"} 2.5' in text
    assert "reelscore_queue_oldest_seconds" in text
    assert health["well"] and health["jobs"]["queued"] == 1


def test_a_watcher_that_is_silent_is_not_well(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.night.health.SILENT_S", 0.0)
    with (
        outside("127.0.0.1:0", ledger, Pulse()) as address,
        pytest.raises(urllib.error.HTTPError, match="503"),
    ):
        urllib.request.urlopen(f"{address}/health")


def test_film_long_audio_goes_after_its_time_and_approved_work_never(ledger: Ledger, tmp_path: Path) -> None:
    results = FolderResults(tmp_path / "results")
    audio = ("score.wav", "mix.wav", "mx.wav", "stems/pads.wav")
    kept = ("preview.mp4", "score.mid", "report.html", "cues/u1/1/pads.wav", "manifest.json")
    jobs = [published(ledger, f"{name}.mov", name) for name in ("old", "approved")]
    for job in jobs:
        for name in (*audio, *kept):
            path = results.root / job.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x" * 10)
    with ledger.write() as session:
        film, _, version = jobs[1].folder.partition("/")
        body = {"subject": "version", "label": "", "verdict": "approve", "why": ""}
        session.add(
            ReviewEvent(
                results=ledger.results, event="e1", film=film, version=version, kind="decision",
                at=time.time(), who="ana", body=body,
            )
        )  # fmt: skip
    assert retain(ledger, results, days=1.0) == []
    (removed,) = retain(ledger, results, days=-1.0)
    assert (removed.removed, removed.bytes) == (tuple(sorted(audio)), 40)
    old, approved = (results.root / job.folder for job in jobs)
    assert all((old / name).exists() for name in kept) and not any((old / name).exists() for name in audio)
    assert all((approved / name).exists() for name in (*audio, *kept))
    assert json.loads((old / "retention.json").read_text())["bytes"] == 40
    assert retain(ledger, results, days=-1.0) == []


def test_plan_says_minutes_and_gigabytes_and_what_fits(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    tiny_film(tmp_path / "inbox" / "cut.mp4", tone_hz=220)
    (tmp_path / "inbox" / "note.mp4").write_text("no film")
    said = reelscore("plan", tmp_path / "inbox", "-o", tmp_path / "results", "--json")
    assert said.code == 0, said.err
    cut, note = json.loads(said.out)["films"]
    assert cut["fits"] and cut["minutes"] >= 1 and cut["disk_gb"] > 0
    assert not note["fits"] and "text" in note["reason"]
    short = reelscore("plan", tmp_path / "inbox", "-o", tmp_path / "results", "--hours", "0")
    assert "the night is too short" in short.out and "0 of 2 films fit" in short.out
    assert not (tmp_path / "results").exists()


def test_a_priority_file_decides_who_comes_first(ledger: Ledger) -> None:
    for name in ("a", "b", "c", "trailer_1"):
        taken(ledger, f"{name}.mov", name)
    assert patterns("c.mov  # tonight!\n\n# later\ntrailer*\n") == ["c.mov", "trailer*"]
    assert prioritise(ledger, "c.mov\ntrailer*\n") == 2
    queue, order = Queue(ledger), []
    while (claimed := queue.claim()) is not None:
        order.append(claimed.job.folder.partition("/")[0])
    assert order == ["c", "trailer_1", "a", "b"]


def test_reasons_of_one_kind_are_one_label() -> None:
    assert kind_of("'My cut.mov' ends after 3.1 s") == kind_of("'other.mxf' ends after 77 s")


def test_a_worker_that_finds_no_database_says_so_as_a_json_line_as_all_its_log(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    nobody = "postgresql://reelscore:secret@127.0.0.1:1/none"
    said = reelscore("work", tmp_path / "results", "--once", REELSCORE_DATABASE_URL=nobody)
    lines = [json.loads(line) for line in said.err.splitlines()]
    assert said.code == 2 and lines[-1]["level"] == "error"
    assert lines[-1]["message"].startswith("rejected: can't open the ledger") and "secret" not in said.err
