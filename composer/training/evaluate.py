"""`reelscore evaluate`: networks, Markov chains and rules on a held-out split, as one JSON and one table."""

import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from composer.engine import Engine
from composer.frame import Frame
from composer.markov_engine import ChainVoice, load_markov_engine
from composer.neural import NeuralEngine
from composer.neural_melody import LstmVoice
from composer.notes import EngineName
from composer.originality import load_index
from composer.rules import RulesEngine
from composer.singer import Voice
from composer.training import chain_figures, cue_checks, memorisation, motif_recall, style_recovery
from composer.training.corpus import SPLITS
from composer.training.dataset import load_bars
from composer.training.engine_music import Made, make
from composer.training.evaluation_table import table
from composer.training.judged_windows import melody_judge
from composer.training.likelihood_figures import likelihoods, parameters
from composer.training.passages import Passage, held_out_passages
from composer.training.texture_figures import texture_figures
from composer.training.tunes import corpus_tunes
from composer.weights_dir import WEIGHTS_DIR
from composer.weights_file import Networks, load_chain, load_markov, load_networks
from vision.artifact import write_json, write_text
from vision.rejected import RejectedInput

log = logging.getLogger(__name__)
LOG_FILE = "evaluations.log"


@dataclass(frozen=True)
class Extent:
    """How much is drawn. seeds: of generation.  windows: of texture, network alone.  passages: of sixteen
    bars, an engine and seed.  styled: texture windows a style.  motifs: windows sung again.  cues: whole
    cues an engine.  themes: styles that a theme is made for, an engine and seed."""

    seeds: tuple[int, ...] = (1, 2, 3)
    windows: int = 800
    passages: int = 60
    styled: int = 120
    motifs: int = 24
    cues: int = 20
    themes: int = 7


FULL = Extent()
QUICK = Extent(seeds=(1,), windows=200, passages=24, styled=30, motifs=6, cues=5, themes=2)


def evaluate(
    bars: Path, out: Path, weights: Path = WEIGHTS_DIR, split: str = "test", extent: Extent = FULL
) -> dict[str, Any]:
    """Judge frozen weights; writes out/evaluation.json and out/evaluation.md and returns what is in them.

    Every run adds a line to out/evaluations.log, so that nobody judges on test until it fits. Likelihoods
    hide every request, countdown, reference and chord: all that is known is the past and the place in the bar
    or phrase, for networks and chains alike. What is generated is judged twice: under the conditions and
    chords of held-out bars, and from the engine's own chords on.
    """
    if split not in SPLITS:
        raise RejectedInput(f"{split}: is no split of the data", f"use one of {', '.join(SPLITS)}")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _evaluated(bars, out, weights, split, extent)
    finally:
        torch.set_num_threads(threads)


def _evaluated(bars: Path, out: Path, weights: Path, split: str, extent: Extent) -> dict[str, Any]:
    data = load_bars(bars, torch.device("cpu"))
    nets = load_networks(weights)
    write_log(out / LOG_FILE, nets.sha256, split, extent)
    passages = held_out_passages(data, split, extent.passages)
    engines = _engines(nets, weights)
    part = Parts(7)
    found: dict[str, Any] = {
        "schema_version": 2, "split": split, "seeds": list(extent.seeds), "passages": len(passages),
        "weights_sha256": nets.sha256, "parameters": parameters(nets),
    }  # fmt: skip
    with part("likelihoods of networks and chains"):
        found["likelihood"] = likelihoods(data, nets, split)
    with part("texture network alone"):
        found["texture"] = texture_figures(data, nets, weights, split, extent.windows, extent.seeds)
    with part("style tag"):
        found["style"] = style_recovery.recovered(nets.texture, data, split, extent.seeds, extent.styled)
    with part("three engines on held-out passages"):
        made = _made(engines, passages, extent.seeds)
        found["judged"] = chain_figures.judges(passages, made)
    with part("marginals and structure"):
        found["marginals"] = chain_figures.engine_marginals(passages, made)
        found["chromatic"] = chain_figures.chromatic_by_style(passages, made)
    with part("memorisation"):
        training = memorisation.Training(corpus_tunes(data, "train"))
        styles = memorisation.THEMES[: extent.themes]
        themes = {name: memorisation.themes(e, styles, extent.seeds) for name, e in engines.items()}
        found["memorisation"] = chain_figures.memory(training, passages, made, themes)
        found["memorisation"]["split"] = training.quoted(corpus_tunes(data, split))
    with part("motifs, endings, scales"):
        found["motif"] = _motifs(nets, weights, passages, extent)
        checked = passages[: extent.cues]
        found["cues"] = {n: cue_checks.checked(e, checked, extent.seeds[0]) for n, e in engines.items()}
    found = finite(found)
    write_json(out / "evaluation.json", found)
    write_text(out / "evaluation.md", table(found))
    return found


def _engines(nets: Networks, weights: Path) -> dict[EngineName, Engine]:
    neural = NeuralEngine(nets, load_index(weights))
    return {"neural": neural, "markov": load_markov_engine(weights), "rules": RulesEngine()}


def _made(
    engines: dict[EngineName, Engine], passages: Sequence[Passage], seeds: Sequence[int]
) -> dict[EngineName, list[Made]]:
    found: dict[EngineName, list[Made]] = {}
    for name, engine in engines.items():
        found[name] = []
        for seed in seeds:
            found[name].append(make(engine, passages, seed))
            log.info("  %s, seed %d: %d passages, twice", name, seed, len(passages))
    return found


def _motifs(nets: Networks, weights: Path, passages: Sequence[Passage], extent: Extent) -> dict[str, Any]:
    chain = load_chain(load_markov(weights)[0], "melody")
    windows = melody_judge(passages).windows
    windows = windows[:: max(len(windows) // extent.motifs, 1)][: extent.motifs]
    voices: dict[str, Callable[[Frame], Voice]] = {
        "neural": lambda frame: LstmVoice(nets.melody, frame), "markov": lambda _: ChainVoice(chain),
    }  # fmt: skip
    return {
        name: motif_recall.recall(new, passages, windows, extent.seeds[0]) for name, new in voices.items()
    }


def finite(value: Any) -> Any:
    """The same figures with None where a number is none: JSON has no word for it."""
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


class Parts:
    """Says which part of so many begins, what the last one took, and about how long the rest will take."""

    def __init__(self, count: int) -> None:
        self._count, self._done, self._began = count, 0, time.monotonic()

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """One part."""
        log.info("%d/%d %s", self._done + 1, self._count, name)
        began = time.monotonic()
        yield
        self._done += 1
        log.info("  %.0f s, %.0f s in all", time.monotonic() - began, time.monotonic() - self._began)


def write_log(path: Path, weights_sha256: str, split: str, extent: Extent) -> None:
    """A line for this run: when, which weights, which split, how much."""
    path.parent.mkdir(parents=True, exist_ok=True)
    when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{when} weights {weights_sha256} split {split} {extent}\n")
