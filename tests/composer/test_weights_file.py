"""Weights are checked before a number of them is used."""

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from composer.weights_dir import WEIGHTS_DIR
from composer.weights_file import (
    MARKOV_FILE,
    NETWORK_FILES,
    load_networks,
    read_metadata,
    read_tensors,
    save_tensors,
)
from vision.rejected import RejectedInput


class Trap:
    """Leaves a mark where somebody unpickles it."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self.mark), "w")


def test_a_pickle_is_refused_unopened(tmp_path: Path) -> None:
    path = tmp_path / "chords.safetensors"
    path.write_bytes(pickle.dumps(Trap(tmp_path / "mark")))
    with pytest.raises(RejectedInput, match="never opened"):
        read_tensors(path, "chords")
    torch.save({"weight": torch.zeros(3)}, path)
    with pytest.raises(RejectedInput, match="never opened"):
        read_tensors(path, "chords")
    assert not (tmp_path / "mark").exists()


def test_numbers_that_changed_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "chords.safetensors"
    save_tensors(path, "chords", {"weight": torch.arange(4.0)}, {})
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(RejectedInput, match="not those it was saved with"):
        read_tensors(path, "chords")


def test_a_number_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chords.safetensors"
    save_tensors(path, "chords", {"weight": torch.tensor([1.0, float("nan")])}, {})
    with pytest.raises(RejectedInput, match="not finite"):
        read_tensors(path, "chords")


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff" * 64])
def test_anything_else_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "chords.safetensors"
    path.write_bytes(content)
    with pytest.raises(RejectedInput, match=r"chords\.safetensors"):
        read_tensors(path, "chords")


def test_another_network_and_a_stranger_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "melody.safetensors"
    save_tensors(path, "chords", {"weight": torch.zeros(2)}, {})
    with pytest.raises(RejectedInput, match="holds chords, not melody"):
        read_tensors(path, "melody")
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(RejectedInput, match="no named network"):
        read_tensors(path, "melody")


def test_the_weights_that_ship_load_say_what_made_them_and_stay_small() -> None:
    nets = load_networks()
    assert len(nets.bank.latents) == len(nets.bank.tags) >= 5
    paths = [WEIGHTS_DIR / f"{name}.safetensors" for name in (*NETWORK_FILES, MARKOV_FILE)]
    made = {read_metadata(path)["data_sha256"] for path in paths}
    assert len(made) == 1 and len(made.pop()) == 64
    assert sum(path.stat().st_size for path in paths) < 30e6
