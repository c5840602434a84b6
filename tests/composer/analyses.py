"""Synthetic analyses: acts of scenes with looks that return, talk, chases and quiet, from seconds to hours.

film = synthetic_film(seed=3, minutes=120)
film.analysis, film.curves
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

import numpy as np

from vision.analysis import (
    Analysis,
    AudioStream,
    Film,
    Programme,
    Region,
    Shot,
    ShotFeatures,
    SoundFacts,
    SoundSpan,
    SpeechSpan,
    Transition,
)
from vision.curves import Curves

SceneKind = Literal["talk", "night", "day", "chase", "montage", "take"]
# Mean shot length in seconds, brightness, motion (widths a second), speech share, arousal.
CHARACTER: dict[SceneKind, tuple[float, float, float, float, float]] = {
    "talk": (4.0, 0.45, 0.05, 0.7, 0.30),
    "night": (9.0, 0.12, 0.02, 0.0, 0.12),
    "day": (5.0, 0.55, 0.12, 0.15, 0.42),
    "chase": (1.3, 0.40, 0.60, 0.0, 0.85),
    "montage": (2.5, 0.50, 0.20, 0.0, 0.58),
    "take": (40.0, 0.30, 0.04, 0.0, 0.22),
}


@dataclass(frozen=True)
class SyntheticScene:
    """A scene's kind, length and look; its shots alternate between the look's clusters.

    lift: how much more than its kind it stirs, in arousal.
    """

    kind: SceneKind
    seconds: float
    look: int
    lift: float = 0.0


@dataclass(frozen=True)
class SyntheticFilm:
    """An analysis and its curves, and the scenes they were made from."""

    analysis: Analysis
    curves: Curves
    scenes: tuple[SyntheticScene, ...] = field(default=())


def act_scenes(seed: int, seconds: float) -> list[SyntheticScene]:
    """Scenes of 20-180 s in acts: talk and quiet first, chases late, looks that return."""
    random = np.random.default_rng(seed)
    found: list[SyntheticScene] = []
    at = 0.0
    kinds: tuple[SceneKind, ...] = ("talk", "night", "day", "chase", "montage", "take")
    while at < seconds - 1e-9:
        late = at / seconds
        weights = np.array([0.42, 0.12, 0.2, 0.04 + 0.14 * late, 0.1, 0.06])
        kind = kinds[int(random.choice(6, p=weights / weights.sum()))]
        length = min(float(random.uniform(20, 180)), seconds - at)
        found.append(SyntheticScene(kind, length, int(random.integers(12))))
        at += length
    return found


def synthetic_film(
    seed: int = 1,
    minutes: float = 120.0,
    rate: str = "24000/1001",
    scenes: list[SyntheticScene] | None = None,
    sound: bool = True,
    music: tuple[tuple[float, float], ...] = (),
    regions: tuple[Region, ...] = (),
    start_timecode: str = "00:00:00:00",
) -> SyntheticFilm:
    """A film whose shots, speech, classes and curves agree with one another."""
    random = np.random.default_rng(seed + 1000)
    made = scenes if scenes is not None else act_scenes(seed, 60 * minutes)
    exact = Fraction(rate)
    total = sum(scene.seconds for scene in made)
    frames = max(round(total * exact), 1)
    times = np.array([float(Fraction(n) / exact) for n in range(frames)])
    curves, shots, words = _draw(made, random, frames, exact, times, sound)
    duration = float(frames / exact)
    analysis = Analysis(
        film=_film(rate, frames, duration, sound, regions, start_timecode),
        shots=tuple(shots),
        sound=_facts(words, random, duration, music, sound),
    )
    return SyntheticFilm(analysis, _sounding(curves, times, words, music, duration, sound), tuple(made))


def _draw(made, random, frames, exact, times, sound):  # type: ignore[no-untyped-def]
    names = ("brightness", "saturation", "motion", "arousal", "pleasure", "difference")
    curves = {name: np.zeros(frames, np.float32) for name in names}
    shots: list[Shot] = []
    words: list[tuple[float, float]] = []
    at = 0.0
    for number, scene in enumerate(made):
        mean_s, bright, motion, speech, arousal = CHARACTER[scene.kind]
        start, end = at, at + scene.seconds
        at = end
        edges = [round(start * exact)]
        while edges[-1] < round(end * exact) - 8:
            step = max(round(float(random.gamma(4.0, mean_s / 4.0)) * exact), 8)
            edge = min(edges[-1] + step, round(end * exact))
            edges.append(edge if round(end * exact) - edge >= 8 else round(end * exact))
        for place, (first, last) in enumerate(zip(edges, edges[1:], strict=False)):
            last = min(last, frames)
            if last <= first:
                continue
            values = {
                "brightness": bright + random.normal(0, 0.06),
                "saturation": 0.3 + random.normal(0, 0.04),
                "motion": motion * random.gamma(8.0, 1 / 8),
                "arousal": arousal + scene.lift + random.normal(0, 0.04),
                "pleasure": 0.5 + 0.2 * (bright - 0.4),
                "difference": 0.05,
            }
            for name, value in values.items():
                curves[name][first:last] = np.clip(value, 0.01, 0.99)
            how: Transition = "start" if not shots else "cut"
            if shots and place == 0:
                how = "fade" if number % 7 == 3 else "dissolve" if number % 5 == 2 else "cut"
            shots.append(_shot(len(shots), first, last, exact, how, values, scene.look * 2 + place % 2))
        if sound and speech > 0.0:
            words += _lines(random, start, min(end, frames / exact), speech)
    return curves, shots, words


def _lines(random, start, end, share):  # type: ignore[no-untyped-def]
    """Lines of 1-5 s with pauses that make the share, a longer rest now and then."""
    found: list[tuple[float, float]] = []
    at = start + float(random.uniform(0.5, 4.0))
    while at < end - 1.5:
        line = float(random.uniform(1.0, 5.0))
        found.append((round(at, 3), round(min(at + line, end - 0.2), 3)))
        pause = line * (1 - share) / share * float(random.uniform(0.3, 1.5))
        at += line + max(pause, 0.2)
    return found


def _shot(index, first, last, exact, how, values, look):  # type: ignore[no-untyped-def]
    features = ShotFeatures(
        cut_rate_hz=0.2,
        brightness=float(np.clip(values["brightness"], 0, 1)),
        saturation=float(values["saturation"]),
        colourfulness=0.3,
        motion=float(max(values["motion"], 0.0)),
        loudness_lufs=None,
        speech=0.0,
        music=0.0,
        effects=0.0,
        arousal=float(np.clip(values["arousal"], 0, 1)),
        pleasure=float(values["pleasure"]),
        cluster=look,
    )
    return Shot(
        index=index,
        start_frame=first,
        end_frame=last,
        start_s=float(Fraction(first) / exact),
        end_s=float(Fraction(last) / exact),
        transition_in=how,
        features=features,
    )


def _film(rate, frames, duration, sound, regions, start_timecode):  # type: ignore[no-untyped-def]
    stream = AudioStream(index=1, codec="aac", sample_rate_hz=48000, channels=2, layout="stereo")
    return Film(
        sha256="0" * 64,
        frame_rate=rate,
        frames=frames,
        duration_s=duration,
        length_samples=round(duration * 48000),
        width=1280,
        height=720,
        variable_rate=False,
        start_timecode=start_timecode,
        drop_frame=False,
        video_stream=0,
        video_codec="h264",
        pixel_format="yuv420p",
        container="mp4",
        audio_streams=(stream,) if sound else (),
        time_base="1/24000",
        first_pts=0,
        end_pts=frames * 1001,
        programme=Programme(first_frame=0, last_frame=frames - 1, start_s=0.0, end_s=duration),
        regions=regions,
    )


def _facts(words, random, duration, music, sound):  # type: ignore[no-untyped-def]
    spans = [SoundSpan(kind="effects" if sound else "silence", start_s=0.0, end_s=duration)]
    spans += [SoundSpan(kind="music", start_s=a, end_s=b) for a, b in music]
    effects = tuple(sorted(float(random.uniform(0, duration)) for _ in range(int(duration / 60))))
    return SoundFacts(
        spans=tuple(spans),
        speech=tuple(SpeechSpan(start_s=a, end_s=b) for a, b in words),
        loud_effects_s=effects if sound else (),
        loudness_lufs=-24.0 if sound else None,
        speech_loudness_lufs=-24.0 if words else None,
        speech_share=sum(b - a for a, b in words) / duration,
        music_share=sum(b - a for a, b in music) / duration,
    )


def _sounding(curves, times, words, music, duration, sound):  # type: ignore[no-untyped-def]
    hops = np.arange(0.25, max(duration, 0.3), 0.5)
    classes = {name: np.zeros(len(hops), np.float32) for name in ("speech", "music", "effects", "silence")}
    for name, spans in (("speech", words), ("music", music)):
        for a, b in spans:
            classes[name][(hops >= a) & (hops < b)] = 1.0
    classes["effects" if sound else "silence"][:] = 1.0
    probability_s = np.arange(0.016, max(duration, 0.02), 0.032)
    loudness_s = np.arange(0.2, max(duration, 0.3), 0.1)
    return Curves(
        time_s=times,
        colourfulness=np.full(len(times), 0.3, np.float32),
        cut_rate_hz=np.full(len(times), 0.2, np.float32),
        sound_time_s=hops,
        speech_time_s=probability_s,
        speech_probability=np.zeros(len(probability_s), np.float32),
        loudness_time_s=loudness_s,
        loudness_lufs=np.full(len(loudness_s), -24.0 if sound else -70.0, np.float32),
        **curves,
        **classes,
    )
