"""`reelscore evaluate`: networks against Markov chains on a held-out split, as one JSON and one table."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from composer.markov import WittenBell
from composer.markov_columns import ColumnChain
from composer.training import chords, melody, texture_judge
from composer.training.corpus import SPLITS
from composer.training.dataset import BarData, load_bars
from composer.training.drums import held_out_drums
from composer.training.export import chord_sequences, melody_sequences
from composer.weights_dir import WEIGHTS_DIR
from composer.weights_file import Networks, load_markov, load_networks
from vision.artifact import write_json, write_text
from vision.rejected import RejectedInput

log = logging.getLogger(__name__)
ORDERS = (1, 2, 3, 4, 5)
SEEDS = (1, 2, 3)
TEXTURE_WINDOWS = 800


def evaluate(
    bars: Path, out: Path, weights: Path = WEIGHTS_DIR, split: str = "test", windows: int = TEXTURE_WINDOWS
) -> dict[str, Any]:
    """Judge frozen weights; writes out/evaluation.json and out/evaluation.md and returns what is in them.

    Likelihoods hide every request, countdown, reference and chord: all that is known is the past and the
    place in the bar or phrase, for networks and chains alike. Texture is judged under held-out conditions.
    """
    if split not in SPLITS:
        raise RejectedInput(f"{split}: is no split of the data", f"use one of {', '.join(SPLITS)}")
    data = load_bars(bars, torch.device("cpu"))
    nets = load_networks(weights)
    found = {
        "schema_version": 1,
        "split": split,
        "weights_sha256": nets.sha256,
        "parameters": parameters(nets),
        "likelihood": likelihoods(data, nets, split),
        "texture": texture(data, nets, weights, split, windows),
    }
    write_json(out / "evaluation.json", found)
    write_text(out / "evaluation.md", table(found))
    return found


def parameters(nets: Networks) -> dict[str, int]:
    """Numbers a network has, by name."""
    named = {"chords": nets.chord, "melody": nets.melody, "texture": nets.texture, "drums": nets.drum}
    return {name: sum(p.numel() for p in net.parameters()) for name, net in named.items()}


def likelihoods(data: BarData, nets: Networks, split: str) -> dict[str, Any]:
    """Nats a step of the networks and of each Markov order, and the gain over the best order."""
    chains = {
        "chords": (193, chord_sequences, chords.MAX_EVALUATED_BARS),
        "melody": (63, melody_sequences, melody.MAX_EVALUATED_BARS),
    }
    networks = {
        "chords": chords.held_out_chords(data, nets.chord, split),
        "melody": melody.held_out_melody(data, nets.melody, split),
    }
    found: dict[str, Any] = {}
    for name, (vocabulary, sequences, longest) in chains.items():
        train = sequences(data, runs_of(data, "train"))
        held = sequences(data, runs_of(data, split, longest))
        markov = {str(order): WittenBell.train(train, vocabulary, order).nll(held) for order in ORDERS}
        best = min(markov.values())
        found[name] = {"network": networks[name], "markov": markov, "gain": best - networks[name]}
    found["drums"] = {"network": held_out_drums(data, nets.drum, split)}
    return found


def runs_of(
    data: BarData, split: str, longest: int | None = None
) -> list[np.ndarray[Any, np.dtype[np.int64]]]:
    """Bar indices of each run of a split, cut where the networks' windows end."""
    run = data.run.numpy()
    mask = data.split_mask(split).numpy()
    runs = np.split(np.arange(len(run)), np.flatnonzero(np.diff(run)) + 1)
    return [bars[:longest] for bars in runs if mask[bars[0]]]


