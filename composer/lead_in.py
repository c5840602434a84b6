"""Two bars before the first note: what a player counts in and a workstation has room for.

Everything that leaves as one cue (its MIDI, its notation, its own stems) starts there, all at one place.
"""

from composer.tempo_map import TempoMap

LEAD_BARS = 2


def lead_beats(tempo_map: TempoMap) -> int:
    """Beats of the lead-in: bars of the cue's first metre."""
    return LEAD_BARS * tempo_map.bars[0]


def lead_us(tempo_map: TempoMap) -> int:
    """Microseconds of the lead-in, at the cue's first tempo."""
    return lead_beats(tempo_map) * tempo_map.changes[0].us_per_beat
