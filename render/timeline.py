"""The film's line on the report: shots, cues, hits, silences and sound, each at its place in percent."""

from dataclasses import dataclass, replace

from composer.spotting import Cue, Hit, Spotting
from render.lanes import Lane, draw_lanes
from render.plot import percent
from render.report_facts import ReportFacts
from render.stills import shots_with_still, still_name
from render.timecode import clock, timecode, timecode_at
from vision.analysis import Analysis, SoundClass

RULER_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
MOST_TICKS = 12
MOST_STRIP_STILLS = 120
LABEL_PERCENT = 4.0  # an error of two digits on a screen of 1,000 px
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
        ruler=ruler(analysis),
        regions=_regions(analysis),
        shots=_shots(analysis, stills),
        cues=tuple(_cue(analysis, cue) for cue in spotting.cues),
        silences=_silences(analysis, spotting),
        hits=_hits(analysis, spotting),
        sounds=_sounds(analysis),
        lanes=draw_lanes(facts),
    )


def ruler(analysis: Analysis) -> tuple[Mark, ...]:
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


def _span(analysis: Analysis, start_s: float, end_s: float) -> tuple[float, float]:
    left, right = (percent(moment, analysis.film.duration_s) for moment in (start_s, end_s))
    return left, round(right - left, 4)
