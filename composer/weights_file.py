"""Weights on disk: safetensors with what made them, checked before a single number is used.

The folder composer/weights holds chords, melody, texture, drums and markov .safetensors. Networks are stored
as fp16 and computed in fp32. Metadata of each: network, architecture (sha256 over tensor names and shapes),
content (sha256 over the numbers), data_sha256, settings, code_version, licence.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from composer.markov import WittenBell
from composer.networks.chord_gru import ChordGRU
from composer.networks.drum_gru import DrumGRU
from composer.networks.melody_lstm import MelodyLSTM
from composer.networks.texture_gan import TextureGenerator
from composer.weights_dir import WEIGHTS_DIR
from vision.artifact import part_file, sha256_file
from vision.rejected import RejectedInput

NETWORK_FILES: tuple[str, ...] = ("chords", "melody", "texture", "drums")
MARKOV_FILE = "markov"
# What a latent of the bank plays, by name; the index is the tag in `Bank.tags`.
TEXTURE_KINDS: tuple[str, ...] = ("block", "broken", "ostinato", "tremolo", "sparse")
_REMEDY = "use the weights that came with Reelscore, or train your own with `reelscore train`"
_BANK = "bank."


@dataclass(frozen=True)
class Bank:
    """Vetted scene latents. latents: [K, 64] float32.  tags: [K] index of TEXTURE_KINDS.  densities: [K]
    onset steps / 16 of the real bar each was read from (ask for the nearest)."""

    latents: Tensor
    tags: Tensor
    densities: Tensor


@dataclass(frozen=True)
class Networks:
    """The four networks in eval mode on the CPU, the bank, and one sha256 for all of it."""

    chord: ChordGRU
    melody: MelodyLSTM
    texture: TextureGenerator
    drum: DrumGRU
    bank: Bank
    sha256: str


def load_networks(folder: Path = WEIGHTS_DIR) -> Networks:
    """Load and check all four. Raises RejectedInput where one is missing, not ours, broken or not finite."""
    chord, melody, texture, drum = ChordGRU(), MelodyLSTM(), TextureGenerator(), DrumGRU()
    _fill(chord, read_tensors(folder / "chords.safetensors", "chords"), folder)
    _fill(melody, read_tensors(folder / "melody.safetensors", "melody"), folder)
    _fill(drum, read_tensors(folder / "drums.safetensors", "drums"), folder)
    tensors = read_tensors(folder / "texture.safetensors", "texture")
    bank = {name[len(_BANK) :]: value for name, value in tensors.items() if name.startswith(_BANK)}
    if set(bank) != {"latents", "tags", "densities"}:
        raise RejectedInput(f"{folder / 'texture.safetensors'}: holds no bank of latents", _REMEDY)
    _fill(texture, {name: value for name, value in tensors.items() if not name.startswith(_BANK)}, folder)
    return Networks(
        chord, melody, texture, drum,
        Bank(bank["latents"].float(), bank["tags"].long(), bank["densities"].float()),
        weights_sha256(folder, NETWORK_FILES),
    )  # fmt: skip


def load_markov(folder: Path = WEIGHTS_DIR) -> tuple[dict[str, NDArray[np.generic]], str]:
    """The Markov engine's arrays (for `load_chain` and markov_columns.ColumnChain) and their sha256."""
    tensors = read_tensors(folder / f"{MARKOV_FILE}.safetensors", MARKOV_FILE)
    return {name: value.numpy() for name, value in tensors.items()}, weights_sha256(folder, (MARKOV_FILE,))


def load_chain(arrays: Mapping[str, NDArray[np.generic]], name: str) -> WittenBell:
    """One chain of `load_markov`: "melody", "chords", or a texture role's columns."""
    return WittenBell.from_arrays(arrays, name)


def weights_sha256(folder: Path, names: tuple[str, ...]) -> str:
    """One sha256 over the files of some networks, for receipts and the manifest."""
    joined = "".join(sha256_file(folder / f"{name}.safetensors") for name in names)
    return hashlib.sha256(joined.encode()).hexdigest()


def save_tensors(path: Path, network: str, tensors: Mapping[str, Tensor], made_of: Mapping[str, str]) -> None:
    """Write tensors with metadata: floats become fp16.

    made_of: data_sha256, settings, code_version, licence.
    """
    stored = {
        name: (value.half() if value.is_floating_point() else value).detach().cpu().contiguous()
        for name, value in sorted(tensors.items())
    }
    metadata = {
        "network": network,
        "architecture": _architecture(stored),
        "content": _content(stored),
        **made_of,
    }
    with part_file(path) as part:
        save_file(stored, part, metadata)


def read_tensors(path: Path, network: str) -> dict[str, Tensor]:
    """Read a weights file after checking it.

    Anything but safetensors, a pickle first of all, is refused unopened.
    """
    _refuse_foreign(path)
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}
    except SafetensorError as error:
        raise RejectedInput(f"{path}: is a damaged weights file ({error})", _REMEDY) from error
    if metadata.get("network") != network:
        raise RejectedInput(
            f"{path}: holds {metadata.get('network', 'no named network')}, not {network}", _REMEDY
        )
    if metadata.get("architecture") != _architecture(tensors):
        raise RejectedInput(f"{path}: its tensors are not those it was saved with", _REMEDY)
    if metadata.get("content") != _content(tensors):
        raise RejectedInput(f"{path}: its numbers are not those it was saved with", _REMEDY)
    for name, value in tensors.items():
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise RejectedInput(f"{path}: {name} holds a number that is not finite", _REMEDY)
    return tensors


def read_metadata(path: Path) -> dict[str, str]:
    """What a weights file says about itself (data hash, settings, code version, licence)."""
    _refuse_foreign(path)
    with safe_open(path, "pt") as file:
        return dict(file.metadata() or {})


def _refuse_foreign(path: Path) -> None:
    """Look at the first bytes only: 8 bytes of length, then a JSON object."""
    try:
        with path.open("rb") as file:
            head = file.read(9)
        size = path.stat().st_size
    except OSError as error:
        raise RejectedInput(f"{path}: can't be read ({error.strerror})", _REMEDY) from error
    length = int.from_bytes(head[:8], "little")
    if len(head) < 9 or head[8:] != b"{" or length + 8 > size:
        kind = (
            "a pickle or zip archive, which is never opened"
            if head[:1] == b"\x80" or head[:2] == b"PK"
            else "no safetensors file"
        )
        raise RejectedInput(f"{path}: is {kind}", _REMEDY)


def _fill(net: nn.Module, tensors: Mapping[str, Tensor], folder: Path) -> None:
    wanted = {name: tuple(value.shape) for name, value in net.state_dict().items()}
    given = {name: tuple(value.shape) for name, value in tensors.items()}
    if wanted != given:
        odd = sorted(set(wanted.items()) ^ set(given.items()))[0]
        raise RejectedInput(
            f"{folder}: {type(net).__name__} does not fit, first at {odd[0]} {odd[1]}", _REMEDY
        )
    net.load_state_dict({name: value.float() for name, value in tensors.items()})
    net.eval().requires_grad_(False)


def _architecture(tensors: Mapping[str, Tensor]) -> str:
    shapes = [[name, str(value.dtype), list(value.shape)] for name, value in sorted(tensors.items())]
    return hashlib.sha256(json.dumps(shapes).encode()).hexdigest()


def _content(tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for _, value in sorted(tensors.items()):
        digest.update(value.contiguous().view(torch.uint8).numpy().tobytes() if value.numel() else b"")
    return digest.hexdigest()
