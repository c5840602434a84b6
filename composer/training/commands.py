"""What `reelscore train` and `reelscore evaluate` run; plain typed functions, for the command line to wire.

    prepare_corpus(corpus, out)           train prepare: out/bars.npz, out/data_card.json
    train_network(name, data, out, ...)   train chords | melody | texture | strokes | drums: a checkpoint,
                                          the best averages and losses.jsonl in out/NAME
    train_textbook(data, out)             train textbook: the smallest GAN, out/textbook/samples.png
    index_melodies(data, out)             train originality: out/originality.npz
    train_markov(data, out)               train markov: out/markov.safetensors
    export_weights(data, runs, out)       train export: a folder of weights from what the runs left
    evaluate_weights(data, out)           evaluate: out/evaluation.md, out/evaluation.json

data is the folder that prepare wrote. Training goes on from its checkpoint unless resume is False.
"""

import logging
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from composer import originality
from composer.networks.texture_gan import TextureEncoder, TextureGenerator
from composer.training import (
    chords,
    drums,
    evaluate,
    export,
    likelihood,
    loop,
    melody,
    prepare,
    strokes,
    textbook,
    texture,
)
from composer.training.dataset import BarData, load_bars
from composer.training.loop import LoopSettings, Trained, choose_device
from composer.training.tunes import corpus_tunes
from composer.weights_dir import WEIGHTS_DIR
from composer.weights_file import load_networks
from vision.rejected import RejectedInput

log = logging.getLogger(__name__)
NetworkName = Literal["chords", "melody", "texture", "strokes", "drums"]
# The networks that learn by likelihood; the texture GAN has stages of its own.
TASKS: dict[str, likelihood.Task[Any]] = {"chords": chords.TASK, "melody": melody.TASK, "drums": drums.TASK}


def prepare_corpus(corpus: Path, out: Path, jobs: int = 1, limit: int | None = None) -> Path:
    """`train prepare`: read any folder of MIDI into out/bars.npz and out/data_card.json.

    Returns the former.
    """
    if not corpus.is_dir():
        raise RejectedInput(f"{corpus}: is no folder", "give --corpus a folder of .mid files")
    return prepare.prepare(corpus, out, prepare.PrepareSettings(jobs=jobs, limit=limit))


def default_settings(name: NetworkName) -> LoopSettings:
    """The settings that the committed weights were trained with."""
    of_texture = {"texture": texture.DEFAULTS, "strokes": strokes.DEFAULTS}
    return of_texture[name] if name in of_texture else TASKS[name].defaults


def train_network(
    name: NetworkName, data: Path, out: Path, device: str = "auto", iterations: int | None = None,
    batch: int | None = None, seed: int = 0, stop_at: int | None = None, resume: bool = True,
    texture_settings: texture.TextureSettings | None = None,
) -> Path:  # fmt: skip
    """Train one network on the prepared folder `data`, through all its stages; returns the last checkpoint.

    device: "auto", "cpu" or "cuda".  iterations, batch: None means the defaults; iterations are those of the
    first stage, the others are shortened or prolonged alike.
    """
    bars = _bars(data)
    settings = default_settings(name)
    settings = replace(settings, iterations=iterations or settings.iterations, batch=batch or settings.batch)
    settings = replace(settings, seed=seed, stop_at=stop_at)
    folder = out / name
    if not resume:
        shutil.rmtree(folder, ignore_errors=True)
    where = choose_device(device)
    tensors = load_bars(bars, where if name != "strokes" else choose_device("cpu"))
    trained: Trained
    if name == "texture":
        trained = texture.train_texture(tensors, folder, settings, where, texture_settings)
    elif name == "strokes":
        trained = _train_strokes(tensors, out, settings)
    else:
        trained = likelihood.train_stages(TASKS[name], tensors, folder, settings, where)
    log.info("%s: %d iterations", name, trained.iteration)
    return _checkpoint(out, name)


def _train_strokes(data: BarData, out: Path, settings: LoopSettings) -> Trained:
    """Beside the texture GAN that was trained in `out`, or beside the one that ships, whose encoder is then
    learnt anew. On the CPU: a step is many small ones."""
    net, encoder = TextureGenerator(), TextureEncoder()
    checkpoint = out / "texture" / "checkpoint.safetensors"
    if checkpoint.exists():
        net.load_state_dict(export.sharpened(loop.averages(checkpoint, "generator")))
        encoder.load_state_dict(loop.averages(checkpoint, "encoder"))
    else:
        net = load_networks().texture
        anew = strokes.train_encoder(data, out / "strokes" / "encoder", strokes.ENCODER_DEFAULTS, net)
        encoder.load_state_dict(anew.averages["encoder"].shadow)
    frozen = net.eval().requires_grad_(False), encoder.eval().requires_grad_(False)
    return strokes.train_strokes(data, out / "strokes", settings, *frozen)


