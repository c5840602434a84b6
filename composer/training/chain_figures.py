"""The three engines side by side on held-out passages: judges, marginals, chromatic chords, memorisation."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from composer.notes import EngineName
from composer.originality import Tune
from composer.training import memorisation
from composer.training.engine_music import Made
from composer.training.excerpt import Excerpt
from composer.training.judged_windows import Judge, melody_judge, texture_judge_of
from composer.training.marginals import beside_real, chromatic_share, deviations, marginals
from composer.training.passages import Passage
from composer.training.structureness import structureness

Engines = Mapping[EngineName, Sequence[Made]]  # by name, a draw a seed


def judges(passages: Sequence[Passage], made: Engines) -> dict[str, Any]:
    """melody, texture (four bars) and texture_bar: the floor, and each engine's draws from given conditions
    and from its own chain."""
    by_name = {
        "melody": melody_judge(passages),
        "texture": texture_judge_of(passages),
        "texture_bar": texture_judge_of(passages, 1),
    }
    return {name: _judged(judge, made) for name, judge in by_name.items()}


def _judged(judge: Judge, made: Engines) -> dict[str, Any]:
    return {
        "floor": judge.floor(),
        "given": {name: [judge.judged(one.given) for one in draws] for name, draws in made.items()},
        "own": {name: [judge.judged(one.own) for one in draws] for name, draws in made.items()},
    }


def engine_marginals(passages: Sequence[Passage], made: Engines) -> dict[str, Any]:
    """Of each engine's full chain: the marginals and the structure of whole passages beside real ones."""
    real = _measured([passage.real for passage in passages])
    return {
        name: beside_real(real, [row for one in draws for row in _measured(one.own)])
        for name, draws in made.items()
    }


def _measured(excerpts: Sequence[Excerpt]) -> list[dict[str, float]]:
    structure = structureness(excerpts)
    return [marginals(one) | form for one, form in zip(excerpts, structure, strict=True)]


def chromatic_by_style(passages: Sequence[Passage], made: Engines) -> dict[str, Any]:
    """Share of half bars with a chromatic chord, by style: real mean and deviation over passages, each
    engine's mean and how many real deviations it lies apart."""
    found: dict[str, Any] = {}
    for style in sorted({passage.style for passage in passages}):
        own = [number for number, passage in enumerate(passages) if passage.style == style]
        real = [chromatic_share(passages[number].real) for number in own]
        row: dict[str, Any] = {
            "passages": len(own), "real": float(np.mean(real)), "real_sd": float(np.std(real)),
        }  # fmt: skip
        for name, draws in made.items():
            got = float(np.mean([chromatic_share(one.own[number]) for one in draws for number in own]))
            row[name] = {"share": got, "off_sd": deviations(got - row["real"], row["real_sd"])}
        found[style] = row
    return found


def memory(
    training: memorisation.Training, passages: Sequence[Passage], made: Engines,
    themes: Mapping[EngineName, Sequence[Tune]],
) -> dict[str, Any]:  # fmt: skip
    """What real passages and each engine's melodies (full chain) and themes have of the training melodies."""
    found: dict[str, Any] = {
        "real": training.quoted(memorisation.melodies([passage.real for passage in passages]))
    }
    for name, draws in made.items():
        tunes = memorisation.melodies([excerpt for one in draws for excerpt in one.own])
        found[name] = {"melodies": training.quoted(tunes), "themes": training.quoted(themes[name])}
    return found
