"""Directions on a film: moments become presentation times, and what does not fit is refused in words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.coverage import Blocked
from composer.directions import DirectedHit, DirectedSpan, Directions
from composer.hit_wishes import HitWish
from composer.moments import Moment, frame_of, time_of
from composer.places import Place
from composer.reading import Span
from vision.analysis import Film
from vision.curves import Curves
from vision.rejected import RejectedInput

SHORTEST_CUE_S = 3.0
RING_S = 1.5


@dataclass(frozen=True, slots=True)
class Wishes:
    """hits: film-wide and every cue's, in order.  places: cues that must be there."""

    film: Film
    curves: Curves
    directions: Directions
    hits: tuple[HitWish, ...]
    no_music: tuple[Blocked, ...]
    places: tuple[Place, ...]

    def time(self, moment: Moment, words: str, line: int) -> float:
        """Presentation time of a moment; raises RejectedInput where it lies outside the film."""
        frame = frame_of(moment, self.film, self.curves)
        time = time_of(frame, self.film, self.curves)
        if time is None:
            raise RejectedInput(
                f"{self.directions.at(line)}: {words!r} is frame {frame}, the film has {self.film.frames}",
                f"name a moment between frame 0 and {self.film.frames - 1}",
            )
        return time

    def moved(self, place: Place, cue_id: str, room: Span) -> Place:
        """A place with its in and out where a cue's directions want them; `room` is what neighbours leave."""
        wish, line = self.directions.of(cue_id), self.directions.lines.get(cue_id, 0)
        if wish.start is None and wish.out is None:
            return place
        start = place.start_s if wish.start is None else self.time(wish.start, "in", line)
        out = place.out_s if wish.out is None else self.time(wish.out, "out", line)
        ring = place.ring_until_s if wish.out is None else out + RING_S
        ring = min(ring, room[1])
        if out - start < SHORTEST_CUE_S or start < room[0] or out > room[1]:
            where = self.directions.at(line)
            raise RejectedInput(
                f"{where}: in {start:.2f} s and out {out:.2f} s leave no room for {cue_id}",
                f"keep it {SHORTEST_CUE_S:.0f} s or longer, between {room[0]:.2f} and {room[1]:.2f} s",
            )
        entry = place.entry if wish.start is None else "directed"
        reason = place.in_reason if wish.start is None else "directed"
        out_reason = place.out_reason if wish.out is None else "directed"
        runs_on = place.runs_on and wish.out is None
        return replace(
            place,
            start_s=start,
            out_s=out,
            ring_until_s=max(ring, out),
            entry=entry,
            in_reason=reason,
            out_reason=out_reason,
            runs_on=runs_on,
        )

    def missed(self, cues: Sequence[Span]) -> list[str]:
        """Directed hits that no cue holds, in words."""
        return [
            f"directed hit at {hit.time_s:.3f} s: no cue sounds there, so it is not met"
            for hit in self.hits
            if not any(start - 1e-6 <= hit.time_s <= out + 1e-6 for start, out in cues)
        ]


def resolve(directions: Directions, film: Film, curves: Curves) -> Wishes:
    """Directions as times of this film. Raises RejectedInput where a moment lies outside it."""
    bare = Wishes(film, curves, directions, (), (), ())
    wanted = [*directions.hit_list, *(hit for wish in directions.cues.values() for hit in wish.hits)]
    hits = {wish.time_s: wish for wish in (_hit(bare, hit) for hit in wanted)}
    no_music = tuple(
        Blocked(*_span(bare, span), f"directed: no music {span.words}") for span in directions.no_music
    )
    places = tuple(_place(bare, span) for span in directions.spans)
    ordered = tuple(hits[time] for time in sorted(hits))
    return Wishes(film, curves, directions, ordered, no_music, _in_order(places))


def _in_order(places: Sequence[Place]) -> tuple[Place, ...]:
    return tuple(sorted(places, key=lambda place: place.start_s))


def _hit(wishes: Wishes, hit: DirectedHit) -> HitWish:
    time = wishes.time(hit.at, hit.words, hit.line)
    return HitWish(time, hit.kind, 1.0, True, f"directed: {hit.words}", directed=True)


def _span(wishes: Wishes, span: DirectedSpan) -> Span:
    start, end = (wishes.time(moment, span.words, span.line) for moment in (span.start, span.end))
    if end <= start:
        where = wishes.directions.at(span.line)
        raise RejectedInput(f"{where}: the span {span.words!r} ends before it begins", "write IN-OUT")
    return start, end


def _place(wishes: Wishes, span: DirectedSpan) -> Place:
    start, end = _span(wishes, span)
    if end - start < SHORTEST_CUE_S:
        raise RejectedInput(
            f"{wishes.directions.at(span.line)}: a cue of {end - start:.1f} s ({span.words})",
            "give it 3 s or more",
        )
    ring = min(end + RING_S, wishes.film.duration_s)
    return Place(start, end, ring, "directed", "directed", "directed", directed=True)
