"""The one validator in front of every MIDI file, and the reader behind it.

Standard MIDI files of format 0 and 1 with metrical division. Written here because the libraries at hand read
hostile files for minutes (a delta of 2^28 ticks, a tempo of 0, a division of 0) or die in a division.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from vision.rejected import RejectedInput

MAX_BYTES = 16 << 20
MAX_TICKS = 1 << 26  # 19 hours at 960 a quarter and 60 a minute: no score is longer
MAX_TRACKS = 512
DRUM_CHANNEL = 9
_REMEDY = "remove the file from the folder, or export it again as a standard MIDI file"


class MidiNote(NamedTuple):
    """start, end: ticks, end > start.  programme: General MIDI 0..127.  drum: played on channel 10."""

    start: int
    end: int
    pitch: int
    velocity: int
    track: int
    programme: int
    drum: bool


class TimeSignature(NamedTuple):
    """From `tick` on, a bar has `numerator` notes of 1 / `denominator`."""

    tick: int
    numerator: int
    denominator: int


@dataclass
class MidiScore:
    """division: ticks a quarter.

    tempi: (tick, microseconds a quarter).  Notes are sorted by (start, pitch).
    """

    division: int
    notes: list[MidiNote] = field(default_factory=list)
    tempi: list[tuple[int, int]] = field(default_factory=list)
    signatures: list[TimeSignature] = field(default_factory=list)


def read_midi(path: Path) -> MidiScore:
    """Read and validate one file. Raises RejectedInput naming the file and what is wrong; takes < 1 s."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _Broken(f"is larger than {MAX_BYTES >> 20} MiB")
        return _parse(path.read_bytes())
    except OSError as error:
        raise RejectedInput(f"{path}: can't be read ({error.strerror})", _REMEDY) from error
    except (_Broken, IndexError) as error:
        reason = str(error) if isinstance(error, _Broken) else "ends in the middle of an event"
        raise RejectedInput(f"{path}: {reason}", _REMEDY) from error


class _Broken(Exception):
    """What is wrong with the bytes, without the file's name."""


def _parse(data: bytes) -> MidiScore:
    if data[:4] != b"MThd" or len(data) < 14:
        raise _Broken("does not begin with a MIDI header")
    form, tracks, division = (int.from_bytes(data[i : i + 2]) for i in (8, 10, 12))
    if form > 1:
        raise _Broken(f"is MIDI format {form}; only 0 and 1 are read")
    if division & 0x8000:
        raise _Broken("counts time in SMPTE frames, not in notes")
    if division == 0:
        raise _Broken("has a division of 0 ticks a quarter")
    if tracks > MAX_TRACKS:
        raise _Broken(f"declares {tracks} tracks")
    score = MidiScore(division)
    place = 8 + int.from_bytes(data[4:8])
    for track in range(tracks):
        while data[place : place + 4] != b"MTrk":
            if place + 8 > len(data):
                raise _Broken(f"ends before track {track + 1} of {tracks}")
            place += 8 + int.from_bytes(data[place + 4 : place + 8])
        end = place + 8 + int.from_bytes(data[place + 4 : place + 8])
        if end > len(data):
            raise _Broken("is truncated")
        _parse_track(data, place + 8, end, track, score)
        place = end
    score.notes.sort(key=lambda note: (note.start, note.pitch, note.track))
    score.tempi.sort()
    score.signatures.sort()
    return score


def _parse_track(data: bytes, place: int, end: int, track: int, score: MidiScore) -> None:
    tick = 0
    status = 0
    programmes = [0] * 16
    sounding: dict[
        int, list[tuple[int, int]]
    ] = {}  # channel * 128 + pitch -> (start, velocity), first in first out
    while place < end:
        delta = data[place]
        place += 1
        if delta & 0x80:
            delta, place = _long_number(data, place - 1)
        tick += delta
        if tick > MAX_TICKS:
            raise _Broken(f"runs past {MAX_TICKS} ticks")
        byte = data[place]
        if byte & 0x80:
            status = byte
            place += 1
        kind = status & 0xF0
        channel = status & 0x0F
        if kind == 0x90 or kind == 0x80:
            pitch, velocity = data[place], data[place + 1]
            place += 2
            key = channel << 7 | pitch & 0x7F
            if kind == 0x90 and velocity:
                sounding.setdefault(key, []).append((tick, velocity))
            elif sounding.get(key):
                start, struck = sounding[key].pop(0)
                if tick > start:
                    drum = channel == DRUM_CHANNEL
                    score.notes.append(
                        MidiNote(start, tick, pitch & 0x7F, struck, track, programmes[channel], drum)
                    )
        elif kind in (0xA0, 0xB0, 0xE0):
            place += 2
        elif kind == 0xC0:
            programmes[channel] = data[place] & 0x7F
            place += 1
        elif kind == 0xD0:
            place += 1
        elif status == 0xFF:
            meta = data[place]
            size, body = _long_number(data, place + 1)
            if meta == 0x2F:
                return
            _read_meta(meta, data[body : body + size], tick, score)
            place = body + size
        elif status in (0xF0, 0xF7):
            size, body = _long_number(data, place)
            place = body + size
        else:
            raise _Broken(f"holds an unknown event {status:#x}")


def _long_number(data: bytes, place: int) -> tuple[int, int]:
    """A variable-length number and the place after it."""
    value = 0
    for _ in range(4):
        byte = data[place]
        place += 1
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            return value, place
    raise _Broken("holds a number of more than four bytes")


def _read_meta(meta: int, body: bytes, tick: int, score: MidiScore) -> None:
    if meta == 0x51:
        tempo = int.from_bytes(body)
        if len(body) != 3 or tempo == 0:
            raise _Broken("sets a tempo of 0 microseconds a quarter")
        score.tempi.append((tick, tempo))
    elif meta == 0x58:
        if len(body) < 2 or body[0] == 0 or body[1] > 6:
            raise _Broken("sets a time signature that no bar can have")
        score.signatures.append(TimeSignature(tick, body[0], 1 << body[1]))
