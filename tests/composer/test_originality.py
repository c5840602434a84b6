"""Quotations of the training melodies are found in any key, and figures are no quotations."""

from pathlib import Path

import numpy as np
import pytest

from composer.originality import (
    INDEX_FILE,
    Tune,
    build_index,
    load_index,
    overlap,
    read_index,
    save_index,
)
from composer.weights_dir import WEIGHTS_DIR
from composer.weights_file import read_metadata
from vision.rejected import RejectedInput


def wander(seed: int, notes: int = 60) -> Tune:
    """A melody that no other seed writes."""
    random = np.random.default_rng(seed)
    onsets, pitches = random.integers(1, 7, notes).cumsum(), random.integers(55, 80, notes)
    return list(zip(onsets.tolist(), pitches.tolist(), strict=True))


def test_a_training_melody_is_found_whole_in_another_key_and_place() -> None:
    moved = [(onset + 37, pitch - 5) for onset, pitch in wander(1)]
    found = overlap([moved], build_index([wander(1), wander(2)], "data"))
    assert found.shares == {8: 1.0, 12: 1.0} and found.longest == 59


def test_a_melody_of_ones_own_is_not_found() -> None:
    found = overlap([wander(3)], build_index([wander(1), wander(2)], "data"))
    assert found.shares == {8: 0.0, 12: 0.0} and found.longest == 0
    assert found.counts == {8: 52, 12: 48}


@pytest.mark.parametrize(("steps", "longest"), [(7, 0), (8, 8), (11, 11), (12, 12), (20, 20)])
def test_the_longest_match_counts_the_steps_that_are_quoted(steps: int, longest: int) -> None:
    known, own = wander(1), wander(4)
    last_onset, last_pitch = known[10 + steps]
    after = [(last_onset + onset, pitch + last_pitch) for onset, pitch in own]
    found = overlap([[*known[10 : 11 + steps], *after]], build_index([known], "data"))
    assert found.longest == longest


def test_one_repeated_cell_is_no_quotation() -> None:
    scale = [(2 * i, 60 + i % 4) for i in range(40)]
    found = overlap([scale], build_index([scale], "data"))
    assert found.shares[12] == 0.0 and found.counts[12] == 0


def test_an_index_comes_back_from_its_file(tmp_path: Path) -> None:
    index = build_index([wander(1)], "data")
    save_index(index, tmp_path / INDEX_FILE)
    back = read_index(tmp_path / INDEX_FILE)
    assert back.data_sha256 == "data"
    assert all(np.array_equal(back.hashes[n], index.hashes[n]) for n in index.hashes)


def test_weights_without_an_index_and_a_damaged_index_are_told_apart(tmp_path: Path) -> None:
    assert load_index(tmp_path) is None
    (tmp_path / INDEX_FILE).write_bytes(b"\x80\x04pickle")
    with pytest.raises(RejectedInput, match="no index of melodies"):
        read_index(tmp_path / INDEX_FILE)


def test_the_shipped_index_is_of_the_data_that_the_melody_network_learnt() -> None:
    index = load_index(WEIGHTS_DIR)
    assert index is not None
    assert index.data_sha256 == read_metadata(WEIGHTS_DIR / "melody.safetensors")["data_sha256"]
    assert (WEIGHTS_DIR / INDEX_FILE).stat().st_size < 4e6
