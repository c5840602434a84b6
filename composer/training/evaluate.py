"""`reelscore evaluate`: networks, Markov chains and rules on a held-out split, as one JSON and one table."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import torch

from composer.engine import Engine
from composer.frame import Frame
from composer.markov_engine import ChainVoice, load_markov_engine
from composer.neural import NeuralEngine
from composer.neural_melody import LstmVoice
from composer.notes import EngineName
from composer.one_thread import one_thread
from composer.originality import load_index
from composer.rules import RulesEngine
from composer.training import chain_figures, control, cue_checks, memorisation, motif_recall, style_recovery
from composer.training.corpus import SPLITS
from composer.training.dataset import BarData, load_bars
from composer.training.engine_music import Made, make
from composer.training.evaluation_table import table
from composer.training.judged_windows import melody_judge
from composer.training.kept_parts import KeptParts, code_sha256
from composer.training.likelihood_figures import likelihoods, parameters
from composer.training.passages import Passage, held_out_passages
from composer.training.texture_figures import texture_figures
from composer.training.tunes import corpus_tunes
from composer.voice import Voice
from composer.weights_dir import WEIGHTS_DIR
from composer.weights_file import Networks, load_chain, load_markov, load_networks
from vision.artifact import sha256_file, write_json, write_text
from vision.rejected import RejectedInput

log = logging.getLogger(__name__)
LOG_FILE = "evaluations.log"
# Figures that need whole films or training of their own: which command makes them.
ELSEWHERE = {
    "tempo asked and played": "python -m tests.bench.control_sweep",
    "form of films: asked and realised arousal, jumps, tempo rules, hits, endings, themes": (
        "python -m tests.bench.film_form --json FILE"
    ),
    "ablations of the texture GAN": "python -m tests.bench.texture_ablations DATA OUT",
    "speed": "python -m tests.bench.compose_speed",
    "n-grams of held-out real melodies in the index that ships": "reelscore train originality",
}


@dataclass(frozen=True)
class Extent:
    """How much is drawn. seeds: of generation.  windows: of texture, network alone.  passages: of sixteen
    bars, an engine and seed.  styled: texture windows a style.  motifs: windows sung again.  cues: whole
    cues an engine.  swept: random cues an engine.  themes: styles that a theme is made for, an engine and
    seed."""

    seeds: tuple[int, ...] = (1, 2, 3)
    windows: int = 800
    passages: int = 60
    styled: int = 120
    motifs: int = 24
    cues: int = 20
    swept: int = 42
    themes: int = 7


FULL = Extent()
QUICK = Extent(seeds=(1,), windows=200, passages=24, styled=30, motifs=6, cues=5, swept=21, themes=2)


def evaluate(
    bars: Path, out: Path, weights: Path = WEIGHTS_DIR, split: str = "test", extent: Extent = FULL,
    parts: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Judge frozen weights; writes out/evaluation.json and out/evaluation.md and returns what is in them.

    Each part is kept in out/parts as soon as it is found: broken off, the same call goes on. parts: only
    these (of PARTS), and what is kept of the others. Every run adds a line to out/evaluations.log, so that
    nobody judges on test until it fits. Likelihoods hide every request, countdown, reference and chord: all
    that is known is the past and the place in the bar or phrase, for networks and chains alike. What is
    generated is judged twice: under the conditions and chords of held-out bars, and from the engine's own
    chords on. Raises RejectedInput for a split or part that is none.
    """
    if split not in SPLITS:
        raise RejectedInput(f"{split}: is no split of the data", f"use one of {', '.join(SPLITS)}")
    if unknown := [name for name in parts if name not in PARTS]:
        raise RejectedInput(f"{unknown[0]}: is no part of the evaluation", f"use some of {', '.join(PARTS)}")
    with one_thread():
        run = Run(bars, out, weights, split, extent)
        write_log(out / LOG_FILE, run)
        for number, (name, (title, make_part)) in enumerate(PARTS.items(), 1):
            if not parts or name in parts:
                said = f"{number}/{len(PARTS)} {title}"
                run.found[name] = run.kept.found(name, said, partial(make_part, run))
            elif run.kept.has(name):
                run.found[name] = run.kept.read(name)
        write_json(out / "evaluation.json", run.found)
        write_text(out / "evaluation.md", table(run.found))
    return run.found


