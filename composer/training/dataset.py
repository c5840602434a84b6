"""bars.npz on a device: windows of bars drawn by source, with what the networks are told about them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from composer.encoding import chord as chord_encoding
from composer.encoding.piano_roll import DRUM_LANES, ROWS, STEPS
from composer.training.corpus import SPLITS
from vision.rejected import RejectedInput

# What share of the batches each source gives, by what scores need: orchestra, quartets and games have the
# moving accompaniment that piano music lacks, and would drown in it (COMPOSER notes). Others share the rest.
SOURCE_SHARE = {
    "openscore_orchestra": 0.18, "openscore_string_quartets": 0.20, "openscore_lieder": 0.12,
    "chopin_first_editions": 0.08, "polish_scores": 0.16, "mutopia": 0.08, "freedoom_game": 0.11,
    "tannerhelland_film_game": 0.07,
}  # fmt: skip
MINOR_FACTOR = 2.0  # the corpus is a quarter minor; film music is not
HIT_RATIO = 2.2  # a bar this much more energetic than the last stands for a hit


@dataclass
class BarData:
    """All bars of a prepared corpus as tensors on one device; N bars.

    chords [N, 2], melody [N, 16], mode, run, style, instrument [N] are long; rolls [N, 2, 63, 16] and drums
    [N, 9, 16] are uint8. Per-bar floats [N]: register ((p - 60) / 12, 0 where silent), dynamics, arousal,
    bars_to_end, bars_to_hit; tension and harmonic_rhythm [N, 2] a half bar. weight [N]: drawing weight.
    known_dynamics [N]: False where the score gave none.  run_start [N]: first bar of the bar's run.
    """

    chords: Tensor
    melody: Tensor
    rolls: Tensor
    drums: Tensor
    mode: Tensor
    run: Tensor
    style: Tensor
    instrument: Tensor
    split: Tensor
    piece: Tensor
    tonic: Tensor
    register: Tensor
    dynamics: Tensor
    known_dynamics: Tensor
    arousal: Tensor
    bars_to_end: Tensor
    bars_to_hit: Tensor
    tension: Tensor
    harmonic_rhythm: Tensor
    weight: Tensor
    run_start: Tensor

    def __len__(self) -> int:
        return len(self.run)

    def split_mask(self, split: str) -> Tensor:
        """[N] bool: the bars of train, valid or test."""
        return self.split == SPLITS.index(split)


def load_bars(path: Path, device: torch.device) -> BarData:
    """Read bars.npz (never unpickled) and compute what the networks are told."""
    with np.load(path, allow_pickle=False) as file:
        raw = {name: file[name] for name in file.files}
    count = len(raw["run"])
    whole = ("chords", "melody", "mode", "run", "style", "instrument", "split", "piece", "tonic")
    longs = {name: raw[name].astype(np.int64) for name in whole}
    rolls = np.stack([_unpack(raw[plane], (ROWS, STEPS)) for plane in ("onset", "hold")], 1)
    tension, rhythm = _harmonic(longs["chords"], longs["run"])
    arousal = _arousal(raw["energy"].astype(np.float64), longs["run"])
    to_end, to_hit = _countdowns(raw["energy"].astype(np.float64), longs["run"])
    longs["run_start"] = np.searchsorted(longs["run"], longs["run"])  # runs are numbered in order
    register = raw["register"].astype(np.float32)
    floats = {
        "register": np.where(register > 0, (register - 60) / 12, 0),
        "dynamics": raw["velocity"].astype(np.float32),
        "arousal": arousal, "bars_to_end": to_end, "bars_to_hit": to_hit,
        "tension": tension, "harmonic_rhythm": rhythm,
        "weight": _weights(raw, longs["mode"]),
    }  # fmt: skip
    tensors = {n: torch.from_numpy(np.ascontiguousarray(a)).to(device) for n, a in longs.items()}
    tensors |= {n: torch.from_numpy(a.astype(np.float32)).to(device) for n, a in floats.items()}
    tensors["known_dynamics"] = torch.from_numpy(raw["dynamics"]).to(device)
    tensors["rolls"] = torch.from_numpy(rolls).to(device)
    tensors["drums"] = torch.from_numpy(_unpack(raw["drums"], (len(DRUM_LANES), STEPS))).to(device)
    assert len(tensors["rolls"]) == count
    return BarData(**tensors)


def _unpack(bits: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    return np.unpackbits(bits, axis=1, count=shape[0] * shape[1]).reshape(len(bits), *shape)


def _harmonic(
    chords: NDArray[np.int64], run: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tension smoothed over two bars, and chord changes a half bar over four bars; [N, 2] each."""
    table = np.array([chord_encoding.tension(c) for c in range(chord_encoding.CHORD_COUNT)])
    flat, half_run = chords.reshape(-1), np.repeat(run, 2)
    changed = np.concatenate([[0], (flat[1:] != flat[:-1]).astype(float)])
    return (
        _smooth(table[flat], half_run, 2).reshape(-1, 2),
        _smooth(changed, half_run, 4).reshape(-1, 2),
    )


