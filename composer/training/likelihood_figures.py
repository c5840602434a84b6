"""Held-out likelihoods: the networks beside Markov chains of every order, the same information known."""

from typing import Any

import numpy as np

from composer.markov import WittenBell
from composer.training import chords, melody
from composer.training.dataset import BarData
from composer.training.drums import held_out_drums
from composer.training.export import chord_sequences, melody_sequences
from composer.weights_file import Networks

ORDERS = (1, 2, 3, 4, 5)


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
