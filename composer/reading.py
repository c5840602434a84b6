"""The analysis as spotting asks it: means over a span, words, music, cuts and effects near a moment."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vision.analysis import Analysis, Shot
from vision.curves import Curves

Span = tuple[float, float]
NO_PICTURE = ("bars", "slate", "leader", "pop", "scene_missing")


@dataclass(frozen=True)
class Reading:
    """start_s, end_s: where music may be at all (the programme, or the part of it that was asked for)."""

    analysis: Analysis
    curves: Curves
    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        """Seconds in which music may be."""
        return max(self.end_s - self.start_s, 0.0)

    @cached_property
    def shots(self) -> tuple[Shot, ...]:
        """The shots that lie in the programme, in part or whole."""
        return tuple(s for s in self.analysis.shots if s.end_s > self.start_s and s.start_s < self.end_s)

    @cached_property
    def words(self) -> tuple[Span, ...]:
        """Stretches of speech between pauses, merged where they touch, in order."""
        return merged([(s.start_s, s.end_s) for s in self.analysis.sound.speech], 0.0)

    @cached_property
    def _word_starts(self) -> list[float]:
        return [start for start, _ in self.words]

    def word_at(self, time_s: float, air_s: float = 0.0) -> Span | None:
        """The stretch of speech that holds `time_s` or comes nearer than `air_s`; its edges are outside."""
        index = bisect_right(self._word_starts, time_s + air_s) - 1
        for span in self.words[max(index - 1, 0) : index + 2]:
            if span[0] - air_s < time_s < span[1] + air_s:
                return span
        return None

    def next_word_s(self, time_s: float) -> float:
        """Where the next stretch of speech begins at or after `time_s`; infinite where none does."""
        index = bisect_left(self._word_starts, time_s)
        return self._word_starts[index] if index < len(self._word_starts) else float("inf")

    def speech_share(self, start_s: float, end_s: float) -> float:
        """Share of a span under speech."""
        return overlap(self.words, start_s, end_s) / max(end_s - start_s, 1e-9)

    @cached_property
    def _sums(self) -> dict[str, NDArray[np.float64]]:
        names = ("arousal", "pleasure", "motion", "difference", "brightness", "saturation")
        return {
            name: np.concatenate([[0.0], np.cumsum(getattr(self.curves, name), dtype=np.float64)])
            for name in names
        }

    def mean(self, name: str, start_s: float, end_s: float) -> float:
        """Mean of a picture curve over the frames of a span (the nearest frame where it holds none)."""
        first = int(np.searchsorted(self.curves.time_s, start_s - 1e-9))
        last = int(np.searchsorted(self.curves.time_s, end_s - 1e-9))
        first = min(first, len(self.curves.time_s) - 1)
        last = max(last, first + 1)
        total = self._sums[name]
        return float((total[last] - total[first]) / (last - first))

    def frame_at(self, time_s: float) -> int:
        """The frame whose presentation time is nearest."""
        times = self.curves.time_s
        index = int(np.searchsorted(times, time_s))
        if index >= len(times):
            return len(times) - 1
        if index > 0 and time_s - times[index - 1] < times[index] - time_s:
            return index - 1
        return index

    @cached_property
    def effects(self) -> list[float]:
        """Onsets of loud effects, in order."""
        return sorted(self.analysis.sound.loud_effects_s)

    def effect_near(self, time_s: float, reach_s: float) -> float | None:
        """The nearest loud effect within `reach_s`."""
        index = bisect_left(self.effects, time_s)
        near = [e for e in self.effects[max(index - 1, 0) : index + 1] if abs(e - time_s) <= reach_s]
        return min(near, key=lambda e: abs(e - time_s)) if near else None

    @cached_property
    def conversations(self) -> tuple[Span, ...]:
        """Speech joined over pauses of up to 4 s, where it takes at least 6 s and two lines."""
        joined = merged(list(self.words), 4.0)
        return tuple(
            (a, b) for a, b in joined if b - a >= 6.0 and sum(a <= s < b for s in self._word_starts) >= 2
        )

    @cached_property
    def _conversation_starts(self) -> list[float]:
        return [start for start, _ in self.conversations]

    def conversation_at(self, time_s: float) -> Span | None:
        """The conversation around a moment, its edges outside."""
        index = bisect_right(self._conversation_starts, time_s) - 1
        if index < 0 or not self.conversations[index][0] < time_s < self.conversations[index][1]:
            return None
        return self.conversations[index]

    def regions(self, *kinds: str) -> tuple[Span, ...]:
        """Spans of the film's regions of some kinds, merged."""
        found = [(r.start_s, r.end_s) for r in self.analysis.film.regions if r.kind in kinds]
        return merged(found, 0.0)


def read_film(analysis: Analysis, curves: Curves, range_s: Span | None) -> Reading:
    """The programme, cut to the range that was asked for."""
    programme = analysis.film.programme
    start, end = programme.start_s, programme.end_s
    if range_s is not None:
        start, end = max(start, range_s[0]), min(end, range_s[1])
    return Reading(analysis, curves, start, max(end, start))


def merged(spans: list[Span], gap_s: float) -> tuple[Span, ...]:
    """Spans in order, those that touch or lie closer than `gap_s` made one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1] + gap_s:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        elif end > start:
            joined.append((start, end))
    return tuple(joined)


def without(span: Span, holes: tuple[Span, ...]) -> list[Span]:
    """What is left of a span outside the holes (in order, not touching one another)."""
    left, (at, end) = [], span
    for start, stop in holes:
        if stop <= at or start >= end:
            continue
        if start > at:
            left.append((at, start))
        at = max(at, stop)
    if at < end:
        left.append((at, end))
    return left


def overlap(spans: tuple[Span, ...], start_s: float, end_s: float) -> float:
    """Seconds that the spans share with [start_s, end_s]."""
    first = max(bisect_right(spans, (start_s, start_s)) - 1, 0)
    total = 0.0
    for a, b in spans[first:]:
        if a >= end_s:
            break
        total += max(min(b, end_s) - max(a, start_s), 0.0)
    return total