def _smooth(values: NDArray[np.float64], run: NDArray[np.int64], reach: int) -> NDArray[np.float64]:
    """Mean over the `reach` values either side that belong to the same run."""
    total, count = np.zeros_like(values), np.zeros_like(values)
    for shift in range(-reach, reach + 1):
        moved, moved_run = np.roll(values, shift), np.roll(run, shift)
        same = moved_run == run
        total += np.where(same, moved, 0)
        count += same
    return np.asarray(total / count)


def _arousal(energy: NDArray[np.float64], run: NDArray[np.int64]) -> NDArray[np.float64]:
    """Rank 0..1 of a bar's energy, smoothed over five bars, among all bars."""
    smooth = _smooth(energy, run, 2)
    return np.asarray(np.argsort(np.argsort(smooth, kind="stable"), kind="stable") / max(len(smooth) - 1, 1))


def _countdowns(
    energy: NDArray[np.float64], run: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bars / 16, at most 1, to the run's end and to its next sudden rise in energy (1: there is none)."""
    index = np.arange(len(run))
    ends = np.flatnonzero(np.append(run[1:] != run[:-1], True))
    to_end = ends[np.searchsorted(ends, index)] - index
    rises = (energy[1:] > HIT_RATIO * np.maximum(energy[:-1], 0.2)) & (run[1:] == run[:-1])
    hits = np.append(np.flatnonzero(rises) + 1, len(run))
    to_hit = hits[np.searchsorted(hits, index)] - index
    to_hit = np.where(to_hit <= to_end, to_hit, 16)
    return np.minimum(to_end / 16, 1), np.minimum(to_hit / 16, 1)


def _weights(raw: dict[str, NDArray[np.generic]], mode: NDArray[np.int64]) -> NDArray[np.float64]:
    """Drawing weight of each bar: the source's share over its bars, minor modes doubled."""
    source = raw["source"].astype(np.int64)
    train = raw["split"] == SPLITS.index("train")
    names = [str(name) for name in raw["sources"]]
    rest = 1.0 / max(len(names), 1)
    share = np.array([SOURCE_SHARE.get(name, rest) for name in names])
    bars = np.bincount(source[train], minlength=len(names))
    weight = (share / np.maximum(bars, 1))[source] * np.where(mode >= 3, MINOR_FACTOR, 1.0)
    return np.asarray(weight / weight.sum())


class Windows:
    """Draws windows of consecutive bars of one split, by weight.

    A window of `length` bars may run over the end of its run; `valid` says which bars still belong to it.
    evenness: 0 draws by weight, 1 every bar alike; small sources drawn by weight alone are learnt by heart.
    """

    def __init__(
        self, data: BarData, split: str, length: int, eligible: Tensor | None = None, evenness: float = 0.0
    ) -> None:
        mask = data.split_mask(split)
        if eligible is not None:
            mask &= eligible
        self.starts = torch.nonzero(mask)[:, 0]
        if not len(self.starts):
            reason = f"the {split} split holds no bar that this network could learn from"
            raise RejectedInput(reason, "prepare more pieces; a tenth each is kept for valid and test")
        self.cumulative = torch.cumsum(data.weight[self.starts].double() ** (1 - evenness), 0)
        self.run, self.length = data.run, length

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Bar indices [count, length] and valid [count, length] bool."""
        device = self.starts.device
        at = torch.rand(count, generator=generator, device=device, dtype=torch.float64) * self.cumulative[-1]
        first = self.starts[torch.searchsorted(self.cumulative, at).clamp(max=len(self.starts) - 1)]
        return self.window(first)

    def window(self, first: Tensor) -> tuple[Tensor, Tensor]:
        """The windows that begin at given bars [B]."""
        index = first[:, None] + torch.arange(self.length, device=first.device)
        index = index.clamp(max=len(self.run) - 1)
        return index, self.run[index] == self.run[first][:, None]


def trimmed(index: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """Windows without the columns that belong to no run of the batch."""
    longest = int(valid.sum(1).max())
    return index[:, :longest], valid[:, :longest]