def texture(data: BarData, nets: Networks, weights: Path, split: str, windows: int) -> dict[str, Any]:
    """Classifier, MMD, grooves and control of the generator through the exact decoder and cell by cell, and
    of the column chains; floors by two halves of the real windows, of different pieces."""
    chain = ColumnChain.from_arrays(load_markov(weights)[0])
    drawn = [texture_judge.draw(nets.texture, data, split, windows, seed) for seed in SEEDS]
    loose = [texture_judge.draw(nets.texture, data, split, windows, seed, decoded=False) for seed in SEEDS]
    real, piece = drawn[0].real, drawn[0].piece
    markov = texture_judge.draw_markov(chain, drawn[0], SEEDS[0])
    found: dict[str, Any] = {
        "windows": len(real),
        "real": texture_judge.grooves(real),
        "network": [_judged(real, d.ours, piece) for d in drawn],
        "control": [texture_judge.control(d, data) for d in drawn],
        "cell_by_cell": [_judged(real, d.ours, piece) for d in loose],
        "markov": [_judged(real, markov, piece)],
        "marginals": marginals(real, [d.ours for d in drawn]),
    }
    bars, fours = (texture_judge.describe(part) for part in (real[:, :1], real))
    (first, second, both), (bar, other, pieces) = (texture_judge.halves(x, piece) for x in (fours, bars))
    found["floor"] = {
        "mmd": texture_judge.mmd(first, second),
        "classifier": texture_judge.classifier_accuracy(first, second, both),
        "classifier_bar": texture_judge.classifier_accuracy(bar, other, pieces),
    }
    return found


def _judged(real: Tensor, ours: Tensor, piece: NDArray[np.float64]) -> dict[str, Any]:
    pairs = {"": (real, ours), "_bar": (real[:, :1], ours[:, :1])}
    found: dict[str, Any] = dict(texture_judge.grooves(ours))
    for name, (theirs, own) in pairs.items():
        a, b = texture_judge.describe(theirs), texture_judge.describe(own)
        found[f"classifier{name}"] = texture_judge.classifier_accuracy(a, b, piece)
        found[f"mmd{name}"] = texture_judge.mmd(a, b)
    return found


def marginals(real: Tensor, ours: list[Tensor]) -> dict[str, dict[str, float]]:
    """Mean of each measure of a bar in real windows and in ours, and how many real deviations apart.

    Of each window's mean over its bars. UPC, QN and PP as in MuseGAN (Dong et al. 2018), on degrees.
    """
    theirs = texture_judge.measures(real)
    own = [texture_judge.measures(windows) for windows in ours]
    found = {}
    for name, values in theirs.items():
        mean, deviation = float(values.mean()), float(values.std())
        got = float(np.mean([float(one[name].mean()) for one in own]))
        apart = (got - mean) / (deviation + 1e-9)
        found[name] = {"real": mean, "ours": got, "real_sd": deviation, "off_sd": apart}
    return found


def table(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    likelihood, judged = found["likelihood"], found["texture"]
    lines = [f"| {found['split']} split | network | best Markov order | gain |", "|---|---|---|---|"]
    for name, unit in (("chords", "half bar"), ("melody", "16th")):
        row = likelihood[name]
        order = min(row["markov"], key=lambda k: row["markov"][k])
        markov = f"{row['markov'][order]:.3f} (order {order})"
        lines.append(f"| {name}, nats a {unit} | {row['network']:.3f} | {markov} | {row['gain']:.3f} |")
    lines.append(f"| drums, nats a 16th over nine lanes | {likelihood['drums']['network']:.3f} | - | - |")
    head = f"texture, {judged['windows']} windows of four bars"
    lines += ["", f"| {head} | " + " | ".join(_COLUMNS.values()) + " |"]
    lines.append("|---" * (len(_COLUMNS) + 1) + "|")
    for name in _ROWS:
        cells = [_cell(judged[column], name) for column in _COLUMNS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += ["", "| a bar of texture | real | network | apart, real sd |", "|---|---|---|---|"]
    for name, row in judged["marginals"].items():
        lines.append(f"| {name} | {row['real']:.3f} | {row['ours']:.3f} | {row['off_sd']:+.2f} |")
    lines += ["", "| asked to got, rho | |", "|---|---|"]
    for name in judged["control"][0]:
        lines.append(f"| {name} | {np.mean([one[name] for one in judged['control']]):.3f} |")
    return "\n".join(lines) + "\n"


_COLUMNS = {
    "network": "network", "cell_by_cell": "no exact decoder", "markov": "Markov columns",
    "floor": "real against real", "real": "real",
}  # fmt: skip
_ROWS = ("classifier", "classifier_bar", "mmd", "groove_adjacent", "unique_rhythms")


def _cell(judged: list[dict[str, Any]] | dict[str, Any], name: str) -> str:
    """Mean over the seeds, and the range where there are several."""
    runs = judged if isinstance(judged, list) else [judged]
    values = [run[name] for run in runs if run.get(name) is not None]
    if not values:
        return "-"
    spread = f" ({min(values):.3f}-{max(values):.3f})" if len(values) > 1 else ""
    return f"{np.mean(values):.3f}{spread}"
