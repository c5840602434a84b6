"""The room a cue plays in: an impulse response that we generate, and each role's share of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.signal import butter, sosfilt

from composer.notes import Part, Role

RATE_HZ = 48_000
ROOM_SEED = 1770  # any constant: the same room every night
SPEED_OF_SOUND_M_S = 343.0
# Convolution in blocks of one length, a power of two that a cache holds: a third of the time of oaconvolve,
# whose own choice of length for these responses is neither. The longest response takes half of it.
BLOCK_SAMPLES = 1 << 18
CROSSFEED = 0.3  # share of the other side that excites each side's reverb: seats, not two mono rooms

# (low, high, share of mid decay time, dB): air and walls swallow the top first (Kuttruff, Room Acoustics,
# ch. 5), and players send less of it to the walls than to the front.
BANDS = ((150.0, 400.0, 1.05, 0.0), (400.0, 1_000.0, 1.0, 0.0), (1_000.0, 2_500.0, 0.9, -1.0),
         (2_500.0, 6_000.0, 0.62, -3.0), (6_000.0, 12_000.0, 0.35, -7.0))  # fmt: skip
MIDDLE_HZ = (400.0, 2_500.0)


@dataclass(frozen=True)
class Room:
    """decay_s: time to -60 dB at 1 kHz.  size_m places the first reflections.

    wet_db: reverb against dry, of a sustained sound.
    """

    name: str
    decay_s: float
    predelay_ms: float
    size_m: float
    wet_db: float


PARLOUR = Room("parlour", 0.8, 6.0, 7.0, -8.5)
CLUB = Room("club", 0.9, 9.0, 9.0, -8.5)
CHAMBER = Room("chamber", 1.4, 16.0, 14.0, -8.0)
HALL = Room("hall", 2.0, 24.0, 24.0, -6.5)
SPACE = Room("space", 2.8, 30.0, 30.0, -5.0)

# LU each role's send stands from the room's: low notes and drums blur a room, high sustained ones fill it.
ROLE_SEND_DB: dict[Role, float] = {
    "melody": 0.0,
    "pad": 1.0,
    "arpeggio": -1.0,
    "percussion": -3.0,
    "bass": -8.0,
}


def room_for(parts: Sequence[Part]) -> Room:
    """The room that fits the instruments: space for pads, a hall for an orchestra, a parlour for a piano."""
    programmes = {part.programme for part in parts if not part.drums}
    if programmes and max(programmes) <= 7:
        return PARLOUR
    if programmes & set(range(88, 104)):
        return SPACE
    if programmes & {24, 25, 26, 27, 32, 33, 65, 66, 105, 106}:
        return CLUB
    if programmes & {43, 47, 48, 52, 56, 57, 58, 60, 61}:
        return HALL
    return CHAMBER


@lru_cache(maxsize=8)
def impulse_response(room: Room) -> NDArray[np.float32]:
    """[n, 2] the room's answer, decaying to -60 dB at its end; same bits every time.

    A sound in the middle of the spectrum comes back from each side as strong as it is.
    """
    samples = int((room.decay_s + room.predelay_ms / 1000.0) * RATE_HZ)
    random = np.random.Generator(np.random.PCG64(ROOM_SEED))
    since = np.maximum(np.arange(samples) / RATE_HZ - room.predelay_ms / 1000.0, 0.0)[:, None]
    late = np.zeros((samples, 2))
    for low, high, share, db in BANDS:
        # Noise of its own for each band: of the same noise, neighbours cancelled each other where they meet.
        noise = random.standard_normal((samples, 2))
        band = sosfilt(butter(2, (low, high), "bandpass", fs=RATE_HZ, output="sos"), noise, axis=0)
        late += band * 10.0 ** (db / 20.0 - 3.0 * since / (room.decay_s * share))
    build = np.clip(since / 0.020, 0.0, 1.0)  # diffuse sound builds over some 20 ms, no splash on attacks
    response = late * build / np.sqrt(((late * build) ** 2).sum(axis=0))
    response = 0.9 * response + 0.45 * _first_reflections(room, samples)
    power = np.abs(np.fft.rfft(response, axis=0)) ** 2
    low, high = (int(hz * samples / RATE_HZ) for hz in MIDDLE_HZ)
    return np.asarray(response / np.sqrt(power[low:high].mean(axis=0)), np.float32)


def _first_reflections(room: Room, samples: int) -> NDArray[np.float64]:
    """Wall echoes as the size gives them, alternating sides, each duller and 1/r weaker; energy about 1."""
    taps = np.zeros((samples, 2))
    paths_m = room.size_m * np.array([0.35, 0.52, 0.61, 0.83, 0.97, 1.21, 1.43, 1.62])
    for i, path_m in enumerate(paths_m):
        at = int(path_m / SPEED_OF_SOUND_M_S * RATE_HZ)
        near, far = (i % 2, 1 - i % 2)
        level = paths_m[0] / path_m * (-1.0 if i % 3 == 2 else 1.0)
        if at + 24 < samples:
            taps[at, near] += level
            taps[at + 17 + i, far] += 0.6 * level
    dull = sosfilt(butter(1, (200.0, 5_000.0), "bandpass", fs=RATE_HZ, output="sos"), taps, axis=0)
    filtered: NDArray[np.float64] = dull / np.sqrt((dull**2).sum(axis=0))
    return filtered


def add_room(dry: NDArray[np.float32], role: Role, room: Room) -> NDArray[np.float32]:
    """[n, 2] dry sound -> [n + response, 2] the same with its reverb; linear, so stems still sum."""
    response = impulse_response(room)
    gain = np.float32(10.0 ** ((room.wet_db + ROLE_SEND_DB[role]) / 20.0))
    wet = np.zeros((len(dry) + len(response) - 1, 2), np.float32)
    wet[: len(dry)] = dry
    step = BLOCK_SAMPLES - len(response) + 1
    spectra = [rfft(gain * response[:, side], BLOCK_SAMPLES) for side in (0, 1)]
    for at in range(0, len(dry), step):
        block = dry[at : at + step]
        if not block.any():
            continue
        for side, spectrum in enumerate(spectra):
            sent = (1.0 - CROSSFEED) * block[:, side] + CROSSFEED * block[:, 1 - side]
            reverb = irfft(rfft(sent, BLOCK_SAMPLES) * spectrum, BLOCK_SAMPLES)
            count = len(block) + len(response) - 1
            wet[at : at + count, side] += reverb[:count]
    return wet
