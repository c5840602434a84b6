"""What a finished score is like, and which of it a person must look at."""

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from flows.inspection import Inspection, inspection_of
from flows.run_job import stored_job
from flows.verify_music import follows_the_asked, music_placed, said_by_the_steps


@pytest.fixture
def seen(scored: Path) -> Inspection:
    """The small film's score, under inspection."""
    return inspection_of(stored_job(scored))


def kinds(seen: Inspection) -> list[str]:
    return [kind for kind, _ in seen.findings]


def test_the_small_film_gets_as_much_music_as_was_aimed_at(seen: Inspection) -> None:
    music_placed(seen)
    assert "coverage" not in kinds(seen)
    assert seen.figures["coverage"] == round(seen.spotting.coverage, 3)


def test_a_film_with_far_less_music_than_aimed_at_needs_a_look(seen: Inspection) -> None:
    music_placed(replace(seen, spotting=seen.spotting.model_copy(update={"coverage": 0.3})))
    assert kinds(seen) == ["coverage"]
    assert "30% of the programme is under music, 95% was aimed at" in seen.findings[0][1]


def test_a_film_full_of_music_is_told_so_and_nothing_else(seen: Inspection) -> None:
    sound = seen.analysis.sound.model_copy(update={"music_share": 0.8})
    music_placed(replace(seen, analysis=seen.analysis.model_copy(update={"sound": sound})))
    assert kinds(seen) == ["music"]
    assert "80% of it" in seen.findings[0][1]


def test_hits_given_up_are_one_finding_that_counts_them(seen: Inspection) -> None:
    spotting = seen.spotting.model_copy(update={"demoted": ("1M01: a cut at 0:12", "1M01: another")})
    said_by_the_steps(replace(seen, spotting=spotting))
    assert ("hits", "1M01: a cut at 0:12 (and 1 more; the report lists them)") in seen.findings


@pytest.mark.parametrize(("heard", "expected"), [(1.0, []), (-1.0, ["control"])])
def test_music_that_goes_against_what_was_asked_needs_a_look(
    seen: Inspection, tmp_path: Path, heard: float, expected: list[str]
) -> None:
    out = tmp_path / "out"
    shutil.copytree(seen.job.out / ".work", out / ".work")
    with (out / "conditioning.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["ring", "asked_arousal", "realised_arousal"])
        rows.writerows([0, bar / 30, 0.5 + heard * bar / 60] for bar in range(30))
        rows.writerows([1, bar / 30, 0.5 - heard * bar / 60] for bar in range(30))  # chords that die away
    follows_the_asked(replace(seen, job=replace(seen.job, out=out)))
    assert kinds(seen) == expected
    assert seen.figures["energy_asked_to_realised_rho"] == heard
