"""Decides once, on the joined rows and evidence, where shots begin."""

from dataclasses import dataclass

import numpy as np

from vision.analysis import Transition
from vision.evidence import STRAIGHT_RESIDUAL, CutEvidence, Evidence, MixEvidence
from vision.fades import PlainSpan, plain_spans
from vision.measures import Rows

SAME_SCENE = 0.42
"""Likeness from which two frames are one shot: cuts of seven films read at most .32, the rest .52 up."""
CLEAR_RATIO, CLEAR_SAME = 5.0, 0.5
"""A jump of five times the local change may be a little more alike and still be a cut."""
FLASH_JUMP, WASHED = 0.12, 0.8
"""Rise in brightness and loss of contrast of a flash, which returns to its picture within eight frames."""
MIX_LIKENESS = 0.28
"""Ends of a dissolve: real ones read at most .23; titles that fade in over a picture .38 and more."""
MOVING_CHAIN, MOVING_MIXTURE, MOVING_LEFT_OVER, CLEAR_LEFT_OVER = 0.66, 0.28, 0.8, 0.72
"""Where both sides of a dissolve move, the frames leave the straight line (.40 in sintel_trailer).  Then the
middle frame must still look mixed, and the picture must not hold together step by step: pans and shakes
hold at .67 and more, moving dissolves break to .2 to .65 (made-up films of stills that pan and shake).
A mixture that leaves less than CLEAR_LEFT_OVER unexplained speaks for itself: pans leave .78 up."""
MIX_CHANGED = 0.5
FADED_SHARE = 0.3
"""Contrast at the bottom of a quick fade; two unrelated pictures mixed half and half keep .6 to .8."""
STEP_ABOVE_RAMP = 1.5
"""The last step of an even ramp is as large as those before it (1.0 in sintel_trailer); cuts are 3.8 up."""
TRAILING_BLACK_S = 0.5
PLAIN_SHOT_S = 1.0
"""Black between two fades up to here is part of one transition; longer, it stands for itself."""
NEAR = 2


@dataclass(frozen=True)
class Boundary:
    """A shot begins at `frame`; a gradual one lasts over [first, last]."""

    frame: int
    kind: Transition
    first: int
    last: int


def find_boundaries(
    rows: Rows, evidence: Evidence, frames_a_second: float, min_shot_frames: int
) -> list[Boundary]:
    """Shot boundaries by rising frame, none at frame 0, at least min_shot_frames apart."""
    lit = flashes(evidence.cuts, rows)
    spans = [span for span in plain_spans(rows, frames_a_second) if not _lies_in(span, lit)]
    jumps = [jump for jump in hard_cuts(evidence.cuts, lit) if not _is_ramp_step(jump.frame, spans, rows)]
    cuts = [jump.frame for jump in jumps]
    fades = fade_boundaries(spans, cuts, len(rows.brightness), frames_a_second, min_shot_frames)
    mixes = dissolves([mix for mix in evidence.mixes if not _holds_flash(mix, lit)], cuts, spans, rows)
    sharp = [(jump.across, Boundary(jump.frame, "cut", jump.frame - 1, jump.frame)) for jump in jumps]
    return _spaced(sharp, [*fades, *mixes], min_shot_frames, len(rows.brightness))


def hard_cuts(noted: tuple[CutEvidence, ...], flashes: list[range]) -> list[CutEvidence]:
    """Jumps to an unrelated picture that stays."""
    cuts: list[CutEvidence] = []
    for jump in noted:
        same = CLEAR_SAME if jump.ratio >= CLEAR_RATIO else SAME_SCENE
        if max(jump.across, jump.later) >= same or any(jump.frame in flash for flash in flashes):
            continue
        if cuts and jump.frame - cuts[-1].frame <= NEAR:
            if jump.change > cuts[-1].change:
                cuts[-1] = jump
            continue
        cuts.append(jump)
    return cuts


