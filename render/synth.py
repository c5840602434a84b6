"""A cue's notes played into one file a role: sample-exact, dry of ducking and gain, with its own tail."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tinysoundfont import _tinysoundfont as tsf

from composer.notes import ROLES, CueNotes, Part, Role
from render.events import PlayedNote, expression_gain, played_notes
from render.fluid import play_fluid
from render.room import Room, add_room, room_for
from render.settings import RenderSettings, SynthName
from render.soundfont import Font, Instrument, choose_font, open_instrument, stand_in, unplayable
from render.voices import note_gain, part_gain, shape_tone, silence
from render.wav import wav_file
from vision.progress import Progress

RATE_HZ = 48_000
CHANNEL = 0
TAIL_STEP = RATE_HZ // 2
MAX_TAIL_SAMPLES = 8 * RATE_HZ  # the longest release of the fonts tried is under 6 s
SILENT = 1e-5  # -100 dBFS: under a 16-bit converter's own noise
FADE_SAMPLES = RATE_HZ // 20

Sound = NDArray[np.float32]  # [n, 2]


def synthesise_cue(
    notes: CueNotes, settings: RenderSettings, out_dir: Path, progress: Progress
) -> tuple[Role, ...]:
    """Write out_dir/ROLE.wav (48 kHz float stereo) for every role that plays; returns those roles.

    A note at tick t starts at sample round(time x 48000) of the cue.  The same notes and font give the same
    bytes.  Raises RejectedInput where the font is at fault.
    """
    font = choose_font(settings.soundfont)
    room = room_for(notes.parts)
    roles = tuple(role for role in ROLES if _sounding(notes, role))
    for done, role in enumerate(roles):
        write_stem(
            out_dir / f"{role}.wav", add_tail(play_role(font, notes, role, settings.synth), role, room)
        )
        progress((done + 1) / len(roles))
    return roles


def _sounding(notes: CueNotes, role: Role) -> list[int]:
    """Indices of the role's parts that have a note."""
    played = {note.part for note in notes.notes}
    return [i for i, part in enumerate(notes.parts) if part.role == role and i in played]


def play_role(font: Font, notes: CueNotes, role: Role, synth: SynthName = "builtin") -> Sound:
    """[n, 2] all parts of a role, levelled, panned and shaped, without room."""
    mixed = np.zeros((0, 2), np.float32)
    for index in _sounding(notes, role):
        longer, shorter = sorted((mixed, play_part(font, notes, index, synth)), key=len, reverse=True)
        longer[: len(shorter)] += shorter
        mixed = longer
    return mixed


def play_part(font: Font, notes: CueNotes, index: int, synth: SynthName) -> Sound:
    """[n, 2] one part on an instrument of its own, silent before and after: parts never touch each other."""
    part, played = notes.parts[index], played_notes(notes, index)
    preset = stand_in(font, part)
    if synth == "fluidsynth":
        sound = play_fluid(font, preset, played, _pan(part), MAX_TAIL_SAMPLES)
    else:
        sound = _play(open_instrument(font, preset), played, _pan(part))
    if not np.isfinite(sound).all():
        raise unplayable(font, f"bank {preset[0]}, programme {preset[1]} plays what is no number")
    expression = expression_gain(notes, index, len(sound))
    if expression is not None:
        sound *= expression[:, None]
    return shape_tone(sound, part, part_gain(font, part, synth))


def _pan(part: Part) -> float:
    """0 left .. 1 right; never further than 85 % of the way, as no seat is outside the room."""
    return 0.5 + 0.5 * 0.85 * min(max(part.pan, -1.0), 1.0)


def _play(instrument: Instrument, notes: Sequence[PlayedNote], pan: float) -> Sound:
    """Note-ons and -offs at their samples, then on until the last release is silent."""
    synth = instrument.synth
    silence(synth)
    instrument.select(CHANNEL)
    synth.channel_set_pan(CHANNEL, pan)
    end = max((note.off for note in notes), default=0)
    sound = np.zeros((end + MAX_TAIL_SAMPLES, 2), np.float32)
    at = 0
    for sample, pitch, velocity in _schedule(notes):
        if sample > at:
            synth.render(sound[at:sample])
            at = sample
        if velocity:
            synth.channel_note_on(CHANNEL, pitch, note_gain(velocity))
        else:
            synth.channel_note_off(CHANNEL, pitch)
    end = _render_tail(synth, sound, at)
    silence(synth)
    return sound[:end]


def _render_tail(synth: "tsf.SoundFont", sound: Sound, at: int) -> int:
    while at < len(sound):
        step = sound[at : at + TAIL_STEP]
        synth.render(step)
        at += len(step)
        if float(np.abs(step).max()) < SILENT:
            break
    return at


def _schedule(notes: Sequence[PlayedNote]) -> Iterator[tuple[int, int, int]]:
    """(sample, pitch, velocity; 0 is off), offs before ons of the same sample."""
    ons = [(note.on, 1, note.pitch, note.velocity) for note in notes]
    offs = [(note.off, 0, note.pitch, 0) for note in notes]
    for sample, _, pitch, velocity in sorted(ons + offs):
        yield sample, pitch, velocity


def add_tail(dry: Sound, role: Role, room: Room) -> Sound:
    """The role in its room, cut where it has died away, its last 50 ms faded to nothing."""
    wet = add_room(dry, role, room)
    loud = np.flatnonzero(np.maximum(np.abs(wet[:, 0]), np.abs(wet[:, 1])) > SILENT)
    end = int(loud[-1]) + 1 if len(loud) else 0
    sound = wet[:end]
    fade = min(FADE_SAMPLES, end)
    sound[end - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)[:, None]
    return sound


def write_stem(path: Path, sound: Sound) -> None:
    """Write [n, 2] as 48 kHz float WAV, whole or not at all."""
    with wav_file(path, len(sound), "stereo", "float32") as wav:
        wav.write(sound)
