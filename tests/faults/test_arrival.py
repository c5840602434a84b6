"""What comes into an inbox: slowly, by halves, under any name, as anything, ten thousand at once."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from flows.ledger.ledger import open_ledger
from flows.ledger.states import State
from flows.settings import JobSettings
from flows.watch.inbox import open_inbox
from flows.watch.status import status
from flows.watch.watcher import Watcher, WatchRules
from tests.faults.night import CHEAP, LIMIT_S, Night, another, copy_into, short_film, until
from tests.faults.test_bad_input import faststart
from tests.flows.test_watch import HOSTILE

RULES = WatchRules(interval_s=0.0, looks=2)


@pytest.mark.slow
def test_ten_thousand_files_are_found_by_polling_and_not_looked_into_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "many"
    for n in range(10_000):
        (folder / f"{n % 100}").mkdir(parents=True, exist_ok=True)
        (folder / f"{n % 100}" / f"{n}.mov").touch()
    ledger = open_ledger(tmp_path / "results")
    watcher = Watcher(open_inbox(str(folder), str(tmp_path / "results")), ledger, JobSettings(), RULES)
    monkeypatch.setattr("flows.watch.inbox.read_content", lambda path, mark: "empty")
    assert not watcher.look()
    assert len(status(ledger, "many", "", {}).films) == 10_000
    while not watcher.look():
        pass
    assert len(ledger.jobs()) == 1
    began_s = time.process_time()
    monkeypatch.setattr("flows.watch.inbox.read_content", None)
    assert watcher.look()
    assert time.process_time() - began_s < 5
    watcher.close()
    ledger.close()
    shutil.rmtree(folder)


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    with closing(Night(tmp_path)) as night:
        yield night


@pytest.mark.slow
@pytest.mark.bad_inputs
def test_a_slow_copy_is_waited_for_and_a_half_one_taken_up_again_when_the_rest_comes(night: Night) -> None:
    film = night.home / "film.mp4"
    faststart(short_film(night.home / "short.mp4"), film)
    whole, copy = film.read_bytes(), night.inbox / "cut.mp4"
    watcher = night.start(*night.watching("--looks", "10", *CHEAP))  # two seconds of rest at least
    try:
        until(lambda: (night.results / "status.json").exists())
        for piece in range(6):
            with copy.open("ab") as growing:
                growing.write(whole[piece * len(whole) // 10 : (piece + 1) * len(whole) // 10])
            until(lambda: [state for state in night.states().values()] == ["waiting"])
            time.sleep(0.6)
            assert not night.jobs()
        until(lambda: night.states() == {"cut.mp4": "rejected"})
        assert "cut short" in night.job().reason and night.job().reason.count(" s") >= 2
        with copy.open("ab") as growing:
            growing.write(whole[len(whole) * 6 // 10 :])
        until(lambda: night.states()["cut.mp4"] in ("ready", "needs a look"))
    finally:
        watcher.terminate()
        assert watcher.wait(60) == 0
    half, job = night.jobs()
    assert (half.where, job.version) == (State.SUPERSEDED, 2)
    night.check_published(job)
    night.check_clean()


@pytest.mark.slow
@pytest.mark.bad_inputs(len(HOSTILE) + 13)
def test_an_inbox_of_horrors_holds_up_no_film(night: Night) -> None:
    """Every odd name is one film's, so one job; what is no film is rejected in words or passed over."""
    film, inbox = short_film(night.home / "short.mp4"), night.inbox
    for name in HOSTILE:
        shutil.copyfile(film, os.path.join(os.fsencode(inbox), name.replace(b".mov", b".mp4")))
    (inbox / "empty.mp4").touch()
    (inbox / "zeros.mp4").write_bytes(bytes(5000))
    (inbox / "text.mp4").write_text("a note to the editor\n" * 50)
    (inbox / "picture.mp4").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(800))
    (inbox / "concat.mp4").write_text(f"ffconcat version 1.0\nfile '{film}'\n")
    (inbox / "hls.mp4").write_text(f"#EXTM3U\n#EXTINF:3,\n{film}\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n")
    rejected = {"empty.mp4", "zeros.mp4", "text.mp4", "picture.mp4", "concat.mp4", "hls.mp4"}
    (inbox / "link.mp4").symlink_to(film)
    os.mkfifo(inbox / "pipe.mp4")
    (inbox / "folder.mp4").mkdir()
    for name in ("._cut.mp4", "cut.mp4.part", "cut.mp4.crdownload", ".hidden.mp4"):
        copy_into(film, inbox, name)
    assert night.watch_once() == 0
    states = night.states()
    assert {name for name, state in states.items() if state == "rejected"} == rejected
    good = [state for name, state in states.items() if name not in rejected]
    assert len(good) == len(HOSTILE) and set(good) <= {"ready", "needs a look"}
    assert len(night.status()["passed_over"]) == 7
    assert all(job.reason and job.remedy for job in night.jobs() if job.where is State.REJECTED)
    (job,) = (job for job in night.jobs() if job.outcome is not None)
    night.check_published(job)
    (inbox / "cut.mp4.part").unlink()
    night.check_clean()


@pytest.mark.slow
def test_two_watchers_on_one_inbox_and_their_workers_publish_each_film_once(night: Night) -> None:
    for number in range(3):
        another(short_film(night.home / "short.mp4"), night.inbox / f"{number}.mp4", number)
    both = [night.start(*night.watching("--once", "--pause", "0.1", *CHEAP)) for _ in range(2)]
    assert [watcher.wait(LIMIT_S) for watcher in both] == [0, 0]
    assert len(night.jobs()) == 3
    for job in night.jobs():
        night.check_published(job)
        assert [attempt.ended for attempt in night.ledger.attempts(job.id)] == ["done"]
    night.check_clean()
