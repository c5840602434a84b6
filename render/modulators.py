"""A font's modulators, which our synth does not know, laid down beforehand as zones by key and velocity.

SoundFont 2.04, 8.2 and 9.5. The MuseScore font opens its piano's filter by them (without, loud notes came 20
dB under soft ones) and takes back the loudness of velocity where samples of several velocities have theirs.
Taken here: sources of key and velocity without a second source, at the head of instruments and in presets.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import log10

import numpy as np

from render.preset_zones import ATTENUATION_CB, FILTER_CENTS, INSTRUMENT, SAMPLE, Table, Zone

ROW = np.dtype([("source", "<u2"), ("to", "<u2"), ("amount", "<i2"), ("second", "<u2"), ("how", "<u2")])
Kind = tuple[int, int]  # (source, generator)
VELOCITY, KEY = 2, 3
DOWN, BOTH_WAYS, CONTROLLER = 0x100, 0x200, 0x80
LINEAR, CONCAVE, CONVEX = 0, 1, 2
FILTER_ENVELOPE, ATTACK = 11, 34
TAKEN = frozenset({FILTER_CENTS, FILTER_ENVELOPE, ATTACK, ATTENUATION_CB})
LOUDNESS: Kind = (VELOCITY | DOWN | CONCAVE << 10, ATTENUATION_CB)
LOUDNESS_CB = 960  # what it is unless a font says otherwise: velocity squared
MOST_LAYERS = 64  # a preset of more would part into more zones than a font can name
EDGES = {VELOCITY: (*range(1, 128, 14), 128), KEY: (*range(0, 128, 8), 128)}


def baked(t: Mapping[bytes, Table], preset: int, power: float) -> tuple[Zone, ...]:
    """Zones over the preset of that row that add what its modulators come to; none where it has none.

    power: the synth hears 127 x (velocity / 127) ^ power and plays that as amplitude, whatever a font says.
    """
    zones: list[Zone] = []
    common: dict[Kind, int] = {}
    layer = 0
    for bag in range(int(t[b"phdr"]["bag"][preset]), int(t[b"phdr"]["bag"][preset + 1])):
        own = _of(t[b"pbag"], t[b"pmod"], bag)
        rows = _rows(t[b"pbag"], t[b"pgen"], bag)
        named = rows["amount"][rows["oper"] == INSTRUMENT]
        if not len(named):
            common = own
            continue
        total = {LOUDNESS: LOUDNESS_CB} | _global(t, int(named[0]))
        for kind, amount in (common | own).items():
            total[kind] = total.get(kind, 0) + amount
        total[LOUDNESS] = round((total[LOUDNESS] - LOUDNESS_CB) * power / 2)
        if layer == MOST_LAYERS:
            return ()
        zones += _zones({kind: amount for kind, amount in total.items() if amount}, layer, power)
        layer += 1
    return tuple(zones) if any(zone.adds for zone in zones) else ()


def _zones(amounts: Mapping[Kind, int], layer: int, power: float) -> Iterator[Zone]:
    """The layer parted as finely as its sources ask, with what they come to in the middle of each part."""
    sources = {source & 0x7F for source, _ in amounts}
    spans = [
        [(low, high - 1) for low, high in pairwise(EDGES[which])] if which in sources else [(0, 127)]
        for which in (KEY, VELOCITY)
    ]
    for keys in spans[0]:
        for velocities in spans[1]:
            velocity = 127.0 * (sum(velocities) / 254.0) ** (1.0 / power)
            at = {KEY: sum(keys) / 2, VELOCITY: velocity}
            adds: dict[int, int] = {}
            for (source, to), amount in amounts.items():
                adds[to] = adds.get(to, 0) + round(amount * _share(source, at[source & 0x7F]))
            yield Zone(keys=keys, velocities=velocities, adds=adds, layer=layer)


def _share(source: int, value: float) -> float:
    """What a source makes of 0..127: 0..1, or -1..1 where it goes both ways."""
    place = 127.0 - value if source & DOWN else value
    curve = source >> 10
    if curve == CONCAVE:
        return min(400.0 / 960.0 * log10(127.0 / max(127.0 - place, 1.0)), 1.0)
    if curve == CONVEX:
        return max(1.0 - 400.0 / 960.0 * log10(127.0 / max(place, 1.0)), 0.0)
    return 2.0 * place / 127.0 - 1.0 if source & BOTH_WAYS else place / 127.0


def _global(t: Mapping[bytes, Table], instrument: int) -> dict[Kind, int]:
    first = int(t[b"inst"]["bag"][instrument])
    if (
        first == int(t[b"inst"]["bag"][instrument + 1])
        or SAMPLE in _rows(t[b"ibag"], t[b"igen"], first)["oper"]
    ):
        return {}
    return _of(t[b"ibag"], t[b"imod"], first)


def _rows(bags: Table, generators: Table, bag: int) -> Table:
    return generators[int(bags["gen"][bag]) : int(bags["gen"][bag + 1])]


def _of(bags: Table, modulators: Table, bag: int) -> dict[Kind, int]:
    """The modulators of a zone that we take."""
    rows: Sequence[tuple[int, int, int, int, int]] = np.frombuffer(
        modulators[int(bags["mod"][bag]) : int(bags["mod"][bag + 1])].tobytes(), ROW
    ).tolist()
    return {
        (source, to): amount
        for source, to, amount, second, how in rows
        if to in TAKEN
        and source & 0x7F in (VELOCITY, KEY)
        and not source & CONTROLLER
        and source >> 10 <= CONVEX
        and (source >> 10 == LINEAR or not source & BOTH_WAYS)
        and second == how == 0
    }
