"""From checkpoints to the files that ship: averaged networks, the bank of latents, the Markov chains."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from composer.encoding.piano_roll import ROLE_SLICE
from composer.markov import WittenBell
from composer.markov_columns import ColumnChain
from composer.networks.texture_gan import TextureEncoder
from composer.training.dataset import BarData
from composer.training.loop import LoopSettings, averages
from composer.training.melody import singing
from composer.training.texture_bars import texture_bar
from composer.weights_file import TEXTURE_KINDS, save_tensors
from vision.rejected import RejectedInput

CODE_VERSION = "1"
LICENCE = "Apache-2.0; trained on public-domain, CC0, BSD-3 and CC-BY scores, see MODEL_CARD.md"
MELODY_ORDER = 4  # best of 1..5 on the validation split
CHORD_ORDER = 1  # likewise
BANK_PER_KIND = 24
# The generator's onsets are drawn one by one, and come out a little too many. Chosen among 1, 1.3, 1.6, 2,
# 2.6 on the validation split: MMD of four bars .044, .011, .017, .038, .064. Folded into the heads' last
# layers.
SHARPNESS = 1.3
# The stroke network's chords come out a little too large and too various: validation split, four bars and
# one, 1: .646, .583, MMD .0019; 1.2: .651, .568, .0014.
ROW_SHARPNESS = 1.1


def made_of(
    data_sha256: str, settings: LoopSettings, later: Mapping[str, LoopSettings] | None = None
) -> dict[str, str]:
    """Metadata of a weights file; later: settings of the stages after the first, by name."""
    stages = {name: asdict(own) for name, own in (later or {}).items()}
    return {
        "data_sha256": data_sha256,
        "settings": json.dumps(asdict(settings) | stages, sort_keys=True),
        "code_version": CODE_VERSION,
        "licence": LICENCE,
    }


def export_network(checkpoint: Path, name: str, network: str, out: Path, made: dict[str, str]) -> Path:
    """Write out/NETWORK.safetensors from the averages called `name`."""
    path = out / f"{network}.safetensors"
    save_tensors(path, network, averages(checkpoint, name), made)
    return path


def export_texture(checkpoint: Path, strokes: Path, data: BarData, out: Path, made: dict[str, str]) -> Path:
    """Write out/texture.safetensors: generator, stroke network (of another checkpoint), bank of latents."""
    encoder = TextureEncoder().to(data.run.device)
    encoder.load_state_dict(averages(checkpoint, "encoder"))
    bank = {f"bank.{name}": value for name, value in latent_bank(encoder.eval(), data).items()}
    path = out / "texture.safetensors"
    network = sharpened(averages(checkpoint, "generator"))
    rows = firmer(averages(strokes, "strokes"))
    network |= {f"strokes.{name}": value for name, value in rows.items()}
    save_tensors(path, "texture", network | bank, made)
    return path


def sharpened(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The generator with all its logits times SHARPNESS."""
    last = re.compile(r"heads\.\w+\.2\.")  # the output layer of each role's head
    return {name: value * SHARPNESS if last.match(name) else value for name, value in tensors.items()}


