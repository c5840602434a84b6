"""Ten films of known sound, mixed with two cues: what a mixer would measure on the files that come out."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from render.duck import moves
from render.levels import TARGETS, target_for
from render.mix import MixFacts, mix_film
from render.settings import LoudnessTarget, RenderSettings
from render.wav import pcm24_bytes
from tests.films import TinyShot, tiny_film
from tests.render.scenes import RATE_HZ, analysis, cue, spotting
from vision.analysis import Analysis, TrackRole
from vision.loudness_meter import LoudnessMeter, channel_weights, integrated_lufs
from vision.process import ffmpeg_path
from vision.progress import silent

SECONDS = 60
TALK = ((9.0, 13.0), (17.0, 21.5), (36.0, 39.0), (44.0, 52.0))
MUCH_TALK = tuple((start, start + 4.5) for start in np.arange(3.0, 54.0, 6.0).tolist())
CUES = (cue("a", 2.0, 30.0), cue("b", 31.0, 57.0))
Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Recipe:
    """channels 0: no sound.  floor, voice: deviation of room and speech.  ear: the channel that speaks."""

    name: str
    channels: int = 2
    floor: float = 0.004
    voice: float = 0.06
    talk: tuple[tuple[float, float], ...] = TALK
    ear: int | None = None
    sides: tuple[TrackRole, ...] = ()
    effects: float = 0.0


TEN = (
    Recipe("loud", floor=0.05, voice=0.25, effects=0.9),
    Recipe("quiet", floor=0.0005, voice=0.004),
    Recipe("silent", floor=0.0, talk=()),
    Recipe("no sound", channels=0, talk=()),
    Recipe("mono", channels=1),
    Recipe("5.1", channels=6),
    Recipe("speech-heavy", talk=MUCH_TALK),
    Recipe("speech in one ear", ear=0),
    Recipe("music effects mixed", floor=0.02, effects=0.5),
    Recipe("split tracks", ear=0, sides=("dx", "fx"), effects=0.2),
)


def sound_of(recipe: Recipe) -> Sound:
    """[channels, n] room, syllables where somebody talks, and effects: bursts every seven seconds."""
    random = np.random.default_rng(11)
    time = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    sound = recipe.floor * random.standard_normal((recipe.channels, len(time)))
    voice = (
        recipe.voice * random.standard_normal(len(time)) * (0.3 + 0.7 * np.abs(np.sin(2 * np.pi * 2 * time)))
    )
    spoken = np.zeros(len(time), np.bool_)
    for start, end in recipe.talk:
        spoken |= (time >= start) & (time < end)
    ears = [2] if recipe.channels > 2 else range(recipe.channels) if recipe.ear is None else [recipe.ear]
    for ear in ears:
        sound[ear] += voice * spoken
    burst = recipe.effects * random.standard_normal(len(time)) / 3 * np.exp(-(time % 7.0) / 0.15)
    sound[1 if recipe.sides else slice(None)] += burst
    return np.clip(sound, -0.99, 0.99).astype(np.float32)


def film_of(recipe: Recipe, folder: Path) -> tuple[Path, Analysis]:
    """The film, its sound lossless, and what eyes and ears would say of it."""
    layout = {0: None, 1: "mono", 2: "stereo", 6: "5.1"}[recipe.channels]
    path = folder / "film.mov"
    folder.mkdir(parents=True, exist_ok=True)
    sound = sound_of(recipe) if recipe.channels else None
    tiny_film(path, [TinyShot(SECONDS * 2)], rate=2, size=(32, 32), sound=sound, sound_codec="pcm_f32le")
    about = analysis(SECONDS * 2, 2, layout=layout, speech=recipe.talk)
    if recipe.sides:
        stream = about.film.audio_streams[0].model_copy(update={"sides": recipe.sides})
        film = about.film.model_copy(update={"audio_streams": (stream,)})
        about = about.model_copy(update={"film": film})
    return path, about


@dataclass(frozen=True)
class Measured:
    """lufs_off, peak_dbtp: by ffmpeg's ebur128.  untouched: None where a target moves everything.

    differences_lu: speech less music, a speech segment.  slope_db_s: steepest of the duck.  apart_s: least
    time between two changes of its direction.
    """

    recipe: Recipe
    target: LoudnessTarget
    layout: str
    lufs_off: float | None
    peak_dbtp: float
    peak_limit_dbtp: float
    untouched: bool | None
    differences_lu: tuple[float, ...]
    slope_db_s: float
    apart_s: float


def measure(recipe: Recipe, target: LoudnessTarget, songs: dict[str, Path], folder: Path) -> Measured:
    """Mix one film for one target and measure the files."""
    path, about = film_of(recipe, folder)
    settings = RenderSettings(loudness=target, mx=True)
    facts = mix_film(path, about, None, spotting(*CUES), songs, settings, folder, silent)  # type: ignore[arg-type]
    mix = folder / "mix.wav"
    aim = target_for(target, about.sound.speech_share)
    judged = _speech_only(mix, about, folder) if aim is not None and aim.dialogue else mix
    loudness, _ = ebur128(judged)
    _, peak = ebur128(mix)
    own_peak = ebur128(path)[1] if recipe.channels and aim is None else -np.inf
    limit = aim.peak_dbtp if aim else max(-1.0, own_peak)  # under keep the film's own peaks are the editor's
    return Measured(
        recipe, target, facts.layout, None if aim is None else loudness - aim.lufs, peak, float(limit),
        _untouched(recipe, folder) if target == "keep" else None, _differences(recipe, facts, folder),
        *_gain_shape(facts),
    )  # fmt: skip


def ebur128(path: Path) -> tuple[float, float]:
    """(LUFS, dBTP) as ffmpeg measures them."""
    command = [ffmpeg_path(), "-nostdin", "-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    peak = re.findall(r"Peak:\s+(-?[\d.]+|-inf) dB", text)[-1]
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", text)[-1]), float(peak)


def _speech_only(mix: Path, about: Analysis, folder: Path) -> Path:
    sound, _ = sf.read(mix, always_2d=True)
    spans = [sound[round(s.start_s * RATE_HZ) : round(s.end_s * RATE_HZ)] for s in about.sound.speech]
    sf.write(folder / "speech.wav", np.concatenate(spans), RATE_HZ, subtype="PCM_24")
    return folder / "speech.wav"


def _untouched(recipe: Recipe, folder: Path) -> bool:
    """Whether every sample of the mix without score under it is the film's own, at 24 bit."""
    mix, music = (
        sf.read(folder / name, dtype="int32", always_2d=True)[0] >> 8 for name in ("mix.wav", "mx.wav")
    )
    own = sound_of(recipe).T if recipe.channels else np.zeros((len(mix), 2), np.float32)
    if recipe.sides:
        own = np.repeat(own.sum(axis=1, keepdims=True), 2, axis=1)
    elif recipe.channels == 1:
        own = np.repeat(own, 2, axis=1)
    there = np.frombuffer(pcm24_bytes(own), np.uint8).reshape(-1, 3)
    written = np.frombuffer(pcm24_bytes(mix / 2.0**23), np.uint8).reshape(-1, 3)
    free = np.repeat((music == 0).all(axis=1), mix.shape[1])
    rest = np.convolve(~(music == 0).all(axis=1), np.ones(4_801), "same") > 0.5  # 50 ms round any music
    free &= ~np.repeat(rest, mix.shape[1])
    return bool(free.sum() > RATE_HZ and np.array_equal(there[free], written[free]))


