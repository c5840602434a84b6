"""Small cues, analyses and film sounds of known truth for the tests of sound."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from composer.notes import Control, CueNotes, Note, Part, Role
from composer.spotting import Cue, Spotting
from composer.tempo_map import TempoChange, TempoMap
from render.settings import RenderSettings
from render.synth import synthesise_cue
from vision.analysis import Analysis, AudioStream, Film, Programme, SoundFacts, SpeechSpan
from vision.progress import silent

RATE_HZ = 48_000
TEMPO_MAP = TempoMap(
    changes=(TempoChange(beat=0, us_per_beat=487_013), TempoChange(beat=4, us_per_beat=491_777)),
    bars=(4, 4, 4),
)


def note(tick: int, pitch: int = 60, *, part: int = 0, ticks: int = 900, velocity: int = 84) -> Note:
    return Note(part=part, pitch=pitch, velocity=velocity, tick=tick, ticks=ticks, grid_tick=tick)


def part(role: Role = "melody", programme: int = 0, pan: float = 0.0) -> Part:
    return Part(role=role, name=role, programme=programme, pan=pan)


def cue_notes(
    notes: Sequence[Note],
    parts: Sequence[Part] = (part(),),
    controls: Sequence[Control] = (),
    tempo_map: TempoMap = TEMPO_MAP,
) -> CueNotes:
    return CueNotes(
        uid="u1", id="1M01", engine="rules", tempo_map=tempo_map, parts=tuple(parts), notes=tuple(notes),
        controls=tuple(controls),
    )  # fmt: skip


def song(bars: int, seed: int = 1) -> CueNotes:
    """Piano, strings and bass, about two seconds a bar."""
    random = np.random.default_rng(seed)
    tempo_map = TempoMap(changes=(TempoChange(beat=0, us_per_beat=500_000),), bars=(4,) * bars)
    notes = []
    for bar in range(bars):
        root = int(random.choice([50, 53, 46, 48]))
        notes += [note(bar * 3840, root + step, part=1, ticks=3800, velocity=70) for step in (0, 7, 15)]
        notes.append(note(bar * 3840, root - 12, part=2, ticks=3800))
        notes += [
            note(bar * 3840 + k * 480, root + 12 + int(random.integers(8)), ticks=460) for k in range(8)
        ]
    parts = (part(), part("pad", 48, -0.3), part("bass", 43, 0.4))
    return cue_notes(sorted(notes, key=lambda n: (n.tick, n.part, n.pitch)), parts, tempo_map=tempo_map)


def cue(uid: str, start_s: float, end_s: float) -> Cue:
    return Cue(
        uid=uid, id="1M01", start_s=start_s, out_s=end_s - 1, end_s=end_s, key="D", mode="dorian",
        style="chamber", tempo_qpm=120, theme=None, theme_use="none", entry="scene_cut", ending="rest",
        arousal=0.5, valence=0.5, reason="a test",
    )  # fmt: skip


def spotting(*cues: Cue) -> Spotting:
    return Spotting(cues=cues, hits=(), silences=(), coverage=1.0)


def synthesised(folder: Path, songs: dict[str, CueNotes]) -> dict[str, Path]:
    for uid, notes in songs.items():
        synthesise_cue(notes, RenderSettings(), folder / uid, silent)
    return {uid: folder / uid for uid in songs}


def analysis(
    frames: int,
    rate: Fraction | int = 24,
    *,
    layout: str | None = "stereo",
    speech: Sequence[tuple[float, float]] = (),
    streams: int = 1,
    codec: str = "h264",
    pixel_format: str = "yuv420p",
    time_base: Fraction | None = None,
    end_pts: int | None = None,
) -> Analysis:
    """What the eyes and ears would say of a film of `frames` whose sound streams follow the picture."""
    exact = Fraction(rate)
    tick = time_base if time_base is not None else 1 / exact
    end = end_pts if end_pts is not None else frames
    duration = end * tick
    channels = {"mono": 1, "stereo": 2, "5.1": 6}
    sound = [
        AudioStream(
            index=1 + i, codec="pcm", sample_rate_hz=RATE_HZ, channels=channels[layout], layout=layout
        )
        for i in range(streams)
        if layout is not None
    ]
    film = Film(
        sha256="0" * 64, frame_rate=str(exact), frames=frames, duration_s=float(duration),
        length_samples=int(duration * RATE_HZ + Fraction(1, 2)), width=160, height=90, variable_rate=False,
        start_timecode="00:00:00:00", drop_frame=False, video_stream=0, video_codec=codec,
        pixel_format=pixel_format, container="mov", audio_streams=tuple(sound), time_base=str(tick),
        first_pts=0, end_pts=end,
        programme=Programme(first_frame=0, last_frame=frames - 1, start_s=0.0, end_s=float(duration)),
    )  # fmt: skip
    spans = tuple(SpeechSpan(start_s=a, end_s=b) for a, b in speech)
    share = sum(b - a for a, b in speech) / float(duration)
    facts = SoundFacts(
        spans=(), speech=spans, loud_effects_s=(), loudness_lufs=None, speech_loudness_lufs=None,
        speech_share=share, music_share=0.0,
    )  # fmt: skip
    return Analysis(film=film, shots=(), sound=facts)


def room_tone(seconds: float, channels: int, talk: Sequence[tuple[float, float]] = ()) -> NDArray[np.float32]:
    """[channels, n] quiet noise, 26 dB louder where somebody talks (in the centre, or everywhere below 3)."""
    random = np.random.default_rng(3)
    samples = round(seconds * RATE_HZ)
    sound = 0.004 * random.standard_normal((channels, samples))
    for start_s, end_s in talk:
        first, last = round(start_s * RATE_HZ), round(end_s * RATE_HZ)
        voice = 0.08 * random.standard_normal(last - first)
        sound[2 if channels > 2 else slice(None), first:last] += voice
    return sound.astype(np.float32)