def train_textbook(
    data: Path, out: Path, device: str = "auto", iterations: int | None = None, batch: int | None = None,
    seed: int = 0, resume: bool = True,
) -> Path:  # fmt: skip
    """`train textbook`: the textbook GAN on the corpus' melodies; returns a picture of its samples."""
    where, folder = choose_device(device), out / "textbook"
    if not resume:
        shutil.rmtree(folder, ignore_errors=True)
    settings = replace(textbook.DEFAULTS, seed=seed)
    settings = replace(settings, iterations=iterations or settings.iterations, batch=batch or settings.batch)
    notes = textbook.quarter_notes(load_bars(_bars(data), where))
    trained = textbook.train_textbook(notes, folder, settings, where)
    textbook.picture(trained, folder / "samples.png")
    return folder / "samples.png"


def train_markov(data: Path, out: Path) -> Path:
    """`train markov`: count the chains on the training split; returns out/markov.safetensors (seconds)."""
    tensors = load_bars(_bars(data), choose_device("cpu"))
    return export.export_markov(tensors, out, export.made_of(_data_sha256(data), chords.DEFAULTS))


def index_melodies(data: Path, out: Path) -> Path:
    """`train originality`: the n-grams of the training melodies as out/originality.npz (seconds)."""
    tensors = load_bars(_bars(data), choose_device("cpu"))
    path = out / originality.INDEX_FILE
    originality.save_index(originality.build_index(corpus_tunes(tensors, "train"), _data_sha256(data)), path)
    index = originality.read_index(path)
    for split in ("valid", "test"):
        log.info("%s: %s", split, originality.overlap(corpus_tunes(tensors, split), index))
    return path


def export_weights(data: Path, runs: Path, out: Path) -> tuple[Path, ...]:
    """`train export`: what `train_network` left in runs/NAME becomes out/NAME.safetensors, ready to load.

    The averages that did best on the validation split are taken; markov.safetensors and originality.npz are
    counted beside them, so that `out` is a whole folder for --set weights=DIR and `evaluate`.
    """
    sha256 = _data_sha256(data)
    written = []
    for name, task in TASKS.items():
        made = export.made_of(sha256, task.defaults, {s.name: s.settings for s in task.later})
        written.append(export.export_network(_checkpoint(runs, name), task.name, name, out, made))
    tensors = load_bars(_bars(data), choose_device("cpu"))
    made = export.made_of(sha256, default_settings("texture"))
    made["strokes_settings"] = export.made_of(sha256, strokes.DEFAULTS)["settings"]
    pair = _checkpoint(runs, "texture"), _checkpoint(runs, "strokes")
    written.append(export.export_texture(*pair, tensors, out, made))
    return (*written, train_markov(data, out), index_melodies(data, out))


def evaluate_weights(
    data: Path, out: Path, weights: Path | None = None, split: str = "test", quick: bool = False,
    parts: Sequence[str] = (),
) -> Path:  # fmt: skip
    """`evaluate`: judge weights (None: those that ship) on a held-out split; returns out/evaluation.md.

    out/evaluation.json holds every figure. Broken off, it goes on; parts: only these, of evaluate.PARTS.
    """
    extent = evaluate.QUICK if quick else evaluate.FULL
    evaluate.evaluate(_bars(data), out, weights or WEIGHTS_DIR, split, extent, parts)
    return out / "evaluation.md"


def _bars(data: Path) -> Path:
    bars = data / prepare.BARS_FILE
    if not bars.exists():
        raise RejectedInput(f"{bars}: is missing", "run `reelscore train prepare` first")
    return bars


def _data_sha256(data: Path) -> str:
    return str(prepare.read_card(data)["sha256"])


def _checkpoint(runs: Path, name: str) -> Path:
    """What the last stage of a network's training left."""
    folder = runs / name
    if not (folder / likelihood.CHECKPOINT).exists():
        reason = f"{folder / likelihood.CHECKPOINT}: is missing"
        raise RejectedInput(reason, f"run `reelscore train {name}` first")
    for stage in TASKS[name].later if name in TASKS else ():
        if not (folder / stage.name / likelihood.CHECKPOINT).exists():
            break
        folder = folder / stage.name
    return folder / likelihood.CHECKPOINT
