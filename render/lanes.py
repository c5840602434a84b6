"""The curves under the film's line: what is seen, what is heard, and what the music was asked for."""

from dataclasses import dataclass

import numpy as np

from composer.request import CueRequest
from render.duck import DEEPEST_DB
from render.plot import ceiling, curve_path, step_path
from render.report_facts import ReportFacts

FAINTEST_LUFS = -60.0


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


def draw_lanes(facts: ReportFacts) -> tuple[Lane, ...]:
    """The rows from light to duck; loudness and duck only where there is something to show."""
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
    return tuple(lanes)


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
