"""FluidSynth in place of our own synth, where the machine has it: one part a run, under limits.

FluidSynth 2.3.1 renders for ever on a note that never ends and hangs on a broken font. So every note here is
ended, the font was checked, the tool has a time limit, and what it writes is cut at the longest release. It
plays events in blocks of 64 samples: an onset may be 1.3 ms late, never early.
"""

import re
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import mido
import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from render.events import PlayedNote
from render.font_file import Preset
from render.soundfont import KITS, RATE_HZ, VELOCITY_POWERS, Font
from vision.process import ToolFailed, run_tool
from vision.rejected import RejectedInput

CHANNEL, KIT_CHANNEL = 0, 9
PAN = 10
TICKS_PER_BEAT = 480
US_PER_BEAT = 10_000  # 480 ticks in 10 ms: a tick is a sample
LEAST_S = 60.0  # a piano of a large .sf3 alone takes 10 s to decode on a busy machine
GAIN = 0.5
"""FluidSynth's own voice headroom; parts are levelled by measurement afterwards."""

Sound = NDArray[np.float32]


@cache
def fluidsynth_version() -> str:
    """As in "2.3.1".  Raises RejectedInput where FluidSynth is not installed or doesn't start."""
    path = shutil.which("fluidsynth")
    remedy = "install it (Debian: apt install fluidsynth), or leave out --synth"
    if path is None:
        raise RejectedInput("fluidsynth is not installed", remedy)
    try:
        said = run_tool([path, "--version"], timeout_s=LEAST_S).stdout.decode("utf-8", "replace")
    except ToolFailed as failure:
        raise RejectedInput("fluidsynth does not start", remedy) from failure
    found = re.search(r"version (\d[\d.]*)", said)
    return found[1] if found else "unknown"


def play_fluid(font: Font, preset: Preset, notes: Sequence[PlayedNote], pan: float, most: int) -> Sound:
    """[n, 2] the notes in FluidSynth, dry, at most `most` samples past the last note's end.

    pan: 0 left .. 1 right.  Raises ToolFailed where FluidSynth fails or finds no end.
    """
    end = max((note.off for note in notes), default=0)
    with tempfile.TemporaryDirectory() as folder:
        midi, excerpt, wav = (Path(folder) / name for name in ("part.mid", "part.sf2", "part.wav"))
        _write(midi, preset, notes, pan, end + most)
        excerpt.write_bytes(font.excerpt(preset, "fluidsynth"))
        tool = shutil.which("fluidsynth") or "fluidsynth"
        dry = ["-R", "0", "-C", "0", "-g", str(GAIN), "-r", str(RATE_HZ), "-o", "synth.polyphony=256"]
        to_file = ["-n", "-i", "-q", "-T", "wav", "-O", "float", "-F", str(wav)]
        run_tool([tool, *to_file, *dry, str(excerpt), str(midi)], timeout_s=LEAST_S + (end + most) / RATE_HZ)
        sound, _ = sf.read(wav, frames=end + most, dtype="float32", always_2d=True)
    if len(sound) < end:
        raise ToolFailed([tool], 0, f"its file holds {len(sound)} of {end} samples")
    return np.asarray(sound, np.float32)


def _write(path: Path, preset: Preset, notes: Sequence[PlayedNote], pan: float, end: int) -> None:
    """A MIDI file whose tick is a sample, every note ended, and the file ended `end` samples in."""
    bank, programme = preset
    channel = KIT_CHANNEL if bank == KITS else CHANNEL
    events = [(note.on, 1, "note_on", note.pitch, _velocity(note.velocity)) for note in notes]
    events += [(note.off, 0, "note_off", note.pitch, 0) for note in notes]
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=US_PER_BEAT)])
    if bank != KITS:
        track.append(mido.Message("control_change", channel=channel, control=0, value=bank % 128))
    track.append(mido.Message("program_change", channel=channel, program=programme))
    track.append(mido.Message("control_change", channel=channel, control=PAN, value=round(pan * 127)))
    at = 0
    for sample, _, kind, pitch, velocity in sorted(events):
        message = mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=sample - at)
        track.append(message)
        at = sample
    track.append(mido.MetaMessage("end_of_track", time=max(end - at, 0)))
    file = mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_BEAT)
    file.tracks.append(track)
    file.save(path)


def _velocity(velocity: int) -> int:
    scaled: int = round(127.0 * float((velocity / 127) ** VELOCITY_POWERS["fluidsynth"]))
    return min(max(scaled, 1), 127)
