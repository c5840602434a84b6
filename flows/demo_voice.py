"""A voice that says nothing: formant synthesis of made-up syllables, so that no recording is needed.

Source and filter after Klatt 1980 (Software for a cascade/parallel formant synthesizer): glottal pulses and
breath through five moving resonances, noise for consonants. Values are those of an ordinary speaker.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

RATE_HZ = 16_000
BLOCK = 80  # 5 ms: formants move about 10 Hz a block
Signal = NDArray[np.float64]

# First three formants in Hz of a man's vowels (Peterson & Barney 1952, rounded).
VOWELS = {
    "i": (270, 2290, 3010),
    "e": (530, 1840, 2480),
    "a": (730, 1090, 2440),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
    "A": (660, 1720, 2410),
    "@": (490, 1350, 1690),
}
# Consonants: kind, where F1-F3 point to, length in s; noise band in Hz where there is noise.
CONSONANTS: dict[str, tuple[str, tuple[int, int, int], float, tuple[int, int]]] = {
    "m": ("nasal", (250, 1000, 2200), 0.07, (0, 0)),
    "n": ("nasal", (250, 1500, 2500), 0.06, (0, 0)),
    "l": ("glide", (360, 1300, 2700), 0.06, (0, 0)),
    "r": ("glide", (420, 1200, 1600), 0.06, (0, 0)),
    "w": ("glide", (300, 650, 2200), 0.06, (0, 0)),
    "s": ("hiss", (320, 1700, 2600), 0.10, (4200, 7600)),
    "f": ("hiss", (300, 1000, 2200), 0.08, (1500, 7500)),
    "t": ("stop", (300, 1800, 2600), 0.08, (2800, 7000)),
    "k": ("stop", (300, 1900, 2300), 0.08, (1300, 3200)),
    "p": ("stop", (300, 800, 2200), 0.07, (400, 2500)),
    "d": ("voiced stop", (260, 1700, 2600), 0.06, (2500, 6000)),
    "b": ("voiced stop", (260, 800, 2200), 0.06, (300, 2000)),
}
BANDWIDTHS = (70.0, 90.0, 130.0, 250.0, 300.0)


@dataclass(frozen=True)
class Voice:
    """pitch_hz: mean; tract: formants against a man's (a shorter tract rings higher); pace: tempo."""

    pitch_hz: float
    tract: float
    pace: float = 1.0


@dataclass(frozen=True)
class _Phone:
    kind: str
    formants: tuple[int, int, int]
    length_s: float
    noise: tuple[int, int]
    stress: float


def speak(voice: Voice, length_s: float, seed: int) -> Signal:
    """[length_s * 16000] mono of one sentence, peak about 0.5, quiet for the last few hundredths."""
    rng = np.random.default_rng(seed)
    phones = _sentence(voice, length_s - 0.06, rng)
    track = _Track(phones, voice, rng)
    source = track.glottal() + track.breath()
    sound = _resonate(source, track.formants(), voice) + track.hiss()
    sound = sosfilt(butter(2, 90, "high", fs=RATE_HZ, output="sos"), sound)
    sound = np.pad(sound, (0, max(0, round(length_s * RATE_HZ) - len(sound))))[: round(length_s * RATE_HZ)]
    return np.asarray(0.5 * sound / (np.abs(sound).max() + 1e-9))


def _sentence(voice: Voice, length_s: float, rng: np.random.Generator) -> list[_Phone]:
    """Words of one to three syllables until the time is full; the last vowel is drawn out."""
    phones: list[_Phone] = []
    used = 0.0
    while not phones or used < length_s - 0.30:
        syllables = int(rng.integers(1, 4))
        stressed = int(rng.integers(0, syllables))
        for index in range(syllables):
            onset, vowel = rng.choice(list(CONSONANTS)), rng.choice(list(VOWELS))
            stress = 1.0 if index == stressed else 0.0
            length = (0.09 + 0.06 * stress + rng.uniform(0, 0.03)) / voice.pace
            kind, target, hold, noise = CONSONANTS[onset]
            phones.append(_Phone(kind, target, hold / voice.pace, noise, stress))
            phones.append(_Phone("vowel", VOWELS[vowel], length, (0, 0), stress))
        if rng.uniform() < 0.35:
            kind, target, hold, noise = CONSONANTS[str(rng.choice(["n", "s", "t", "l", "m"]))]
            phones.append(_Phone(kind, target, hold / voice.pace, noise, 0.0))
        used = sum(phone.length_s for phone in phones)
    last = phones[-1]
    rest = max(0.06, length_s - used)
    return [
        *phones,
        _Phone("vowel", VOWELS["@"] if last.kind != "vowel" else last.formants, rest, (0, 0), 0.3),
    ]


