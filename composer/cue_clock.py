"""A cue's hits on its clock: anchors for the tempo search, merges, demotions, and what was realised."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.conditioning import lifted
from composer.hit_wishes import HitWish
from composer.keys import tempo_wish
from composer.places import Place
from composer.practice import Practice
from composer.reading import Reading
from composer.request import RequestedHit
from composer.spotting import Ending, Hit, HitKind
from composer.tempo_clock import with_ring
from composer.tempo_fit import Anchor, Fit, TempoWish, fit_tempo
from composer.tempo_map import TempoMap

# Closer than this nothing can be two beats, not even at 240 a minute.
LEAST_APART_S = 0.26
WISHED_RING_S = 2.2
CLOSING_RING_S = 3.0
TURN_WEIGHT = 1.5
# From this level of relaxation on the tempo visibly bends: our own turns give way before it does.
BENT = 2


@dataclass(frozen=True, slots=True)
class CueClock:
    """tempo_map: ring bar included.  hits: all, in and out too.  demoted: what was given up, in words."""

    tempo_map: TempoMap
    out_bar: int
    out_beat: int
    hits: tuple[Hit, ...]
    requested: tuple[RequestedHit, ...]
    demoted: tuple[str, ...]
    relaxed: int


def clock_cue(
    reading: Reading,
    place: Place,
    wishes: Sequence[HitWish],
    ending: Ending,
    lift: float,
    asked_qpm: float | None,
    share: float,
    practice: Practice,
) -> CueClock:
    """Fit a cue's clock to its hits. share: a seeded number of [0, 1) that varies the preferred tempo."""
    kept, demoted = _merged(place, wishes, reading, practice)
    first, joins = _tempi(reading, place, kept, lift, asked_qpm, share, practice)
    fit = _fitted(place, kept, first, joins, practice)
    if fit.relaxed >= BENT and any(h.required and not h.directed for h in kept):
        softer = [h if h.directed else replace(h, required=False) for h in kept]
        other = _fitted(place, softer, first, joins, practice)
        if other.relaxed < fit.relaxed:
            fit, kept = other, softer
    out_bar, out_beat = len(fit.tempo_map.bars), fit.tempo_map.beats
    tempo_map = fit.tempo_map
    if ending not in ("stop", "segue"):
        wished = CLOSING_RING_S if ending == "close" else WISHED_RING_S
        tempo_map = with_ring(tempo_map, wished, place.ring_until_s - place.out_s)
    asked = {h.time_s for h in wishes if h.directed}
    hits = _hits(reading, place, kept, asked, fit, tempo_map, ending)
    for wish, beat in zip(kept, fit.beats, strict=False):
        if beat is None:
            demoted.append(
                f"{wish.kind} at {wish.time_s:.3f} s left out: no tempo within the limits meets it"
            )
    if fit.relaxed >= BENT:
        demoted.append("tempo bends further than the practice likes, so that required hits are met")
    requested = tuple(
        RequestedHit(
            beat=tempo_map.bar_starts()[hit.bar - 1] + hit.beat - 1,
            kind=hit.kind,
            strength=hit.strength,
            required=hit.required,
        )
        for hit in hits
        if hit.bar > 0
    )
    return CueClock(tempo_map, out_bar, out_beat, hits, requested, tuple(demoted), fit.relaxed)


def _fitted(
    place: Place,
    kept: Sequence[HitWish],
    first: TempoWish,
    joins: dict[float, TempoWish],
    practice: Practice,
) -> Fit:
    """The tempo search over the kept hits; a turn that need not be met still costs more than others."""
    anchors = [
        Anchor(
            _micro(hit.time_s - place.start_s),
            hit.required,
            hit.weight * (TURN_WEIGHT if hit.kind == "turn" else 1.0),
            joins.get(hit.time_s),
        )
        for hit in kept
    ]
    anchors.append(Anchor(_micro(place.out_s - place.start_s), True))
    limits = (practice.slowest_qpm, practice.fastest_qpm)
    return fit_tempo(anchors, first, practice.irregular_share, limits)


