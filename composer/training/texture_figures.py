"""The texture network alone, under the conditions of held-out bars, beside column chains and rules."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from composer.markov_columns import ColumnChain
from composer.rules_texture import rules_texture
from composer.training import texture_judge
from composer.training.dataset import BarData
from composer.training.excerpt import written_excerpt
from composer.training.marginals import deviations
from composer.training.passages import passage_at
from composer.weights_file import Networks, load_markov


def texture_figures(
    data: BarData, nets: Networks, weights: Path, split: str, windows: int, seeds: Sequence[int]
) -> dict[str, Any]:
    """Classifier, MMD, grooves and control of the generator stroke by stroke, through the exact decoder alone
    and cell by cell, of the column chains and of the rules; floors by two halves of the real windows, of
    different pieces."""
    chain = ColumnChain.from_arrays(load_markov(weights)[0])
    drawn = [texture_judge.draw(nets.texture, data, split, windows, seed) for seed in seeds]
    plain = [texture_judge.draw(nets.texture, data, split, windows, seed, strokes=False) for seed in seeds]
    loose = [texture_judge.draw(nets.texture, data, split, windows, seed, decoded=False) for seed in seeds]
    real, piece = drawn[0].real, drawn[0].piece
    markov = texture_judge.draw_markov(chain, drawn[0], seeds[0])
    ruled = rules_windows(data, drawn[0].index, seeds[0])
    found: dict[str, Any] = {
        "windows": len(real),
        "real": texture_judge.grooves(real),
        "network": [_judged(real, d.ours, piece) for d in drawn],
        "control": [texture_judge.control(d, data) for d in drawn],
        "no_strokes": [_judged(real, d.ours, piece) for d in plain],
        "cell_by_cell": [_judged(real, d.ours, piece) for d in loose],
        "markov": [_judged(real, markov, piece)],
        "rules": [_judged(real, ruled, piece)],
        "marginals": window_marginals(real, [d.ours for d in drawn]),
    }
    bars, fours = (texture_judge.describe(part) for part in (real[:, :1], real))
    (first, second, both), (bar, other, pieces) = (texture_judge.halves(x, piece) for x in (fours, bars))
    found["floor"] = {
        "mmd": texture_judge.mmd(first, second),
        "mmd_bar": texture_judge.mmd(bar, other),
        "classifier": texture_judge.classifier_accuracy(first, second, both),
        "classifier_bar": texture_judge.classifier_accuracy(bar, other, pieces),
    }
    return found


def rules_windows(data: BarData, index: Tensor, seed: int) -> Tensor:
    """Windows [W, 4, 2, 63, 16] by rule, under the chords, requests and layers of real ones [W, 4]."""
    rolls = []
    for first in index[:, 0].tolist():
        passage = passage_at(data, first, texture_judge.WINDOW)
        written = rules_texture(passage.asked(seed), passage.chords, passage.plan)
        rolls.append(written_excerpt(written, passage.chords, passage.real.mode, passage.real.tonic).rolls)
    return torch.from_numpy(np.stack(rolls)).float()


def _judged(real: Tensor, ours: Tensor, piece: NDArray[np.float64]) -> dict[str, Any]:
    pairs = {"": (real, ours), "_bar": (real[:, :1], ours[:, :1])}
    found: dict[str, Any] = dict(texture_judge.grooves(ours))
    for name, (theirs, own) in pairs.items():
        a, b = texture_judge.describe(theirs), texture_judge.describe(own)
        found[f"classifier{name}"] = texture_judge.classifier_accuracy(a, b, piece)
        found[f"mmd{name}"] = texture_judge.mmd(a, b)
    return found


def window_marginals(real: Tensor, ours: list[Tensor]) -> dict[str, dict[str, float]]:
    """Mean of each measure of a bar in real windows and in ours, and how many real deviations apart.

    Of each window's mean over its bars. UPC, QN and PP as in MuseGAN (Dong et al. 2018), on degrees.
    """
    theirs = texture_judge.measures(real)
    own = [texture_judge.measures(windows) for windows in ours]
    found = {}
    for name, values in theirs.items():
        mean, deviation = float(values.mean()), float(values.std())
        got = float(np.mean([float(one[name].mean()) for one in own]))
        apart = deviations(got - mean, deviation)
        found[name] = {"real": mean, "ours": got, "real_sd": deviation, "off_sd": apart}
    return found
