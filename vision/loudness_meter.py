"""Loudness after ITU-R BS.1770-4 and EBU R 128, streamed: any length in constant memory.

Everything is kept as one energy every 100 ms, from which momentary, short-term and gated loudness follow.
"""

from collections.abc import Sequence

import av
import numpy as np
from numpy.typing import NDArray

HOPS_PER_SECOND = 10  # 400 ms blocks overlapping by 75 % step by 100 ms
MOMENTARY_HOPS = 4
SHORT_TERM_HOPS = 30
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
OFFSET_LUFS = -0.691  # makes a 997 Hz tone at 0 dBFS in one front channel -3.01 LUFS (BS.1770-4, annex 1)
SURROUND_WEIGHT = 1.41
SURROUNDS = frozenset({"BL", "BR", "BC", "SL", "SR", "SDL", "SDR", "TBL", "TBC", "TBR"})
LOW_EFFECTS = frozenset({"LFE", "LFE2"})

Samples = NDArray[np.float32]  # [n, channels]
Energies = NDArray[np.float64]  # [hops], channel-weighted mean square of K-weighted sound


def channel_names(layout: str) -> tuple[str, ...]:
    """Speaker names ("FL", "LFE", ...) of an ffmpeg layout name such as "5.1(side)" or "2 channels"."""
    try:
        return tuple(channel.name for channel in av.AudioLayout(layout).channels)
    except ValueError:
        return tuple(f"C{i}" for i in range(int(layout.split()[0]))) if layout[:1].isdigit() else ("FC",)


def channel_weights(layout: str) -> NDArray[np.float64]:
    """[channels] BS.1770 weights of a layout: 1 in front, 1.41 for surrounds, 0 for low effects."""
    return np.array([_weight(name) for name in channel_names(layout)], np.float64)


def _weight(name: str) -> float:
    if name in LOW_EFFECTS:
        return 0.0
    return SURROUND_WEIGHT if name in SURROUNDS else 1.0


def k_weighting(rate_hz: int) -> NDArray[np.float64]:
    """[2, 6] second-order sections of the K filter; pyloudnorm's coefficients after De Man, any rate."""
    import pyloudnorm  # it brings scipy.signal, a second of imports that a finished job never needs

    shelf = pyloudnorm.IIRfilter(
        3.99984385397, 0.7071752369554193, 1681.9744509555319, rate_hz, "high_shelf_DeMan"
    )
    high_pass = pyloudnorm.IIRfilter(0.0, 0.5003270373253953, 38.13547087613982, rate_hz, "high_pass_DeMan")
    return np.array([[*stage.b, *stage.a] for stage in (shelf, high_pass)], np.float64)


class LoudnessMeter:
    """Feed blocks of any size, then read `energies()`.

    weights: [channels] from `channel_weights`.  The last, incomplete 100 ms are not counted.
    """

    def __init__(self, rate_hz: int, weights: Sequence[float] | NDArray[np.float64]) -> None:
        self._rate_hz = rate_hz
        self._weights = np.asarray(weights, np.float64)
        self._sections = k_weighting(rate_hz)
        self._state = np.zeros((2, 2, len(self._weights)))
        self._rest = np.zeros(0)
        self._at = 0
        self._energies: list[float] = []

    def feed(self, block: Samples) -> None:
        """Measure [n, channels] more samples."""
        if not len(block):
            return
        from scipy.signal import sosfilt

        weighted, self._state = sosfilt(self._sections, block.astype(np.float64), axis=0, zi=self._state)
        power = np.concatenate([self._rest, (weighted * weighted) @ self._weights])
        first = self._at
        while (end := self._hop_start(len(self._energies) + 1)) - first <= len(power):
            self._energies.append(float(power[self._at - first : end - first].mean()))
            self._at = end
        self._rest = power[self._at - first :]

    def _hop_start(self, hop: int) -> int:
        return hop * self._rate_hz // HOPS_PER_SECOND

    def energies(self) -> Energies:
        """[hops] energy of each complete 100 ms so far."""
        return np.array(self._energies, np.float64)


def lufs(energy: float) -> float:
    """Loudness of one energy; -inf for silence."""
    return OFFSET_LUFS + 10.0 * float(np.log10(energy)) if energy > 0.0 else float("-inf")


def windowed(energies: Energies, hops: int) -> Energies:
    """[len - hops + 1] mean energy of each run of `hops`; empty where there are fewer."""
    if len(energies) < hops:
        return np.zeros(0)
    total = np.concatenate([[0.0], np.cumsum(energies)])
    means: Energies = np.maximum((total[hops:] - total[:-hops]) / hops, 0.0)
    return means


def curve_lufs(energies: Energies, hops: int) -> NDArray[np.float64]:
    """Loudness of each run of `hops` (4: momentary, 30: short-term), floored at -70."""
    floor = 10.0 ** ((ABSOLUTE_GATE_LUFS - OFFSET_LUFS) / 10.0)
    values: NDArray[np.float64] = OFFSET_LUFS + 10.0 * np.log10(np.maximum(windowed(energies, hops), floor))
    return values


def integrated_lufs(energies: Energies, keep: NDArray[np.bool_] | None = None) -> float | None:
    """Gated loudness (absolute gate -70 LUFS, relative -10 LU); None where nothing passes the gates.

    keep: [hops] which 100 ms count (say, those under speech); a 400 ms block counts when all of its do.
    """
    blocks = windowed(energies, MOMENTARY_HOPS)
    if keep is not None and len(blocks):
        blocks = blocks[windowed(keep.astype(np.float64), MOMENTARY_HOPS) > 0.999]
    loud = blocks[blocks >= 10.0 ** ((ABSOLUTE_GATE_LUFS - OFFSET_LUFS) / 10.0)]
    if not len(loud):
        return None
    gate = loud.mean() * 10.0 ** (RELATIVE_GATE_LU / 10.0)
    return lufs(float(loud[loud > gate].mean()))
