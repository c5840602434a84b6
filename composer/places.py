"""From rough spans to cues' places: each with an in, an out, an ending and the reasons for them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.entries import In, find_in
from composer.exits import Out, find_out
from composer.practice import Practice
from composer.reading import Reading, Span
from composer.spotting import Entry

WORD_AIR_S = 0.05
# A directed hit nearer than this to an in or an out becomes it: it could not have a beat of its own.
NEAR_HIT_S = 1.2


@dataclass(frozen=True, slots=True)
class Place:
    """A cue before it has music. runs_on: the next cue begins on its out.  last: nothing follows it.

    ring_until_s: the latest that its last chord may sound.
    """

    start_s: float
    out_s: float
    ring_until_s: float
    entry: Entry
    in_reason: str
    out_reason: str
    runs_on: bool = False
    last: bool = False
    directed: bool = False


def find_places(
    reading: Reading, spans: Sequence[Span], free: Sequence[Span], musts: Sequence[float], practice: Practice
) -> list[Place]:
    """Ins first, then outs that leave room for the next in; what came out too short is left silent."""
    ins = [_in(reading, spans, index, free, musts, practice) for index in range(len(spans))]
    places: list[Place] = []
    for index, span in enumerate(spans):
        following = ins[index + 1].time_s if index + 1 < len(spans) else float("inf")
        limit = min(_bounds(span, free)[1], following)
        runs_on = index + 1 < len(spans) and span[1] == spans[index + 1][0]
        held = max((m for m in musts if ins[index].time_s <= m < span[1]), default=ins[index].time_s)
        place = _place(reading, ins[index], span, limit, runs_on, held, practice)
        place = _on_must(reading, place, musts)
        kept = (
            place
            if any(place.start_s <= must <= place.out_s for must in musts)
            else _settled(reading, place, limit, practice)
        )
        if kept is not None:
            places.append(kept)
    return _joined(reading, places)


def _in(
    reading: Reading,
    spans: Sequence[Span],
    index: int,
    free: Sequence[Span],
    musts: Sequence[float],
    practice: Practice,
) -> In:
    span, bounds = spans[index], _bounds(spans[index], free)
    if index and spans[index - 1][1] > bounds[0]:
        bounds = (max(bounds[0], (spans[index - 1][1] + span[0]) / 2), bounds[1])
    found = find_in(reading, span, bounds, practice)
    missed = [must for must in musts if span[0] - 1e-6 <= must < found.time_s + NEAR_HIT_S]
    if missed:
        at = min(missed)
        start = at if reading.word_at(at) is None else _before_word(reading, at, bounds[0])
        found = In(start, "directed", "on a directed hit")
    return found


def _before_word(reading: Reading, time_s: float, low: float) -> float:
    """Half a second before the words around a moment, in a pause; `low` where there is none."""
    at = time_s
    while (word := reading.word_at(at, WORD_AIR_S)) is not None and at > low:
        at = word[0] - WORD_AIR_S - 0.01
    return max(at, low)


def _bounds(span: Span, free: Sequence[Span]) -> Span:
    middle = (span[0] + span[1]) / 2
    return min(free, key=lambda f: max(f[0] - middle, middle - f[1], 0.0))


def _on_must(reading: Reading, place: Place, musts: Sequence[float]) -> Place:
    """The place with its out on a directed hit that is too near to it for a beat of its own."""
    near = [m for m in musts if abs(m - place.out_s) < NEAR_HIT_S and reading.word_at(m) is None]
    if not near or place.runs_on:
        return place
    ring = max(place.ring_until_s - place.out_s, 0.0)
    until = min(place.ring_until_s, near[-1] + ring)
    return replace(place, out_s=near[-1], ring_until_s=max(until, near[-1]), out_reason="on a directed hit")


def _place(
    reading: Reading, begin: In, span: Span, limit: float, runs_on: bool, held: float, practice: Practice
) -> Place:
    if runs_on:
        return Place(
            begin.time_s, limit, limit, begin.entry, begin.reason, "runs on into the next cue", runs_on=True
        )
    out: Out = find_out(reading, begin.time_s, span, limit, held, practice)
    return Place(begin.time_s, out.time_s, out.ring_until_s, begin.entry, begin.reason, out.reason)


def _settled(reading: Reading, place: Place, limit: float, practice: Practice) -> Place | None:
    """The place where its length and its conversation allow it, its out moved if that helps; else None."""
    if reading.word_at(place.start_s) is not None or reading.word_at(place.out_s) is not None:
        return None
    talk = reading.conversation_at(place.start_s)
    if talk is not None and talk == reading.conversation_at(place.out_s):
        out = talk[1] + 0.1
        if out + practice.ring_s[0] > limit or out - place.start_s > practice.longest_cue_s:
            return None
        place = replace(
            place,
            out_s=out,
            ring_until_s=min(limit, out + practice.ring_s[1]),
            out_reason="rings out after the conversation",
            runs_on=False,
        )
    shortest = (
        practice.shortest_cue_s if reading.length_s > practice.shortest_cue_s else practice.shortest_sting_s
    )
    # A whole short film is scored from end to end, whatever its length; 1 s covers what an entry gave up.
    if place.ring_until_s - place.start_s < shortest - 1.0 or place.out_s - place.start_s < 1.4:
        return None
    return place


def _joined(reading: Reading, places: list[Place]) -> list[Place]:
    """Mark the last place; one that was to run on into a cue that fell away rings out instead."""
    marked: list[Place] = []
    for index, place in enumerate(places):
        following = places[index + 1] if index + 1 < len(places) else None
        if place.runs_on and (following is None or following.start_s != place.out_s):
            out = max(place.out_s - 2.0, place.start_s + 1.4)
            word = reading.word_at(out, 0.05)
            out = out if word is None else place.out_s
            place = replace(place, runs_on=False, out_s=out, ring_until_s=max(place.ring_until_s, out + 0.5))
        last = following is None and place.ring_until_s >= reading.end_s - 5.0
        marked.append(replace(place, last=last))
    return marked
