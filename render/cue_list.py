"""cues.csv: each cue's place, key, tempo and reason, for a spreadsheet."""

import csv
import io
from pathlib import Path

from composer.spotting import Cue, Spotting
from render.timecode import frame_at, timecode
from vision.analysis import Analysis, Film
from vision.artifact import write_text

COLUMNS = (
    "id",
    "uid",
    "in_timecode",
    "out_timecode",
    "end_timecode",
    "in_frame",
    "out_frame",
    "end_frame",
    "in_s",
    "out_s",
    "end_s",
    "length_s",
    "key",
    "mode",
    "tempo_qpm",
    "style",
    "theme",
    "theme_use",
    "entry",
    "ending",
    "hits",
    "reason",
    "frame_rate",
)
# A spreadsheet runs a cell that starts so as a formula (OWASP, "CSV Injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_cues_csv(path: Path, analysis: Analysis, spotting: Spotting) -> None:
    """Write one row a cue in film order under COLUMNS; text that looks like a formula is made inert.

    in: the first downbeat; out: the structural out, where the last chord is struck; end: the last sound.
    Frames are zero-based, timecodes count from the film's own start.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\r\n")  # RFC 4180
    writer.writerow(COLUMNS)
    for cue in spotting.cues:
        writer.writerow([inert(cell) for cell in _cells(analysis.film, cue, spotting)])
    write_text(path, table.getvalue())


def inert(cell: str) -> str:
    """`cell`, with an apostrophe in front where a spreadsheet would run it."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def _cells(film: Film, cue: Cue, spotting: Spotting) -> list[str]:
    moments = (cue.start_s, cue.out_s, cue.end_s)
    frames = [frame_at(film, moment) for moment in moments]
    return [
        cue.id,
        cue.uid,
        *(timecode(film, frame) for frame in frames),
        *(str(frame) for frame in frames),
        *(f"{moment:.6f}" for moment in moments),
        f"{cue.end_s - cue.start_s:.3f}",
        cue.key,
        cue.mode,
        f"{cue.tempo_qpm:.3f}",
        cue.style,
        cue.theme or "",
        cue.theme_use,
        cue.entry,
        cue.ending,
        str(sum(hit.cue == cue.uid and hit.bar > 0 for hit in spotting.hits)),
        cue.reason,
        f"{film.frame_rate}{' drop-frame' if film.drop_frame else ''}",
    ]
