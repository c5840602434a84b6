"""What a finished MIDI file really plays at each hit: read back, not believed."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from composer.midi_read import MidiScore, read_midi
from composer.spotting import Hit, Spotting

TOLERANCE_MS = 1.0


@dataclass(frozen=True, slots=True)
class HitError:
    """A hit, what happens nearest to it (an onset, or a release), and by how many ms that is late."""

    hit: Hit
    event: str
    event_s: float | None
    error_ms: float | None

    @property
    def on_time(self) -> bool:
        """Within a millisecond, either way."""
        return self.error_ms is not None and abs(self.error_ms) <= TOLERANCE_MS


def measure_hits(midi_path: Path, spotting: Spotting) -> list[float]:
    """Errors in ms of the required hits, late above 0; infinite where nothing begins or ends at all."""
    return [
        float("inf") if found.error_ms is None else found.error_ms
        for found in hit_errors(midi_path, spotting)
        if found.hit.required
    ]


def hit_errors(midi_path: Path, spotting: Spotting) -> list[HitError]:
    """Each hit that was kept, with the nearest onset, by the file's own tempo map.

    A stop, and the out of a cue that stops or runs on, is measured by the nearest release. Demoted hits are
    left out. Raises RejectedInput where the file is not legal MIDI.
    """
    score = read_midi(midi_path)
    clock = _Clock(score)
    onsets = sorted({clock.seconds(note.start) for note in score.notes})
    releases = sorted({clock.seconds(note.end) for note in score.notes})
    ends = {cue.id: cue.ending for cue in spotting.cues}
    found: list[HitError] = []
    for hit in spotting.hits:
        if hit.bar == 0:
            continue
        by_release = hit.kind == "stop" or (hit.kind == "out" and ends.get(hit.cue) in ("stop", "segue"))
        nearest = _nearest(releases if by_release else onsets, hit.time_s)
        error = None if nearest is None else 1000 * (nearest - hit.time_s)
        found.append(HitError(hit, "release" if by_release else "onset", nearest, error))
    return found


class _Clock:
    """Seconds of a tick by a file's tempi; 500,000 microseconds a quarter before the first."""

    def __init__(self, score: MidiScore) -> None:
        self.division = score.division
        self.changes = [(0, 0, 500_000)]  # tick, microseconds x division, microseconds a quarter
        for tick, us in score.tempi:
            last_tick, total, before = self.changes[-1]
            self.changes.append((tick, total + (tick - last_tick) * before, us))
        self.ticks = [tick for tick, _, _ in self.changes]

    def seconds(self, tick: int) -> float:
        index = bisect_left(self.ticks, tick + 1) - 1
        start, total, us = self.changes[index]
        return (total + (tick - start) * us) / (self.division * 1e6)


def _nearest(times: Sequence[float], wanted: float) -> float | None:
    place = bisect_left(times, wanted)
    near = times[max(place - 1, 0) : place + 1]
    return min(near, key=lambda time: abs(time - wanted)) if near else None