def firmer(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The stroke network with all logits of its rows times ROW_SHARPNESS."""
    of_rows = re.compile(r"rows\.2\.|below$")
    return {name: value * ROW_SHARPNESS if of_rows.match(name) else value for name, value in tensors.items()}


def export_markov(data: BarData, out: Path, made: dict[str, str]) -> Path:
    """Train the three chains on the training split and write out/markov.safetensors."""
    runs = np.split(np.arange(len(data)), np.flatnonzero(np.diff(data.run.cpu().numpy())) + 1)
    train = data.split_mask("train").cpu().numpy()
    runs = [run for run in runs if train[run[0]]]
    chains = {
        "melody": melody_sequences(data, runs), "chords": chord_sequences(data, runs),
    }  # fmt: skip
    arrays = WittenBell.train(chains["melody"], 63, MELODY_ORDER).pruned(2, 2).arrays("melody")
    arrays |= WittenBell.train(chains["chords"], 193, CHORD_ORDER).arrays("chords")
    rolls = data.rolls.cpu().numpy().astype(np.bool_)
    arrays |= ColumnChain.train([rolls[run] for run in runs]).arrays()
    path = out / "markov.safetensors"
    save_tensors(
        path, "markov", {name: torch.from_numpy(_signed(array)) for name, array in arrays.items()}, made
    )
    return path


def _signed(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """uint16 counts as int32: torch computes with no uint16."""
    return array.astype(np.int32) if array.dtype == np.uint16 else array


def melody_sequences(data: BarData, runs: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Token sequences of runs, bars of rest kept only after a bar that sang (as the networks are judged)."""
    sung = singing(data).cpu().numpy()
    sung = sung | np.roll(sung, 1)
    tokens = data.melody.cpu().numpy()
    kept = [run[sung[run]] for run in runs]
    return [tokens[run].reshape(-1) for run in kept if len(run)]


def chord_sequences(data: BarData, runs: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Half-bar chord ids of runs."""
    chords = data.chords.cpu().numpy()
    return [chords[run].reshape(-1) for run in runs]


@torch.no_grad()
def latent_bank(encoder: TextureEncoder, data: BarData) -> dict[str, Tensor]:
    """Latents of real training bars, BANK_PER_KIND a kind, spread over their densities.

    A bar qualifies by what it plays for two bars running; the latent is the posterior mean, scaled to the
    prior's norm, so that .9 of it and .44 of noise is as typical as a draw from the prior.
    """
    onset = data.rolls[:, 0].float()
    kinds = texture_kinds(data, onset)
    train = data.split_mask("train") & (data.run == data.run.roll(1))
    density = onset.amax(1).mean(1)
    latents, tags, densities = [], [], []
    for tag, kind in enumerate(TEXTURE_KINDS):
        index = torch.nonzero(train & (kinds == tag) & (kinds.roll(1) == tag))[:, 0]
        index = index[density[index].argsort(stable=True)]
        places = torch.linspace(0.05, 0.95, BANK_PER_KIND, device=index.device) * max(len(index) - 1, 0)
        if not len(index):
            reason = f"no bar of the training split plays a texture of the kind {kind!r}, two bars running"
            raise RejectedInput(reason, "prepare more pieces: cues draw on every kind")
        index = index[places.long()]
        mean, _ = encoder(data.rolls[index].float(), texture_bar(data, index, None))
        latents.append(mean * (mean.shape[1] ** 0.5 / mean.norm(dim=1, keepdim=True).clamp(min=1e-6)))
        tags.append(torch.full((len(index),), tag))
        densities.append(density[index])
    return {"latents": torch.cat(latents), "tags": torch.cat(tags), "densities": torch.cat(densities)}


def texture_kinds(data: BarData, onset: Tensor) -> Tensor:
    """[N] index of TEXTURE_KINDS for each bar, -1 where it is none of them.

    sparse: at most 3 onset steps.  tremolo: 12 or more steps whose rows hardly change.  ostinato: the same
    onsets as the bar before, 5 or more of them, moving.  broken: arpeggio moves on 6 or more steps, one row
    at a time. block: two or more rows at a time.
    """
    steps = onset.amax(1).sum(1)
    rows_struck = onset.sum((1, 2)) / steps.clamp(min=1)
    used = (onset.amax(2) > 0).sum(1)
    moving = onset[:, ROLE_SLICE["arpeggio"]]
    moves = moving.amax(1).sum(1)
    again = (onset == onset.roll(1, 0)).flatten(1).all(1)
    kind = torch.full_like(data.run, -1)
    kind = torch.where((rows_struck >= 2) & (steps >= 3), 0, kind)
    kind = torch.where((moves >= 6) & (moving.sum((1, 2)) <= 1.4 * moves), 1, kind)
    kind = torch.where(again & (steps >= 5) & (used >= 3), 2, kind)
    kind = torch.where((steps >= 12) & (used <= 5), 3, kind)
    return torch.where((steps >= 1) & (steps <= 3), 4, kind)
