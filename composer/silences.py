"""Where no score sounds, and why: silence is a right answer."""

from collections.abc import Sequence

from composer.coverage import Blocked
from composer.reading import Reading, Span, without
from composer.spotting import Cue, Silence

SHORTEST_S = 1.0
TALK = 0.35


def silences(reading: Reading, cues: Sequence[Cue], holes: Sequence[Blocked], share: float) -> list[Silence]:
    """Every stretch of programme of a second or more without score, with its reason."""
    scored = tuple((cue.start_s, cue.end_s) for cue in cues)
    found: list[Silence] = []
    for span in without((reading.start_s, reading.end_s), scored):
        if span[1] - span[0] >= SHORTEST_S:
            found += _reasoned(reading, span, holes, share)
    return found


def _reasoned(reading: Reading, span: Span, holes: Sequence[Blocked], share: float) -> list[Silence]:
    """A gap, cut where a reason that was settled beforehand begins or ends."""
    found: list[Silence] = []
    at = span[0]
    for hole in holes:
        start, end = max(hole.start_s, at), min(hole.end_s, span[1])
        if end <= start:
            continue
        if start - at >= SHORTEST_S:
            found.append(_rest(reading, (at, start), share))
        else:
            start = at
        found.append(Silence(start_s=start, end_s=end, reason=hole.reason))
        at = end
    if span[1] - at >= SHORTEST_S or not found:
        found.append(_rest(reading, (at, span[1]), share))
    elif at < span[1]:
        found[-1] = found[-1].model_copy(update={"end_s": span[1]})
    return found


def _rest(reading: Reading, span: Span, share: float) -> Silence:
    talk, arousal = reading.speech_share(*span), reading.mean("arousal", *span)
    if talk >= TALK:
        reason = f"the talk carries it ({talk:.0%} speech)"
    elif span[1] - span[0] < 15.0:
        reason = "too short for a cue: the film breathes"
    elif arousal < 0.35:
        reason = f"quiet picture left quiet (music is kept to about {share:.0%})"
    else:
        reason = f"the film's own sound carries it (music is kept to about {share:.0%})"
    return Silence(start_s=span[0], end_s=span[1], reason=reason)
