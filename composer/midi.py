"""A cue as a MIDI file: its own tempo map from whole microseconds, a track a part, hits as markers."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mido

from composer.lead_in import LEAD_BARS, lead_beats
from composer.notes import CueNotes, Part
from composer.request import CueRequest
from composer.spotting import Mode
from composer.tempo_map import TICKS_PER_BEAT
from composer.theory import key_signature
from vision.artifact import write_bytes

DRUM_CHANNEL = 9
CHANNELS_OF_A_PORT = 15
PAN, EXPRESSION = 10, 11
NOTE_OFF, SETTING, NOTE_ON = 0, 1, 2  # order of events on one tick


Played = tuple[int, int, int, int]  # [start, end) ticks, pitch, velocity


@dataclass
class Track:
    """A MIDI track as events at absolute ticks; written in order of tick, kind and arrival."""

    name: str
    events: list[tuple[int, int, int, Any]] = field(default_factory=list)

    def add(self, tick: int, event: Any, order: int = SETTING) -> None:
        """Put a mido message at a tick."""
        self.events.append((tick, order, len(self.events), event))

    def note(self, channel: int, pitch: int, velocity: int, start: int, end: int) -> None:
        """Put a note at [start, end) ticks."""
        on = mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)
        off = mido.Message("note_off", channel=channel, note=pitch, velocity=64)
        self.add(start, on, NOTE_ON)
        self.add(end, off, NOTE_OFF)

    def written(self, last: int) -> Any:
        """The mido track, its end at tick `last` or at its last event."""
        track = mido.MidiTrack()
        track.append(mido.MetaMessage("track_name", name=ascii_name(self.name), time=0))
        now = 0
        for tick, _, _, event in sorted(self.events, key=lambda e: e[:3]):
            track.append(event.copy(time=tick - now))
            now = tick
        track.append(mido.MetaMessage("end_of_track", time=max(last - now, 0)))
        return track


def ascii_name(text: str) -> str:
    """Text as MIDI meta events may carry it everywhere: printable ASCII."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)


def midi_bytes(tracks: Iterable[Track], last: int) -> bytes:
    """A format 1 file of 960 ticks a quarter; the same tracks give the same bytes."""
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT)
    for track in tracks:
        file.tracks.append(track.written(last))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def add_bars(track: Track, bars: Iterable[int], tick: int) -> int:
    """Time signatures of bars of so many beats from `tick` on; returns the tick of their end.

    The first is always written, so that a bar begins here; the others only where the length changes.
    """
    before: int | None = None
    for beats in bars:
        if beats != before:
            track.add(tick, mido.MetaMessage("time_signature", numerator=beats, denominator=4))
        before = beats
        tick += beats * TICKS_PER_BEAT
    return tick


def tempo(us_per_beat: int) -> Any:
    """A tempo event."""
    return mido.MetaMessage("set_tempo", tempo=us_per_beat)


def key(key_pc: int, mode: Mode) -> Any:
    """The key signature with a mode's tones."""
    return mido.MetaMessage("key_signature", key=key_signature(key_pc, mode))


def marker(text: str) -> Any:
    """A marker event."""
    return mido.MetaMessage("marker", text=ascii_name(text))


def set_up(track: Track, channel: int, part: Part, tick: int) -> None:
    """Programme and seat of a part from a tick on, its expression open: others had the channel before."""
    track.add(tick, mido.Message("program_change", channel=channel, program=part.programme))
    track.add(tick, mido.Message("control_change", channel=channel, control=EXPRESSION, value=127))
    pan = min(max(round(64 + 63 * part.pan), 0), 127)
    track.add(tick, mido.Message("control_change", channel=channel, control=PAN, value=pan))


def one_at_a_time(notes: Iterable[Played]) -> list[Played]:
    """No key pressed while it is down: a note ends where its key is struck again; of two that begin at once
    the louder, then the longer stays.

    A second note-on before the first one's note-off means something else to every reader, and a note-on of
    velocity 0 is a note-off.
    """
    kept: list[Played] = []
    following: dict[int, int] = {}
    for start, end, pitch, velocity in sorted(notes, key=lambda n: (n[0], n[3], n[1]), reverse=True):
        until = min(end, following.get(pitch, end))
        if until > start and velocity > 0:
            kept.append((start, until, pitch, velocity))
            following[pitch] = start
    return sorted(kept)


def cue_channels(parts: Iterable[Part]) -> list[int]:
    """A channel for each part of a cue: drums on 10, the others counted round it."""
    channels: list[int] = []
    melodic = 0
    for part in parts:
        if part.drums:
            channels.append(DRUM_CHANNEL)
            continue
        channels.append(melodic if melodic < DRUM_CHANNEL else melodic + 1)
        melodic += 1
    return channels


def write_cue_midi(path: Path, request: CueRequest, notes: CueNotes) -> None:
    """Write a cue's MIDI: tempo map, signatures, markers, a track a part; two bars, then the downbeat."""
    lead = lead_beats(request.tempo_map) * TICKS_PER_BEAT
    conductor = Track(f"{request.id} {request.key} {request.mode}")
    for change in request.tempo_map.changes:
        tick = lead + change.beat * TICKS_PER_BEAT if change.beat else 0
        conductor.add(tick, tempo(change.us_per_beat))
    conductor.add(0, key(request.key_pc, request.mode))
    conductor.add(0, marker(f"{request.id} two bars before"))
    conductor.add(lead, marker(f"{request.id} in"))
    last = add_bars(conductor, [request.tempo_map.bars[0]] * LEAD_BARS + list(request.tempo_map.bars), 0)
    for hit in request.hits:
        if hit.kind != "in":
            place = lead + round(hit.beat * TICKS_PER_BEAT)
            conductor.add(place, marker(f"{request.id} {hit.kind}"))
    channels = cue_channels(notes.parts)
    tracks = [Track(part.name) for part in notes.parts]
    for track, channel, part in zip(tracks, channels, notes.parts, strict=True):
        set_up(track, channel, part, 0)
    for control in notes.controls:
        tracks[control.part].add(
            lead + control.tick,
            mido.Message(
                "control_change",
                channel=channels[control.part],
                control=control.controller,
                value=control.value,
            ),
        )
    for index, (track, channel) in enumerate(zip(tracks, channels, strict=True)):
        own = [
            (lead + note.tick, lead + note.tick + note.ticks, note.pitch, note.velocity)
            for note in notes.notes
            if note.part == index
        ]
        for start, end, pitch, velocity in one_at_a_time(own):
            track.note(channel, pitch, velocity, start, end)
            last = max(last, end)
    write_bytes(path, midi_bytes([conductor, *tracks], last))
