"""How far generated texture lies from real texture: features of bars, MMD, a classifier, control.

Bars come in windows of four, as they are composed: one scene latent, each bar from the bar generated before
it; conditions are those of held-out bars. Drawn cell by cell the network is judged alone; with the exact
decoder, as it is used.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from composer.encoding.piano_roll import ROLE_SLICE, TEXTURE_ROLES
from composer.markov_columns import ColumnChain
from composer.networks.texture_gan import LATENT, TextureGenerator, sample, scene_latent
from composer.training import roll_decoder, stroke_decoder
from composer.training.analytic import FEATURES, features
from composer.training.dataset import BarData, Windows
from composer.training.texture_bars import bar_columns, rank_correlation, texture_bar

WINDOW = 4
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """Windows of real and generated rolls [W, 4, 2, 63, 16], bar indices [W.

    4] and each window's piece [W].
    """

    real: Tensor
    ours: Tensor
    index: Tensor
    piece: Floats


@torch.no_grad()
def draw(
    net: TextureGenerator, data: BarData, split: str, windows: int, seed: int, decoded: bool = True,
    strokes: bool = True, legal: bool = True,
) -> Drawn:  # fmt: skip
    """Generate `windows` windows under the conditions of evenly spaced real ones of a split.

    decoded: stroke by stroke, or without `strokes` by the exact decoder alone; else cell by cell.  legal:
    holds only after notes.
    """
    index = window_index(data, split)
    index = index[:: max(len(index) // windows, 1)][:windows]
    ours = generate(net, data, index, seed, decoded, strokes, legal)
    real = data.rolls[index].float()
    return Drawn(real, ours, index, data.piece[index[:, 0]].double().numpy())


def window_index(data: BarData, split: str) -> Tensor:
    """Bar indices [W, 4] of every window of a split that begins with a bar of texture."""
    spaced = Windows(data, split, WINDOW, data.rolls[:, 0].flatten(1).amax(1) > 0)
    index, valid = spaced.window(spaced.starts)
    return index[valid.all(1)]


@torch.no_grad()
def generate(
    net: TextureGenerator, data: BarData, index: Tensor, seed: int, decoded: bool = True,
    strokes: bool = True, legal: bool = True, style: Tensor | None = None, told: bool = True,
) -> Tensor:  # fmt: skip
    """Windows [W, 4, 2, 63, 16] under the conditions of real ones [W, 4], each bar from the one before.

    style: [W] tags in place of the pieces' own.  told: False hides every request but chords, mode and style;
    strokes go without them, the exact decoder alone can't.
    """
    generator = torch.Generator().manual_seed(seed)
    scene = torch.randn(len(index), LATENT, generator=generator)
    shared = roll_decoder.scene_noise(len(index), generator)
    ours = torch.zeros_like(data.rolls[index].float())
    for place in range(WINDOW):
        bar = texture_bar(data, index[:, place], None)
        if place:
            bar = bar._replace(previous=ours[:, place - 1])
        elif not told:
            bar = bar._replace(previous=torch.zeros_like(bar.previous))
        if style is not None:
            bar = bar._replace(style=style)
        if not told:
            bar = bar._replace(context=torch.zeros_like(bar.context))
        z = scene_latent(scene, torch.randn(len(index), LATENT, generator=generator))
        if decoded and strokes:
            ours[:, place] = stroke_decoder.write_bars(net, z, bar, generator)
            continue
        logits = net(z, bar)
        if decoded:
            ours[:, place] = roll_decoder.decode(logits, bar, shared, generator, legal)
        else:
            noise = torch.rand(logits.shape, generator=generator)
            ours[:, place] = sample(logits, bar.previous, noise, legal)
    return ours


def draw_markov(chain: ColumnChain, drawn: Drawn, seed: int) -> Tensor:
    """As many windows from the column chains, [W, 4, 2, 63, 16]; they know no condition."""
    rng = np.random.default_rng(seed)
    rolls = [chain.generate(WINDOW, rng) for _ in range(len(drawn.index))]
    return torch.from_numpy(np.stack(rolls)).float()


def describe(windows: Tensor) -> Floats:
    """Features [W, F] of windows of rolls, for the classifier and MMD.

    Means and spreads over the four bars.
    """
    bars = windows.flatten(0, 1)
    before = torch.cat([torch.zeros_like(windows[:, :1]), windows[:, :-1]], 1).flatten(0, 1)
    rows = torch.stack([*features(bars, before).values(), *_more(bars)], 1)
    by_window = rows.reshape(len(windows), windows.shape[1], -1)
    spread = by_window.std(1) if windows.shape[1] > 1 else by_window[:, 0]
    return torch.cat([by_window.mean(1), spread], 1).double().numpy()


def _more(roll: Tensor) -> list[Tensor]:
    """What the requests do not say: lengths, chord tones, chords struck at once, leaps, where in the beat."""
    onset, sounding = roll[:, 0], roll.sum(1)
    notes = onset.sum((1, 2)).clamp(min=1)
    found = [sounding.sum((1, 2)) / notes, onset.sum(1).amax(1), (onset.amax(2) > 0).sum(1).float()]
    found += [onset.sum(1)[:, beat::4].mean(1) for beat in range(4)]
    for role in TEXTURE_ROLES:
        part = onset[:, ROLE_SLICE[role]]
        degrees = part.sum(2).reshape(len(part), -1, 7).sum(1)
        found += list((degrees / part.sum((1, 2)).clamp(min=1)[:, None]).unbind(1))
        struck = part.sum(1)
        found.append(struck.sum(1) / (struck > 0).sum(1).clamp(min=1))
        heights = (part * torch.arange(part.shape[1])[None, :, None]).sum(1) / struck.clamp(min=1)
        both = (struck[:, 1:] > 0) & (struck[:, :-1] > 0)
        found.append(((heights[:, 1:] - heights[:, :-1]).abs() * both).sum(1) / both.sum(1).clamp(min=1))
    return found


def grooves(windows: Tensor) -> dict[str, float]:
    """GS_adj: 1 - XOR / 16 of the onset steps of adjacent bars.  unique_rhythms: different ones / bars."""
    steps = windows[:, :, 0].amax(2)  # (W, 4, 16)
    alike = 1 - (steps[:, 1:] - steps[:, :-1]).abs().mean()
    codes = (steps.long() * 2 ** torch.arange(steps.shape[2])).sum(2).numpy()
    unique = np.mean([len(set(row.tolist())) / len(row) for row in codes])
    return {"groove_adjacent": float(alike), "unique_rhythms": float(unique)}


def measures(windows: Tensor) -> dict[str, Tensor]:
    """Means [W] over the bars of each window, of what a bar is like.

    empty: 1 where nothing sounds.  upc: distinct degrees used.  qn2, qn3: share of notes of at least 2, 3
    sixteenths.  pp: share of steps where two rows or more sound.  h1: entropy (bits) of the degrees struck.
    """
    bars = windows.flatten(0, 1)
    before = torch.cat([torch.zeros_like(windows[:, :1]), windows[:, :-1]], 1).flatten(0, 1)
    onset, hold = bars[:, 0], bars[:, 1]
    sounding, notes = bars.sum(1), onset.sum((1, 2))
    degrees = torch.stack([_folded(onset[:, part]) for part in ROLE_SLICE.values()]).sum(0)  # (B, 7)
    share = degrees / degrees.sum(1, keepdim=True).clamp(min=1)
    second = onset[..., :-1] * hold[..., 1:]
    third = second[..., :-1] * hold[..., 2:]
    found = {
        "empty": (notes == 0).float(),
        "upc": (degrees > 0).float().sum(1),
        "qn2": second.sum((1, 2)) / notes.clamp(min=1),
        "qn3": third.sum((1, 2)) / notes.clamp(min=1),
        "pp": (sounding.sum(1) >= 2).float().mean(1),
        "h1": -(share * share.clamp(min=1e-9).log2()).sum(1),
        **features(bars, before),
    }
    return {name: value.reshape(len(windows), -1).mean(1) for name, value in found.items()}


def _folded(part: Tensor) -> Tensor:
    """[B, rows, 16] onsets of a role -> [B, 7] by degree."""
    return part.sum(2).reshape(len(part), -1, 7).sum(1)


def orphan_holds(windows: Tensor) -> float:
    """Share of hold cells inside bars that follow neither an onset nor a hold of their row."""
    onset, hold = windows[:, :, 0], windows[:, :, 1]
    later = hold[..., 1:]
    orphans = later * (1 - (onset + hold)[..., :-1].clamp(max=1))
    return float(orphans.sum() / later.sum().clamp(min=1))


def halves(real: Floats, piece: Floats) -> tuple[Floats, Floats, Floats]:
    """Two halves of real windows, of different pieces, and the pieces of both: for the floors."""
    order = np.argsort([int(p) * 2654435761 % (1 << 32) for p in piece], kind="stable")
    half = len(order) // 2
    first, second = order[:half], order[half : 2 * half]
    return real[first], real[second], np.concatenate([piece[first], piece[second]])


def mmd(real: Floats, other: Floats) -> float:
    """Squared maximum mean discrepancy, unbiased, RBF kernel of the median distance.

    Features standardised.
    """
    mean, deviation = real.mean(0), real.std(0) + 1e-9
    a, b = (real - mean) / deviation, (other - mean) / deviation
    squares = [_squares(a, a), _squares(b, b), _squares(a, b)]
    apart = squares[0][squares[0] > 0]
    width = float(np.median(apart)) if len(apart) else 1.0
    aa, bb, ab = (np.exp(-s / width) for s in squares)
    n, m = len(a), len(b)
    within = (aa.sum() - n) / (n * (n - 1)) + (bb.sum() - m) / (m * (m - 1))
    return float(within - 2 * ab.mean())


def _squares(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T, 0))


def classifier_accuracy(real: Floats, other: Floats, piece: Floats, seed: int = 0) -> float | None:
    """Accuracy of gradient boosting, real against other, five folds grouped by piece.

    piece: of each row of real (other is in the same order), or of both.  None without scikit-learn.
    """
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.model_selection import GroupKFold, cross_val_score
    except ImportError:  # a development dependency
        return None
    x = np.concatenate([real, other])
    y = np.repeat([0, 1], [len(real), len(other)])
    groups = piece if len(piece) == len(x) else np.concatenate([piece, piece[: len(other)]])
    judge = HistGradientBoostingClassifier(max_iter=100, random_state=seed)
    return float(cross_val_score(judge, x, y, groups=groups, cv=GroupKFold(5)).mean())


def control(drawn: Drawn, data: BarData) -> dict[str, float]:
    """Spearman's rho between what each bar was asked for and what came out, before any decoder."""
    index = drawn.index.reshape(-1)
    ours = drawn.ours.flatten(0, 1)
    before = torch.cat(
        [texture_bar(data, drawn.index[:, 0], None).previous[:, None], drawn.ours[:, :-1]], 1
    ).flatten(0, 1)
    starts = data.run_start[index] == index
    asked = bar_columns(
        data, index, data.rolls[index].float(), texture_bar(data, index, None).previous, starts
    )
    got = features(ours, before)
    known = ~torch.stack([torch.isnan(asked[name]) for name in FEATURES]).any(0) & (got["density"] > 0)
    return {name: float(rank_correlation(got[name][known], asked[name][known])) for name in FEATURES}
