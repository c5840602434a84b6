"""cue_sheet_draft.csv as a spreadsheet reads it: a draft that says so, with every author left open."""

import csv
from pathlib import Path

from render.cue_sheet import COLUMNS, HEAD, write_cue_sheet
from tests.render.report_facts import made_up_facts


def rows_of(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as table:
        return list(csv.reader(table))


def test_the_head_says_that_a_human_author_must_complete_it(tmp_path: Path) -> None:
    facts = made_up_facts()
    write_cue_sheet(tmp_path / "sheet.csv", facts.analysis, facts.spotting)
    said = " ".join(row[0] for row in rows_of(tmp_path / "sheet.csv")[: len(HEAD)])
    assert "machine-made works can't be registered" in said and "human author must complete" in said


def test_each_cue_has_a_row_whose_authors_are_empty(tmp_path: Path) -> None:
    facts = made_up_facts()
    write_cue_sheet(tmp_path / "sheet.csv", facts.analysis, facts.spotting)
    columns, *rows = rows_of(tmp_path / "sheet.csv")[len(HEAD) :]
    assert tuple(columns) == COLUMNS
    first, second = (dict(zip(columns, row, strict=True)) for row in rows)
    assert (first["cue"], second["cue"]) == ("1M01", "1M02")
    assert first["in_timecode"] == "01:00:02:00" and first["usage"] == "BI"
    cue = facts.spotting.cues[0]
    assert first["duration"] == f"00:{round(cue.end_s - cue.start_s):02}"
    empty = [name for name in COLUMNS if name.startswith(("composer", "publisher"))]
    assert len(empty) == 6 and not any(row[name] for row in (first, second) for name in empty)


def test_a_cue_whose_name_looks_like_a_formula_is_inert(tmp_path: Path) -> None:
    facts = made_up_facts()
    evil = facts.spotting.cues[0].model_copy(update={"id": "=1+1"})
    spotting = facts.spotting.model_copy(update={"cues": (evil,)})
    write_cue_sheet(tmp_path / "sheet.csv", facts.analysis, spotting)
    assert rows_of(tmp_path / "sheet.csv")[-1][1] == "'=1+1"


def test_the_same_cues_give_the_same_bytes(tmp_path: Path) -> None:
    facts = made_up_facts()
    for name in "ab":
        write_cue_sheet(tmp_path / name, facts.analysis, facts.spotting)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
