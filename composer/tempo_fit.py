"""A cue's clock: tempi whose beats fall on the picture, and bars whose downbeats end on its out.

fit_tempo(anchors, ...) searches by beam over (anchor, beats, phase, tempo); see TempoWish for the limits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.tempo_clock import Segment, clock_of
from composer.tempo_map import TempoMap

BEAM = 20
BEAT_WORTH = {0: 1.0, 2: 0.8, 1: 0.6, 3: 0.6}
# Costs are ours, tuned on ten synthetic two-hour films: a rit. costs as much as two accents on beat 2.
PULL_COST = 0.5
RELAXED_PULL_COST = 8.0
ASKED_PULL_COST = 200.0
STEP_COST = 260.0
BEAT_COST = 3.0
RIT_COST = 2.5
RIT_BEND_COST = 30.0
IRREGULAR_COST = 0.6
RIT_BEATS = 4
SLOWEST_RIT = 0.70
QUICKEST_RIT = 1.06


@dataclass(frozen=True, slots=True)
class TempoWish:
    """A section's tempi: preferred within [low, high] near wish; every segment within `share` of one
    preferred tempo, neighbours within `step`. Quarter notes a minute.
    """

    low: float
    high: float
    wish: float
    share: float = 0.05
    step: float = 0.02


@dataclass(frozen=True, slots=True)
class Anchor:
    """A moment that a beat should meet, in microseconds from the cue's start.

    weight: what leaving it out costs (required ones are never left out).  join: a new section's tempi.
    """

    time_us: int
    required: bool
    weight: float = 1.0
    join: TempoWish | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """tempo_map ends at the out.  beats: each anchor's beat, None where it was left out (the last: the out).

    relaxed: 0 where every limit of the practice held; higher where a required moment needed more room.
    """

    tempo_map: TempoMap
    beats: tuple[int | None, ...]
    segments: tuple[Segment, ...]
    irregular: int
    relaxed: int


@dataclass(frozen=True, slots=True)
class _Room:
    """How far the limits are stretched: band, section and step as shares, irregular bars, joins off a bar."""

    band: float
    share: float
    step: float
    irregular: int
    shortest_bar: int
    joins_anywhere: bool
    slowest: float
    fastest: float


@dataclass(frozen=True, slots=True)
class _State:
    cost: float
    node: int
    beats: int
    phase: int
    cut: bool
    irregular: int
    qpm: float
    low: float
    high: float
    wish: TempoWish
    segment: Segment | None
    before: "_State | None"


def fit_tempo(
    anchors: Sequence[Anchor], first: TempoWish, irregular_share: float, limits: tuple[float, float]
) -> Fit:
    """Beats on anchors; the last anchor is the out and falls on a downbeat.

    anchors: in order of time, at least one, the last required.  Every required anchor is met within a
    beat's rounding to whole microseconds, late rather than early.  limits: slowest, fastest.
    Tries PRACTICE's limits first and widens them only as far as a required anchor needs.
    """
    bars = anchors[-1].time_us / 1e6 * first.wish / 240
    for level, room in enumerate(_rooms(int(bars * irregular_share), limits)):
        final = _search(anchors, first, room)
        if final is not None:
            return _fit_of(final, anchors, level)
    raise AssertionError("the last room takes any anchors that are 250 ms apart")


def _rooms(irregular: int, limits: tuple[float, float]) -> list[_Room]:
    low, high = limits
    return [
        _Room(0.0, 0.0, 0.0, irregular, 2, False, low, high),
        _Room(0.12, 0.0, 0.0, irregular, 2, False, low, high),
        _Room(0.12, 0.10, 0.08, max(irregular, 1), 2, False, low, high),
        _Room(0.30, 0.60, 0.60, max(irregular, 1), 2, True, low, high),
        _Room(2.0, 9.0, 9.0, 99, 1, True, low, high),
        _Room(4.0, 9.0, 9.0, 99, 1, True, low / 4, 240.0),
    ]


def _search(anchors: Sequence[Anchor], first: TempoWish, room: _Room) -> _State | None:
    start = _State(0.0, -1, 0, 0, False, 0, 0.0, *_band(first, room), first, None, None)
    beams: list[list[_State]] = [[start], *([] for _ in anchors)]
    for node in range(-1, len(anchors) - 1):
        for state in _best(beams[node + 1]):
            skipped = 0.0
            for target in range(node + 1, len(anchors)):
                beams[target + 1] += _steps(state, target, anchors, room, skipped)
                if anchors[target].required:
                    break
                skipped += anchors[target].weight
    done = beams[-1]
    return min(done, key=lambda s: (s.cost, s.beats)) if done else None


def _band(wish: TempoWish, room: _Room) -> tuple[float, float]:
    return max(wish.low * (1 - room.band), room.slowest), min(wish.high * (1 + room.band), room.fastest)


def _best(states: list[_State]) -> list[_State]:
    """The cheapest of each (phase, cut, irregular, tempo to 1 %), then the cheapest of all."""
    kept: dict[tuple[int, bool, int, int], _State] = {}
    for state in sorted(states, key=lambda s: (s.cost, s.beats, s.phase, s.cut)):
        tempo = round(math.log(state.qpm) * 100) if state.qpm else 0
        kept.setdefault((state.phase, state.cut, state.irregular, tempo), state)
    return list(kept.values())[:BEAM]


def _steps(
    state: _State, target: int, anchors: Sequence[Anchor], room: _Room, skipped: float
) -> list[_State]:
    """Every way from a state to an anchor: plain segments, and a rit. where the anchor is required."""
    start_us = 0 if state.node < 0 else anchors[state.node].time_us
    seconds = (anchors[target].time_us - start_us) / 1e6
    join = None if state.node < 0 else anchors[state.node].join
    if join is not None:
        state = replace(state, qpm=0.0, low=_band(join, room)[0], high=_band(join, room)[1], wish=join)
    low, high = _reach(state, room)
    found: list[_State] = []
    for beats in range(max(math.ceil(seconds * low / 60 - 1e-9), 1), int(seconds * high / 60 + 1e-9) + 1):
        qpm = 60 * beats / seconds
        cost = _pull(room, seconds, qpm, state.wish) + _step_cost(state.qpm, qpm)
        segment = Segment(target, beats, 0, qpm, join is not None)
        found += _arrivals(state, target, anchors, room, segment, cost + skipped)
    if anchors[target].required:
        found += _slowed(state, target, anchors, room, seconds, skipped)
    return found


def _reach(state: _State, room: _Room) -> tuple[float, float]:
    """The tempi that a segment after this state may have."""
    share = state.wish.share + room.share
    low = max(state.low * (1 - min(share, 0.9)), room.slowest)
    high = min(state.high * (1 + share), room.fastest)
    if state.qpm:
        step = state.wish.step + room.step
        low, high = max(low, state.qpm * (1 - min(step, 0.9))), min(high, state.qpm * (1 + step))
    return low, high


def _pull(room: _Room, seconds: float, qpm: float, wish: TempoWish) -> float:
    """The cost of leaving the preferred tempo; where the band gives way it is only to bend, not to move, and
    where one tempo was asked for, that one is meant."""
    weight = PULL_COST if room.band == 0.0 else RELAXED_PULL_COST
    if wish.low == wish.high:
        weight = ASKED_PULL_COST
    return weight * seconds * math.log(qpm / wish.wish) ** 2


def _step_cost(before: float, after: float) -> float:
    return STEP_COST * min(math.log(after / before) ** 2, 0.09) if before else 0.0


def _slowed(
    state: _State, target: int, anchors: Sequence[Anchor], room: _Room, seconds: float, skipped: float
) -> list[_State]:
    """A segment in tempo whose last bar is a written rit. (or hurries by at most 6 %) into the anchor."""
    low, high = _reach(state, room)
    found: list[_State] = []
    wished = min(max(state.qpm or state.wish.wish, low), high) if low <= high else 0.0
    if not wished:
        return found
    for beats in range(max(int(seconds * wished / 60) - 2, RIT_BEATS), int(seconds * wished / 60) + 2):
        rest = seconds - (beats - RIT_BEATS) * 60 / wished
        bent = 60 * RIT_BEATS / rest if rest > 0 else 0.0
        if not wished * SLOWEST_RIT <= bent <= wished * QUICKEST_RIT or bent < room.slowest * 0.75:
            continue
        cost = RIT_COST + RIT_BEND_COST * math.log(bent / wished) ** 2 + _step_cost(state.qpm, wished)
        cost += _pull(room, seconds, wished, state.wish)
        segment = Segment(target, beats, RIT_BEATS, wished, state.qpm == 0.0 and state.node >= 0)
        found += _arrivals(state, target, anchors, room, segment, cost + skipped)
    return found


def _arrivals(
    state: _State, target: int, anchors: Sequence[Anchor], room: _Room, segment: Segment, cost: float
) -> list[_State]:
    """The states after a segment: on the beat it falls on, or on a downbeat after a cut bar."""
    phase = (state.phase + segment.beats) % 4
    out = target == len(anchors) - 1
    join = anchors[target].join is not None
    common = replace(
        state,
        node=target,
        beats=state.beats + segment.beats,
        qpm=segment.qpm,
        low=max(state.low, segment.qpm / (1 + state.wish.share)),
        high=min(state.high, segment.qpm / (1 - state.wish.share)),
        segment=segment,
        before=state,
    )
    found: list[_State] = []
    if phase == 0 or not (out or (join and not room.joins_anywhere)):
        price = BEAT_COST * (1 - BEAT_WORTH[phase]) * (2.0 if join else 1.0)
        found.append(replace(common, cost=state.cost + cost + price, phase=phase, cut=False))
    fresh = not state.cut or segment.beats - phase >= 4
    if phase >= room.shortest_bar and fresh and state.irregular < room.irregular:
        price = state.cost + cost + IRREGULAR_COST
        found.append(replace(common, cost=price, phase=0, cut=True, irregular=state.irregular + 1))
    return found


def _fit_of(final: _State, anchors: Sequence[Anchor], level: int) -> Fit:
    path: list[_State] = []
    state: _State | None = final
    while state is not None and state.segment is not None:
        path.append(state)
        state = state.before
    path.reverse()
    beats: list[int | None] = [None] * len(anchors)
    for step in path:
        beats[step.node] = step.beats
    segments = tuple(step.segment for step in path if step.segment is not None)
    times = [anchors[step.node].time_us for step in path]
    tempo_map = clock_of(segments, times, [step.beats for step in path if step.cut], final.beats)
    return Fit(tempo_map, tuple(beats), segments, final.irregular, level)