def _differences(recipe: Recipe, facts: MixFacts, folder: Path) -> tuple[float, ...]:
    """Loudness of the film less that of the music in each speech segment under which music plays."""
    if not recipe.channels:
        return ()
    mix, music = (sf.read(folder / name, always_2d=True)[0] for name in ("mix.wav", "mx.wav"))
    found = []
    for start, end in recipe.talk:
        span = slice(round(start * RATE_HZ), round(end * RATE_HZ))
        speech, under = (_lufs(each[span], facts.layout) for each in (mix - music, music))
        if speech is not None and under is not None:
            found.append(speech - under)
    return tuple(found)


def _lufs(sound: NDArray[np.float64], layout: str) -> float | None:
    meter = LoudnessMeter(RATE_HZ, channel_weights(layout))
    meter.feed(sound.astype(np.float32))
    return integrated_lufs(meter.energies())


def _gain_shape(facts: MixFacts) -> tuple[float, float]:
    slopes, apart = [0.0], [np.inf]
    for line in facts.duck:
        slopes += [
            abs(b.gain_db - a.gain_db) / (b.time_s - a.time_s)
            for a, b in pairwise(line)
            if b.time_s > a.time_s
        ]
        apart += [b[0] - a[0] for a, b in pairwise(moves(line)) if a[1] * b[1] < 0]
    return float(max(slopes)), float(min(apart))


def targets() -> Sequence[LoudnessTarget]:
    """Every target, `keep` first."""
    return ("keep", *TARGETS)
