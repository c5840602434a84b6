"""A training that is killed at any instant ends, run again, with the weights of an unbroken one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file

from composer.training.commands import prepare_corpus
from tests.composer.scores import write_corpus

# A process of its own: chords on the CPU, checkpoints every ten iterations.
PROGRAM = """
import sys, torch
from dataclasses import replace
from pathlib import Path
from composer.training import chords, likelihood
from composer.training.dataset import load_bars
from composer.training.loop import LoopSettings
torch.set_num_threads(1)
data = load_bars(Path(sys.argv[1]) / "bars.npz", torch.device("cpu"))
data = replace(data, split=(data.piece % 4 == 0).long())
settings = LoopSettings(
    iterations=60, batch=4, learning_rate=3e-3, warm_up=2, checkpoint_every=10, report_every=10
)
likelihood.train(replace(chords.TASK, bars=8), data, Path(sys.argv[2]), settings, torch.device("cpu"))
"""


def start(data: Path, folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(data), str(folder)])


def test_a_training_killed_with_sigkill_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    data = tmp_path / "data"
    prepare_corpus(write_corpus(tmp_path / "midi"), data)
    assert start(data, tmp_path / "whole").wait() == 0
    broken = start(data, tmp_path / "broken")
    checkpoint = tmp_path / "broken" / "checkpoint.safetensors"
    while not checkpoint.exists() and broken.poll() is None:
        time.sleep(0.01)
    os.kill(broken.pid, signal.SIGKILL)
    assert broken.wait() == -signal.SIGKILL
    assert start(data, tmp_path / "broken").wait() == 0
    whole, parts = (load_file(tmp_path / n / "checkpoint.safetensors") for n in ("whole", "broken"))
    assert whole.keys() == parts.keys()
    assert all(torch.equal(whole[key], parts[key]) for key in whole)
