"""The film's line on the report: shots, cues, hits, silences and sound, each at its place in percent."""

from dataclasses import dataclass, replace

import numpy as np

from composer.request import CueRequest
from composer.spotting import Cue, Hit, Spotting
from render.duck import DEEPEST_DB
from render.plot import ceiling, curve_path, percent, step_path
from render.report_facts import ReportFacts
from render.stills import shots_with_still, still_name
from render.timecode import clock, timecode, timecode_at
from vision.analysis import Analysis, SoundClass

RULER_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
MOST_TICKS = 12
MOST_STRIP_STILLS = 120
LABEL_PERCENT = 4.0  # an error of two digits on a screen of 1,000 px
FAINTEST_LUFS = -60.0
SOUND_ROWS: tuple[SoundClass, ...] = ("speech", "music", "effects")


@dataclass(frozen=True)
class Block:
    """A stretch of the line: left and width in percent, what is written on it and said of it."""

    left: float
    width: float
    label: str
    title: str
    kind: str
    picture: str = ""
    inner: float = 0.0


@dataclass(frozen=True)
class Mark:
    """A moment of the line. firm: it had to be there.  roomy: there is room for its label."""

    left: float
    label: str
    title: str
    kind: str
    firm: bool = True
    roomy: bool = True


@dataclass(frozen=True)
class Trace:
    """A curve of the line in a box of 1000 by 100. fill: drawn as an area."""

    path: str
    kind: str
    fill: bool = False


@dataclass(frozen=True)
class Lane:
    """A row of the line that shows curves: its short name, its meaning and its scale in words."""

    name: str
    title: str
    scale: str
    traces: tuple[Trace, ...]


@dataclass(frozen=True)
class Timeline:
    """Everything that the report draws on the film's line."""

    ruler: tuple[Mark, ...]
    regions: tuple[Block, ...]
    shots: tuple[Block, ...]
    cues: tuple[Block, ...]
    silences: tuple[Block, ...]
    hits: tuple[Mark, ...]
    sounds: tuple[tuple[str, tuple[Block, ...]], ...]
    lanes: tuple[Lane, ...]


def draw_timeline(facts: ReportFacts, stills: frozenset[str]) -> Timeline:
    """Lay out the film's line; `stills` names the pictures that really lie beside the report."""
    analysis, spotting = facts.analysis, facts.spotting
    return Timeline(
        ruler=_ruler(analysis),
        regions=_regions(analysis),
        shots=_shots(analysis, stills),
        cues=tuple(_cue(analysis, cue) for cue in spotting.cues),
        silences=_silences(analysis, spotting),
        hits=_hits(analysis, spotting),
        sounds=_sounds(analysis),
        lanes=tuple(lane for lane in _lanes(facts) if lane.traces),
    )


def _ruler(analysis: Analysis) -> tuple[Mark, ...]:
    length = analysis.film.duration_s
    step = next((step for step in RULER_STEPS_S if length / step <= MOST_TICKS), RULER_STEPS_S[-1])
    moments = range(0, int(length) + 1, step)
    return tuple(
        Mark(percent(moment, length), clock(moment), timecode_at(analysis.film, moment), "tick")
        for moment in moments
    )


def _regions(analysis: Analysis) -> tuple[Block, ...]:
    """What is not ordinary picture, and what lies before and after the programme."""
    film, programme = analysis.film, analysis.film.programme
    outside = [(0.0, programme.start_s), (programme.end_s, film.duration_s)]
    frame_s = 1 / float(film.rate)
    blocks = [
        Block(*_span(analysis, start_s, end_s), "", "Outside the programme: no music", "outside")
        for start_s, end_s in outside
        if end_s - start_s > frame_s / 2
    ]
    for region in film.regions:
        name = region.kind.replace("_", " ")
        title = (
            f"{name}, {clock(region.start_s)} to {clock(region.end_s)}, {100 * region.confidence:.0f} % sure"
        )
        blocks.append(Block(*_span(analysis, region.start_s, region.end_s), name, title, "region"))
    return tuple(blocks)


