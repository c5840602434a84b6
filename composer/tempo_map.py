"""A cue's clock: whole microseconds a quarter note, bars of whole beats, times from the cue's start."""

from bisect import bisect_left, bisect_right
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate

from pydantic import model_validator

from vision.artifact import Frozen

TICKS_PER_BEAT = 960
MICROSECONDS = 1_000_000


class TempoChange(Frozen):
    """From quarter-note `beat` on, a quarter lasts `us_per_beat` microseconds (a MIDI tempo)."""

    beat: int
    us_per_beat: int


class TempoMap(Frozen):
    """Tempo changes and the bars' lengths in beats (4 everywhere but for a few irregular bars).

    Time 0 is beat 0, the first downbeat of the cue. Times are exact to the microsecond, so a MIDI file
    written from the map plays them without rounding.
    """

    changes: tuple[TempoChange, ...]
    bars: tuple[int, ...]

    @model_validator(mode="after")
    def _starts_at_zero_and_rises(self) -> "TempoMap":
        beats = [change.beat for change in self.changes]
        if not beats or beats[0] != 0 or any(b <= a for a, b in zip(beats, beats[1:], strict=False)):
            raise ValueError("tempo changes start at beat 0 and rise")
        if not self.bars or any(beats <= 0 for beats in self.bars):
            raise ValueError("a tempo map has at least one bar, each of at least one beat")
        return self

    @property
    def beats(self) -> int:
        """Length of all bars, in beats."""
        return sum(self.bars)

    @property
    def length_s(self) -> float:
        """Time of the last bar's end."""
        return self.time_s(self.beats)

    def bar_starts(self) -> list[int]:
        """First beat of each bar, and the end of the last: one more than there are bars."""
        return list(_starts(self.bars))

    def time_us(self, beat: Fraction | int | float) -> Fraction:
        """Time of a beat in microseconds, exact; beats past the end go on at the last tempo."""
        exact = Fraction(beat)
        beats, times_us = _clock(self.changes)
        if exact <= 0:
            return Fraction(0)
        index = bisect_left(beats, exact) - 1
        return times_us[index] + (exact - beats[index]) * self.changes[index].us_per_beat

    def time_s(self, beat: Fraction | int | float) -> float:
        """Time of a beat in seconds from the cue's start."""
        return float(self.time_us(beat) / MICROSECONDS)

    def beat_at(self, time_s: float) -> float:
        """The beat that sounds at `time_s` (the inverse of time_s)."""
        starts = [time_us / MICROSECONDS for time_us in _clock(self.changes)[1]]
        index = max(bisect_right(starts, time_s) - 1, 0)
        change = self.changes[index]
        return change.beat + (time_s - starts[index]) * MICROSECONDS / change.us_per_beat

    def qpm_at(self, beat: float) -> float:
        """Quarter notes a minute at a beat."""
        index = max(bisect_right([change.beat for change in self.changes], beat) - 1, 0)
        return 60 * MICROSECONDS / self.changes[index].us_per_beat

    def bar_of(self, beat: float) -> tuple[int, float]:
        """(bar index from 0, beat within the bar from 0) of a beat."""
        starts = self.bar_starts()
        bar = min(max(bisect_right(starts, beat) - 1, 0), len(self.bars) - 1)
        return bar, beat - starts[bar]


@lru_cache(maxsize=256)
def _clock(changes: tuple[TempoChange, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The beat and the time, in microseconds, of each change of tempo."""
    beats = [change.beat for change in changes]
    spans = zip(changes, beats[1:], strict=False)
    times_us = accumulate(((end - one.beat) * one.us_per_beat for one, end in spans), initial=0)
    return tuple(beats), tuple(times_us)


@lru_cache(maxsize=256)
def _starts(bars: tuple[int, ...]) -> tuple[int, ...]:
    return (0, *accumulate(bars))
