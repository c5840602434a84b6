"""Hits in a table and in a sentence: how near, how many, and how few inside conversations."""

from bisect import bisect_left
from dataclasses import dataclass

from composer.spotting import Hit, Spotting
from render.timecode import timecode
from render.verdict import counted
from vision.analysis import Analysis

CONVERSATION_S = 1.5  # speech this near on both sides of a cut (PRACTICE, Spotting)
ONE_FRAME = 1.0

KIND_WORDS = {
    "in": "music starts",
    "out": "music ends",
    "turn": "music turns",
    "accent": "accent",
    "stop": "dead stop",
}


@dataclass(frozen=True)
class HitRow:
    """One hit as the table shows it; time_s is for seeking. off: more than a frame away."""

    time_s: float
    timecode: str
    cue: str
    kind: str
    means: str
    place: str
    asked: str
    sounds: str
    error_ms: str
    error_frames: str
    firm: str
    reason: str
    off: bool


@dataclass(frozen=True)
class HitView:
    """The hits that were kept, those that were not (with why), and their sums."""

    rows: tuple[HitRow, ...]
    demoted: tuple[str, ...]
    summary: tuple[str, ...]


def view_hits(analysis: Analysis, spotting: Spotting) -> HitView:
    """Lay out the hits in film order."""
    ids = {cue.uid: cue.id for cue in spotting.cues} | {cue.id: cue.id for cue in spotting.cues}
    kept = sorted((hit for hit in spotting.hits if hit.bar > 0), key=lambda hit: hit.time_s)
    return HitView(
        rows=tuple(_row(analysis, hit, ids.get(hit.cue, hit.cue)) for hit in kept),
        demoted=spotting.demoted,
        summary=_summary(analysis, spotting, kept),
    )


def conversation_cuts(analysis: Analysis) -> list[float]:
    """Times of hard cuts with speech within CONVERSATION_S on both sides."""
    cuts = [shot.start_s for shot in analysis.shots if shot.transition_in == "cut"]
    return [
        cut
        for cut in cuts
        if _spoken(analysis, cut - CONVERSATION_S, cut) and _spoken(analysis, cut, cut + CONVERSATION_S)
    ]


def _spoken(analysis: Analysis, start_s: float, end_s: float) -> bool:
    return any(span.start_s < end_s and span.end_s > start_s for span in analysis.sound.speech)


def _row(analysis: Analysis, hit: Hit, cue: str) -> HitRow:
    return HitRow(
        time_s=hit.time_s,
        timecode=timecode(analysis.film, hit.frame),
        cue=cue,
        kind=hit.kind,
        means=KIND_WORDS[hit.kind],
        place=f"{hit.bar} | {hit.beat:g}",
        asked=f"{hit.time_s:.3f}",
        sounds=f"{hit.realised_s:.3f}",
        error_ms=f"{hit.error_ms:+.2f}",
        error_frames=f"{hit.error_frames:+.3f}",
        firm="directed" if hit.directed else "required" if hit.required else "wanted",
        reason=hit.reason,
        off=abs(hit.error_frames) >= ONE_FRAME,
    )


def _summary(analysis: Analysis, spotting: Spotting, kept: list[Hit]) -> tuple[str, ...]:
    if not kept:
        return ()
    worst = max(kept, key=lambda hit: abs(hit.error_ms))
    inside = sum(abs(hit.error_frames) < ONE_FRAME for hit in kept)
    music_min = sum(cue.end_s - cue.start_s for cue in spotting.cues) / 60
    inner = [hit for hit in kept if hit.kind not in ("in", "out")]
    accents = sum(hit.kind == "accent" for hit in inner)
    late = "late" if worst.error_ms >= 0 else "early"
    lines = [
        f"{inside} of {counted(len(kept), 'hit')} land within a frame; the furthest is "
        f"{abs(worst.error_ms):.2f} ms ({abs(worst.error_frames):.3f} frames) {late}.",
    ]
    if music_min > 0:
        lines.append(
            f"{len(inner) / music_min:.1f} hits a minute of music besides ins and outs, {accents} accents."
        )
    return (*lines, _conversation(analysis, inner))


def _conversation(analysis: Analysis, inner: list[Hit]) -> str:
    cuts = conversation_cuts(analysis)
    if not cuts:
        return "No cut falls inside a conversation."
    times = sorted(hit.time_s for hit in inner)
    half = 0.5 / float(analysis.film.rate)
    struck = sum(_near(times, cut, half) for cut in cuts)
    return f"{counted(len(cuts), 'cut')} inside conversations, {struck or 'none'} of them hit."


def _near(times: list[float], moment: float, within_s: float) -> bool:
    place = bisect_left(times, moment - within_s)
    return place < len(times) and times[place] <= moment + within_s
