"""The demo film's sound, made of noise, pulses and a synthetic voice: no recording anywhere.

Beds fade in and out; events stand at exact times, which DemoTruth repeats.
"""

from collections.abc import Callable

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

from flows.demo_voice import RATE_HZ as VOICE_RATE_HZ
from flows.demo_voice import Voice, speak

RATE_HZ = 48_000
FADE_S = 0.04
MAN, WOMAN = Voice(112.0, 1.0), Voice(198.0, 1.16, 1.08)
Signal = NDArray[np.float64]


class SoundDesk:
    """A stereo film soundtrack of a given length; every sound draws from its own seed."""

    def __init__(self, length_s: float, seed: int) -> None:
        self.samples = np.zeros((round(length_s * RATE_HZ), 2))
        self._seed = seed
        self._count = 0

    def bed(self, kind: str, start_s: float, end_s: float, level_db: float) -> None:
        """Lay an ambience of RMS `level_db` from start to end."""
        rng = self._next_rng()
        length = round((end_s - start_s) * RATE_HZ)
        sides = [BEDS[kind](length, np.random.default_rng(rng.integers(2**32))) for _ in range(2)]
        middle = (sides[0] + sides[1]) / 2
        stereo = np.stack([0.6 * side + 0.4 * middle for side in sides], 1)
        stereo *= 10 ** (level_db / 20) / (np.sqrt((stereo**2).mean()) + 1e-9)
        self._add(stereo * _fade(length)[:, None], start_s)

    def event(self, kind: str, at_s: float, level_db: float, pan: float = 0.0) -> None:
        """Strike one sound with its onset at `at_s`, peak `level_db`; pan -1 left to 1 right."""
        sound = EVENTS[kind](self._next_rng())
        sound = sound * 10 ** (level_db / 20) / (np.abs(sound).max() + 1e-9)
        self._add(_panned(sound, pan), at_s)

    def line(self, woman: bool, start_s: float, end_s: float, level_db: float) -> Signal:
        """Speak one line; returns the mouth's openness of 0..1, a hundred values a second from `start_s`."""
        voice = speak(WOMAN if woman else MAN, end_s - start_s, int(self._next_rng().integers(2**31)))
        sound = soxr.resample(voice, VOICE_RATE_HZ, RATE_HZ, quality="HQ")
        rms = np.sqrt((sound**2).mean()) + 1e-9
        self._add(_panned(sound * 10 ** (level_db / 20) / rms, 0.15 if woman else -0.15), start_s)
        return _openness(sound)

    def finished(self) -> NDArray[np.float32]:
        """[n, 2] float32, softly kept below full scale."""
        return np.asarray(np.tanh(self.samples * 1.02) / 1.02, np.float32)

    def _next_rng(self) -> np.random.Generator:
        self._count += 1
        return np.random.default_rng([self._seed, self._count])

    def _add(self, stereo: Signal, start_s: float) -> None:
        start = round(start_s * RATE_HZ)
        end = min(len(self.samples), start + len(stereo))
        if end > max(start, 0):
            self.samples[max(start, 0) : end] += stereo[max(0, -start) : end - start]


def _panned(sound: Signal, pan: float) -> Signal:
    angle = (pan + 1) * np.pi / 4  # equal power from left (-1) to right (1)
    return np.stack([sound * np.cos(angle), sound * np.sin(angle)], 1).astype(np.float64)


