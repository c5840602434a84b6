"""Bars of the whole film: each cue's own, and bars of 4/4 in the gaps between them."""

from collections.abc import Iterator, Sequence

from composer.film_clock import FilmClock
from composer.tempo_map import TICKS_PER_BEAT, TempoMap


def film_bars(clock: FilmClock, maps: Sequence[TempoMap]) -> list[tuple[int, int]]:
    """(tick, beats) of every bar in order. maps: the tempo map of each cue of the clock."""
    stretches = [(tick, gap_bars(beats)) for tick, beats in clock.gaps]
    stretches += [
        (place.tick, bars_within(tempo_map.bars, place.beats))
        for place, tempo_map in zip(clock.places, maps, strict=True)
    ]
    return [bar for tick, bars in sorted(stretches) for bar in _placed(tick, bars)]


def gap_bars(beats: int) -> list[int]:
    """Bars of 4/4, the last one shorter where the beats do not fill it."""
    return [4] * (beats // 4) + ([beats % 4] if beats % 4 else [])


def bars_within(bars: Sequence[int], beats: int) -> list[int]:
    """The bars that fit into so many beats, the last one cut where it does not."""
    kept: list[int] = []
    for bar in bars:
        left = beats - sum(kept)
        if left <= 0:
            break
        kept.append(min(bar, left))
    return kept


def _placed(tick: int, bars: Sequence[int]) -> Iterator[tuple[int, int]]:
    for beats in bars:
        yield tick, beats
        tick += beats * TICKS_PER_BEAT
