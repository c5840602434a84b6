"""The watcher on folders and buckets, with SQLite and PostgreSQL: what is taken, and what is left alone."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest
from obstore.store import ObjectStore

from flows.buckets import open_bucket
from flows.ledger.ledger import Ledger
from flows.ledger.queue import Queue
from flows.ledger.states import Cause, State
from flows.ledger.tables import JobRow
from flows.line_look import Changed
from flows.settings import JobSettings
from flows.sources import download, mark_now, read_content
from flows.watch.inbox import open_inbox
from flows.watch.status import as_page, as_text, status
from flows.watch.watcher import Watcher, WatchRules
from tests.flows.ledgers import database, fresh, ledger, postgres_url
from tests.s3 import ENVIRONMENT, make_bucket, s3_server
from vision.artifact import sha256_text
from vision.rejected import RejectedInput

__all__ = ["database", "ledger", "postgres_url"]
LOOKS = 2
pytestmark = pytest.mark.faults
RULES = WatchRules(interval_s=0.0, looks=LOOKS)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def watcher(ledger: Ledger, inbox: Path, tmp_path: Path) -> Iterator[Watcher]:
    watching = Watcher(open_inbox(str(inbox), str(tmp_path / "results")), ledger, JobSettings(), RULES)
    yield watching
    watching.close()


def settle(watcher: Watcher) -> list[JobRow]:
    """Look until nothing is left to wait for; the jobs there are then."""
    for _ in range(200):
        if watcher.look():
            return list(watcher.ledger.jobs())
    raise AssertionError("it never settles")


def states(watcher: Watcher) -> dict[str, str]:
    now = status(watcher.ledger, "inbox", watcher.note, watcher.passed_over)
    return {film.film: film.state for film in now.films}


def publish(ledger: Ledger) -> JobRow:
    claimed = Queue(ledger).claim()
    assert claimed is not None and Queue(ledger).publish(claimed, [], {})
    return claimed.job


def test_a_growing_copy_waits_and_is_shown_as_waiting(watcher: Watcher, inbox: Path) -> None:
    for size in range(1, 6):
        (inbox / "cut.mov").write_bytes(b"x" * size)
        watcher.look()
        assert states(watcher) == {"cut.mov": "waiting"}
    (job,) = settle(watcher)
    assert (job.where, job.size) == (State.QUEUED, 5)


def test_what_is_seen_once_is_not_yet_taken(watcher: Watcher, inbox: Path) -> None:
    (inbox / "cut.mov").write_bytes(b"x")
    for _ in range(LOOKS):
        assert not watcher.look()
    assert not watcher.ledger.jobs()


def test_a_film_dropped_twice_or_renamed_is_one_job(watcher: Watcher, inbox: Path) -> None:
    (inbox / "cut.mov").write_bytes(b"same")
    (inbox / "cut copy.mov").write_bytes(b"same")
    (job,) = settle(watcher)
    (inbox / "cut.mov").rename(inbox / "final.mov")
    (again,) = settle(watcher)
    assert again.id == job.id
    assert states(watcher)["final.mov"] == "queued"


def test_a_recut_is_a_new_version_and_going_back_finds_the_old_one(watcher: Watcher, inbox: Path) -> None:
    (inbox / "cut.mov").write_bytes(b"first")
    settle(watcher)
    old = publish(watcher.ledger)
    (inbox / "cut.mov").write_bytes(b"second")
    _, new = settle(watcher)
    assert (new.folder, new.cause, new.where) == ("cut/v002", Cause.RECUT, State.QUEUED)
    assert fresh(watcher.ledger, old).where is State.READY
    (inbox / "cut.mov").write_bytes(b"first")
    assert len(settle(watcher)) == 2
    assert fresh(watcher.ledger, new).where is State.SUPERSEDED
    assert states(watcher) == {"cut.mov": "ready"}


def test_directions_are_found_beside_a_film_and_above_it(watcher: Watcher, inbox: Path) -> None:
    (inbox / "reel" / "a").mkdir(parents=True)
    (inbox / "reelscore.yaml").write_text("tone: dark")
    (inbox / "reel" / "reelscore.yaml").write_text("tone: light")
    for name in ("own.mov", "reel/a/near.mov", "top.mov"):
        (inbox / name).write_bytes(name.encode())
    (inbox / "own.mov.reelscore.yaml").write_text("tone: tense")
    told = {job.folder: job.settings["directions"] for job in settle(watcher)}
    assert told == {"own/v001": "tone: tense", "near/v001": "tone: light", "top/v001": "tone: dark"}


def test_changed_directions_make_a_version_from_the_last_and_read_no_film(
    watcher: Watcher, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (inbox / "cut.mov").write_bytes(b"film")
    settle(watcher)
    old = publish(watcher.ledger)
    monkeypatch.setattr("flows.watch.inbox.read_content", None)
    (inbox / "cut.mov.reelscore.yaml").write_text("energy: -0.5")
    _, new = settle(watcher)
    assert (new.cause, new.made_from, new.content) == (Cause.DIRECTIONS, old.id, old.content)
    assert new.settings["directions_name"] == "cut.mov.reelscore.yaml"


@pytest.mark.bad_inputs
@pytest.mark.parametrize("bad", [b"\xff\xfe\x00binary", b"x" * 1_100_000])
def test_directions_that_are_no_text_reject_the_film(watcher: Watcher, inbox: Path, bad: bytes) -> None:
    (inbox / "cut.mov").write_bytes(b"film")
    (inbox / "cut.mov.reelscore.yaml").write_bytes(bad)
    (job,) = settle(watcher)
    assert job.where is State.REJECTED and "reelscore.yaml" in job.reason and job.remedy


HOSTILE = [
    b"caf\xe9.mov", b"two\nlines.mov", b"it's \"q\".mov", b"$(touch x).mov", b"-rf.mov", b"%03d.mov",
    b"a:b.mov", b"n" * 251 + b".mov", "\u202egnp.mov".encode(), b"a&b<c>.mov",
]  # fmt: skip


@pytest.mark.bad_inputs(10)
def test_hostile_names_are_taken_and_shown_escaped(watcher: Watcher, inbox: Path) -> None:
    for name in HOSTILE:
        Path(os.fsdecode(os.path.join(os.fsencode(inbox), name))).write_bytes(name)
    jobs = settle(watcher)
    assert len(jobs) == len(HOSTILE)
    now = status(watcher.ledger, "inbox", "", watcher.passed_over)
    text, page = as_text(now), as_page(now)
    assert "two\\nlines.mov" in text and "caf\\udce9.mov" in text and "\u202e" not in text
    assert "<c>" not in page
    assert all(job.folder.encode("ascii", "replace") and "/" not in job.folder[:-5] for job in jobs)
    assert all(len(job.folder.split("/")[0].encode()) <= 90 for job in jobs)


@pytest.mark.bad_inputs(8)
def test_links_pipes_folders_and_unfinished_copies_are_never_opened(
    watcher: Watcher, inbox: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "secret.mov"
    outside.write_bytes(b"secret")
    (inbox / "link.mov").symlink_to(outside)
    (inbox / "up.mov").symlink_to("../secret.mov")
    os.mkfifo(inbox / "pipe.mov")
    (inbox / "folder.mov").mkdir()
    (inbox / "folder.mov" / "inner.mov").write_bytes(b"x")
    for name in ("._cut.mov", ".hidden.mov", "cut.mov.part", "cut.mov.crdownload"):
        (inbox / name).write_bytes(b"x")
    (inbox / "notes.txt").write_text("not a film")
    assert settle(watcher) == []
    assert set(watcher.passed_over) == {
        "link.mov", "up.mov", "pipe.mov", "folder.mov", "._cut.mov", ".hidden.mov",
        "cut.mov.part", "cut.mov.crdownload",
    }  # fmt: skip
    (inbox / "cut.mov.part").unlink()


@pytest.mark.bad_inputs
def test_a_device_is_passed_over(watcher: Watcher, inbox: Path) -> None:
    try:
        os.mknod(inbox / "null.mov", 0o600 | 0o020000, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root makes devices")
    assert settle(watcher) == []
    assert "device" in watcher.passed_over["null.mov"]


def test_results_inside_the_inbox_are_not_films(ledger: Ledger, inbox: Path) -> None:
    results = inbox / "scored"
    (results / "cut" / "v001").mkdir(parents=True)
    (results / "cut" / "v001" / "preview.mp4").write_bytes(b"x")
    watcher = Watcher(open_inbox(str(inbox), str(results)), ledger, JobSettings(), RULES)
    assert settle(watcher) == []
    watcher.close()


def test_an_empty_mount_is_not_all_films_gone(watcher: Watcher, inbox: Path) -> None:
    (inbox / "a.mov").write_bytes(b"a")
    (inbox / "b.mov").write_bytes(b"b")
    settle(watcher)
    inbox.rename(inbox.with_name("unmounted"))
    watcher.look()
    assert "can't be reached" in watcher.note
    inbox.mkdir()
    watcher.look()
    assert "not mounted" in watcher.note
    assert states(watcher) == {"a.mov": "queued", "b.mov": "queued"}
    inbox.rmdir()
    inbox.with_name("unmounted").rename(inbox)
    (inbox / "b.mov").unlink()
    assert len(settle(watcher)) == 2 and watcher.note == ""
    gone = [film.label for film in watcher.ledger.films() if film.presence == "gone"]
    assert gone == ["b.mov"]


def test_a_film_that_changes_while_it_is_read_waits_again(
    watcher: Watcher, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = inbox / "cut.mov"
    film.write_bytes(b"one")
    for _ in range(LOOKS):
        watcher.look()

    def overwritten(path: Path, mark: str) -> str:
        film.write_bytes(b"another")
        return read_content(path, mark)

    with monkeypatch.context() as patched:
        patched.setattr("flows.watch.inbox.read_content", overwritten)
        while film.read_bytes() == b"one":
            watcher.look()
    (job,) = settle(watcher)
    assert job.size == len(b"another")
    assert job.content == sha256_text("another")


def test_a_job_that_gave_way_is_queued_again_when_its_film_rests(watcher: Watcher, inbox: Path) -> None:
    (inbox / "cut.mov").write_bytes(b"film")
    settle(watcher)
    claimed = Queue(watcher.ledger).claim()
    assert claimed is not None
    Queue(watcher.ledger).give_way(claimed, "the film went away")
    (job,) = settle(watcher)
    assert job.where is State.QUEUED


def test_a_restarted_watcher_reads_no_film_again(
    watcher: Watcher, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (inbox / "cut.mov").write_bytes(b"film")
    settle(watcher)
    monkeypatch.setattr("flows.watch.inbox.read_content", None)
    again = Watcher(watcher.inbox, watcher.ledger, JobSettings(seed=9), RULES)
    assert len(settle(again)) == 1
    again.close()


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as endpoint:
        yield endpoint


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a new bucket's inbox."""
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": s3}.items():
        monkeypatch.setenv(name, value)
    name = f"b{uuid.uuid4().hex}"
    make_bucket(s3, name)
    return f"s3://{name}/inbox"


