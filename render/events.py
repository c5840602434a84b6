"""From a cue's notes to what the synth plays: note-ons and -offs at whole samples, pedal baked in."""

from bisect import bisect_right
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from composer.notes import Control, CueNotes, Note
from composer.tempo_map import MICROSECONDS, TICKS_PER_BEAT, TempoMap

RATE_HZ = 48_000
EXPRESSION, PEDAL = 11, 64
PEDAL_DOWN = 64  # MIDI 1.0: 0..63 is up
EXPRESSION_RAMP_SAMPLES = 1_440  # 30 ms: no zipper noise, still inside one frame
GRID_SAMPLES = 48
RING_TICKS = 2 * TICKS_PER_BEAT  # a note may ring this long over the written end; more is a stuck note


@dataclass(frozen=True)
class PlayedNote:
    """One sounding note in samples from the cue's start, [on, off)."""

    on: int
    off: int
    pitch: int
    velocity: int


class SampleClock:
    """Ticks to samples of a cue, exact: round half up of time x 48000, in integers all the way."""

    def __init__(self, tempo_map: TempoMap) -> None:
        self._starts = [change.beat * TICKS_PER_BEAT for change in tempo_map.changes]
        self._us_per_beat = [change.us_per_beat for change in tempo_map.changes]
        self._elapsed = [0]  # ticks x microseconds a beat up to each change
        for i in range(1, len(self._starts)):
            ticks = self._starts[i] - self._starts[i - 1]
            self._elapsed.append(self._elapsed[-1] + ticks * self._us_per_beat[i - 1])

    def sample(self, tick: int) -> int:
        """The sample at which `tick` falls; ticks before the start count as 0."""
        tick = max(tick, 0)
        i = bisect_right(self._starts, tick) - 1
        elapsed = self._elapsed[i] + (tick - self._starts[i]) * self._us_per_beat[i]
        whole = TICKS_PER_BEAT * MICROSECONDS
        return (2 * elapsed * RATE_HZ + whole) // (2 * whole)


def played_notes(cue: CueNotes, part: int) -> list[PlayedNote]:
    """The part's notes as they sound, sorted by (on, pitch).

    The pedal holds a note until it is lifted; a struck key always ends the same key's earlier note; no
    note rings more than two beats past the cue's last bar.
    """
    clock = SampleClock(cue.tempo_map)
    end_tick = cue.tempo_map.beats * TICKS_PER_BEAT + RING_TICKS
    notes = sorted((note for note in cue.notes if note.part == part), key=attrgetter("tick", "pitch"))
    lifts = _pedal_spans(cue.controls, part, end_tick)
    ends = [min(_held(note, lifts), end_tick) for note in notes]
    _end_at_restrike(notes, ends)
    played = (
        PlayedNote(clock.sample(note.tick), clock.sample(end), note.pitch, note.velocity)
        for note, end in zip(notes, ends, strict=True)
        if note.velocity > 0 and end > note.tick
    )
    return sorted(played, key=attrgetter("on", "pitch"))


def _pedal_spans(controls: tuple[Control, ...], part: int, end_tick: int) -> list[tuple[int, int]]:
    """[down, up) of the pedal in ticks."""
    spans: list[tuple[int, int]] = []
    down: int | None = None
    for control in sorted(controls, key=attrgetter("tick")):
        if control.part != part or control.controller != PEDAL:
            continue
        if control.value >= PEDAL_DOWN and down is None:
            down = control.tick
        elif control.value < PEDAL_DOWN and down is not None:
            spans.append((down, control.tick))
            down = None
    return spans if down is None else [*spans, (down, end_tick)]


def _held(note: Note, spans: list[tuple[int, int]]) -> int:
    """The tick at which a note is damped: its own end, or the lift of a pedal that is down then."""
    end = note.tick + note.ticks
    i = bisect_right(spans, (end, 2**62)) - 1
    return max(end, spans[i][1]) if i >= 0 and spans[i][0] <= end else end


def _end_at_restrike(notes: list[Note], ends: list[int]) -> None:
    following: dict[int, int] = {}
    for i in range(len(notes) - 1, -1, -1):
        pitch = notes[i].pitch
        if pitch in following and following[pitch] > notes[i].tick:
            ends[i] = min(ends[i], following[pitch])
        following[pitch] = notes[i].tick


def expression_gain(cue: CueNotes, part: int, samples: int) -> NDArray[np.float32] | None:
    """[samples] gain of the part's expression, None where it has none.

    (v/127)^2, which is what a synth that cubes its controller plays for 127 (v/127)^(2/3); laid over the
    sound as a line from value to value rather than steps, so swells have no zipper noise.
    """
    clock = SampleClock(cue.tempo_map)
    mine = [c for c in cue.controls if c.part == part and c.controller == EXPRESSION]
    if not mine:
        return None
    steps = {clock.sample(c.tick): _gain(c.value) for c in sorted(mine, key=attrgetter("tick"))}
    xs, ys = [0], [steps.pop(0, 1.0)]
    for at, following in zip(steps, [*list(steps)[1:], samples + EXPRESSION_RAMP_SAMPLES], strict=False):
        xs += [at, min(at + EXPRESSION_RAMP_SAMPLES, following)]
        ys += [ys[-1], steps[at]]
    return _straight(np.interp(np.arange(0, samples + 2 * GRID_SAMPLES, GRID_SAMPLES), xs, ys), samples)


def _straight(grid: NDArray[np.float64], samples: int) -> NDArray[np.float32]:
    """[samples] straight lines between values every GRID_SAMPLES: a tenth of np.interp's time for each."""
    share = np.arange(GRID_SAMPLES, dtype=np.float32) / GRID_SAMPLES
    at, step = grid[:-1, None].astype(np.float32), np.diff(grid)[:, None].astype(np.float32)
    line = (at + step * share).reshape(-1)[:samples]  # (points, GRID) -> (samples,)
    return np.asarray(line, np.float32)


def _gain(value: int) -> float:
    return (min(max(value, 0), 127) / 127.0) ** 2
