"""How the embedded font's programmes are voiced: what measuring and looking at each of them asked for.

The font answers velocity with loudness alone: a soft note is a loud one turned down, which the ear takes for
a toy. It also has mono pads, steps of 8 LU from key to key, onsets as square as an organ's and samples of
12 kHz whose images lie above 6 kHz. Zones laid over its presets mend all of it at no cost while it plays;
`python -m tests.bench.font_voices` prints what each programme measures, as it is and as it is voiced.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, reduce
from math import log2

from render.preset_zones import (
    ATTACK_TIMECENTS,
    ATTENUATION_CB,
    FILTER_CENTS,
    PAN,
    RELEASE_TIMECENTS,
    TUNE_CENTS,
    VIBRATO_CENTS,
    Zone,
    crossed,
)

# Highest velocity of each step, and the share of its softness that a voice has left there.
STEPS = ((36, 1.0), (46, 0.8), (56, 0.6), (68, 0.4), (84, 0.2), (127, 0.0))
KEY_BANDS = ((40, -1.0), (52, -0.5), (64, 0.0), (76, 0.5), (127, 1.0))  # highest key, share of `keys_pan`
SPREAD_KEY = 50  # below it a bass stays one voice in the middle
SPREAD_CENTS = 4
SPREAD_DB = -3.0  # two that beat are as loud as one


@dataclass(frozen=True)
class Layer:
    """One of the instruments that a preset sounds together: its decibels soft and loud, what its pan gets."""

    place: int
    soft_db: float = 0.0
    loud_db: float = 0.0
    pan: int = 0


@dataclass(frozen=True)
class Voice:
    """One programme of the font.

    soft: cents by which the softest notes are darker.  open: cents by which all are brighter.  levels:
    (lowest key, dB) from there to the next.  attack, release: how many times as long.  vibrato, tune: cents.
    spread: two copies a few cents apart, panned so far, in thousandths of the whole.  keys_pan: how far the
    ends of a keyboard lie.  layers: where there are any, all that the preset has.
    """

    soft: int = 0
    open: int = 0
    levels: tuple[tuple[int, float], ...] = ()
    attack: float = 1.0
    release: float = 1.0
    vibrato: int = 0
    tune: int = 0
    spread: int = 0
    keys_pan: int = 0
    layers: tuple[Layer, ...] = ()


# What the font plays for a programme, where another one is better.
CAST = {0: 2, 1: 2}

# Of programme 2: the grand's sample (all that 0 has) is dark and gone in a second, 33 dB at C5; the electric
# grand beneath it is bright and rings. Soft, that one is hardly there; loud, it is as strong as the hammer.
_PIANO = Voice(
    soft=1_600, keys_pan=140, levels=((77, 3.0), (90, -2.0)),
    layers=(Layer(0, pan=-90), Layer(1, soft_db=-15.0, loud_db=-2.0, pan=90)),
)  # fmt: skip
# Of the strings' layers the sampled ones play: the looped synthesiser beneath them is turned down. Left and
# right of 48 share nothing, so that it lost 3 dB in mono: they stand nearer.
_STRINGS = (
    Layer(0, pan=140), Layer(1, pan=-140), *(Layer(place, -6.0, -6.0) for place in (2, 3, 4)), Layer(5)
)  # fmt: skip
_SLOW_STRINGS = (*(Layer(place, -6.0, -6.0) for place in (0, 1, 2)), Layer(3), Layer(4))

VOICES: dict[int, Voice] = {
    2: _PIANO,
    # Sines that stopped in 40 ms.
    4: Voice(
        soft=1_500, release=2.6, keys_pan=160, levels=((0, 2.0), (62, -2.0), (79, -2.5)),
        layers=(Layer(0, pan=-150), Layer(1, pan=200)),
    ),
    8: Voice(soft=1_500, keys_pan=200),
    14: Voice(soft=1_500, tune=12),
    40: Voice(soft=2_400, open=-1_300, attack=1.4, release=1.5, vibrato=3, levels=((81, -2.5),)),
    41: Voice(soft=3_600, attack=2.2, release=1.7, vibrato=8),
    42: Voice(soft=2_600, attack=4.0, release=1.6, vibrato=8),
    43: Voice(soft=3_000, attack=2.0, release=1.4, vibrato=4),
    45: Voice(soft=4_200, levels=((69, 2.0),)),
    46: Voice(soft=1_800, layers=(Layer(0, pan=166),)),  # recorded 3 dB to the left
    48: Voice(soft=3_200, open=-1_900, layers=_STRINGS),
    49: Voice(soft=3_200, open=-1_900, attack=0.7, layers=_SLOW_STRINGS),
    71: Voice(soft=2_200, release=1.3, levels=((69, -2.0),)),
    89: Voice(soft=900, open=700, spread=380),
    91: Voice(soft=1_200, open=-600, spread=320, attack=3.0),
}  # fmt: skip
# Programmes without a line of their own: how dark soft strings, ensembles, brass, reeds and pipes are.
FAMILY_SOFT = {5: 2_400, 6: 1_800, 7: 3_200, 8: 1_800, 9: 1_200}


def voice_of(programme: int) -> Voice:
    """The programme's line in the table, or what its family has."""
    return VOICES.get(programme) or Voice(soft=FAMILY_SOFT.get(programme // 8, 0))


@cache
def voice_zones(programme: int, velocity_power: float, attenuation: float) -> tuple[Zone, ...]:
    """The zones that voice a programme; none where it sounds as it is.

    velocity_power: the synth hears 127 x (velocity / 127) ^ power for a note's velocity.  attenuation: the
    share of a written attenuation that it plays.
    """
    voice = voice_of(programme)
    crossings = (
        _soft_steps(voice, velocity_power), _levels(voice), _copies(voice), _keyboard(voice), _always(voice)
    )  # fmt: skip
    zones: Sequence[Zone] = reduce(crossed, crossings)
    if not any(any(zone.adds.values()) for zone in zones):
        return ()
    return tuple(replace(zone, adds=_written(zone.adds, attenuation)) for zone in zones)


def _written(adds: Mapping[int, int], attenuation: float) -> dict[int, int]:
    scales = {ATTENUATION_CB: 1 / attenuation}
    return {name: round(amount * scales.get(name, 1.0)) for name, amount in adds.items()}


def _always(voice: Voice) -> Sequence[Zone]:
    adds = {
        ATTACK_TIMECENTS: _timecents(voice.attack), RELEASE_TIMECENTS: _timecents(voice.release),
        VIBRATO_CENTS: voice.vibrato, TUNE_CENTS: voice.tune, FILTER_CENTS: voice.open,
    }  # fmt: skip
    return [Zone(adds={name: amount for name, amount in adds.items() if amount})]


def _timecents(times: float) -> int:
    return round(1200 * log2(times))


def _soft_steps(voice: Voice, power: float) -> Sequence[Zone]:
    """Each step darker than the next louder one, and its layers in their balance."""
    if not voice.soft and not voice.layers:
        return [Zone()]
    zones, low = [], 0
    for high, share in STEPS:
        heard = int(127 * (high / 127) ** power)
        for layer in voice.layers or (None,):
            adds = {FILTER_CENTS: -round(voice.soft * share)}
            if layer is not None:
                db = layer.soft_db * share + layer.loud_db * (1 - share)
                adds |= {ATTENUATION_CB: -round(10 * db), PAN: layer.pan}
            zones.append(Zone(velocities=(low, heard), adds=adds, layer=layer.place if layer else None))
        low = heard + 1
    return zones


def _levels(voice: Voice) -> Sequence[Zone]:
    if not voice.levels:
        return [Zone()]
    marks = voice.levels if voice.levels[0][0] == 0 else ((0, 0.0), *voice.levels)
    ends = [key - 1 for key, _ in marks[1:]] + [127]
    pairs = zip(marks, ends, strict=True)
    return [Zone(keys=(key, end), adds={ATTENUATION_CB: -round(10 * db)}) for (key, db), end in pairs]


def _copies(voice: Voice) -> Sequence[Zone]:
    if not voice.spread:
        return [Zone()]
    two = [
        {PAN: side * voice.spread, TUNE_CENTS: side * SPREAD_CENTS, ATTENUATION_CB: -round(10 * SPREAD_DB)}
        for side in (-1, 1)
    ]
    return [Zone(keys=(0, SPREAD_KEY - 1)), *(Zone(keys=(SPREAD_KEY, 127), adds=adds) for adds in two)]


def _keyboard(voice: Voice) -> Sequence[Zone]:
    if not voice.keys_pan:
        return [Zone()]
    lows = [0, *(high + 1 for high, _ in KEY_BANDS[:-1])]
    return [
        Zone(keys=(low, high), adds={PAN: round(share * voice.keys_pan)})
        for low, (high, share) in zip(lows, KEY_BANDS, strict=True)
    ]