@pytest.fixture
def store(bucket: str) -> ObjectStore:
    return open_bucket(bucket)


@pytest.fixture
def bucket_watcher(bucket: str, ledger: Ledger) -> Iterator[Watcher]:
    watching = Watcher(open_inbox(bucket, "out"), ledger, JobSettings(), RULES)
    yield watching
    watching.close()


def test_objects_are_films_and_the_same_bytes_are_one_job(
    bucket_watcher: Watcher, store: ObjectStore
) -> None:
    obstore.put(store, "reel/a b.mov", b"film")
    obstore.put(store, "again.mov", b"film")
    obstore.put(store, "reel/other.mov", b"other")
    obstore.put(store, "reel/reelscore.yaml", b"tone: dark")
    obstore.put(store, "again.mov.reelscore.yaml", b"tone: dark")
    obstore.put(store, "notes.txt", b"no film")
    jobs = settle(bucket_watcher)
    assert len(jobs) == 2
    assert {job.settings["directions"] for job in jobs} == {"tone: dark"}
    assert set(states(bucket_watcher)) == {"reel/a b.mov", "again.mov", "reel/other.mov"}


def test_an_object_overwritten_between_list_and_read_is_noticed_and_queued_again(
    bucket_watcher: Watcher, store: ObjectStore, tmp_path: Path
) -> None:
    obstore.put(store, "cut.mov", b"first")
    (job,) = settle(bucket_watcher)
    assert download(job.source, job.mark, tmp_path / "first.mov")
    obstore.put(store, "cut.mov", b"second")
    assert mark_now(job.source) != job.mark
    with pytest.raises(Changed, match="overwritten"):
        download(job.source, job.mark, tmp_path / "cut.mov")
    claimed = Queue(bucket_watcher.ledger).claim()
    assert claimed is not None
    Queue(bucket_watcher.ledger).give_way(claimed, "overwritten")
    old, new = settle(bucket_watcher)
    assert (old.where, new.where, new.version) == (State.SUPERSEDED, State.QUEUED, 2)
    obstore.delete(store, "cut.mov")
    assert mark_now(job.source) is None


def test_a_bucket_that_is_away_is_said_and_nothing_is_called_gone(
    bucket_watcher: Watcher, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    obstore.put(store, "cut.mov", b"film")
    settle(bucket_watcher)
    obstore.delete(store, "cut.mov")
    bucket_watcher.look()
    assert "empty" in bucket_watcher.note and states(bucket_watcher) == {"cut.mov": "queued"}


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RejectedInput, match="no folder"):
        open_inbox(str(tmp_path / "none"), "out")
