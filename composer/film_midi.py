"""The whole film's music as one MIDI file, on film time: cues, hits, shots, names and programmes."""

from collections.abc import Sequence
from pathlib import Path

import mido

from composer.film_bars import bars_within, gap_bars
from composer.film_clock import CuePlace, FilmClock, film_clock
from composer.measure_hits import measure_hits as measure_hits
from composer.midi import (
    CHANNELS_OF_A_PORT,
    DRUM_CHANNEL,
    Played,
    Track,
    add_bars,
    key,
    marker,
    midi_bytes,
    one_at_a_time,
    set_up,
    tempo,
)
from composer.notes import ROLES, CueNotes, Part
from composer.smpte_offset import smpte_offset
from composer.spotting import Cue, Hit, Spotting
from composer.tempo_map import TICKS_PER_BEAT
from composer.theory import key_pc_of
from vision.analysis import Analysis, Film
from vision.artifact import write_bytes


def write_film_midi(
    path: Path, analysis: Analysis, spotting: Spotting, cues: Sequence[tuple[Cue, CueNotes]]
) -> None:
    """Write score.mid: tick 0 is the first shown frame, the last tick the film's end.

    Inside a cue its ticks are its own, so every hit lands where its tempo map puts it; what rings on into
    the next cue is moved by time. Same music, same bytes.
    """
    ordered = sorted(cues, key=lambda pair: pair[0].start_s)
    clock = film_clock([(cue.start_s, notes.tempo_map) for cue, notes in ordered], analysis.film.duration_s)
    tracks = [_conductor(analysis.film, spotting, ordered, clock), _shots(analysis, clock)]
    tracks += _parts(ordered, clock)
    write_bytes(path, midi_bytes(tracks, clock.last_tick))


def _conductor(
    film: Film, spotting: Spotting, cues: Sequence[tuple[Cue, CueNotes]], clock: FilmClock
) -> Track:
    track = Track("Film")
    offset = smpte_offset(film)
    track.add(0, offset.event())
    track.add(0, marker(true_start(film)))
    if offset.warning:
        track.add(0, mido.MetaMessage("text", text=offset.warning))
    for stretch in clock.stretches:
        track.add(stretch.tick, tempo(stretch.us_per_beat))
    for tick, beats in clock.gaps:
        add_bars(track, gap_bars(beats), tick)
    for (cue, notes), place in zip(cues, clock.places, strict=True):
        track.add(place.tick, key(key_pc_of(cue.key), cue.mode))
        add_bars(track, bars_within(notes.tempo_map.bars, place.beats), place.tick)
        track.add(place.tick, marker(f"{cue.id} {cue.key} {cue.mode} {cue.tempo_qpm:.1f}"))
        ends_us = place.us + (cue.end_s - cue.start_s) * 1e6
        track.add(min(clock.tick_at(ends_us), clock.last_tick), marker(f"{cue.id} end"))
    starts = {
        name: (cue, place)
        for (cue, _), place in zip(cues, clock.places, strict=True)
        for name in (cue.id, cue.uid)
    }
    for hit in spotting.hits:
        if hit.bar > 0 and hit.cue in starts and hit.kind != "in":
            cue, place = starts[hit.cue]
            track.add(_hit_tick(hit, cue, place, clock), marker(f"{cue.id} {hit.kind}"))
    return track


def true_start(film: Film) -> str:
    """What the first marker says: the film's own start timecode and rate, which MIDI's four codes may not."""
    drop = " drop-frame" if film.drop_frame else ""
    return f"film starts {film.start_timecode} at {film.frame_rate} frames a second{drop}"


def _hit_tick(hit: Hit, cue: Cue, place: CuePlace, clock: FilmClock) -> int:
    return min(clock.tick_at(place.us + (hit.realised_s - cue.start_s) * 1e6), clock.last_tick)


def _shots(analysis: Analysis, clock: FilmClock) -> Track:
    track = Track("Shots")
    for shot in analysis.shots:
        tick = min(clock.tick_at(shot.start_s * 1e6), clock.last_tick)
        track.add(tick, marker(f"shot {shot.index + 1} {shot.transition_in}"))
    return track


def _parts(cues: Sequence[tuple[Cue, CueNotes]], clock: FilmClock) -> list[Track]:
    """A track an instrument and role over the whole film, in score order."""
    channels = _channels([notes.parts for _, notes in cues])
    tracks = {part: Track(part.name) for part in channels}
    for part, channel in channels.items():
        if channel >= 16:
            tracks[part].add(0, mido.MetaMessage("midi_port", port=channel // 16))
    played: dict[Part, list[Played]] = {part: [] for part in channels}
    for (_, notes), place in zip(cues, clock.places, strict=True):
        for part in notes.parts:
            set_up(tracks[part], channels[part] % 16, part, place.tick)
        _add_cue(tracks, channels, played, notes, place, clock)
    for part, own in played.items():
        for start, end, pitch, velocity in one_at_a_time(own):
            tracks[part].note(channels[part] % 16, pitch, velocity, start, end)
    return list(tracks.values())


def _add_cue(
    tracks: dict[Part, Track],
    channels: dict[Part, int],
    played: dict[Part, list[Played]],
    notes: CueNotes,
    place: CuePlace,
    clock: FilmClock,
) -> None:
    def film_tick(tick: int) -> int:
        if tick <= place.beats * TICKS_PER_BEAT:
            return place.tick + tick
        us = place.us + float(notes.tempo_map.time_us(tick / TICKS_PER_BEAT))
        return min(clock.tick_at(us), clock.last_tick)

    for control in notes.controls:
        part = notes.parts[control.part]
        message = mido.Message(
            "control_change",
            channel=channels[part] % 16,
            control=control.controller,
            value=control.value,
        )
        tracks[part].add(film_tick(control.tick), message)
    for note in notes.notes:
        part = notes.parts[note.part]
        start, end = film_tick(note.tick), film_tick(note.tick + note.ticks)
        played[part].append((start, end, note.pitch, note.velocity))


def _channels(cues: Sequence[tuple[Part, ...]]) -> dict[Part, int]:
    """A channel for each part of the film, in score order; 16 and more lie on further ports.

    Parts that never sound in one cue, or in two neighbouring ones, may share: programmes are set per cue.
    """
    parts = sorted(
        {part for cue in cues for part in cue},
        key=lambda p: (ROLES.index(p.role), p.name, p.programme, p.drums, p.pan),
    )
    together: dict[Part, set[Part]] = {part: set() for part in parts}
    for before, here in zip([(), *cues], cues, strict=False):
        for part in here:
            together[part] |= {*here, *before}
            for other in before:
                together[other].add(part)
    channels: dict[Part, int] = {}
    for part in parts:
        if part.drums:
            channels[part] = DRUM_CHANNEL
            continue
        taken = {channels[other] for other in together[part] if other in channels}
        melodic = len(parts) <= CHANNELS_OF_A_PORT
        used = set(channels.values()) if melodic else taken
        channels[part] = next(c for c in range(16 * 16) if c % 16 != DRUM_CHANNEL and c not in used)
    return channels
