"""Films that arrive, on SQLite and on PostgreSQL: when one is a job, a version, a copy, or nothing new."""

import pytest

from flows.ledger.arrivals import Arrivals, folder_name
from flows.ledger.ledger import Ledger
from flows.ledger.queue import Queue
from flows.ledger.states import Cause, State
from flows.settings import JobSettings
from tests.flows.ledgers import arrived, claimed, database, fresh, ledger, postgres_url, sight, taken

__all__ = ["database", "ledger", "postgres_url"]
pytestmark = pytest.mark.faults


def test_a_film_waits_until_it_holds_still_and_then_is_one_job(ledger: Ledger) -> None:
    arrivals = Arrivals(ledger)
    assert arrivals.see([sight(mark="a")])[0].looks == 0
    assert arrivals.see([sight(mark="b")])[0].looks == 0  # it grew
    film = arrivals.see([sight(mark="b")])[0]
    assert (film.looks, film.presence, film.reason) == (1, "waiting", "settling")
    job = arrivals.take(film.id, "b", "content", JobSettings())
    assert job.where is State.QUEUED and job.folder == "cut/v001"
    assert arrivals.take(film.id, "b", "content", JobSettings()).id == job.id
    assert arrivals.see([sight(mark="b")])[0].presence == "taken"
    assert [event.after for event in ledger.events(job.id)] == [State.QUEUED]


def test_a_renamed_copy_is_the_same_job_and_a_namesake_has_its_own_folder(ledger: Ledger) -> None:
    first, copy = taken(ledger, "cut.mov", "aa"), taken(ledger, "copy of cut.mov", "aa")
    other = taken(ledger, "b/cut.mov", "bb")
    assert copy.id == first.id != other.id
    assert other.folder.startswith("b_cut") or other.folder.startswith("cut-")


def test_new_content_under_the_same_name_is_a_new_version_and_the_old_one_is_kept(ledger: Ledger) -> None:
    queue = Queue(ledger)
    old = taken(ledger, content="aa")
    assert queue.publish(claimed(queue), [], {})
    new = taken(ledger, content="bb")
    assert (new.version, new.cause, new.made_from) == (2, Cause.RECUT, None)
    assert fresh(ledger, old).where is State.READY  # until the new one is published
    assert queue.publish(claimed(queue), ["coverage is odd"], {"cues": 2})
    assert fresh(ledger, old).where is State.SUPERSEDED
    assert fresh(ledger, new).where is State.NEEDS_A_LOOK
    back = taken(ledger, content="aa", mark="back")
    assert back.id == old.id and back.where is State.READY
    assert fresh(ledger, new).where is State.SUPERSEDED


def test_a_film_changed_before_its_turn_supersedes_the_job_that_waited(ledger: Ledger) -> None:
    old = taken(ledger, content="aa")
    new = taken(ledger, content="bb")
    assert fresh(ledger, old).where is State.SUPERSEDED
    assert claimed(Queue(ledger)).job.id == new.id


def test_other_directions_are_a_new_version_made_from_the_old_one(ledger: Ledger) -> None:
    first = taken(ledger)
    calmer = taken(ledger, settings=JobSettings(directions="energy: -0.5", directions_name="cut.mov.yaml"))
    assert (calmer.cause, calmer.made_from) == (Cause.DIRECTIONS, first.id)
    renamed = taken(ledger, settings=JobSettings(directions="energy: -0.5", directions_name="other.yaml"))
    assert renamed.id == calmer.id


def test_a_redone_cue_is_not_undone_by_the_next_look_at_the_inbox(ledger: Ledger) -> None:
    queue = Queue(ledger)
    first = taken(ledger)
    assert queue.publish(claimed(queue), [], {})
    redo = ledger.request_version(first.id, JobSettings(cue_seeds={"u1": 2}), Cause.REDO, "anna")
    assert (redo.version, redo.made_from, redo.asked_by, redo.where) == (2, first.id, "anna", State.QUEUED)
    assert taken(ledger).id == redo.id
    assert ledger.request_version(first.id, JobSettings(cue_seeds={"u1": 2}), Cause.REDO).id == redo.id
    with pytest.raises(LookupError):
        ledger.request_version(999, JobSettings(), Cause.REDO)


def test_what_people_wait_for_goes_before_the_night(ledger: Ledger) -> None:
    queue = Queue(ledger)
    first = taken(ledger)
    assert queue.publish(claimed(queue), [], {})
    taken(ledger, "other.mov", "bb")
    redo = ledger.request_version(first.id, JobSettings(seed=2), Cause.REDO)
    assert claimed(queue).job.id == redo.id


def test_a_rejected_film_is_taken_up_again_when_it_changes(ledger: Ledger) -> None:
    queue = Queue(ledger)
    half = taken(ledger, content="half")
    assert queue.reject(claimed(queue), "cut short: 3 of 9 s", "copy it again")
    assert taken(ledger, content="half").where is State.REJECTED
    whole = taken(ledger, content="whole")
    assert whole.where is State.QUEUED and fresh(ledger, half).where is State.SUPERSEDED


def test_an_emptied_inbox_marks_films_gone_and_touches_no_job(ledger: Ledger) -> None:
    job = taken(ledger)
    arrived(ledger, "b.mov")
    gone = Arrivals(ledger).gone({"file:///inbox/b.mov"}, "file:///inbox/")
    assert [film.label for film in gone] == ["cut.mov"]
    assert fresh(ledger, job).where is State.QUEUED


@pytest.mark.parametrize(
    ("stem", "folder"),
    [
        ("Ep 1 (v2)", "Ep_1_v2"),
        ("..", "film"),
        ("../../etc/passwd", "etc_passwd"),
        ("Été", "Été"),
        ("x" * 300, "x" * 80),
        ("$(x) %03d a:b", "x_03d_a_b"),
    ],
)
def test_a_hostile_name_becomes_a_plain_folder(stem: str, folder: str) -> None:
    assert folder_name(stem) == folder
