"""From chosen beats to a MIDI clock: whole microseconds a quarter, the rounding fed forward."""

from collections.abc import Sequence
from dataclasses import dataclass

from composer.tempo_map import MICROSECONDS, TempoChange, TempoMap

BEATS_A_BAR = 4
MENDING_BEATS = 48


@dataclass(frozen=True, slots=True)
class Segment:
    """Beats up to an anchor at one tempo, the last `rit` of them bent. join: a new section begins with it."""

    node: int
    beats: int
    rit: int
    qpm: float
    join: bool


def clock_of(
    segments: Sequence[Segment], times_us: Sequence[int], cuts: Sequence[int], beats: int
) -> TempoMap:
    """The tempo map whose beats meet `times_us` (each segment's end), late by less than a microsecond a beat.

    cuts: beats at which a bar ends early.  Rounding up makes a hit never early; what one segment is late
    the next makes good.
    """
    changes: list[TempoChange] = []
    beat = now = 0
    for segment, end in zip(segments, times_us, strict=True):
        plain = segment.beats - segment.rit
        if segment.rit:
            body = round(60 * MICROSECONDS / segment.qpm)
            pieces = [(plain, body), (segment.rit, -(-(end - now - plain * body) // segment.rit))]
        else:
            pieces = _plain_pieces(plain, end - now)
        for count, us in pieces:
            if count and (not changes or changes[-1].us_per_beat != us):
                changes.append(TempoChange(beat=beat, us_per_beat=us))
            beat, now = beat + count, now + count * us
    return TempoMap(changes=tuple(changes), bars=tuple(bars_between(cuts, beats)))


def _plain_pieces(beats: int, span_us: int) -> list[tuple[int, int]]:
    """One tempo for up to 96 beats; a longer stretch mends its rounding over its last 48, unheard."""
    if beats <= 2 * MENDING_BEATS:
        return [(beats, -(-span_us // beats))]
    first = beats - MENDING_BEATS
    tempo = -(-span_us // beats)
    return [(first, tempo), (MENDING_BEATS, -(-(span_us - first * tempo) // MENDING_BEATS))]


def bars_between(cuts: Sequence[int], beats: int) -> list[int]:
    """Bars of four beats over [0, beats), cut short at `cuts`; the last ends at `beats`."""
    bars: list[int] = []
    at = 0
    for end in sorted({*cuts, beats}):
        whole, rest = divmod(end - at, BEATS_A_BAR)
        bars += [BEATS_A_BAR] * whole + ([rest] if rest else [])
        at = end
    return bars


def with_ring(tempo_map: TempoMap, wished_s: float, most_s: float) -> TempoMap:
    """The map with bars for the final chord: one to eight beats at the last tempo, near `wished_s`.

    Never longer than `most_s`; where even one beat is longer, one bar's only beat is shortened to `most_s`.
    """
    beat_s = tempo_map.changes[-1].us_per_beat / MICROSECONDS
    fitting = [count for count in range(1, 2 * BEATS_A_BAR + 1) if count * beat_s <= most_s + 1e-6]
    if not fitting:
        short = TempoChange(beat=tempo_map.beats, us_per_beat=int(most_s * MICROSECONDS))
        return TempoMap(changes=(*tempo_map.changes, short), bars=(*tempo_map.bars, 1))
    count = min(fitting, key=lambda beats: (abs(beats * beat_s - wished_s), beats))
    return TempoMap(changes=tempo_map.changes, bars=(*tempo_map.bars, *bars_between((), count)))
