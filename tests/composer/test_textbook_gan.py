"""The textbook GAN learns a toy source in seconds, and does not where nothing can be learnt."""

import json
from collections.abc import Iterator
from dataclasses import replace
from math import log
from pathlib import Path

import cv2
import pytest
import torch
from torch import Tensor

from composer.training import textbook
from composer.training.loop import LoopSettings

CPU = torch.device("cpu")
ALONE, IN_ALL = 100, 500
SETTINGS = LoopSettings(
    iterations=IN_ALL, batch=128, learning_rate=5e-3, checkpoint_every=ALONE, report_every=50
)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Steps this small are slower on two threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def toy_source() -> Tensor:
    """4,096 tunes of sixteen notes: C, E, G and A in .4, .2, .3 and .1 of the notes."""
    shares = torch.zeros(12)
    shares[[0, 4, 7, 9]] = torch.tensor([0.4, 0.2, 0.3, 0.1])
    drawn = torch.multinomial(shares, 4096 * 16, True, generator=torch.Generator().manual_seed(1))
    return drawn.reshape(4096, 16)


def critic_losses(folder: Path) -> list[float]:
    return [json.loads(line)["critic"] for line in (folder / "losses.jsonl").read_text().splitlines()]


def assert_learns(folder: Path, rate: float, critic_rate: float) -> None:
    """What the game must show: the critic wins alone, and has nothing left to see at the end."""
    notes, chosen = toy_source(), textbook.TextbookSettings(critic_alone=ALONE, critic_rate=critic_rate)
    settings = replace(SETTINGS, learning_rate=rate)
    frozen = textbook.train_textbook(notes, folder, replace(settings, stop_at=ALONE), CPU, chosen)
    assert critic_losses(folder)[-1] < 0.7
    assert textbook.histogram_distance(textbook.play(frozen, 500), notes) > 0.5
    played = textbook.train_textbook(notes, folder, settings, CPU, chosen)
    assert abs(critic_losses(folder)[-1] - log(4)) < 0.15
    assert textbook.histogram_distance(textbook.play(played, 500), notes) < 0.15


def test_the_critic_wins_alone_and_is_undecided_after_the_game(tmp_path: Path) -> None:
    assert_learns(tmp_path, SETTINGS.learning_rate, 2e-3)


@pytest.mark.parametrize(("rate", "critic_rate"), [(0.0, 0.0), (0.0, 2e-3), (5e-3, 0.0)])
def test_where_a_player_does_not_learn_the_game_is_not_won(
    tmp_path: Path, rate: float, critic_rate: float
) -> None:
    with pytest.raises(AssertionError):
        assert_learns(tmp_path, rate, critic_rate)


def test_a_broken_off_game_ends_as_an_unbroken_one(tmp_path: Path) -> None:
    settings = replace(SETTINGS, iterations=20, checkpoint_every=5, report_every=5)
    chosen = textbook.TextbookSettings(critic_alone=4)
    textbook.train_textbook(toy_source(), tmp_path / "parts", replace(settings, stop_at=10), CPU, chosen)
    for name in ("whole", "parts"):
        textbook.train_textbook(toy_source(), tmp_path / name, settings, CPU, chosen)
    whole, parts = ((tmp_path / n / "checkpoint.safetensors").read_bytes() for n in ("whole", "parts"))
    assert whole == parts


def test_the_samples_are_drawn_as_a_picture(tmp_path: Path) -> None:
    settings = replace(SETTINGS, iterations=1)
    trained = textbook.train_textbook(toy_source(), tmp_path, settings, CPU)
    textbook.picture(trained, tmp_path / "samples.png", count=4)
    grey = cv2.imread(str(tmp_path / "samples.png"), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    assert (grey == 20).sum() == 4 * 16 * 36  # four tunes of sixteen notes, 6 x 6 pixels each
