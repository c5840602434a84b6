"""Marker lists as a cutting room's reader finds them: pycmx, at every rate that television and cinema run."""

import io
from fractions import Fraction
from pathlib import Path

import pycmx
import pytest

from composer.spotting import Spotting
from render.edl import write_markers
from render.score_markers import cue_frames, score_markers
from tests.render.report_facts import made_up_facts, made_up_film
from vision.analysis import Analysis, Film
from vision.timecode import parse_timecode

RATES = [
    (Fraction(24000, 1001), "01:00:00:00", False),
    (Fraction(24), "00:59:52:00", False),
    (Fraction(25), "10:00:00:00", False),
    (Fraction(30000, 1001), "00:59:58;00", True),
    (Fraction(30000, 1001), "01:00:00:00", False),
    (Fraction(30), "01:00:00:00", False),
    (Fraction(50), "00:00:00:00", False),
    (Fraction(60000, 1001), "00:59:58;00", True),
    (Fraction(60000, 1001), "01:00:00:00", False),
]


def scored_at(rate: Fraction, start: str, drop: bool) -> tuple[Analysis, Spotting]:
    facts = made_up_facts(film=made_up_film(rate, start, drop))
    return facts.analysis, facts.spotting


def events_of(path: Path) -> list[pycmx.Edit]:
    listing = pycmx.parse_cmx3600(io.StringIO(path.read_text("utf-8")))
    assert not list(listing.unrecognized_statements)
    return [edit for event in listing.events for edit in event.edits]


def film_frame(film: Film, text: str) -> int:
    return parse_timecode(text, film.rate, film.drop_frame) - parse_timecode(film.start_timecode, film.rate)


def locators_of(path: Path) -> list[list[str]]:
    return [line.split()[2:] for line in path.read_text("utf-8").splitlines() if line.startswith("* LOC:")]


@pytest.mark.parametrize(("rate", "start", "drop"), RATES)
def test_cues_and_hits_of_the_edl_are_the_frames_of_the_film(
    tmp_path: Path, rate: Fraction, start: str, drop: bool
) -> None:
    analysis, spotting = scored_at(rate, start, drop)
    film = analysis.film
    path, _, _ = write_markers(tmp_path, analysis, spotting)
    events = events_of(path)
    read = [tuple(film_frame(film, at) for at in (edit.record_in, edit.record_out)) for edit in events]
    assert read == [cue_frames(film, cue) for cue in spotting.cues]
    found = sorted((film_frame(film, at), cue, kind) for at, _, cue, kind in locators_of(path))
    ids = {cue.uid: cue.id for cue in spotting.cues}
    assert found == sorted((hit.frame, ids[hit.cue], hit.kind) for hit in spotting.hits)
    assert ("FCM: DROP FRAME" in path.read_text("utf-8")) is drop


@pytest.mark.parametrize(("rate", "start", "drop"), RATES)
def test_resolve_and_avid_markers_are_the_same_frames(
    tmp_path: Path, rate: Fraction, start: str, drop: bool
) -> None:
    analysis, spotting = scored_at(rate, start, drop)
    film = analysis.film
    _, resolve, avid = write_markers(tmp_path, analysis, spotting)
    markers = score_markers(film, spotting)
    lines = [line.split("\t") for line in avid.read_text("utf-8").splitlines()]
    assert [film_frame(film, line[1]) for line in lines] == [marker.frame for marker in markers]
    assert {len(line) for line in lines} == {6}
    columns = [line.split() for line in resolve.read_text("utf-8").splitlines() if line[:3].isdigit()]
    assert [film_frame(film, column[6]) for column in columns] == sorted({mark.frame for mark in markers})


def test_a_resolve_marker_has_its_colour_name_and_length_on_the_line_below(tmp_path: Path) -> None:
    facts = made_up_facts(reason="500 | out\nof the dark")
    write_markers(tmp_path, facts.analysis, facts.spotting)
    lines = (tmp_path / "markers_resolve.edl").read_text("utf-8").splitlines()
    first, end = cue_frames(facts.analysis.film, facts.spotting.cues[0])
    note = "_500 / out of the dark; 500 / out of the dark"
    said = f"{note} |C:ResolveColorPurple |M:1M01 D dorian 75.0, 1M01 in |D:{end - first}"
    assert lines[3] == said
    assert sum(line[:3].isdigit() for line in lines) == 8  # one a frame: each cue with its in


def test_more_than_999_events_go_on_in_a_second_list_that_starts_again_at_one(tmp_path: Path) -> None:
    facts = made_up_facts(film=made_up_film(Fraction(25)))
    cue, hit = facts.spotting.cues[0], facts.spotting.hits[1]
    hits = tuple(hit.model_copy(update={"frame": 50 + number}) for number in range(1_500))
    spotting = facts.spotting.model_copy(update={"cues": (cue,), "hits": hits})
    paths = write_markers(tmp_path, facts.analysis, spotting)
    assert [path.name for path in paths] == [
        "markers.edl", "markers_resolve.edl", "markers_resolve_2.edl", "markers_avid.txt",
    ]  # fmt: skip
    texts = [path.read_text("utf-8") for path in paths[1:3]]
    numbers = [[line[:3] for line in text.splitlines() if line[:3].isdigit()] for text in texts]
    assert [len(column) for column in numbers] == [999, 501]
    assert numbers[0][-1] == "999" and numbers[1][0] == "001"
    assert "2 of 2" in paths[2].read_text("utf-8")


def test_cues_that_ring_over_each_other_lie_on_two_channels(tmp_path: Path) -> None:
    facts = made_up_facts()
    one, two = facts.spotting.cues
    two = two.model_copy(update={"start_s": one.end_s - 1.0})
    path, *_ = write_markers(tmp_path, facts.analysis, facts.spotting.model_copy(update={"cues": (one, two)}))
    assert [edit.channels.a1 for edit in events_of(path)] == [True, False]
    assert [edit.channels.a2 for edit in events_of(path)] == [False, True]


def test_a_film_without_cues_gives_lists_without_events(tmp_path: Path) -> None:
    facts = made_up_facts()
    empty = facts.spotting.model_copy(update={"cues": (), "hits": ()})
    path, resolve, _ = write_markers(tmp_path, facts.analysis, empty)
    assert events_of(path) == [] and "TITLE:" in resolve.read_text("utf-8")


def test_the_same_score_gives_the_same_bytes_and_no_date(tmp_path: Path) -> None:
    facts = made_up_facts()
    one, two = (write_markers(tmp_path / name, facts.analysis, facts.spotting) for name in "ab")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