class Run:
    """What the parts of one evaluation share, each thing made when it is first asked for."""

    def __init__(self, bars: Path, out: Path, weights: Path, split: str, extent: Extent) -> None:
        self.bars, self.weights, self.split, self.extent = bars, weights, split, extent
        self.nets: Networks = load_networks(weights)
        self.code_sha256 = code_sha256()
        made_of = (self.nets.sha256, sha256_file(bars), split, repr(extent), self.code_sha256)
        self.kept = KeptParts(out / "parts", made_of)
        self.found: dict[str, Any] = {
            "schema_version": 3, "split": split, "seeds": list(extent.seeds), "passages": len(self.passages),
            "weights_sha256": self.nets.sha256, "code_sha256": self.code_sha256,
            "parameters": parameters(self.nets), "elsewhere": ELSEWHERE,
        }  # fmt: skip

    @cached_property
    def data(self) -> BarData:
        """The prepared bars."""
        return load_bars(self.bars, torch.device("cpu"))

    @cached_property
    def passages(self) -> list[Passage]:
        """Of the split."""
        return held_out_passages(self.data, self.split, self.extent.passages)

    @cached_property
    def engines(self) -> dict[EngineName, Engine]:
        """Side by side."""
        neural = NeuralEngine(self.nets, load_index(self.weights))
        return {"neural": neural, "markov": load_markov_engine(self.weights), "rules": RulesEngine()}

    @cached_property
    def made(self) -> dict[EngineName, list[Made]]:
        """What each engine makes of the passages, a draw a seed."""
        return {
            name: [self._made(name, engine, seed) for seed in self.extent.seeds]
            for name, engine in self.engines.items()
        }

    def _made(self, name: EngineName, engine: Engine, seed: int) -> Made:
        title = f"  {name}, seed {seed}, {len(self.passages)} passages twice"
        return self.kept.music(f"{name}-{seed}", title, lambda: make(engine, self.passages, seed))


def _texture(run: Run) -> dict[str, Any]:
    return texture_figures(run.data, run.nets, run.weights, run.split, run.extent.windows, run.extent.seeds)


def _style(run: Run) -> dict[str, Any] | None:
    extent = run.extent
    return style_recovery.recovered(run.nets.texture, run.data, run.split, extent.seeds, extent.styled)


def _memorisation(run: Run) -> dict[str, Any]:
    training = memorisation.Training(corpus_tunes(run.data, "train"))
    styles, seeds = memorisation.THEMES[: run.extent.themes], run.extent.seeds
    themes = {name: memorisation.themes(engine, styles, seeds) for name, engine in run.engines.items()}
    found = chain_figures.memory(training, run.passages, run.made, themes)
    return found | {"split": training.quoted(corpus_tunes(run.data, run.split))}


def _motif(run: Run) -> dict[str, Any]:
    chain = load_chain(load_markov(run.weights)[0], "melody")
    windows = melody_judge(run.passages).windows
    windows = windows[:: max(len(windows) // run.extent.motifs, 1)][: run.extent.motifs]
    voices: dict[str, Callable[[Frame], Voice]] = {
        "neural": lambda frame: LstmVoice(run.nets.melody, frame), "markov": lambda _: ChainVoice(chain),
    }  # fmt: skip
    seed = run.extent.seeds[0]
    return {name: motif_recall.recall(new, run.passages, windows, seed) for name, new in voices.items()}


def _cues(run: Run) -> dict[str, Any]:
    asked, seed = run.passages[: run.extent.cues], run.extent.seeds[0]
    return {name: cue_checks.checked(engine, asked, seed) for name, engine in run.engines.items()}


def _control(run: Run) -> dict[str, Any]:
    swept = [control.random_request(number) for number in range(run.extent.swept)]
    held_out = [passage.asked(seed=0) for passage in run.passages]
    return {
        "random": control.control(run.engines, swept),
        "held_out": control.control(run.engines, held_out),
        "real": control.modes_of_real(run.passages),
    }


PARTS: Mapping[str, tuple[str, Callable[[Run], Any]]] = {
    "likelihood": (
        "likelihoods of networks and chains", lambda run: likelihoods(run.data, run.nets, run.split)
    ),
    "texture": ("texture network alone", _texture),
    "style": ("style tag", _style),
    "judged": ("engines told from real", lambda run: chain_figures.judges(run.passages, run.made)),
    "marginals": (
        "marginals and structure", lambda run: chain_figures.engine_marginals(run.passages, run.made)
    ),
    "chromatic": ("chromatic chords", lambda run: chain_figures.chromatic_by_style(run.passages, run.made)),
    "memorisation": ("memorisation", _memorisation),
    "motif": ("motifs sung again", _motif),
    "cues": ("endings and scales of whole cues", _cues),
    "control": ("asked against realised", _control),
}  # fmt: skip


def write_log(path: Path, run: Run) -> None:
    """A line for this run: when, which weights and code, which split, how much."""
    path.parent.mkdir(parents=True, exist_ok=True)
    when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    versions = f"weights {run.nets.sha256} code {run.code_sha256[:12]}"
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{when} {versions} split {run.split} {run.extent}\n")