class _Track:
    """Control values every 5 ms and the sources that they drive."""

    def __init__(self, phones: list[_Phone], voice: Voice, rng: np.random.Generator) -> None:
        self._rng = rng
        counts = [max(3, round(phone.length_s * RATE_HZ / BLOCK)) for phone in phones]
        self._phones = [phone for phone, count in zip(phones, counts, strict=True) for _ in range(count)]
        self._place = np.concatenate([np.linspace(0, 1, count) for count in counts])
        self._blocks = len(self._phones)
        self._pitch = self._melody(voice)

    def _melody(self, voice: Voice) -> Signal:
        """Declination of three semitones, accents of four on stressed vowels, a fall at the end, jitter."""
        along = np.linspace(0, 1, self._blocks)
        accent = np.array([4.0 * p.stress * (p.kind == "vowel") for p in self._phones])
        semitones = 1.5 - 3.0 * along + _smooth(accent, 17) - 4.0 * np.clip((along - 0.9) / 0.1, 0, 1)
        semitones += _smooth(self._rng.normal(0, 1.2, self._blocks), 9)
        return np.asarray(voice.pitch_hz * 2 ** (semitones / 12))

    def _per_sample(self, values: Signal) -> Signal:
        at = np.arange(self._blocks * BLOCK) / BLOCK - 0.5
        return np.asarray(np.interp(at, np.arange(self._blocks), values))

    def _level(self, levels: dict[str, float]) -> Signal:
        return _smooth(np.array([levels.get(phone.kind, 0.0) for phone in self._phones]), 4)

    def glottal(self) -> Signal:
        """Rosenberg pulses: an open phase of .6 of the period, then the radiation's slope."""
        pitch = self._per_sample(self._pitch) * (
            1 + 0.01 * _smooth(self._rng.normal(0, 1, self._blocks * BLOCK), 40)
        )
        phase = np.cumsum(pitch / RATE_HZ) % 1.0
        opening, closing = phase / 0.4, (phase - 0.4) / 0.2
        flow = np.where(
            phase < 0.4,
            0.5 * (1 - np.cos(np.pi * opening)),
            np.where(phase < 0.6, np.cos(np.pi * closing / 2), 0.0),
        )
        voiced = {"vowel": 1.0, "nasal": 0.5, "glide": 0.7, "voiced stop": 0.22, "hiss": 0.03}
        stress = _smooth(np.array([0.75 + 0.35 * phone.stress for phone in self._phones]), 9)
        return np.diff(flow, prepend=0.0) * 9.0 * self._per_sample(self._level(voiced) * stress)

    def breath(self) -> Signal:
        """Aspiration: noise through the same tract, strongest after stops."""
        after_stop = np.array(
            [
                (phone.kind == "stop") * (place > 0.7)
                for phone, place in zip(self._phones, self._place, strict=True)
            ]
        )
        level = self._level({"vowel": 0.05, "glide": 0.04}) + 0.25 * _smooth(after_stop.astype(float), 3)
        return np.asarray(self._rng.normal(0, 0.25, self._blocks * BLOCK) * self._per_sample(level))

    def hiss(self) -> Signal:
        """Friction and bursts, each band of noise by its own gate."""
        total = np.zeros(self._blocks * BLOCK)
        for band in sorted({phone.noise for phone in self._phones if phone.noise[1]}):
            gate = np.array(
                [
                    self._gate(phone, place, band)
                    for phone, place in zip(self._phones, self._place, strict=True)
                ]
            )
            noise = self._rng.normal(0, 1, len(total))
            shaped = sosfilt(
                butter(2, [band[0], min(band[1], 7800)], "band", fs=RATE_HZ, output="sos"), noise
            )
            total += shaped * self._per_sample(_smooth(gate, 3))
        return total * 0.16

    @staticmethod
    def _gate(phone: _Phone, place: float, band: tuple[int, int]) -> float:
        if phone.noise != band:
            return 0.0
        if phone.kind == "hiss":
            return 1.0
        return float(place > 0.75) * (1.6 if phone.kind == "stop" else 0.8)

    def formants(self) -> Signal:
        """[blocks, 5] in Hz; targets glide into each other over 45 ms."""
        targets = np.array([(*phone.formants, 3500, 4500) for phone in self._phones], np.float64)
        return np.stack([_smooth(targets[:, k], 9) for k in range(5)], axis=1)


def _resonate(source: Signal, formants: Signal, voice: Voice) -> Signal:
    """Five second-order resonators in a row, retuned each block, state carried."""
    sound = source
    for number in range(5):
        state = np.zeros(2)
        pieces = []
        for block, hertz in enumerate(formants[:, number] * voice.tract):
            b, a = _resonator(min(hertz, 7600.0), BANDWIDTHS[number])
            piece, state = lfilter(b, a, sound[block * BLOCK : (block + 1) * BLOCK], zi=state)
            pieces.append(piece)
        sound = np.concatenate(pieces)
    return sound


def _resonator(hertz: float, bandwidth: float) -> tuple[list[float], list[float]]:
    radius = np.exp(-np.pi * bandwidth / RATE_HZ)
    b1, b2 = 2 * radius * np.cos(2 * np.pi * hertz / RATE_HZ), -radius * radius
    return [1 - b1 - b2, 0.0, 0.0], [1.0, -b1, -b2]


def _smooth(values: Signal, width: int) -> Signal:
    window = np.hanning(width + 2)[1:-1]
    padded = np.pad(values, width // 2 + 1, mode="edge")
    return np.asarray(np.convolve(padded, window / window.sum(), "same")[width // 2 + 1 : -(width // 2 + 1)])
