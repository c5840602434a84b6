"""A small corpus of made-up scores: four-part cadences in C and A minor, a melody above, a drum below."""

from pathlib import Path

import mido
import numpy as np

BAR = 4 * 480


def write_corpus(folder: Path, pieces: int = 12, bars: int = 16) -> Path:
    """MIDI files in two sources below `folder`, one of them hostile."""
    for piece in range(pieces):
        source = folder / ("quartets" if piece % 2 else "games")
        source.mkdir(parents=True, exist_ok=True)
        _write(source / f"piece_{piece:02}.mid", bars, np.random.default_rng(piece))
    (folder / "games" / "broken.mid").write_bytes(b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x00")
    return folder


def _write(path: Path, bars: int, rng: np.random.Generator) -> None:
    roots = (0, 5, 7, 0) if rng.random() < 0.5 else (9, 2, 4, 9)
    events: list[tuple[int, int, int, int, int]] = []  # channel, pitch, start, ticks, velocity
    for bar in range(bars):
        root = 48 + roots[bar % 4]
        minor = roots[bar % 4] in (2, 9, 4)
        triad = (0, 3 if minor else 4, 7)
        events.append((0, root - 12, bar * BAR, BAR, 70))
        events += [(1, root + 12 + i, bar * BAR, BAR // 2, 60) for i in triad]
        events += [(2, root + 12 + triad[i % 3], bar * BAR + i * 240, 240, 64) for i in range(8)]
        tune = [root + 24 + triad[int(i)] for i in rng.integers(0, 3, 4)]
        events += [(3, pitch, bar * BAR + i * 480, 480, 90) for i, pitch in enumerate(tune)]
        events += [(9, 36, bar * BAR + i * 960, 100, 100) for i in range(2)]
    file = mido.MidiFile(ticks_per_beat=480)
    for channel in (0, 1, 2, 3, 9):
        file.tracks.append(_track(channel, [event for event in events if event[0] == channel]))
    file.save(path)


def _track(channel: int, events: list[tuple[int, int, int, int, int]]) -> mido.MidiTrack:
    track = mido.MidiTrack()
    track.append(mido.Message("program_change", channel=channel, program=48))
    moments = [(start, 1, pitch, velocity) for _, pitch, start, _, velocity in events]
    moments += [(start + ticks, 0, pitch, 0) for _, pitch, start, ticks, _ in events]
    at = 0
    for tick, on, pitch, velocity in sorted(moments):
        kind = "note_on" if on else "note_off"
        track.append(mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=tick - at))
        at = tick
    return track
