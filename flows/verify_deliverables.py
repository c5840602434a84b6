"""Marker lists, timeline and notation read back by readers that did not write them."""

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from composer.spotting import Spotting
from render.score_markers import cue_frames
from render.timecode import start_count
from vision.analysis import Film
from vision.timecode import counting_rate, parse_timecode

Span = tuple[int, int]
RATE_HZ = 48_000
CMX_FPS = 100  # two digits of frames are all that a CMX3600 column holds


def deliverable_findings(out: Path, film: Film, spotting: Spotting) -> list[str]:
    """What a cutting room or a notation program would find wrong; empty where all is well."""
    cues = sorted(cue_frames(film, cue) for cue in spotting.cues)
    said = {"score.otio": timeline_cues(out / "score.otio")}
    if cues and counting_rate(film.rate) <= CMX_FPS:
        said["markers.edl"] = edl_cues(out, film)
    found = [
        f"{name} has its cues at frames {seen}, not {cues}" for name, seen in said.items() if seen != cues
    ]
    starts = sorted(round(cue.start_s * RATE_HZ) for cue in spotting.cues)
    if not set(starts) <= set(session_marks(out / "session.dawproject")):
        found.append("session.dawproject lacks the marker of a cue at its sample")
    measures = measure_counts(out / "score.musicxml") if cues else []
    if len(set(measures)) > 1 or (cues and not measures):
        found.append(f"score.musicxml has parts of different lengths: {measures} bars")
    return found


def edl_cues(out: Path, film: Film) -> list[Span]:
    """[first, end) film frames of each event of markers.edl and its continuations."""
    import pycmx

    lists = [out / "markers.edl", *out.glob("markers_[0-9]*.edl")]
    edits = [
        edit
        for path in lists
        for event in pycmx.parse_cmx3600(io.StringIO(path.read_text("utf-8"))).events
        for edit in event.edits
    ]
    last = f"23:59:59:{counting_rate(film.rate) - 1:02}"
    day = parse_timecode(last, film.rate, film.drop_frame) + 1

    def frame(text: str) -> int:
        return (parse_timecode(text, film.rate, film.drop_frame) - start_count(film)) % day

    return sorted((frame(edit.record_in), frame(edit.record_out)) for edit in edits)


def timeline_cues(path: Path) -> list[Span]:
    """[first, end) film frames of each clip on the timeline's tracks of cues."""
    import opentimelineio as otio

    timeline = otio.adapters.read_from_file(str(path), "otio_json")
    spans = [
        clip.range_in_parent()
        for track in timeline.tracks
        if track.name.startswith("Cues")
        for clip in track.find_clips()
    ]
    return sorted((int(span.start_time.value), int(span.end_time_exclusive().value)) for span in spans)


def session_marks(path: Path) -> list[int]:
    """Samples of the markers of a DAWproject."""
    with zipfile.ZipFile(path) as archive, archive.open("project.xml") as text:
        root = ElementTree.parse(text).getroot()
    marks = root.iterfind("Arrangement/Markers/Marker")
    return [round(float(mark.get("time", "nan")) * RATE_HZ) for mark in marks]


def measure_counts(path: Path) -> list[int]:
    """Bars of each part of a MusicXML file."""
    counts: list[int] = []
    bars = 0
    for _, element in ElementTree.iterparse(path):
        if element.tag == "measure":
            bars += 1
            element.clear()
        elif element.tag == "part":
            counts.append(bars)
            bars = 0
    return counts
