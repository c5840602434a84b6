"""The same nights elsewhere: with a PostgreSQL ledger, and with an S3 bucket on either side."""

import hashlib
import json
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import obstore
import pytest
from obstore.store import ObjectStore

from flows.buckets import open_bucket
from flows.ledger.database import VARIABLE
from flows.ledger.ledger import open_ledger
from flows.ledger.states import Cause, State
from flows.results import open_results
from flows.settings import JobSettings
from tests.faults.night import CHEAP, Night, copy_into, short_film
from tests.flows.ledgers import postgres_url
from tests.s3 import ENVIRONMENT, make_bucket, s3_server

__all__ = ["postgres_url"]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return short_film(tmp_path_factory.mktemp("short") / "short.mp4")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as endpoint:
        yield endpoint


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The URL of a new bucket; work and state happen below tmp_path."""
    places = {**ENVIRONMENT, "AWS_ENDPOINT_URL": s3, "XDG_STATE_HOME": str(tmp_path / "state")}
    for name, value in places.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("flows.results.STATE_HOME", tmp_path / "state")
    name = f"b{uuid.uuid4().hex}"
    make_bucket(s3, name)
    return f"s3://{name}"


def objects(store: ObjectStore) -> dict[str, bytes]:
    keys = [meta["path"] for pieces in obstore.list(store) for meta in pieces]
    return {key: bytes(obstore.get(store, key).bytes()) for key in keys}


def watch(night: Night, bucket: str, **faults: str) -> int:
    rules = ("--once", "--interval", "0.2", "--looks", "1", "--pause", "0.1", *CHEAP)
    return night.run("watch", f"{bucket}/in", "-o", f"{bucket}/out", *rules, **faults)


def check(store: ObjectStore, folder: str) -> None:
    found = objects(store)
    manifest = json.loads(found[f"{folder}/manifest.json"])
    for name, sha256 in manifest["files"].items():
        assert hashlib.sha256(found[f"{folder}/{name}"]).hexdigest() == sha256


@pytest.mark.slow
def test_from_bucket_to_bucket_with_a_kill_before_the_manifest(
    tmp_path: Path, film: Path, bucket: str, record_property: Callable[[str, object], None]
) -> None:
    night = Night(tmp_path)  # whose own folder stays empty: ledger and results are in the bucket
    obstore.put(open_bucket(f"{bucket}/in"), "reel/cut.mp4", film.read_bytes())
    obstore.put(open_bucket(f"{bucket}/in"), "note.mp4", b"no film")
    once = {"FAULT": "job-before-manifest,job-after-publish", "FAULT_ONCE": str(night.once)}
    assert watch(night, bucket, **once) == 0
    assert {path.name for path in night.once.iterdir()} == set(once["FAULT"].split(","))
    record_property("crash_points", once["FAULT"].replace(",", " "))
    out = open_bucket(f"{bucket}/out")
    check(out, "cut/v001")
    states = {film["film"]: film["state"] for film in json.loads(objects(out)["status.json"])["films"]}
    assert states["note.mp4"] == "rejected" and states["reel/cut.mp4"] in ("ready", "needs a look")
    place = open_results(f"{bucket}/out")
    assert not list((place.state / "work").iterdir())

    ledger = open_ledger(f"{bucket}/out", place.state)
    job = next(job for job in ledger.jobs() if job.outcome is not None)
    settings = dict(job.settings, directions="energy: -0.5")
    ledger.request_version(job.id, JobSettings.model_validate(settings), Cause.DIRECTIONS)
    ledger.close()
    assert night.run("work", f"{bucket}/out", "--once") == 0
    check(out, "cut/v002")
    steps = json.loads(objects(out)["cut/v002/run.json"])["runs"][-1]["steps"]
    assert {step["step"]: step["reused"] for step in steps}["analyse"]


@pytest.mark.slow
def test_the_night_on_postgresql(
    tmp_path: Path, film: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, postgres_url)
    points = "film-taken,job-claimed,outputs-analyse,job-before-publish,job-noted"
    with closing(Night(tmp_path)) as night:
        copy_into(film, night.inbox, "cut.mp4")
        copy_into(film, night.inbox, "copy.mp4")
        faults = {"FAULT": points, "FAULT_ONCE": str(night.once)}
        assert night.watch_once("--attempts", "20", "--workers", "2", **faults) == -signal.SIGKILL
        assert night.watch_once("--attempts", "20", "--workers", "2", **faults) == 0
        assert {path.name for path in night.once.iterdir()} == set(points.split(","))
        job = night.job()
        assert job.where in (State.READY, State.NEEDS_A_LOOK)
        night.check_published(job)
        night.check_clean()
    assert not (night.results / ".reelscore" / "ledger.sqlite").exists()
