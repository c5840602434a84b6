"""Decides once, on the joined rows and evidence, where shots begin."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.analysis import Transition
from vision.evidence import CutEvidence, Evidence
from vision.fades import PlainSpan, plain_spans
from vision.measures import Rows
from vision.mixtures import MixEvidence
from vision.thresholds import Thresholds

TRAILING_BLACK_S = 0.5
PLAIN_SHOT_S = 1.0
"""Black between two fades up to here is part of one transition; longer, it stands for itself."""
NEAR = 2
GLOW_FRAMES = 17
THRESHOLDS = Thresholds()


@dataclass(frozen=True)
class Boundary:
    """A shot begins at `frame`; a gradual one lasts over [first, last]."""

    frame: int
    kind: Transition
    first: int
    last: int


def find_boundaries(
    rows: Rows,
    evidence: Evidence,
    frames_a_second: float,
    min_shot_frames: int,
    thresholds: Thresholds = THRESHOLDS,
) -> list[Boundary]:
    """Shot boundaries by rising frame, none at frame 0, at least min_shot_frames apart."""
    total, passing = hard_cuts(evidence.cuts, rows, thresholds)
    spans = [span for span in plain_spans(rows, frames_a_second, thresholds) if not _passes(span, passing)]
    jumps = [jump for jump in total if not _is_ramp_step(jump.frame, spans, rows, thresholds)]
    cuts = [jump.frame for jump in jumps]
    fades = fade_boundaries(spans, cuts, len(rows.brightness), frames_a_second, min_shot_frames)
    mixes = dissolves(evidence.mixes, [*cuts, *passing], spans, rows, thresholds)
    sharp = [(jump.across, Boundary(jump.frame, "cut", jump.frame - 1, jump.frame)) for jump in jumps]
    return _spaced(sharp, [*fades, *mixes], min_shot_frames, len(rows.brightness))


def hard_cuts(
    noted: tuple[CutEvidence, ...], rows: Rows, thresholds: Thresholds
) -> tuple[list[CutEvidence], list[int]]:
    """Jumps to an unrelated picture that stays, and the frames of those that pass: flashes, crossings."""
    jumps = [jump for jump in noted if _is_jump(jump, thresholds)]
    frames = [jump.frame for jump in jumps]
    cuts: list[CutEvidence] = []
    passing: list[int] = []
    for jump in jumps:
        if _goes_on(jump, frames, rows, thresholds):
            passing.append(jump.frame)
        elif cuts and jump.frame - cuts[-1].frame <= NEAR:
            if jump.change > cuts[-1].change:
                cuts[-1] = jump
        else:
            cuts.append(jump)
    return cuts, passing


def _is_jump(jump: CutEvidence, limits: Thresholds) -> bool:
    """Whether both sides are unrelated; the frame alone, or also a little later."""
    if jump.ratio < limits.least_ratio and jump.change < limits.peak_change:
        return False
    return jump.across < (limits.clear_same if jump.ratio >= limits.clear_ratio else limits.same_scene)


def _goes_on(jump: CutEvidence, jumps: list[int], rows: Rows, limits: Thresholds) -> bool:
    """Whether the shot before the jump is there again after it: shortly, behind something, or out of a glow.

    Another shot in between begins and ends with a clean jump; what crosses the picture changes it for
    several frames on end, and a glow dies away without any jump.
    """
    same = limits.clear_same if jump.ratio >= limits.clear_ratio else limits.same_scene
    if jump.later >= same or jump.brief >= limits.same_again:
        return True
    if jump.bridge >= limits.same_again and jump.calm < limits.calm:
        return True
    step = float(rows.brightness[jump.frame]) - float(rows.brightness[jump.frame - 1])
    ends = any(
        jump.frame + NEAR < other <= jump.frame + GLOW_FRAMES
        and float(rows.brightness[other] - rows.brightness[other - 1]) < -step / 2
        for other in jumps
    )
    return jump.after >= limits.same_again and step > limits.flash_step and not ends


def _passes(span: PlainSpan, passing: list[int]) -> bool:
    """Whether a plain stretch is the white of a flash."""
    return any(abs(span.start - frame) <= NEAR for frame in passing) and span.end - span.start < GLOW_FRAMES


def _is_ramp_step(frame: int, spans: list[PlainSpan], rows: Rows, limits: Thresholds) -> bool:
    """Whether a jump at the edge of a plain stretch is no bigger than the steps of the ramp beside it."""
    change = rows.difference + rows.chroma_difference
    for span in spans:
        if span.ramp_in and abs(frame - span.start) <= NEAR:
            return _even(change[frame], change[max(frame - 3, 0) : frame], limits)
        if span.ramp_out and abs(frame - span.end) <= NEAR:
            return _even(change[frame], change[frame + 1 : frame + 4], limits)
    return False


def _even(step: float, beside: NDArray[np.float32], limits: Thresholds) -> bool:
    return len(beside) > 0 and bool(step < limits.step_above_ramp * np.median(beside))


def fade_boundaries(
    spans: list[PlainSpan], cuts: list[int], frames: int, frames_a_second: float, min_shot_frames: int
) -> list[Boundary]:
    """Where the picture fades to one colour, at its first plain frame, or comes out of it.

    Out and in again is one boundary unless the plain stretch lasts PLAIN_SHOT_S.  After a cut to black the
    fade in is a boundary of its own if the black is long enough for a shot.  A film's plain beginning is
    no boundary.
    """
    found = []
    for span in spans:
        length = span.end - span.start
        cut_in = any(abs(cut - span.start) <= NEAR for cut in cuts)
        if span.start == 0 or (span.end == frames and length < TRAILING_BLACK_S * frames_a_second):
            continue
        if span.ramp_in and not cut_in:
            found.append(Boundary(span.start, "fade", span.start - span.ramp_in, span.start))
        alone = min_shot_frames if cut_in else PLAIN_SHOT_S * frames_a_second if span.ramp_in else 0
        if span.ramp_out and span.end < frames and length >= alone:
            found.append(Boundary(span.end, "fade", span.end - 1, span.end + span.ramp_out))
    return found


def dissolves(
    noted: tuple[MixEvidence, ...],
    jumps: list[int],
    spans: list[PlainSpan],
    rows: Rows,
    limits: Thresholds,
) -> list[Boundary]:
    """Mixtures near each other are one dissolve, at the middle of its best witness.

    Where contrast all but goes on the way, it is a fade so quick that no frame is quite plain.
    """
    mixes = [mix for mix in noted if _is_dissolve(mix, jumps, spans, limits)]
    kept: list[MixEvidence] = []
    for mix in sorted(mixes, key=lambda mix: (_doubt(mix), mix.frame)):
        if not any(_near(mix, other) for other in kept):
            kept.append(mix)
    return [_boundary(mix, rows, limits) for mix in kept]


def _doubt(mix: MixEvidence) -> float:
    """Small for a mixture that its sign explains well and whose ends have nothing in common."""
    return min(mix.residual, 1 - mix.sag) + mix.likeness


def _near(a: MixEvidence, b: MixEvidence) -> bool:
    """Whether the middle of either lies within the other: they witness one transition."""
    return abs(a.frame - b.frame) <= max(a.half, b.half)


def _is_dissolve(mix: MixEvidence, jumps: list[int], spans: list[PlainSpan], limits: Thresholds) -> bool:
    first, last = mix.frame - mix.half, mix.frame + mix.half
    if any(first < jump <= last for jump in jumps):
        return False
    if any(span.start - span.ramp_in <= last and span.end + span.ramp_out > first for span in spans):
        return False  # a fade: its plain span speaks for it
    if (
        mix.likeness >= limits.mix_likeness
        or mix.bridge >= limits.mix_again
        or mix.changed <= limits.mix_changed
    ):
        return False
    if mix.residual < limits.straight:
        return mix.sag > limits.straight_sag
    return mix.sag > limits.sag and mix.bend < limits.sag_bend


def _boundary(mix: MixEvidence, rows: Rows, limits: Thresholds) -> Boundary:
    first, last = mix.frame - mix.half, mix.frame + mix.half
    contrast = rows.deviation[first : last + 1]
    if float(contrast.min()) < limits.faded_share * float(min(contrast[0], contrast[-1])):
        return Boundary(first + int(np.argmin(contrast)), "fade", first, last)
    return Boundary(mix.frame, "dissolve", first, last)


def _spaced(
    sharp: list[tuple[float, Boundary]], gradual: list[Boundary], min_shot_frames: int, frames: int
) -> list[Boundary]:
    """Of two cuts closer than the shortest shot the clearer one stays; gradual ones give way to cuts."""
    kept: list[Boundary] = []
    for _, cut in sorted(sharp, key=lambda pair: (pair[0], pair[1].frame)):
        if _free(cut.frame, kept, min_shot_frames):
            kept.append(cut)
    for boundary in gradual:
        if _free(boundary.frame, kept, min_shot_frames):
            kept.append(boundary)
    kept.sort(key=lambda boundary: boundary.frame)
    return [b for b in kept if min_shot_frames <= b.frame <= frames - min_shot_frames]


def _free(frame: int, kept: list[Boundary], min_shot_frames: int) -> bool:
    return all(abs(frame - other.frame) >= min_shot_frames for other in kept)
