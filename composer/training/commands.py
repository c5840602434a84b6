"""What `reelscore train` runs; every function is plain and typed, for the command line to wire.

    prepare_corpus(corpus, out)                      train prepare  -> out/bars.npz, out/data_card.json
    train_network(name, data, out, device, ...)      train chords | melody | texture | drums
                                                     -> out/NAME/checkpoint.safetensors, out/NAME/losses.jsonl
data is the folder that prepare wrote. Training goes on from out/NAME/checkpoint.safetensors unless resume is False.
"""

import logging
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Literal

from composer.training import chords, drums, melody, prepare, texture
from composer.training.dataset import load_bars
from composer.training.loop import LoopSettings, Trained, choose_device
from vision.rejected import RejectedInput

log = logging.getLogger(__name__)
NetworkName = Literal["chords", "melody", "texture", "drums"]
NETWORKS: tuple[NetworkName, ...] = ("chords", "melody", "texture", "drums")


def prepare_corpus(corpus: Path, out: Path, jobs: int = 1, limit: int | None = None) -> Path:
    """`train prepare`: read any folder of MIDI into out/bars.npz and out/data_card.json; returns the former."""
    if not corpus.is_dir():
        raise RejectedInput(f"{corpus}: is no folder", "give --corpus a folder of .mid files")
    return prepare.prepare(corpus, out, prepare.PrepareSettings(jobs=jobs, limit=limit))


def default_settings(name: NetworkName) -> LoopSettings:
    """The settings that the committed weights were trained with."""
    return {"chords": chords.DEFAULTS, "melody": melody.DEFAULTS, "texture": texture.DEFAULTS, "drums": drums.DEFAULTS}[name]


def train_network(
    name: NetworkName, data: Path, out: Path, device: str = "auto", iterations: int | None = None,
    batch: int | None = None, seed: int = 0, stop_at: int | None = None, resume: bool = True,
    texture_settings: texture.TextureSettings | None = None,
) -> Path:  # fmt: skip
    """Train one network on the prepared folder `data`; returns out/NAME/checkpoint.safetensors.

    device: "auto", "cpu" or "cuda".  iterations, batch: None means the defaults.
    """
    bars = data / prepare.BARS_FILE
    if not bars.exists():
        raise RejectedInput(f"{bars}: is missing", "run `reelscore train prepare` first")
    settings = default_settings(name)
    settings = replace(settings, iterations=iterations or settings.iterations, batch=batch or settings.batch)
    settings = replace(settings, seed=seed, stop_at=stop_at)
    folder = out / name
    if not resume:
        shutil.rmtree(folder, ignore_errors=True)
    where = choose_device(device)
    tensors = load_bars(bars, where)
    trained: Trained
    if name == "texture":
        trained = texture.train_texture(tensors, folder, settings, where, texture_settings)
    else:
        run = {"chords": chords.train_chords, "melody": melody.train_melody, "drums": drums.train_drums}[name]
        trained = run(tensors, folder, settings, where)
    log.info("%s: %d iterations", name, trained.iteration)
    return folder / "checkpoint.safetensors"
