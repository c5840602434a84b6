"""One validator in front of every MIDI file."""

import time
from pathlib import Path

import mido
import pytest

from composer.midi_read import read_midi
from vision.rejected import RejectedInput


def written(path: Path, division: int = 480) -> Path:
    """A small file: a C for a quarter, a drum, a change of tempo and metre."""
    file = mido.MidiFile(ticks_per_beat=division)
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.MetaMessage("set_tempo", tempo=600_000))
    track.append(mido.MetaMessage("time_signature", numerator=2, denominator=2))
    track.append(mido.Message("program_change", program=40))
    track.append(mido.Message("note_on", note=60, velocity=80))
    track.append(mido.Message("note_on", note=36, velocity=90, channel=9))
    track.append(mido.Message("note_off", note=60, time=division))
    track.append(mido.Message("note_on", note=36, velocity=0, channel=9))
    file.save(path)
    return path


def test_notes_tempo_and_metre_are_read(tmp_path: Path) -> None:
    score = read_midi(written(tmp_path / "a.mid"))
    drum, note = score.notes
    assert (note.start, note.end, note.pitch, note.velocity, note.programme, note.drum) == (
        0,
        480,
        60,
        80,
        40,
        False,
    )
    assert drum.drum and score.tempi == [(0, 600_000)]
    assert (score.signatures[0].numerator, score.signatures[0].denominator) == (2, 2)


def chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "big") + body


def header(division: int, form: int = 0, tracks: int = 1) -> bytes:
    return chunk(b"MThd", b"".join(n.to_bytes(2, "big") for n in (form, tracks, division)))


NOTE = b"\x00\x90\x3c\x40\x81\x00\x80\x3c\x00"
END = b"\x00\xff\x2f\x00"
HOSTILE = {
    "division of 0": header(0) + chunk(b"MTrk", NOTE + END),
    "SMPTE": header(0xE728) + chunk(b"MTrk", NOTE + END),
    "tempo of 0": header(480) + chunk(b"MTrk", b"\x00\xff\x51\x03\x00\x00\x00" + NOTE + END),
    "runs past": header(480) + chunk(b"MTrk", b"\xff\xff\xff\x7f" * 1 + NOTE[1:] + END),
    "format 2": header(480, form=2) + chunk(b"MTrk", NOTE + END),
    "truncated": header(480) + b"MTrk\x00\x00\xff\xff" + NOTE,
    "middle of an event": header(480) + chunk(b"MTrk", b"\x00\x90\x3c"),
    "header": b"RIFF0000",
    "time signature": header(480) + chunk(b"MTrk", b"\x00\xff\x58\x04\x00\x02\x18\x08" + END),
    "declares": header(480, form=1, tracks=60000),
    "ends before": header(480, form=1, tracks=9) + chunk(b"MTrk", END),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_rejected_by_name_within_a_second(tmp_path: Path, what: str) -> None:
    path = tmp_path / "hostile.mid"
    path.write_bytes(HOSTILE[what])
    began = time.perf_counter()
    with pytest.raises(RejectedInput, match="hostile.mid") as caught:
        read_midi(path)
    assert what in caught.value.reason
    assert time.perf_counter() - began < 1
