"""Zones laid over a preset: what is added to all that it plays, by key and velocity.

SoundFont 2.04, 9.4: a preset's zone adds its generators to those of the instrument below it, within the keys
and velocities that both name. So a preset is voiced anew without a change to its samples.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.void]
Span = tuple[int, int]  # both ends inside
Row = tuple[int, int]
MOST_ROWS = 65_536  # 16 bits name them

# Generators by their numbers in the specification (8.1.2).
VIBRATO_CENTS, FILTER_CENTS, PAN = 5, 8, 17
ATTACK_TIMECENTS, DECAY_TIMECENTS, RELEASE_TIMECENTS = 34, 36, 38
KEYS, VELOCITIES, ATTENUATION_CB, TUNE_CENTS = 43, 44, 48, 52
INSTRUMENT, SAMPLE = 41, 53  # they end a zone and name what it plays
ALL: Final[Span] = (0, 127)


@dataclass(frozen=True)
class Zone:
    """keys, velocities: where it holds.  layer: over which of the preset's instruments, None for all of them.

    adds: generator -> what it adds, in the generator's own unit.
    """

    keys: Span = ALL
    velocities: Span = ALL
    adds: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    layer: int | None = None

    def within(self, other: "Zone") -> "Zone | None":
        """Both zones at once; None where they never meet."""
        keys = (max(self.keys[0], other.keys[0]), min(self.keys[1], other.keys[1]))
        velocities = (
            max(self.velocities[0], other.velocities[0]),
            min(self.velocities[1], other.velocities[1]),
        )
        layers = {layer for layer in (self.layer, other.layer) if layer is not None}
        if keys[0] > keys[1] or velocities[0] > velocities[1] or len(layers) > 1:
            return None
        names = sorted({*self.adds, *other.adds})
        adds = {name: self.adds.get(name, 0) + other.adds.get(name, 0) for name in names}
        return Zone(keys, velocities, adds, next(iter(layers), None))


def crossed(first: Sequence[Zone], second: Sequence[Zone]) -> tuple[Zone, ...]:
    """Every meeting of a zone of the first with one of the second."""
    met = (one.within(other) for one in first for other in second)
    return tuple(zone for zone in met if zone is not None)


def rezoned(headers: Table, bags: Table, generators: Table, zones: Sequence[Zone]) -> tuple[Table, ...]:
    """Headers, bags and generators of an excerpt's presets with the zones over each of their own.

    As they were, where that makes more rows than a font can name.
    """
    out_bags: list[Row] = []
    out_gens: list[Row] = []
    first_bags: list[int] = []
    for row in range(len(headers) - 1):
        first_bags.append(len(out_bags))
        layer = 0
        for bag in range(int(headers["bag"][row]), int(headers["bag"][row + 1])):
            own = generators[int(bags["gen"][bag]) : int(bags["gen"][bag + 1])]
            for rows in _over(own, layer, zones):
                out_bags.append((len(out_gens), int(bags["mod"][bag])))
                out_gens += rows
            layer += int(INSTRUMENT in own["oper"])
            if max(len(out_bags), len(out_gens)) >= MOST_ROWS - 1:
                return headers, bags, generators
    last = bags[int(headers["bag"][-1])]
    out_bags.append((len(out_gens), int(last["mod"])))
    out_headers = headers.copy()
    out_headers["bag"] = [*first_bags, len(out_bags) - 1]
    out_gens.append((0, 0))
    return out_headers, np.array(out_bags, bags.dtype), np.array(out_gens, generators.dtype)


def with_global_zones(headers: Table, bags: Table, generators: Table) -> tuple[Table, ...]:
    """The same instruments, each with a zone at its head that holds for all and adds nothing.

    TinySoundFont takes an instrument's first zone for its global one where a preset's keys or velocities
    leave that zone out, and lays its root key, tuning and attenuation over every other zone.
    """
    out_bags: list[Row] = []
    out_gens: list[Row] = []
    first_bags: list[int] = []
    for row in range(len(headers) - 1):
        first_bags.append(len(out_bags))
        first, last = int(headers["bag"][row]), int(headers["bag"][row + 1])
        for bag in range(first, last):
            own = generators[int(bags["gen"][bag]) : int(bags["gen"][bag + 1])].tolist()
            if bag == first and any(oper == SAMPLE for oper, _ in own):
                out_bags.append((len(out_gens), int(bags["mod"][bag])))
                out_gens.append((ATTENUATION_CB, 0))
            out_bags.append((len(out_gens), int(bags["mod"][bag])))
            out_gens += own
            if max(len(out_bags), len(out_gens)) >= MOST_ROWS - 1:
                return headers, bags, generators
    out_bags.append((len(out_gens), int(bags["mod"][int(headers["bag"][-1])])))
    out_headers = headers.copy()
    out_headers["bag"] = [*first_bags, len(out_bags) - 1]
    out_gens.append((0, 0))
    return out_headers, np.array(out_bags, bags.dtype), np.array(out_gens, generators.dtype)


def attenuated(generators: Table, share: float) -> Table:
    """The same generators with a share of each attenuation."""
    found = generators.copy()
    rows = found["oper"] == ATTENUATION_CB
    found["amount"][rows] = np.rint(found["amount"][rows].view(np.int16) * share).astype("<i2").view("<u2")
    return found


def _over(own: Table, layer: int, zones: Sequence[Zone]) -> Iterator[list[tuple[int, int]]]:
    """The rows of one zone of a preset, once for each zone laid over it."""
    pairs = [(int(oper), int(amount)) for oper, amount in zip(own["oper"], own["amount"], strict=True)]
    if not any(oper == INSTRUMENT for oper, _ in pairs):
        yield pairs  # what holds for all of the preset's zones
        return
    held = dict(pairs)
    spans = {name: _span(held.get(name)) for name in (KEYS, VELOCITIES)}
    adds = {oper: _signed(amount) for oper, amount in pairs if oper not in (KEYS, VELOCITIES, INSTRUMENT)}
    for zone in crossed([Zone(spans[KEYS], spans[VELOCITIES], adds, layer)], zones):
        ends = [(KEYS, _word(zone.keys)), (VELOCITIES, _word(zone.velocities))]
        added = [(oper, amount & 0xFFFF) for oper, amount in zone.adds.items()]
        yield [*ends, *added, (INSTRUMENT, held[INSTRUMENT])]


def _span(word: int | None) -> Span:
    return ALL if word is None else (word & 0xFF, word >> 8)


def _word(span: Span) -> int:
    return span[0] | span[1] << 8


def _signed(amount: int) -> int:
    return amount - 0x10000 if amount > 0x7FFF else amount
