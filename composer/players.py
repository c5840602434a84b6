"""Who plays a role in each bar, by the style table: the principal at written pitch, and those who double."""

from functools import lru_cache

from composer.layers import sections, under_speech
from composer.notes import Role
from composer.request import CueRequest
from composer.spotting import Style
from composer.styles import ROLE_RANGE, STYLES, Articulation, Instrument
from composer.tempo_map import TICKS_PER_BEAT

SHORT_SHARE, DETACHED_SHARE = 0.5, 0.85  # of the written length that a short or a detached note sounds
LONGEST_SHORT = TICKS_PER_BEAT // 2


def bands(request: CueRequest) -> list[float]:
    """Each bar's section's mean arousal: what decides its instruments."""
    found: list[float] = []
    for first, end in sections(request):
        mean = sum(bar.arousal for bar in request.bars[first:end]) / (end - first)
        found += [mean] * (end - first)
    return found


def players_of(request: CueRequest, role: Role, bar: int, arousal: float) -> tuple[Instrument, ...]:
    """The instruments of a role in a bar of a band; beneath a voice only one that may play there."""
    return _playing(request.style, role, under_speech(request.bars[bar]), arousal)


@lru_cache(maxsize=4096)
def _playing(style: Style, role: Role, spoken: bool, arousal: float) -> tuple[Instrument, ...]:
    table = STYLES[style].roles.get(role, ())
    playing = [one for one in table if one.calm <= arousal < one.wild]
    if spoken:
        playing = [one for one in playing if one.under_speech] or [one for one in table if one.under_speech]
        return tuple(sorted(playing, key=lambda one: abs(one.octave))[:1])
    return tuple(playing) or table[:1]


def principal(request: CueRequest, role: Role, bar: int, arousal: float) -> Instrument | None:
    """Who plays a role as it is written: the first in the table to double at no octave; None for no one."""
    playing = players_of(request, role, bar, arousal)
    return min(playing, key=lambda one: abs(one.octave)) if playing else None


def role_range(request: CueRequest, role: Role, bar: int, arousal: float) -> tuple[int, int]:
    """Lowest and highest pitch of a role in a bar: what its principal has of the role's own range."""
    low, high = ROLE_RANGE[role]
    one = principal(request, role, bar, arousal)
    if one is None or one.drums:
        return low, high
    low, high = max(low, one.low - one.octave), min(high, one.high - one.octave)
    return (low, high) if high - low >= 14 else ROLE_RANGE[role]


def sounding_ticks(articulation: Articulation, ticks: int) -> int:
    """How long a written length sounds in a player's hands; ringing ones are another matter."""
    if articulation == "short":
        return round(min(ticks * SHORT_SHARE, LONGEST_SHORT))
    if articulation == "detached":
        return round(ticks * DETACHED_SHARE)
    return ticks