def _fade(length: int) -> Signal:
    edge = min(length // 2, round(FADE_S * RATE_HZ))
    gain = np.ones(length)
    if edge:
        ramp = np.sin(np.linspace(0, np.pi / 2, edge)) ** 2
        gain[:edge], gain[-edge:] = ramp, ramp[::-1]
    return gain


def _openness(sound: Signal) -> Signal:
    step = RATE_HZ // 100
    steps = len(sound) // step
    level = np.sqrt((sound[: steps * step].reshape(steps, step) ** 2).mean(1))
    soft = np.convolve(level, np.hanning(9) / np.hanning(9).sum(), "same")
    return np.asarray(np.clip(soft / (np.percentile(soft, 90) + 1e-9), 0, 1))


def _band(noise: Signal, low: float, high: float, order: int = 2) -> Signal:
    return np.asarray(sosfilt(butter(order, [low, high], "band", fs=RATE_HZ, output="sos"), noise))


def _drift(rng: np.random.Generator, length: int, every_s: float, low: float, high: float) -> Signal:
    """A slow random curve between low and high."""
    count = max(2, int(length / RATE_HZ / every_s) + 2)
    at = np.linspace(0, count - 1, max(length, 1))
    return np.asarray(np.interp(at, np.arange(count), rng.uniform(low, high, count)))


def _wind(length: int, rng: np.random.Generator) -> Signal:
    noise = rng.normal(0, 1, length)
    low, high = _band(noise, 70, 340), _band(noise, 340, 1100)
    return low * _drift(rng, length, 1.3, 0.4, 1.0) + 0.3 * high * _drift(rng, length, 0.9, 0.05, 1.0)


def _rain(length: int, rng: np.random.Generator) -> Signal:
    hiss = _band(rng.normal(0, 1, length), 1200, 9000)
    drops = (rng.uniform(size=length) < 90 / RATE_HZ) * rng.exponential(14.0, length)
    return np.asarray(hiss + lfilter([1.0], [1.0, -1.2, 0.6], drops))


def _room(length: int, rng: np.random.Generator) -> Signal:
    return _band(rng.normal(0, 1, length), 90, 500, 1)


def _morning(length: int, rng: np.random.Generator) -> Signal:
    return _band(rng.normal(0, 1, length), 200, 2200, 1) * _drift(rng, length, 2.0, 0.6, 1.0)


def _city(length: int, rng: np.random.Generator) -> Signal:
    noise = rng.normal(0, 1, length)
    passing = _band(noise, 60, 700) * _drift(rng, length, 0.8, 0.35, 1.2)
    return passing + 0.35 * _band(noise, 700, 3000) * _drift(rng, length, 0.5, 0.2, 1.0)


def _engine(length: int, rng: np.random.Generator) -> Signal:
    """Firing pulses at 70-130 Hz that climb and drop with the gears, through a rough exhaust."""
    along = np.arange(length) / RATE_HZ
    gear = (along * 0.62 + rng.uniform(0, 1)) % 1.0
    hertz = 72 + 62 * gear + 3 * _drift(rng, length, 0.05, -1, 1)
    phase = np.cumsum(hertz / RATE_HZ)
    pulses = np.exp(-9 * (phase % 1.0)) + 0.6 * np.exp(-9 * ((phase * 0.5) % 1.0))
    rough = pulses * (1 + 0.5 * rng.normal(0, 1, length))
    return _band(rough, 55, 900) + 0.35 * _band(rng.normal(0, 1, length), 300, 4500)


def _siren(length: int, rng: np.random.Generator) -> Signal:
    along = np.arange(length) / RATE_HZ + rng.uniform(0, 0.02)
    hertz = 900 + 380 * np.sin(2 * np.pi * 0.9 * along)
    phase = 2 * np.pi * np.cumsum(hertz / RATE_HZ)
    return np.asarray(np.sin(phase) + 0.4 * np.sin(2 * phase) + 0.2 * np.sin(3 * phase))


def _step(rng: np.random.Generator) -> Signal:
    t = np.arange(round(0.14 * RATE_HZ)) / RATE_HZ
    heel = _band(rng.normal(0, 1, len(t)), 500, 4000) * np.exp(-t / 0.008)
    sole = _band(rng.normal(0, 1, len(t)), 120, 900) * np.exp(-(((t - 0.045) / 0.02) ** 2))
    return np.asarray(heel + 0.5 * sole + 0.6 * np.sin(2 * np.pi * 95 * t) * np.exp(-t / 0.02))


def _door(rng: np.random.Generator) -> Signal:
    t = np.arange(round(0.5 * RATE_HZ)) / RATE_HZ
    thump = np.sin(2 * np.pi * (64 - 20 * t) * t) * np.exp(-t / 0.09)
    slap = _band(rng.normal(0, 1, len(t)), 200, 2600) * np.exp(-t / 0.025)
    return np.asarray(thump + 0.9 * slap + 0.15 * _band(rng.normal(0, 1, len(t)), 80, 400) * np.exp(-t / 0.2))


def _horn(rng: np.random.Generator) -> Signal:
    t = np.arange(round(0.42 * RATE_HZ)) / RATE_HZ
    waves = [np.tanh(3 * np.sin(2 * np.pi * hertz * t)) for hertz in (402.0, 508.0)]
    return np.asarray(sum(waves) * np.clip(t / 0.004, 0, 1) * np.clip((0.42 - t) / 0.05, 0, 1))


def _screech(rng: np.random.Generator) -> Signal:
    t = np.arange(round(0.8 * RATE_HZ)) / RATE_HZ
    hertz = 1150 + 240 * np.cumsum(rng.normal(0, 1, len(t))) / np.sqrt(len(t)) - 260 * t
    tone = np.tanh(2 * np.sin(2 * np.pi * np.cumsum(hertz) / RATE_HZ)) * (1 + 0.6 * rng.normal(0, 1, len(t)))
    return np.asarray(_band(tone, 700, 5000) * np.clip(t / 0.01, 0, 1) * np.exp(-t / 0.35))


def _thunder(rng: np.random.Generator) -> Signal:
    t = np.arange(round(3.2 * RATE_HZ)) / RATE_HZ
    crack = _band(rng.normal(0, 1, len(t)), 90, 1800) * np.exp(-t / 0.12)
    roll = _band(rng.normal(0, 1, len(t)), 28, 160) * np.exp(-t / 1.0) * _drift(rng, len(t), 0.25, 0.3, 1.0)
    return np.asarray(crack + 1.6 * roll)


def _bird(rng: np.random.Generator) -> Signal:
    pieces = []
    for _ in range(int(rng.integers(2, 5))):
        t = np.arange(round(rng.uniform(0.05, 0.11) * RATE_HZ)) / RATE_HZ
        start, sweep = rng.uniform(2800, 4600), rng.uniform(-9000, 9000)
        pieces += [
            np.sin(2 * np.pi * (start + sweep * t) * t) * np.hanning(len(t)),
            np.zeros(round(rng.uniform(0.03, 0.09) * RATE_HZ)),
        ]
    return np.concatenate(pieces)


def _clink(rng: np.random.Generator) -> Signal:
    t = np.arange(round(0.25 * RATE_HZ)) / RATE_HZ
    partials = [
        np.sin(2 * np.pi * hertz * t) * np.exp(-t / decay)
        for hertz, decay in ((2730, 0.05), (4310, 0.03), (6870, 0.02))
    ]
    return np.asarray(sum(partials) + 0.5 * rng.normal(0, 1, len(t)) * np.exp(-t / 0.002))


def _crash(rng: np.random.Generator) -> Signal:
    t = np.arange(round(1.1 * RATE_HZ)) / RATE_HZ
    body = _band(rng.normal(0, 1, len(t)), 60, 900) * np.exp(-t / 0.10)
    metal = (
        _band(rng.normal(0, 1, len(t)), 1500, 8000) * np.exp(-t / 0.22) * _drift(rng, len(t), 0.02, 0.2, 1.0)
    )
    return np.asarray(body + 0.7 * metal)


BEDS: dict[str, Callable[[int, np.random.Generator], Signal]] = {
    "wind": _wind,
    "rain": _rain,
    "room": _room,
    "morning": _morning,
    "city": _city,
    "engine": _engine,
    "siren": _siren,
}
EVENTS: dict[str, Callable[[np.random.Generator], Signal]] = {
    "step": _step,
    "door": _door,
    "horn": _horn,
    "screech": _screech,
    "thunder": _thunder,
    "bird": _bird,
    "clink": _clink,
    "crash": _crash,
}
