"""Sounds with known truth: tones, noise, a synthetic voice, plucked chords, and files that hold them."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soxr
from numpy.typing import NDArray

from flows.demo_sound import MAN, WOMAN
from flows.demo_voice import RATE_HZ as VOICE_RATE_HZ
from flows.demo_voice import speak
from vision.analysis import AudioStream, SoundFacts
from vision.progress import silent
from vision.settings import VisionSettings
from vision.sound import listen, sound_facts
from vision.sound_curves import SoundCurves

RATE_HZ = 48_000
Sound = NDArray[np.float32]  # [n] or [n, channels]


@dataclass(frozen=True)
class Stream:
    """One sound stream of a test file; start_s is the time of its first sample."""

    sound: Sound
    layout: str = "mono"
    start_s: float = 0.0
    rate_hz: int = RATE_HZ
    codec: str = "pcm_s16le"


def quiet(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def sine(hz: float, seconds: float, gain: float = 0.1) -> Sound:
    return (gain * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def noise(seconds: float, gain: float = 0.05, seed: int = 1) -> Sound:
    return np.random.default_rng(seed).normal(0, gain, round(seconds * RATE_HZ)).astype(np.float32)


def voice(seconds: float, seed: int = 1, woman: bool = False) -> Sound:
    """A synthetic sentence (flows.demo_voice)."""
    said = speak(WOMAN if woman else MAN, seconds, seed)
    return np.asarray(soxr.resample(said, VOICE_RATE_HZ, RATE_HZ), np.float32)


def plucked_chords(seconds: float, seed: int = 1, gain: float = 0.1) -> Sound:
    """Four chords in turn, arpeggiated on strings that ring: two notes a second over a bass."""
    rng = np.random.default_rng(seed)
    out = np.zeros(round((seconds + 3) * RATE_HZ))
    chords = ((57, 60, 64, 69), (53, 57, 60, 65), (48, 55, 60, 64), (55, 59, 62, 67))
    for number, at in enumerate(np.arange(0, seconds, 0.5)):
        chord = chords[number // 4 % 4]
        for pitch in {chord[0] - 12} if number % 4 == 0 else {chord[int(rng.integers(0, 4))]}:
            note = _string(440 * 2 ** ((pitch - 69) / 12))
            start = round(at * RATE_HZ)
            out[start : start + len(note)] += note[: len(out) - start]
    return (gain * out[: round(seconds * RATE_HZ)]).astype(np.float32)


def _string(hz: float) -> NDArray[np.float64]:
    t = np.arange(round(2.5 * RATE_HZ)) / RATE_HZ
    partials = [np.sin(2 * np.pi * hz * k * t) * np.exp(-t * (0.8 + 0.5 * k)) / k for k in range(1, 9)]
    return np.asarray(sum(partials) * np.clip(t / 0.004, 0, 1))


def write_sound(path: Path, streams: Sequence[Stream]) -> tuple[AudioStream, ...]:
    """Write sound streams into a container chosen by suffix and say what it holds."""
    with av.open(str(path), "w") as container:
        written = [container.add_stream(s.codec, rate=s.rate_hz, layout=s.layout) for s in streams]
        for stream, out in zip(streams, written, strict=True):
            whole = stream.sound.reshape(len(stream.sound), -1)
            for start in range(0, len(whole), 4800):
                _write_piece(container, out, stream, whole[start : start + 4800], start)
            for packet in out.encode(None):
                container.mux(packet)
    with av.open(str(path)) as container:
        return tuple(
            AudioStream(
                index=s.index,
                codec=s.codec_context.name,
                sample_rate_hz=s.rate,
                channels=s.channels,
                layout=s.layout.name,
            )
            for s in container.streams.audio
        )


def _write_piece(container, out, stream: Stream, piece: Sound, start: int) -> None:  # type: ignore[no-untyped-def]
    packed = np.ascontiguousarray(np.clip(piece * 32767, -32768, 32767).astype(np.int16).reshape(1, -1))
    frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=stream.layout)
    frame.sample_rate = stream.rate_hz
    frame.time_base = Fraction(1, stream.rate_hz)
    frame.pts = start + round(stream.start_s * stream.rate_hz)
    for packet in out.encode(frame):
        container.mux(packet)


def heard(
    path: Path,
    streams: Sequence[Stream],
    *,
    length_s: float | None = None,
    zero_s: Fraction = Fraction(0),
    programme_s: tuple[float, float] | None = None,
    settings: VisionSettings | None = None,
) -> tuple[SoundFacts, SoundCurves]:
    """Write the streams to `path` and listen to them."""
    held = write_sound(path, streams)
    length = length_s or max(len(s.sound) / s.rate_hz + s.start_s for s in streams)
    span = programme_s or (0.0, length)
    curves = listen(path, held, zero_s, length, settings or VisionSettings(), silent)
    return sound_facts(curves, length, span), curves
