"""The networks that learn by likelihood: one step and one judgement for chords, melody and drums.

What differs between them stands in a `Task`: the network, the windows it sees and how it is told what.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from composer.training.dataset import BarData, Windows, trimmed
from composer.training.loop import (
    Average,
    LoopSettings,
    Report,
    Trained,
    cosine_rate,
    descend,
    load_checkpoint,
    run_loop,
    seeded,
)
from vision.rejected import RejectedInput

NetT = TypeVar("NetT", bound=nn.Module)
# (net, data, bar indices [B, bars], valid [B, bars], generator) -> summed nats and the number of steps.
# Requests are hidden at random by the generator, and all of them without one.
Loss = Callable[[NetT, BarData, Tensor, Tensor, torch.Generator | None], tuple[Tensor, Tensor]]
WEIGHT_DECAY = 0.05
AVERAGE_DECAY = 0.998
GRADIENT_NORM = 1.0
RUNS_AT_ONCE = 128  # of a split, when judging: as many as fit beside others in 1 GB


@dataclass(frozen=True)
class Task(Generic[NetT]):
    """name: of the network inside its checkpoint.  bars: of a window.  evenness: as `Windows`.

    eligible: [N] bool, where a window may begin (None: anywhere).  from_start: share of windows moved to the
    start of their run, where composing begins.  held_out: nats a step on a split, nothing asked.
    """

    name: str
    network: Callable[[], NetT]
    bars: int
    loss: Loss[NetT]
    held_out: Callable[[BarData, NetT, str], float]
    defaults: LoopSettings
    eligible: Callable[[BarData], Tensor] | None = None
    evenness: float = 0.0
    from_start: float = 0.0


@dataclass(frozen=True)
class Start:
    """tensors: weights to begin with; what they lack (a part that is new) begins at random.

    learn: only parameters whose name begins with this are trained; "" trains all.
    """

    tensors: Mapping[str, Tensor]
    learn: str = ""


def train(
    task: Task[NetT], data: BarData, folder: Path, settings: LoopSettings, device: torch.device,
    start: Start | None = None,
) -> Trained:  # fmt: skip
    """Train, or go on training, in `folder`; the averaged weights are those to use."""
    torch.manual_seed(settings.seed)
    net = task.network().to(device)
    if start is not None:
        _begin(net, start)
    learning = [p for p in net.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=settings.learning_rate, weight_decay=WEIGHT_DECAY)
    trained = Trained({task.name: net}, {task.name: optimiser}, {task.name: Average(net, AVERAGE_DECAY)})
    load_checkpoint(trained, folder / "checkpoint.safetensors")
    eligible = None if task.eligible is None else task.eligible(data)
    windows = Windows(data, "train", task.bars, eligible, task.evenness)

    def step(iteration: int) -> Report:
        generator = seeded(settings, iteration, device)
        index, valid = _draw(task, data, windows, settings.batch, generator)
        net.train()
        total, count = task.loss(net, data, index, valid, generator)
        loss = total / count
        descend(optimiser, loss, cosine_rate(settings, iteration), GRADIENT_NORM)
        trained.averages[task.name].update(iteration)
        return {"loss": loss}

    def check(_: int) -> Report:
        return {"valid": task.held_out(data, _averaged(task, trained, device), "valid")}

    run_loop(trained, settings, folder, step, check)
    return trained


def _begin(net: nn.Module, start: Start) -> None:
    """Take over the tensors that fit by name; a shape that does not is another architecture's."""
    own = net.state_dict()
    odd = [k for k, v in start.tensors.items() if k not in own or own[k].shape != v.shape]
    if odd:
        reason = f"the weights to start from do not fit this network, first at {odd[0]}"
        raise RejectedInput(reason, "start from weights of the same network, or from none")
    net.load_state_dict({k: v.float() for k, v in start.tensors.items()}, strict=False)
    for name, parameter in net.named_parameters():
        parameter.requires_grad_(name.startswith(start.learn))


def _draw(
    task: Task[NetT], data: BarData, windows: Windows, count: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    index, valid = windows.draw(count, generator)
    if not task.from_start:
        return index, valid
    moved = torch.rand(count, generator=generator, device=index.device) < task.from_start
    return windows.window(torch.where(moved, data.run_start[index[:, 0]], index[:, 0]))


def _averaged(task: Task[NetT], trained: Trained, device: torch.device) -> NetT:
    net = task.network().to(device)
    net.load_state_dict(trained.averages[task.name].shadow)
    return net.eval()


@torch.no_grad()
def nats_over_runs(
    loss: Loss[NetT], data: BarData, net: NetT, split: str, longest: int, counted: Tensor | None = None
) -> float:
    """Nats a step over every run of a split, each bar once, in windows of `longest` from the run's start.

    counted: [N] bool, the bars that count (None: all).
    """
    windows = Windows(data, split, longest)
    starts = windows.starts[data.run_start[windows.starts] == windows.starts]
    total, count = 0.0, 0.0
    for first in torch.split(starts, RUNS_AT_ONCE):
        index, valid = trimmed(*windows.window(first))
        known = valid if counted is None else valid & counted[index]
        summed, number = loss(net, data, index, known, None)
        total, count = total + float(summed), count + float(number)
    return total / max(count, 1)
