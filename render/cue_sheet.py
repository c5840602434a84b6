"""cue_sheet_draft.csv: what a human author completes before a society registers anything."""

import csv
import io
from fractions import Fraction
from pathlib import Path
from typing import Final

from composer.spotting import Cue, Spotting
from render.cue_list import inert
from render.timecode import timecode_at
from vision.analysis import Analysis, Film
from vision.artifact import write_text

HEAD: Final = (
    "DRAFT CUE SHEET: not for registration as it stands.",
    "Fully machine-made works can't be registered: a human author must complete this sheet.",
    "Composer, publisher, shares and societies are left empty on purpose; fill in who wrote what.",
)
COLUMNS: Final = (
    "sequence",
    "cue",
    "title",
    "usage",
    "in_timecode",
    "out_timecode",
    "duration",
    "composer",
    "composer_share",
    "composer_society",
    "publisher",
    "publisher_share",
    "publisher_society",
)
BACKGROUND_INSTRUMENTAL: Final = "BI"
LEFT_EMPTY: Final = 6  # composer and publisher with their shares and societies


def write_cue_sheet(path: Path, analysis: Analysis, spotting: Spotting) -> None:
    """Write HEAD a line each, COLUMNS, then one row a cue in film order; formulas are made inert.

    duration: minutes and seconds from the first downbeat to the last sound, to the nearest second.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\r\n")  # RFC 4180
    for line in HEAD:
        writer.writerow([line])
    writer.writerow(COLUMNS)
    for number, cue in enumerate(spotting.cues, 1):
        writer.writerow([inert(cell) for cell in _cells(analysis.film, number, cue)])
    write_text(path, table.getvalue())


def _cells(film: Film, number: int, cue: Cue) -> list[str]:
    return [
        str(number),
        cue.id,
        "",
        BACKGROUND_INSTRUMENTAL,
        timecode_at(film, cue.start_s),
        timecode_at(film, cue.end_s),
        _minutes(cue.end_s - cue.start_s),
        *[""] * LEFT_EMPTY,
    ]


def _minutes(length_s: float) -> str:
    seconds = int(Fraction(length_s) + Fraction(1, 2))
    return f"{seconds // 60:02}:{seconds % 60:02}"
