"""A SoundFont file read by us before anything native sees it: its tables checked, and excerpts of it made.

SoundFont 2.04 (E-mu 1998) with the Ogg Vorbis samples of .sf3. A synth that loads all of a good font holds
1.3 GB and spends seconds on instruments that no cue plays; an excerpt holds the presets asked for.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from render.modulators import baked
from render.preset_zones import (
    INSTRUMENT,
    MOST_ROWS,
    SAMPLE,
    Table,
    Zone,
    attenuated,
    rezoned,
    with_global_zones,
)

Preset = tuple[int, int]  # (bank, programme); bank 128 holds the kits

_BAGS = [("gen", "<u2"), ("mod", "<u2")]
_GENERATORS = [("oper", "<u2"), ("amount", "<u2")]
_MODULATORS = [("body", "V10")]
TABLES: Final = {
    b"phdr": np.dtype(
        [("name", "V20"), ("programme", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("rest", "V12")]
    ),
    b"pbag": np.dtype(_BAGS),
    b"pmod": np.dtype(_MODULATORS),
    b"pgen": np.dtype(_GENERATORS),
    b"inst": np.dtype([("name", "V20"), ("bag", "<u2")]),
    b"ibag": np.dtype(_BAGS),
    b"imod": np.dtype(_MODULATORS),
    b"igen": np.dtype(_GENERATORS),
    b"shdr": np.dtype(
        [("name", "V20"), ("start", "<u4"), ("end", "<u4"), ("loop", "<u4"), ("loop_end", "<u4"),
         ("rate", "<u4"), ("tuning", "V2"), ("link", "<u2"), ("kind", "<u2")]
    ),
}  # fmt: skip
VORBIS = 0x10
GUARD = 46  # zero samples that the specification wants after each sample
MOST_RATE_HZ = 400_000
MOST_WORDS = 200
MOST_CHUNKS = 1_000


class BadFont(Exception):
    """What is wrong with a font file, in words."""


@dataclass(frozen=True)
class FontFile:
    """A font whose tables are sound: every index and every sample lies where the file says that it does."""

    path: Path
    tables: Mapping[bytes, Table]
    samples_at: int
    samples_bytes: int
    version: bytes
    copyright: str = ""

    @cached_property
    def presets(self) -> frozenset[Preset]:
        """Every (bank, programme) of the font."""
        rows = self.tables[b"phdr"][:-1]
        return frozenset(zip(rows["bank"].tolist(), rows["programme"].tolist(), strict=True))

    def modulation(self, preset: Preset, power: float) -> tuple[Zone, ...]:
        """Zones that add what the preset's modulators come to; none where it lacks the preset or them."""
        row = _row_of(self.tables[b"phdr"], preset) if preset in self.presets else None
        return () if row is None else baked(self.tables, row, power)

    def excerpt(
        self, wanted: Iterable[Preset], zones: Sequence[Zone] = (), attenuation: float = 1.0
    ) -> bytes:
        """A font of the wanted presets alone, all that they play in it; the same bytes for the same font.

        zones: laid over every zone of those presets; none leaves them as they are.  attenuation: the share of
        every attenuation that is left.
        Raises BadFont where a sample is not what its header says.
        """
        t, keep = self.tables, sorted(set(wanted) & self.presets)
        rows = [_row_of(t[b"phdr"], preset) for preset in keep]
        played = _named(t[b"pbag"], t[b"pgen"], t[b"phdr"]["bag"], rows, INSTRUMENT)
        heard = _named(t[b"ibag"], t[b"igen"], t[b"inst"]["bag"], played, SAMPLE)
        shdr, data = self._samples(heard)
        phdr, pbag, pmod, pgen = _zones(t, b"p", t[b"phdr"], rows, INSTRUMENT, played)
        pgen = attenuated(pgen, attenuation)
        if zones:
            phdr, pbag, pgen = rezoned(phdr, pbag, pgen, zones)
        inst, ibag, imod, igen = _zones(t, b"i", t[b"inst"], played, SAMPLE, heard)
        inst, ibag, igen = with_global_zones(inst, ibag, attenuated(igen, attenuation))
        parts = {b"phdr": phdr, b"pbag": pbag, b"pmod": pmod, b"pgen": pgen, b"inst": inst, b"ibag": ibag,
                 b"imod": imod, b"igen": igen, b"shdr": shdr}  # fmt: skip
        pdta = b"pdta" + b"".join(_chunk(name, rows.tobytes()) for name, rows in parts.items())
        version = _chunk(b"LIST", b"INFO" + _chunk(b"ifil", self.version))
        sound = _chunk(b"LIST", b"sdta" + _chunk(b"smpl", data))
        return _chunk(b"RIFF", b"sfbk" + version + sound + _chunk(b"LIST", pdta))

    def _samples(self, heard: list[int]) -> tuple[Table, bytes]:
        """Headers and data of the samples kept, one after the other."""
        whole = self.tables[b"shdr"]
        rows, data = whole[[*heard, len(whole) - 1]].copy(), bytearray()
        with self.path.open("rb") as file:
            for row in rows[:-1]:
                vorbis = bool(row["kind"] & VORBIS)
                width, guard = (1, 0) if vorbis else (2, GUARD)
                file.seek(self.samples_at + width * int(row["start"]))
                piece = file.read(width * int(row["end"] - row["start"])) + bytes(width * guard)
                if vorbis and not piece.startswith(b"OggS"):
                    raise BadFont("a sample is called Ogg Vorbis and is not")
                moved = len(data) // width - int(row["start"])
                row["start"], row["end"] = int(row["start"]) + moved, int(row["end"]) + moved
                if not vorbis:  # the loop of a Vorbis sample counts from the sample's own start
                    for edge in ("loop", "loop_end"):  # one outside the sample reads somebody else's memory
                        row[edge] = min(max(int(row[edge]) + moved, 0), int(row["end"]))
                row["link"] = 0
                data += piece + bytes(len(piece) % 2)
        return rows, bytes(data)