def _shots(analysis: Analysis, stills: frozenset[str]) -> tuple[Block, ...]:
    pictured = {shot.index for shot in shots_with_still(analysis)}
    stride = max(len(pictured) // MOST_STRIP_STILLS, 1)
    shown = {index for place, index in enumerate(sorted(pictured)) if place % stride == 0}
    blocks = []
    for shot in analysis.shots:
        name = still_name(shot)
        how = {"start": "opens the film", "cut": "by a cut"}.get(
            shot.transition_in, f"by a {shot.transition_in}"
        )
        title = f"Shot {shot.index + 1}, {timecode(analysis.film, shot.start_frame)}, {how}"
        picture = name if shot.index in shown and name in stills else ""
        span = _span(analysis, shot.start_s, shot.end_s)
        blocks.append(Block(*span, str(shot.index + 1), title, shot.transition_in, picture))
    return tuple(blocks)


def _cue(analysis: Analysis, cue: Cue) -> Block:
    left, width = _span(analysis, cue.start_s, cue.end_s)
    rings = 100 * (cue.end_s - cue.out_s) / max(cue.end_s - cue.start_s, 1e-9)
    starts = timecode_at(analysis.film, cue.start_s)
    title = f"{cue.id}: {cue.key} {cue.mode}, {cue.tempo_qpm:.0f} qpm, from {starts}"
    return Block(left, width, cue.id, f"{title}. {cue.reason}", cue.mode, inner=round(rings, 3))


def _silences(analysis: Analysis, spotting: Spotting) -> tuple[Block, ...]:
    return tuple(
        Block(
            *_span(analysis, silence.start_s, silence.end_s),
            "no music",
            f"No music, {clock(silence.start_s)} to {clock(silence.end_s)}: {silence.reason}",
            "silence",
        )
        for silence in spotting.silences
    )


def _hits(analysis: Analysis, spotting: Spotting) -> tuple[Mark, ...]:
    marks = sorted((_hit(analysis, hit) for hit in spotting.hits if hit.bar > 0), key=lambda mark: mark.left)
    shown, last = [], -LABEL_PERCENT
    for mark in marks:
        roomy = mark.left - last >= LABEL_PERCENT and LABEL_PERCENT / 2 < mark.left < 100 - LABEL_PERCENT / 2
        last = mark.left if roomy else last
        shown.append(replace(mark, roomy=roomy))
    return tuple(shown)


def _hit(analysis: Analysis, hit: Hit) -> Mark:
    title = (
        f"{hit.kind} at {timecode(analysis.film, hit.frame)}, bar {hit.bar} beat {hit.beat:g}: "
        f"{hit.error_ms:+.2f} ms off. {hit.reason}"
    )
    left = percent(hit.time_s, analysis.film.duration_s)
    return Mark(left, f"{hit.error_ms:+.1f}", title, hit.kind, hit.required)


def _sounds(analysis: Analysis) -> tuple[tuple[str, tuple[Block, ...]], ...]:
    return tuple(
        (
            kind,
            tuple(
                Block(
                    *_span(analysis, span.start_s, span.end_s), "", f"{kind} from {clock(span.start_s)}", kind
                )
                for span in analysis.sound.spans
                if span.kind == kind
            ),
        )
        for kind in SOUND_ROWS
    )


def _lanes(facts: ReportFacts) -> list[Lane]:
    curves, length = facts.curves, facts.analysis.film.duration_s
    time = curves.time_s
    fastest, quickest = ceiling(curves.motion, 0.2), ceiling(curves.cut_rate_hz, 0.5, 1.0)
    loud = np.maximum(curves.loudness_lufs, FAINTEST_LUFS)
    bright = Trace(curve_path(time, curves.brightness, length, 0, 1), "light", True)
    moving = Trace(curve_path(time, curves.motion, length, 0, fastest), "motion", True)
    cutting = Trace(curve_path(time, curves.cut_rate_hz, length, 0, quickest), "cuts", True)
    arousal = Trace(curve_path(time, curves.arousal, length, 0, 1), "felt", True)
    level = Trace(curve_path(curves.loudness_time_s, loud, length, FAINTEST_LUFS, 0), "loud", True)
    lanes = [
        Lane("Light", "Brightness of the picture", "dark to white", (bright,)),
        Lane("Motion", "Movement in the picture", f"up to {fastest:.1f} widths/s", (moving,)),
        Lane("Cutting", "Cuts a second, smoothed", f"up to {quickest:.1f} cuts/s", (cutting,)),
        Lane(
            "Energy",
            "Arousal of the film (area) and what the music was asked for (line)",
            "calm to wild",
            (arousal, *_asked(facts)),
        ),
    ]
    if facts.analysis.sound.loudness_lufs is not None:
        lanes.append(Lane("Loud", "Loudness of the film's own sound", "-60 to 0 LUFS", (level,)))
    duck = _duck(facts)
    if duck.path:
        title = "How far the score makes way for speech"
        lanes.append(Lane("Duck", title, f"0 to -{DEEPEST_DB:.0f} dB", (duck,)))
    return lanes


def _duck(facts: ReportFacts) -> Trace:
    """The scores' gain under speech, as one line over each cue that is ducked at all."""
    length = facts.analysis.film.duration_s
    lines = [
        line for line in (facts.mix.duck if facts.mix else ()) if min(point.gain_db for point in line) < 0
    ]
    paths = [
        curve_path([p.time_s for p in line], [p.gain_db for p in line], length, -DEEPEST_DB, 0)
        for line in lines
    ]
    return Trace("".join(paths), "duck")


def _asked(facts: ReportFacts) -> tuple[Trace, ...]:
    starts: list[float] = []
    ends: list[float] = []
    values: list[float] = []
    for cue in facts.spotting.cues:
        request = facts.requests.get(cue.uid)
        if request is not None:
            bars = bar_times(request)
            starts += [cue.start_s + bar for bar in bars[:-1]]
            ends += [cue.start_s + bar for bar in bars[1:]]
            values += [bar.arousal for bar in request.bars]
    path = step_path(starts, ends, values, facts.analysis.film.duration_s, 1.0)
    return (Trace(path, "asked"),) if path else ()


def bar_times(request: CueRequest) -> list[float]:
    """Start of each bar and the end of the last, in seconds from the cue's start."""
    return [request.tempo_map.time_s(beat) for beat in request.tempo_map.bar_starts()]


def _span(analysis: Analysis, start_s: float, end_s: float) -> tuple[float, float]:
    left, right = (percent(moment, analysis.film.duration_s) for moment in (start_s, end_s))
    return left, round(right - left, 4)
