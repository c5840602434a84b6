"""`reelscore train chords`: the chord GRU on windows of 24 bars."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from composer.networks.chord_gru import PHRASE, START, UNKNOWN_MODE, ChordGRU
from composer.networks.context import ChordContext
from composer.training.dataset import BarData
from composer.training.hiding import context_rows, hide
from composer.training.likelihood import Stage, Task, nats_over_runs
from composer.training.loop import LoopSettings
from composer.training.samples import chord_samples

BARS = 24
MAX_EVALUATED_BARS = 128  # longer runs are cut here, for the Markov chains too
FORGOTTEN = 0.12  # share of the chords before that are hidden, against learning pieces by heart
DEFAULTS = LoopSettings(
    iterations=5000, batch=128, learning_rate=1e-3, checkpoint_every=250, report_every=125
)


@dataclass
class ChordBatch:
    """Inputs of ChordGRU [B, T], the target chord ids [B, T] and valid [B, T] bool; T = 2 x bars.

    heard: the chords before, none of them hidden.
    """

    previous: Tensor
    heard: Tensor
    phrase: Tensor
    mode: Tensor
    style: Tensor
    context: Tensor
    target: Tensor
    valid: Tensor


def chord_batch(data: BarData, index: Tensor, valid: Tensor, generator: torch.Generator | None) -> ChordBatch:
    """A batch of windows of bars [B, bars].

    Fields are hidden at random; all of them where generator is None.
    """
    batch, bars = index.shape
    target = data.chords[index].reshape(batch, -1)
    first = index[:, 0]
    starts = data.run_start[first] == first
    before = torch.where(starts, START, data.chords[(first - 1).clamp(min=0), 1])
    bar_of_run = index - data.run_start[index]
    half = torch.stack([2 * bar_of_run, 2 * bar_of_run + 1], -1).reshape(batch, -1)
    columns = {
        "tension": data.tension[index].reshape(batch, -1),
        "arousal": _twice(data.arousal[index]),
        "harmonic_rhythm": data.harmonic_rhythm[index].reshape(batch, -1),
        "bars_to_end": _twice(data.bars_to_end[index]),
        "bars_to_hit": _twice(data.bars_to_hit[index]),
        "section_start": ((half % PHRASE == 0) | _first_half(data.bars_to_hit[index] == 0)).float(),
    }
    every, each = hide(batch, 0.35, generator, index.device)
    heard = previous = torch.cat([before[:, None], target[:, :-1]], 1)
    if generator is not None:
        gone = torch.rand(previous.shape, generator=generator, device=index.device) < FORGOTTEN
        previous = torch.where(gone, START, previous)
    return ChordBatch(
        previous=previous,
        heard=heard,
        phrase=half % PHRASE,
        mode=torch.where(each(0.2)[:, None] | every[:, None], UNKNOWN_MODE, _twice(data.mode[index])),
        style=torch.where(each(0.3)[:, None] | every[:, None], 0, _twice(data.style[index])),
        context=context_rows(ChordContext, columns, {name: every | each(0.35) for name in columns}),
        target=target,
        valid=_twice(valid),
    )


def _twice(bars: Tensor) -> Tensor:
    return bars.repeat_interleave(2, 1)  # (B, bars) -> (B, T)


def _first_half(bars: Tensor) -> Tensor:
    return torch.stack([bars, torch.zeros_like(bars)], -1).reshape(len(bars), -1)


def chord_loss(
    net: ChordGRU, data: BarData, index: Tensor, valid: Tensor, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """Summed negative log likelihood in nats, and the number of half bars, of windows of bars [B, bars]."""
    batch = chord_batch(data, index, valid, generator)
    votes = net.recall.votes(batch.heard)
    logits, _ = net(batch.previous, batch.phrase, batch.mode, batch.style, batch.context, votes)
    loss = functional.cross_entropy(logits.transpose(1, 2), batch.target, reduction="none")
    return (loss * batch.valid).sum(), batch.valid.sum()


def held_out_chords(data: BarData, net: ChordGRU, split: str) -> float:
    """Nats a half bar over a split with every request hidden: all that is known is the chords before."""
    return nats_over_runs(chord_loss, data, net, split, MAX_EVALUATED_BARS)


TASK = Task(
    name="chord",
    network=ChordGRU,
    bars=BARS,
    loss=chord_loss,
    held_out=held_out_chords,
    defaults=DEFAULTS,
    evenness=0.5,
    from_start=0.3,
    later=(
        Stage(
            "long",
            48,
            0.3,
            "",
            LoopSettings(900, 48, 8e-4, warm_up=20, checkpoint_every=75, report_every=25),
        ),
        Stage(
            "recall",
            64,
            0.6,
            "recall.",
            LoopSettings(240, 32, 1.5e-2, warm_up=5, checkpoint_every=80, report_every=20),
        ),
    ),
    picture=chord_samples,
)
