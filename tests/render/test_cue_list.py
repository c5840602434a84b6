"""cues.csv as a spreadsheet reads it."""

import csv
from pathlib import Path

from render.cue_list import COLUMNS, write_cues_csv
from tests.render.report_facts import made_up_facts


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as table:
        return list(csv.DictReader(table))


def test_each_cue_has_one_row_with_its_place_in_timecode_frames_and_seconds(tmp_path: Path) -> None:
    facts = made_up_facts()
    write_cues_csv(tmp_path / "cues.csv", facts.analysis, facts.spotting)
    rows = rows_of(tmp_path / "cues.csv")
    assert [row["id"] for row in rows] == ["1M01", "1M02"]
    assert tuple(rows[0]) == COLUMNS
    assert (rows[0]["in_timecode"], rows[0]["in_frame"], rows[0]["in_s"]) == ("01:00:02:00", "48", "2.002000")
    assert rows[0]["key"] == "D" and rows[0]["mode"] == "dorian" and rows[0]["tempo_qpm"] == "75.000"
    assert float(rows[0]["length_s"]) > 0 and rows[0]["hits"] == "4"


def test_text_that_looks_like_a_formula_is_inert(tmp_path: Path) -> None:
    for evil in ("=1+1", "+1", "-1", "@SUM(A1)", '\t=cmd|"/c calc"!A1', "\r=1"):
        facts = made_up_facts(reason=evil)
        write_cues_csv(tmp_path / "cues.csv", facts.analysis, facts.spotting)
        assert rows_of(tmp_path / "cues.csv")[0]["reason"] == f"'{evil}"


def test_a_reason_with_quotes_and_line_ends_stays_one_cell(tmp_path: Path) -> None:
    facts = made_up_facts(reason='after "Go!",\nlong pause')
    write_cues_csv(tmp_path / "cues.csv", facts.analysis, facts.spotting)
    assert rows_of(tmp_path / "cues.csv")[1]["reason"] == 'after "Go!",\nlong pause'


def test_the_same_cues_give_the_same_bytes(tmp_path: Path) -> None:
    facts = made_up_facts()
    for name in ("a.csv", "b.csv"):
        write_cues_csv(tmp_path / name, facts.analysis, facts.spotting)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
