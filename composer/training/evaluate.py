"""`reelscore evaluate`: networks against Markov chains on a held-out split, as one JSON and one table."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch

from composer.markov import WittenBell
from composer.markov_columns import ColumnChain
from composer.training import chords, melody, texture_judge
from composer.training.corpus import SPLITS
from composer.training.dataset import BarData, load_bars
from composer.training.drums import held_out_drums
from composer.training.export import chord_sequences, melody_sequences
from composer.weights_file import WEIGHTS_DIR, Networks, load_markov, load_networks
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
    """Classifier, MMD and control of generator and column chains, with the real-against-real floor."""
    chain = ColumnChain.from_arrays(load_markov(weights)[0])
    found: dict[str, Any] = {"seeds": []}
    for seed in SEEDS:
        drawn = texture_judge.draw(nets.texture, data, split, windows, seed)
        real, ours = texture_judge.describe(drawn.real), texture_judge.describe(drawn.ours)
        line: dict[str, Any] = {"control": texture_judge.control(drawn, data)}
        line["classifier"] = texture_judge.classifier_accuracy(real, ours, drawn.piece, seed)
        line["mmd"] = texture_judge.mmd(real, ours)
        found["seeds"].append(line)
    markov = texture_judge.describe(texture_judge.draw_markov(chain, drawn, SEEDS[0]))
    order = np.argsort([hash_of(piece) for piece in drawn.piece], kind="stable")
    half = len(order) // 2
    found["markov"] = {
        "classifier": texture_judge.classifier_accuracy(real, markov, drawn.piece),
        "mmd": texture_judge.mmd(real, markov),
    }
    found["floor"] = {"mmd": texture_judge.mmd(real[order[:half]], real[order[half:]])}
    return found


def hash_of(piece: float) -> int:
    """A fixed scramble of piece numbers, so that the floor's two halves mix the sources."""
    return int(piece) * 2654435761 % (1 << 32)


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
    lines += ["", "| 4-bar texture | network | Markov columns | floor |", "|---|---|---|---|"]
    for name in ("classifier", "mmd"):
        values = [seed[name] for seed in judged["seeds"] if seed[name] is not None]
        ours = f"{np.mean(values):.3f} ({min(values):.3f}-{max(values):.3f})" if values else "-"
        others = [judged["markov"].get(name), judged["floor"].get(name)]
        lines.append(
            f"| {name} | {ours} | " + " | ".join("-" if v is None else f"{v:.3f}" for v in others) + " |"
        )
    names = list(judged["seeds"][0]["control"])
    lines += ["", "| asked to got, rho, before the decoder | |", "|---|---|"]
    for name in names:
        lines.append(f"| {name} | {np.mean([seed['control'][name] for seed in judged['seeds']]):.3f} |")
    return "\n".join(lines) + "\n"
