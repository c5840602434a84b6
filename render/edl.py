"""Marker lists for cutting rooms: CMX3600 with locators, DaVinci Resolve's marker EDL, Avid's marker text.

Timecodes count from the film's own start, drop-frame where the film's are. A CMX3600 list numbers its events
with three digits, so that a longer one goes on in `NAME_2.edl`.
"""

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from composer.spotting import Cue, Spotting
from render.score_markers import COLOURS, Marker, batches, cue_frames, hits_of, lanes, one_line, score_markers
from render.timecode import timecode
from vision.analysis import Analysis, Film
from vision.artifact import write_text

MOST_EVENTS: Final = 999
REEL_LETTERS: Final = 8
# Two mono tracks are all that an event names by itself; cues that ring over each other checkerboard on them.
CHANNELS: Final = ("A", "A2")
SOURCE: Final = "score.wav"


def write_markers(out_dir: Path, analysis: Analysis, spotting: Spotting) -> list[Path]:
    """markers.edl, markers_resolve.edl (each with its continuations) and markers_avid.txt."""
    film = analysis.film
    avid = out_dir / "markers_avid.txt"
    write_text(avid, avid_text(film, spotting))
    edl = _written(out_dir, "markers", _cue_events(film, spotting), film)
    markers = score_markers(film, spotting)
    return [*edl, *_written(out_dir, "markers_resolve", _marker_events(film, markers), film), avid]


def avid_text(film: Film, spotting: Spotting) -> str:
    """A line a marker: author, timecode, track, colour, comment and length in frames, between tabs."""
    return "".join(
        f"Reelscore\t{timecode(film, marker.frame)}\tA1\t{COLOURS[marker.kind]}"
        f"\t{marker.name}: {marker.note}\t{marker.frames}\n"
        for marker in score_markers(film, spotting)
    )


def _written(out_dir: Path, stem: str, events: Sequence[Sequence[str]], film: Film) -> list[Path]:
    """Lists of at most MOST_EVENTS events, each numbered from 001. events: column text, then remarks."""
    paths: list[Path] = []
    parts = batches(events, MOST_EVENTS)
    for number, part in enumerate(parts, 1):
        named = f"{stem}.edl" if number == 1 else f"{stem}_{number}.edl"
        lines = [
            f"TITLE: Reelscore {stem}" + (f" {number} of {len(parts)}" if len(parts) > 1 else ""),
            f"FCM: {'' if film.drop_frame else 'NON-'}DROP FRAME",
        ]
        for event, (columns, *remarks) in enumerate(part, 1):
            lines += [f"{event:03}  {columns}", *remarks]
        paths.append(out_dir / named)
        write_text(paths[-1], "\r\n".join(lines) + "\r\n")
    return paths


def _cue_events(film: Film, spotting: Spotting) -> list[list[str]]:
    """An event a cue, in film order; its hits follow it as locators."""
    found: list[tuple[int, list[str]]] = []
    for number, lane in enumerate(lanes([(*cue_frames(film, cue), cue) for cue in spotting.cues])):
        channel = CHANNELS[min(number, len(CHANNELS) - 1)]
        found += [(first, _cue_event(film, spotting, cue, channel)) for first, _, cue in lane]
    return [event for _, event in sorted(found, key=lambda pair: pair[0])]


def _cue_event(film: Film, spotting: Spotting, cue: Cue, channel: str) -> list[str]:
    first, end = cue_frames(film, cue)
    locators = [
        f"* LOC: {timecode(film, hit.frame)} {COLOURS[hit.kind].upper():<7} {_ascii(cue.id)} {hit.kind}"
        for hit in hits_of(spotting, cue)
    ]
    return [
        _columns(film, _reel(cue.id), channel, first, end),
        f"* FROM CLIP NAME: {_ascii(cue.id)} {cue.key} {cue.mode}",
        f"* SOURCE FILE: {SOURCE}",
        *locators,
    ]


def _marker_events(film: Film, markers: Sequence[Marker]) -> list[list[str]]:
    """Resolve reads a marker from an event's record in and a line: note |C:colour |M:name |D:frames.

    It keeps one marker a frame: those of one frame become one, in the first one's colour.
    """
    by_frame = [list(group) for _, group in groupby(markers, key=lambda marker: marker.frame)]
    return [
        [
            _columns(film, "001", "V", here[0].frame, here[0].frame + 1),
            f"{_remark('; '.join(one.note for one in here))} |C:ResolveColor{_resolve_colour(here[0])} "
            f"|M:{_field(', '.join(one.name for one in here))} |D:{here[0].frames}",
        ]
        for here in by_frame
    ]


def _resolve_colour(marker: Marker) -> str:
    """Resolve has no magenta."""
    return "Purple" if marker.kind == "cue" else COLOURS[marker.kind].capitalize()


def _field(text: str) -> str:
    return text.replace("|", "/")


def _remark(text: str) -> str:
    """A line that no reader takes for an event of its own."""
    return re.sub(r"^(?=\d{3,} |TITLE:|FCM:)", "_", _field(text))


def _columns(film: Film, reel: str, channel: str, first: int, end: int) -> str:
    """A cut; source and record run alike, since score.wav and the film share one clock."""
    span = f"{timecode(film, first)} {timecode(film, end)}"
    return f"{reel:<8} {channel:<4}  C        {span} {span}"


def _reel(cue_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", cue_id)[:REEL_LETTERS] or "AX"


def _ascii(text: str) -> str:
    return one_line(text).encode("ascii", "replace").decode()
