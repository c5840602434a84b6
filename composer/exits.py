"""Where a cue ends and how: ring over the cut, a tail under the next line, a stop, or on without end."""

from dataclasses import dataclass
from itertools import pairwise

from composer.practice import Practice
from composer.reading import Reading, Span
from composer.spotting import Ending

BEFORE_S = 8.0
AFTER_S = 6.0
WORD_AIR_S = 0.05
LAST_REST_S = 7.0
CALMING_MOTION = 0.15
# What a short film may stay silent at its end: the rest of its 95 %.
LAST_SILENCE_SHARE = 0.05
STOP_DROP = 0.30
CALM = 0.42
CHANGE = 0.10
# Ends the reason of an out on a cut; a dead stop there has no ring.
RINGING = ", the last chord ringing over it"


@dataclass(frozen=True, slots=True)
class Out:
    """The last downbeat, the latest moment its ring may reach, and what made it."""

    time_s: float
    ring_until_s: float
    reason: str


def find_out(
    reading: Reading, start_s: float, span: Span, limit_s: float, held_until_s: float, practice: Practice
) -> Out:
    """The out for a rough span; nothing may sound after `limit_s` (the programme's end, blocked music, or
    the next cue), and the music goes on to `held_until_s` at least, where that leaves room.

    On a cut with the ring over it, or before the next line with the ring under its first word.
    """
    shortest, longest = practice.ring_s
    held = min(held_until_s, limit_s - shortest)
    rough = min(max(span[1], held), limit_s)
    latest = limit_s - shortest
    earliest = max(start_s + (rough - start_s) * 0.6, held)
    before = BEFORE_S
    if rough >= limit_s - 1e-6:
        ring = min(longest, max(shortest, 0.2 * (limit_s - start_s)))
        rough = max(limit_s - min(ring, 0.45 * (limit_s - start_s)), held)
        latest = limit_s - min(shortest, limit_s - rough)
        before = 0.5
        silent = min(LAST_SILENCE_SHARE * reading.length_s, LAST_REST_S - longest)
        calm = _calming_cut(reading, max(earliest, limit_s - longest - silent), latest)
        if calm is not None:
            reason = f"on the cut where the picture comes to rest{RINGING}"
            return Out(calm, min(limit_s, calm + longest), reason)
    cuts = [
        s.start_s
        for s in reading.shots
        if max(rough - before, earliest) <= s.start_s <= min(rough + AFTER_S, latest)
        and _open(reading, s.start_s)
    ]
    if cuts:
        at = min(cuts, key=lambda cut: (abs(cut - rough), cut))
        tail = min(limit_s, at + longest)
        if limit_s - at <= longest + 0.5:
            return Out(at, limit_s, f"on the last cut{RINGING}")
        return Out(at, tail, f"on the cut{RINGING}")
    at = min(_before_words(reading, min(rough, latest), earliest), limit_s)
    line = reading.next_word_s(at)
    until = min(limit_s, at + longest)
    if line < until:
        return Out(at, min(until, line + practice.tail_under_line_s), "tail under the next line's first word")
    return Out(at, until, "rings out in a pause" if reading.words else "rings out before the picture ends")


def _calming_cut(reading: Reading, low: float, high: float) -> float | None:
    """The cut from `low` to `high` after which the picture calms most, to less than half; None for none."""
    calms: list[tuple[float, float]] = []
    for before, shot in pairwise(reading.shots):
        at = shot.start_s
        if not low <= at <= high or not _open(reading, at):
            continue
        moved = reading.mean("motion", max(at - LAST_REST_S, reading.start_s), before.end_s)
        left = reading.mean("motion", at, reading.end_s)
        if moved >= CALMING_MOTION and left < moved / 2:
            calms.append((left / moved, at))
    return min(calms)[1] if calms else None


def _open(reading: Reading, time_s: float) -> bool:
    return reading.word_at(time_s, WORD_AIR_S) is None


def _before_words(reading: Reading, rough: float, earliest: float) -> float:
    """The last moment at or before `rough` that is outside words; after them where there is none."""
    at, word = rough, reading.word_at(rough, WORD_AIR_S)
    while word is not None and word[0] - WORD_AIR_S > earliest:
        at = word[0] - WORD_AIR_S
        word = reading.word_at(at, WORD_AIR_S)
    while word is not None:
        at = word[1] + WORD_AIR_S
        word = reading.word_at(at, WORD_AIR_S)
    return at


def ending_of(
    arousal: float, following: float | None, last: bool, comic: bool, chapter: bool, share: float
) -> Ending:
    """How a cue ends. following: the next scene's arousal (None at the end of the picture).

    share: a seeded number of [0, 1) that keeps close to a fifth, rest 45 %, hang 25 %.  Close at the end of
    the programme, the titles and the credits, at a comic button, and where a chapter of the film is over: its
    last scene done, no music for a while, what follows stirs no more.  Where energy falls from drive, a stop.
    """
    if last or following is None:
        return "close"
    if comic and share < 0.4:
        return "close"
    if arousal - following >= STOP_DROP and arousal >= 0.6:
        return "stop" if share < 0.25 else "close" if chapter else "rest"
    if chapter and following <= arousal + CHANGE:
        return "close"
    if following > arousal + CHANGE:
        return "hang" if share < 0.6 else "rest"
    if following < CALM or following < arousal - CHANGE:
        return "rest" if share < 0.85 else "hang"
    return "rest" if share < 0.7 else "hang"
