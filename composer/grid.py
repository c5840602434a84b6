"""The written grid of a cue: 16th steps, half-bar slots, and the notes that stand on them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from composer.notes import Role
from composer.request import STEPS_PER_BEAT
from composer.tempo_map import TempoMap

STEPS_PER_BAR = 16


@dataclass(frozen=True, slots=True, order=True)
class GridNote:
    """A written note: 16th steps from the cue's first downbeat, sounding MIDI pitch, stress -1..1.

    For percussion on channel 10 the pitch is a General MIDI drum key.
    """

    step: int
    pitch: int
    steps: int
    stress: float = field(default=0.0, compare=False)

    @property
    def end(self) -> int:
        """First step at which it no longer sounds."""
        return self.step + self.steps


@dataclass(frozen=True, slots=True)
class Slot:
    """Half a bar, the unit of harmony: [start, end) in steps, and the bar that it stands in.

    A bar of n beats has a first slot of ceil(n / 2) beats and a second of the rest; the second half of a
    one-beat bar is empty (start == end).
    """

    bar: int
    half: int
    start: int
    end: int


def bar_starts(tempo_map: TempoMap) -> list[int]:
    """First step of each bar, and the end of the last."""
    return [beat * STEPS_PER_BEAT for beat in tempo_map.bar_starts()]


def slots(tempo_map: TempoMap) -> list[Slot]:
    """Two slots a bar, in order; they cover the cue without gap or overlap."""
    found: list[Slot] = []
    for bar, (beat, beats) in enumerate(zip(tempo_map.bar_starts(), tempo_map.bars, strict=False)):
        start, middle = beat * STEPS_PER_BEAT, (beat + (beats + 1) // 2) * STEPS_PER_BEAT
        found.append(Slot(bar, 0, start, middle))
        found.append(Slot(bar, 1, middle, (beat + beats) * STEPS_PER_BEAT))
    return found


@dataclass(frozen=True)
class LayerPlan:
    """Which texture roles (all but melody) sound in each bar, in the order in which they entered."""

    bars: tuple[tuple[Role, ...], ...]

    def sounds(self, role: Role, bar: int) -> bool:
        """Whether a role sounds in a bar."""
        return role in self.bars[bar]

    def spans(self, role: Role) -> list[tuple[int, int]]:
        """[first, end) bars of each unbroken stretch in which a role sounds."""
        found: list[tuple[int, int]] = []
        for bar in range(len(self.bars)):
            if not self.sounds(role, bar):
                continue
            if found and found[-1][1] == bar:
                found[-1] = (found[-1][0], bar + 1)
            else:
                found.append((bar, bar + 1))
        return found


def sorted_notes(notes: Sequence[GridNote]) -> tuple[GridNote, ...]:
    """Notes by (step, pitch, steps)."""
    return tuple(sorted(notes))
