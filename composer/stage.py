"""What every note and control of a cue's performance looks up: dynamics, hits, stops, where nothing moves."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from composer.frame import Frame
from composer.hits import end_tick, hit_tick, out_tick
from composer.layers import sections
from composer.orchestration import TICKS_PER_STEP
from composer.request import CueRequest
from composer.tempo_map import TICKS_PER_BEAT

NEVER = 1 << 40  # ticks


@dataclass(frozen=True)
class Stage:
    """A cue's ticks. hits, stops: rising.  fixed: where nothing may move.  out: of the structural out.
    last: the last at which anything may sound.  tempi: quarter notes a minute in each beat."""

    frame: Frame
    hits: tuple[int, ...]
    fixed: frozenset[int]
    stops: tuple[int, ...]
    out: int
    last: int
    tempi: tuple[float, ...]

    @property
    def request(self) -> CueRequest:
        """The cue's request."""
        return self.frame.request

    def bar_at(self, tick: int) -> int:
        """The bar that a tick stands in; the last one's for what lies beyond."""
        return self.frame.bar_of(tick // TICKS_PER_STEP)

    def dynamics(self, tick: int, bar: int) -> float:
        """0..1 at a tick of a bar: the bar's dynamics, leaning by its build; rising over a lead-in's two
        bars."""
        starts = self.frame.starts
        start, end = starts[bar], starts[bar + 1]
        asked = self.request.bars[bar]
        place = (tick / TICKS_PER_STEP - start) / (end - start) - 0.5
        level = asked.dynamics + asked.build * min(place, 0.5)
        if self.request.lead_in:
            step = min(tick // TICKS_PER_STEP, starts[-1] - 1)
            level *= 0.35 + 0.65 * min(step / starts[min(2, len(starts) - 1)], 1.0)
        return min(max(level, 0.0), 1.0)

    def qpm(self, tick: int) -> float:
        """Quarter notes a minute at a tick."""
        return self.tempi[min(tick // TICKS_PER_BEAT, len(self.tempi) - 1)]

    def hit_before(self, tick: int) -> int:
        """The tick of the last hit before one; -1 where there was none."""
        place = bisect_left(self.hits, tick)
        return self.hits[place - 1] if place else -1

    def silence_after(self, tick: int) -> int:
        """The tick of the next stop; far beyond the cue where there is none."""
        place = bisect_right(self.stops, tick)
        return self.stops[place] if place < len(self.stops) else NEVER


def stage_of(frame: Frame) -> Stage:
    """Hits, section starts, the out and the cue's start stand exactly where they are written."""
    request, out = frame.request, out_tick(frame.request)
    hits = {hit_tick(hit) for hit in request.hits}
    starts = {frame.starts[first] * TICKS_PER_STEP for first, _ in sections(request)}
    stops = {hit_tick(hit) for hit in request.hits if hit.kind == "stop"}
    if request.ending in ("stop", "segue"):
        stops.add(out)
    return Stage(
        frame=frame,
        hits=tuple(sorted(hits)),
        fixed=frozenset(hits | starts | {0, out}),
        stops=tuple(sorted(stops)),
        out=out,
        last=end_tick(request),
        tempi=tuple(request.tempo_map.qpm_at(beat) for beat in range(request.tempo_map.beats + 1)),
    )
