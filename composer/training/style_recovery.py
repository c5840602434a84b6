"""Whether the learned style tag can be heard in the notes: a classifier of real bars told to name it."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from composer.encoding.style_tag import STYLE_TAGS, UNKNOWN
from composer.networks.texture_gan import TextureGenerator
from composer.training import texture_judge
from composer.training.dataset import BarData

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FOLDS = 5
LEAST_PIECES = 6  # of a style, for the folds to be grouped by piece
WINDOWS_A_STYLE = 120


def recovered(
    net: TextureGenerator, data: BarData, split: str, seeds: Sequence[int], most: int = WINDOWS_A_STYLE
) -> dict[str, Any] | None:
    """Accuracies (each style counts alike) of a classifier that learnt the styles of real texture windows.

    real: other real pieces.  asked: windows generated under the conditions and the tag of their own pieces.
    shuffled: the same conditions under the tags of others, and how often the tag given is named.  alone: the
    tag and the chords, every other request hidden.  lift: what each has above chance,
    over real's. Classifiers never hear a window whose piece they learnt from. None without scikit-learn, or
    where fewer than two styles have pieces enough.
    """
    index = styled_windows(data, split, most)
    if find_spec("sklearn") is None or len(torch.unique(data.style[index[:, 0]])) < 2:
        return None
    tags = data.style[index[:, 0]].numpy()
    piece = data.piece[index[:, 0]].double().numpy()
    real = texture_judge.describe(data.rolls[index].float())
    rows: dict[str, list[tuple[Floats, Ints]]] = {"asked": [], "shuffled": [], "alone": []}
    for seed in seeds:
        order = torch.randperm(len(index), generator=torch.Generator().manual_seed(seed))
        other = data.style[index[:, 0]][order]
        rows["asked"].append((_generated(net, data, index, seed), tags))
        rows["shuffled"].append((_generated(net, data, index, seed, other), other.numpy()))
        rows["alone"].append((_generated(net, data, index, seed, other, told=False), other.numpy()))
    found = named(real, tags, piece, {name: drawn for name, drawn in rows.items()})
    chance = 1 / len(set(tags.tolist()))
    lift = {name: (value - chance) / max(found["real"] - chance, 1e-9) for name, value in found.items()}
    return {
        "windows": len(index), "styles": [STYLE_TAGS[tag] for tag in sorted(set(tags.tolist()))],
        "chance": chance, **found, "lift": lift,
    }  # fmt: skip


def named(
    real: Floats, tags: Ints, piece: Floats, drawn: dict[str, list[tuple[Floats, Ints]]]
) -> dict[str, float]:
    """Balanced accuracy of naming the tags of real rows and of each kind of drawn rows.

    real: [W, F]; every drawn row stands under the conditions of the real row in its place.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import GroupKFold

    heard = np.zeros_like(tags)
    told = {name: [np.zeros_like(tags) for _ in sets] for name, sets in drawn.items()}
    for learn, judge in GroupKFold(FOLDS).split(real, tags, groups=piece):
        model = HistGradientBoostingClassifier(max_iter=60, random_state=0, class_weight="balanced")
        model.fit(real[learn], tags[learn])
        heard[judge] = model.predict(real[judge])
        for name, sets in drawn.items():
            for place, (rows, _) in enumerate(sets):
                told[name][place][judge] = model.predict(rows[judge])
    found = {"real": balanced(tags, heard)}
    for name, sets in drawn.items():
        scores = [balanced(want, told[name][place]) for place, (_, want) in enumerate(sets)]
        found[name] = float(np.mean(scores))
    return found


def balanced(wanted: Ints, heard: Ints) -> float:
    """Mean over the styles of the share that was named rightly."""
    return float(np.mean([(heard[wanted == tag] == tag).mean() for tag in np.unique(wanted)]))


def styled_windows(data: BarData, split: str, most: int) -> Tensor:
    """Bar indices [W, 4] of windows that sound, at most `most` of each style that has pieces enough."""
    index = texture_judge.window_index(data, split)
    style, piece = data.style[index[:, 0]], data.piece[index[:, 0]]
    kept = []
    for tag in range(len(STYLE_TAGS)):
        own = torch.nonzero(style == tag)[:, 0]
        if tag == UNKNOWN or len(torch.unique(piece[own])) < LEAST_PIECES:
            continue
        places = torch.linspace(0, len(own) - 1, min(most, len(own))).round().long()
        kept.append(own[places])
    return index[torch.cat([*kept, torch.zeros(0, dtype=torch.long)])]


def _generated(
    net: TextureGenerator, data: BarData, index: Tensor, seed: int, style: Tensor | None = None,
    told: bool = True,
) -> Floats:  # fmt: skip
    drawn = texture_judge.generate(net, data, index, seed, style=style, told=told)
    return texture_judge.describe(drawn)
