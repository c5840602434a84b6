"""`reelscore train chords`: the chord GRU on windows of 24 bars."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from composer.networks.chord_gru import PHRASE, START, UNKNOWN_MODE, ChordGRU
from composer.networks.context import ChordContext, width
from composer.training.dataset import BarData, Windows, trimmed
from composer.training.hiding import context_rows, hide
from composer.training.loop import (
    Average,
    LoopSettings,
    Report,
    Trained,
    cosine_rate,
    load_checkpoint,
    run_loop,
    seeded,
)

BARS = 24
FROM_START = 0.3  # share of windows moved to the start of their run, where composing begins
FORGOTTEN = 0.12  # share of the chords before that are hidden, against learning pieces by heart
DEFAULTS = LoopSettings(
    iterations=5000, batch=128, learning_rate=1e-3, checkpoint_every=250, report_every=125
)


@dataclass
class ChordBatch:
    """Inputs of ChordGRU [B, T], the target chord ids [B, T] and valid [B, T] bool; T = 2 x bars."""

    previous: Tensor
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
    previous = torch.cat([before[:, None], target[:, :-1]], 1)
    if generator is not None:
        gone = torch.rand(previous.shape, generator=generator, device=index.device) < FORGOTTEN
        previous = torch.where(gone, START, previous)
    return ChordBatch(
        previous=previous,
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


def chord_loss(net: ChordGRU, batch: ChordBatch) -> tuple[Tensor, Tensor]:
    """Summed negative log likelihood in nats, and the number of half bars."""
    logits, _ = net(batch.previous, batch.phrase, batch.mode, batch.style, batch.context)
    loss = functional.cross_entropy(logits.transpose(1, 2), batch.target, reduction="none")
    return (loss * batch.valid).sum(), batch.valid.sum()


def train_chords(data: BarData, folder: Path, settings: LoopSettings, device: torch.device) -> Trained:
    """Train, or go on training, in `folder`; the averaged weights are those to use."""
    torch.manual_seed(settings.seed)
    net = ChordGRU().to(device)
    optimiser = torch.optim.AdamW(net.parameters(), lr=settings.learning_rate, weight_decay=0.05)
    trained = Trained({"chord": net}, {"chord": optimiser}, {"chord": Average(net, 0.998)})
    load_checkpoint(trained, folder / "checkpoint.safetensors")
    windows = Windows(data, "train", BARS, evenness=0.5)

    def step(iteration: int) -> Report:
        generator = seeded(settings, iteration, device)
        index, valid = windows.draw(settings.batch, generator)
        moved = torch.rand(len(index), generator=generator, device=device) < FROM_START
        index, valid = windows.window(torch.where(moved, data.run_start[index[:, 0]], index[:, 0]))
        net.train()
        total, count = chord_loss(net, chord_batch(data, index, valid, generator))
        loss = total / count
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        for group in optimiser.param_groups:
            group["lr"] = cosine_rate(settings, iteration)
        optimiser.step()
        trained.averages["chord"].update(iteration)
        return {"loss": loss}

    run_loop(trained, settings, folder, step, lambda _: {"valid": chord_nll(data, trained, "valid", device)})
    return trained


def averaged_chords(trained: Trained, device: torch.device) -> ChordGRU:
    """The averaged network, ready to evaluate."""
    net = ChordGRU().to(device)
    net.load_state_dict(trained.averages["chord"].shadow)
    return net.eval()


@torch.no_grad()
def chord_nll(data: BarData, trained: Trained, split: str, device: torch.device) -> float:
    """Nats a half bar on a split with every request hidden: all that is known is the chords before."""
    return split_chord_nll(data, averaged_chords(trained, device), split)


@torch.no_grad()
def split_chord_nll(data: BarData, net: ChordGRU, split: str) -> float:
    """Nats a half bar over every run of a split, each bar once, in windows that begin at the run's start."""
    windows = Windows(data, split, MAX_EVALUATED_BARS)
    starts = windows.starts[data.run_start[windows.starts] == windows.starts]
    total, count = 0.0, 0.0
    for first in torch.split(starts, 256):
        index, valid = trimmed(*windows.window(first))
        summed, number = chord_loss(net, chord_batch(data, index, valid, None))
        total, count = total + float(summed), count + float(number)
    return total / max(count, 1)


MAX_EVALUATED_BARS = 128  # longer runs are cut here, for the Markov chains too
assert width(ChordContext) == 12