def read_font(path: Path) -> FontFile:
    """Read and check a font's tables; its samples are not read.  Raises BadFont."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:12] != b"sfbk":
            raise BadFont("not a SoundFont (its first bytes are not RIFF....sfbk)")
        end = int.from_bytes(head[4:8], "little") + 8
        if end > size:
            raise BadFont("shorter than its own header says")
        chunks = list(islice(_chunks(file, 12, end), MOST_CHUNKS + 1))
        if len(chunks) > MOST_CHUNKS:
            raise BadFont(f"more than {MOST_CHUNKS} chunks, a SoundFont has some twenty")
        found = {name: (at, length) for name, at, length in chunks}
        missing = [name.decode() for name in (b"ifil", b"smpl", *TABLES) if name not in found]
        if missing:
            raise BadFont(f"its contents can't be read as a SoundFont (no {missing[0]})")
        tables = {}
        for name, rows in TABLES.items():
            at, length = found[name]
            if length % rows.itemsize or not rows.itemsize <= length <= rows.itemsize * MOST_ROWS:
                raise BadFont(f"its contents can't be read as a SoundFont ({name.decode()}: {length} bytes)")
            file.seek(at)
            tables[name] = np.frombuffer(file.read(length), rows)
        file.seek(found[b"ifil"][0])
        version, words = file.read(4), _words(file, *found.get(b"ICOP", (0, 0)))
        font = FontFile(path, tables, *found[b"smpl"], version, words)
    _check(font)
    return font


def _words(file: BinaryIO, at: int, length: int) -> str:
    file.seek(at)
    text = file.read(min(length, MOST_WORDS)).split(b"\0")[0].decode("utf-8", "replace")
    return "".join(letter for letter in text if letter.isprintable()).strip()


def _chunks(file: BinaryIO, at: int, end: int, inside: bool = False) -> Iterator[tuple[bytes, int, int]]:
    """(name, first byte, length) of every chunk, those inside lists included; a list in a list is one."""
    while at + 8 <= end:
        file.seek(at)
        name, length = struct.unpack("<4sI", file.read(8))
        if at + 8 + length > end:
            raise BadFont("its contents can't be read as a SoundFont (a chunk is longer than the file)")
        if name == b"LIST" and not inside:
            yield from _chunks(file, at + 12, at + 8 + length, inside=True)
        else:
            yield name, at + 8, length
        at += 8 + length + length % 2


def _check(font: FontFile) -> None:
    t = font.tables
    if len(t[b"phdr"]) < 2:
        raise BadFont("it holds no instrument")
    for name, bags in ((b"phdr", b"pbag"), (b"inst", b"ibag")):
        _rising(name, t[name]["bag"], len(t[bags]))
    for bags, gens, mods in ((b"pbag", b"pgen", b"pmod"), (b"ibag", b"igen", b"imod")):
        _rising(bags, t[bags]["gen"], len(t[gens]))
        _rising(bags, t[bags]["mod"], len(t[mods]))
    for gens, oper, named in ((b"pgen", INSTRUMENT, b"inst"), (b"igen", SAMPLE, b"shdr")):
        amounts = t[gens]["amount"][t[gens]["oper"] == oper]
        if len(amounts) and int(amounts.max()) >= len(t[named]) - 1:
            raise BadFont(f"{gens.decode()} names what the font doesn't hold")
    _check_samples(t[b"shdr"][:-1], font.samples_bytes)


def _rising(name: bytes, at: NDArray[np.uint16], length: int) -> None:
    if len(at) and (bool((np.diff(at.astype(np.int64)) < 0).any()) or int(at.max()) >= length):
        raise BadFont(f"its contents can't be read as a SoundFont ({name.decode()} points nowhere)")


def _check_samples(rows: Table, size: int) -> None:
    width = np.where(rows["kind"] & VORBIS, 1, 2)
    inside = (rows["start"] <= rows["end"]) & (rows["end"].astype(np.int64) * width <= size)
    if not bool(inside.all()):
        raise BadFont("a sample lies outside the file")
    if bool((rows["rate"] > MOST_RATE_HZ).any()):
        raise BadFont(f"a sample has more than {MOST_RATE_HZ} samples a second")


def _row_of(headers: Table, preset: Preset) -> int:
    same = (headers["bank"][:-1] == preset[0]) & (headers["programme"][:-1] == preset[1])
    return int(np.flatnonzero(same)[0])


def _named(bags: Table, gens: Table, at: NDArray[np.uint16], rows: Iterable[int], oper: int) -> list[int]:
    """What the zones of some rows name, rising."""
    found: set[int] = set()
    for row in rows:
        zone = gens[int(bags["gen"][at[row]]) : int(bags["gen"][at[row + 1]])]
        found |= set(zone["amount"][zone["oper"] == oper].tolist())
    return sorted(found)


def _zones(
    t: Mapping[bytes, Table], side: bytes, headers: Table, rows: list[int], oper: int, kept: list[int]
) -> tuple[Table, Table, Table, Table]:
    """Headers, bags, modulators and generators of some rows, each with its closing row, named anew."""
    bags, mods, gens = t[side + b"bag"], t[side + b"mod"], t[side + b"gen"]
    spans = [(int(headers["bag"][row]), int(headers["bag"][row + 1])) for row in rows]
    wanted = [bag for first, last in spans for bag in range(first, last)]
    gen_rows = [g for bag in wanted for g in range(int(bags["gen"][bag]), int(bags["gen"][bag + 1]))]
    mod_rows = [m for bag in wanted for m in range(int(bags["mod"][bag]), int(bags["mod"][bag + 1]))]
    out_headers = headers[[*rows, len(headers) - 1]].copy()
    out_headers["bag"] = np.cumsum([0, *(last - first for first, last in spans)])
    out_bags = np.zeros(len(wanted) + 1, bags.dtype)
    for name in ("gen", "mod"):
        out_bags[name] = np.cumsum([0, *(int(bags[name][bag + 1] - bags[name][bag]) for bag in wanted)])
    out_gens = gens[[*gen_rows, len(gens) - 1]].copy()
    names = out_gens["oper"][:-1] == oper
    out_gens["amount"][:-1][names] = np.searchsorted(kept, out_gens["amount"][:-1][names])
    return out_headers, out_bags, mods[[*mod_rows, len(mods) - 1]].copy(), out_gens


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", name, len(body)) + body + bytes(len(body) % 2)
