"""Change events wake the watcher early; what it sees then, and when a film has settled, its looks decide."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.ledger.ledger import Ledger, open_ledger
from flows.results import FolderResults
from flows.settings import JobSettings
from flows.watch.fleet import Fleet
from flows.watch.hints import Hints
from flows.watch.inbox import open_inbox
from flows.watch.shift import Shift
from flows.watch.status import StatusFiles
from flows.watch.watcher import Watcher, WatchRules
from tests.faults.night import until

LIMIT_S = 30.0


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "results")
    yield opened
    opened.close()


@pytest.fixture
def news() -> threading.Event:
    return threading.Event()


@pytest.fixture
def hints(news: threading.Event) -> Iterator[Hints]:
    opened = Hints(news)
    yield opened
    opened.close()


def test_a_new_a_closed_and_a_moved_film_are_news(hints: Hints, news: threading.Event, inbox: Path) -> None:
    hints.watch([inbox])
    with (inbox / "cut.mov").open("wb") as film:
        assert news.wait(LIMIT_S)
        film.write(b"x")
        film.flush()
        time.sleep(0.2)
        news.clear()
        film.write(b"more of it")
        film.flush()
        assert not news.wait(0.3)
    assert news.wait(LIMIT_S)
    news.clear()
    (inbox / "cut.mov").rename(inbox.parent / "elsewhere.mov")
    assert news.wait(LIMIT_S)


def test_a_folder_that_is_not_there_is_no_fault(hints: Hints, news: threading.Event, inbox: Path) -> None:
    hints.watch([inbox / "none", inbox])
    (inbox / "cut.mov").touch()
    assert news.wait(LIMIT_S)


def test_a_drop_is_seen_and_taken_long_before_the_next_look_is_due(ledger: Ledger, inbox: Path) -> None:
    results = FolderResults(inbox.parent / "results")
    (inbox / "reel").mkdir()
    rules = WatchRules(interval_s=600.0, looks=0)
    watcher = Watcher(open_inbox(str(inbox), str(results.root)), ledger, JobSettings(), rules)
    shift = Shift(str(inbox), watcher, Fleet([]), StatusFiles(results))
    running = threading.Thread(target=shift.run)
    running.start()
    try:
        until((results.root / "status.json").exists, LIMIT_S)
        (inbox / "reel" / "cut.mov").write_bytes(b"film")
        until(lambda: bool(ledger.jobs()), LIMIT_S)
    finally:
        shift.ending.set()
        watcher.news.set()
        running.join()


def test_however_many_hints_come_looks_near_each_other_count_once(ledger: Ledger, inbox: Path) -> None:
    rules = WatchRules(interval_s=60.0, looks=2)
    watcher = Watcher(open_inbox(str(inbox), "out"), ledger, JobSettings(), rules)
    (inbox / "cut.mov").write_bytes(b"film")
    for _ in range(6):
        assert not watcher.look()
    assert [film.looks for film in ledger.films()] == [0]
    watcher.close()