def _micro(seconds: float) -> int:
    return round(seconds * 1_000_000)


def _merged(
    place: Place, wishes: Sequence[HitWish], reading: Reading, practice: Practice
) -> tuple[list[HitWish], list[str]]:
    """Hits that can each have a beat; those on the in or out are one with it, the rest merge and say so."""
    beat_s = 60 / tempo_wish(reading.mean("arousal", place.start_s, place.out_s), 0.5, None, practice).wish
    kept: list[HitWish] = []
    words: list[str] = []
    for wish in sorted(wishes, key=lambda h: (not h.directed, not h.required, -h.strength, h.time_s)):
        least = LEAST_APART_S if wish.directed else practice.merge_beats * beat_s
        edges = [place.start_s, place.out_s, *(h.time_s for h in kept)]
        near = min(edges, key=lambda t: abs(t - wish.time_s))
        if abs(near - wish.time_s) >= least:
            kept.append(wish)
        elif abs(near - wish.time_s) > 1e-6:
            words.append(f"{wish.kind} at {wish.time_s:.3f} s merged with the hit at {near:.3f} s")
    return sorted(kept, key=lambda h: h.time_s), words


def _tempi(
    reading: Reading,
    place: Place,
    kept: Sequence[HitWish],
    lift: float,
    asked: float | None,
    share: float,
    practice: Practice,
) -> tuple[TempoWish, dict[float, TempoWish]]:
    """The first section's tempi, and new ones from each required turn where the energy really changes."""
    turns = [h for h in kept if h.kind == "turn" and h.required and abs(h.contrast) >= practice.join_contrast]
    if asked is not None:
        turns = []
    edges = [place.start_s, *(h.time_s for h in turns), place.out_s]
    found = [
        tempo_wish(lifted(reading.mean("arousal", a, b), lift), share, asked, practice)
        for a, b in zip(edges, edges[1:], strict=False)
    ]
    joins: dict[float, TempoWish] = {}
    current = found[0]
    for turn, wish in zip(turns, found[1:], strict=True):
        if (wish.low, wish.high) != (current.low, current.high):
            joins[turn.time_s] = current = wish
    return found[0], joins


def _hits(
    reading: Reading,
    place: Place,
    kept: Sequence[HitWish],
    asked: set[float],
    fit: Fit,
    tempo_map: TempoMap,
    ending: Ending,
) -> tuple[Hit, ...]:
    """The in, the kept hits and the out as realised; asked: times of directed hits, which may be either."""
    kind: HitKind = "stop" if ending == "stop" else "out"
    start = HitWish(place.start_s, "in", 0.6, True, place.in_reason, place.start_s in asked)
    out = HitWish(place.out_s, kind, 0.7, True, place.out_reason, place.out_s in asked)
    beats: list[int | None] = [0, *fit.beats]
    return tuple(
        _hit(reading, place, wish, beat, tempo_map)
        for wish, beat in zip([start, *kept, out], beats, strict=True)
    )


def _hit(reading: Reading, place: Place, wish: HitWish, beat: int | None, tempo_map: TempoMap) -> Hit:
    bar, within = (0, 1.0) if beat is None else tempo_map.bar_of(beat)
    if beat == sum(tempo_map.bars):
        bar, within = len(tempo_map.bars), 0.0
    late_us = 0.0 if beat is None else float(tempo_map.time_us(beat)) - _micro(wish.time_s - place.start_s)
    rate = float(reading.analysis.film.rate)
    return Hit(
        time_s=wish.time_s,
        frame=reading.frame_at(wish.time_s),
        kind=wish.kind,
        strength=round(wish.strength, 4),
        required=wish.required,
        directed=wish.directed,
        cue="",
        bar=0 if beat is None else bar + 1,
        beat=1.0 if beat is None else within + 1.0,
        realised_s=wish.time_s + late_us / 1e6,
        error_ms=late_us / 1e3,
        error_frames=late_us / 1e6 * rate,
        reason=wish.reason,
    )
