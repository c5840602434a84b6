"""The film's one tempo map: each cue's own, and gaps of whole beats whose microseconds fill them exactly."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

from composer.tempo_map import MICROSECONDS, TICKS_PER_BEAT, TempoMap

# Gaps count at about 60 a minute: pretty_midi refuses ten million ticks, which a feature at 120 has.
GAP_BEAT_US = 1_000_000
SHORTEST_GAP_US = 250_000
# A cue that runs on ends within a few microseconds of the next one's start: its last beat takes them up.
JOIN_US = 500
ROUNDING_US = 1e-3


@dataclass(frozen=True, slots=True)
class Stretch:
    """From a tick and a time on, a quarter lasts us_per_beat microseconds."""

    tick: int
    us: int
    us_per_beat: int


@dataclass(frozen=True, slots=True)
class CuePlace:
    """Where a cue's first downbeat stands, and how many of its beats the film's map plays at its tempi."""

    tick: int
    us: int
    beats: int


@dataclass(frozen=True)
class FilmClock:
    """Tempo stretches from tick 0 at film time 0; bars of each gap and cue; the film's last tick."""

    stretches: tuple[Stretch, ...]
    places: tuple[CuePlace, ...]
    gaps: tuple[tuple[int, int], ...]
    last_tick: int

    def time_us(self, tick: int) -> float:
        """Film time of a tick in microseconds."""
        index = bisect_right([s.tick for s in self.stretches], tick) - 1
        found = self.stretches[index]
        return found.us + (tick - found.tick) * found.us_per_beat / TICKS_PER_BEAT

    def tick_at(self, us: float) -> int:
        """The first tick that is not before a film time."""
        index = max(bisect_right([s.us for s in self.stretches], us) - 1, 0)
        found = self.stretches[index]
        return found.tick + ceil((us - found.us) * TICKS_PER_BEAT / found.us_per_beat - ROUNDING_US)


def film_us(time_s: float) -> int:
    """A film time in whole microseconds, never earlier than it is."""
    return ceil(time_s * MICROSECONDS - ROUNDING_US)


def film_clock(cues: Sequence[tuple[float, TempoMap]], duration_s: float) -> FilmClock:
    """The clock of cues (film time of the first downbeat, tempo map), sorted by time, and a film's length.

    Each downbeat lands on its cue's film time within a microsecond, never early; the last tick on the
    film's end. Where the next cue begins while one still rings, the ringing beats make room.
    """
    stretches: list[Stretch] = []
    places: list[CuePlace] = []
    gaps: list[tuple[int, int]] = []
    tick, us = 0, 0
    ends = [*(film_us(start) for start, _ in cues[1:]), film_us(duration_s)][: len(cues)]
    first = film_us(cues[0][0]) if cues else film_us(duration_s)
    tick, us = _gap(stretches, gaps, tick, us, first)
    for (_, tempo_map), end in zip(cues, ends, strict=True):
        beats = _beats_before(tempo_map, end - us)
        places.append(CuePlace(tick, us, beats))
        for change in tempo_map.changes:
            if change.beat < beats:
                at = us + int(tempo_map.time_us(change.beat))
                stretches.append(Stretch(tick + change.beat * TICKS_PER_BEAT, at, change.us_per_beat))
        if beats and 0 < abs(us + int(tempo_map.time_us(beats)) - end) <= JOIN_US:
            _join(stretches, tick + (beats - 1) * TICKS_PER_BEAT, us + int(tempo_map.time_us(beats - 1)), end)
            tick, us = tick + beats * TICKS_PER_BEAT, end
            continue
        tick, us = tick + beats * TICKS_PER_BEAT, us + int(tempo_map.time_us(beats))
        tick, us = _gap(stretches, gaps, tick, us, end)
    return FilmClock(tuple(stretches), tuple(places), tuple(gaps), tick)


def _join(stretches: list[Stretch], tick: int, us: int, end: int) -> None:
    """Let the beat at `tick`, a time `us`, end at `end`."""
    if stretches[-1].tick == tick:
        stretches.pop()
    stretches.append(Stretch(tick, us, end - us))


def _beats_before(tempo_map: TempoMap, room_us: int) -> int:
    """Whole beats of a map that end at room_us, or so far before that a gap of a beat is playable."""
    reach_s = (room_us + JOIN_US) / MICROSECONDS
    beats = min(tempo_map.beats, max(floor(tempo_map.beat_at(reach_s)), 0))
    while beats > 0:
        left = room_us - int(tempo_map.time_us(beats))
        if abs(left) <= JOIN_US or left >= SHORTEST_GAP_US:
            return beats
        beats -= 1
    return 0


def _gap(
    stretches: list[Stretch], gaps: list[tuple[int, int]], tick: int, us: int, end: int
) -> tuple[int, int]:
    """Fill [us, end) with whole beats: the division's remainder makes the last ones a microsecond longer."""
    if end <= us:
        return tick, us
    beats = max(round((end - us) / GAP_BEAT_US), 1)
    each, longer = divmod(end - us, beats)
    gaps.append((tick, beats))
    if beats > longer:
        stretches.append(Stretch(tick, us, each))
    if longer:
        split = beats - longer
        stretches.append(Stretch(tick + split * TICKS_PER_BEAT, us + split * each, each + 1))
    return tick + beats * TICKS_PER_BEAT, end