def flashes(noted: tuple[CutEvidence, ...], rows: Rows) -> list[range]:
    """Frames from each flash or blink to where the picture before it is back, the way back included."""
    found = []
    for jump in noted:
        step = float(rows.brightness[jump.frame]) - float(rows.brightness[jump.frame - 1])
        washed = float(rows.deviation[jump.frame]) < WASHED * float(rows.deviation[jump.frame - 1])
        if jump.later >= CLEAR_SAME and (jump.across < CLEAR_SAME or (washed and step > FLASH_JUMP)):
            found.append(range(jump.frame, jump.frame + 4))
        elif jump.after_flash >= CLEAR_SAME and step > FLASH_JUMP and washed:
            found.append(range(jump.frame, jump.frame + 9))
    return found


def _is_ramp_step(frame: int, spans: list[PlainSpan], rows: Rows) -> bool:
    """Whether a jump at the edge of a plain stretch is no bigger than the steps of the ramp beside it."""
    change = rows.difference + rows.chroma_difference
    for span in spans:
        if span.ramp_in and abs(frame - span.start) <= NEAR:
            return bool(change[frame] < STEP_ABOVE_RAMP * change[max(frame - 3, 0) : frame].max())
        if span.ramp_out and abs(frame - span.end) <= NEAR:
            return bool(change[frame] < STEP_ABOVE_RAMP * change[frame + 1 : frame + 4].max(initial=0))
    return False


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


def _lies_in(span: PlainSpan, flashes: list[range]) -> bool:
    return any(span.start in flash and span.end in flash for flash in flashes)


def _holds_flash(mix: MixEvidence, flashes: list[range]) -> bool:
    return any(flash.start <= mix.frame + mix.half and flash.stop > mix.frame - mix.half for flash in flashes)


def dissolves(
    noted: list[MixEvidence], cuts: list[int], spans: list[PlainSpan], rows: Rows
) -> list[Boundary]:
    """Mixtures near each other are one dissolve, at the middle of its best witness.

    One that leaves the straight line needs a second witness.  Where contrast all but goes on the way, it is
    a fade so quick that no frame is quite plain.
    """
    mixes = [mix for mix in noted if _is_dissolve(mix, cuts, spans)]
    kept: list[MixEvidence] = []
    for mix in sorted(mixes, key=lambda mix: (mix.residual + mix.likeness, mix.frame)):
        alone = not any(_near(mix, other) for other in mixes if other is not mix)
        if any(_near(mix, other) for other in kept) or (alone and mix.residual >= STRAIGHT_RESIDUAL):
            continue
        kept.append(mix)
    return [_boundary(mix, rows) for mix in kept]


def _near(a: MixEvidence, b: MixEvidence) -> bool:
    """Whether the middle of either lies within the other: they witness one transition."""
    return abs(a.frame - b.frame) <= max(a.half, b.half)


def _is_dissolve(mix: MixEvidence, cuts: list[int], spans: list[PlainSpan]) -> bool:
    first, last = mix.frame - mix.half, mix.frame + mix.half
    if any(first < cut <= last for cut in cuts):
        return False
    if any(span.start - span.ramp_in <= last and span.end + span.ramp_out > first for span in spans):
        return False  # a fade: its plain span speaks for it
    if mix.changed <= MIX_CHANGED:
        return False
    if mix.residual < STRAIGHT_RESIDUAL:
        return mix.likeness < MIX_LIKENESS
    breaks = mix.chain < MOVING_CHAIN and (mix.mixed > MOVING_MIXTURE or mix.left_over < MOVING_LEFT_OVER)
    return mix.likeness < MIX_LIKENESS and (breaks or mix.left_over < CLEAR_LEFT_OVER)


def _boundary(mix: MixEvidence, rows: Rows) -> Boundary:
    first, last = mix.frame - mix.half, mix.frame + mix.half
    contrast = rows.deviation[first : last + 1]
    if float(contrast.min()) < FADED_SHARE * float(min(contrast[0], contrast[-1])):
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
