"""The networks that learn by likelihood: one step and one judgement for chords, melody and drums.

What differs between them stands in a `Task`: the network, the windows it sees and how it is told what.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from composer.networks.recall import Recall
from composer.training.dataset import BarData, Windows, trimmed
from composer.training.loop import (
    Average,
    LoopSettings,
    Report,
    Trained,
    averages,
    cosine_rate,
    descend,
    load_checkpoint,
    run_loop,
    seeded,
)
from composer.training.sample_picture import write_rolls
from vision.rejected import RejectedInput

NetT = TypeVar("NetT", bound=nn.Module)
# (net, data, bar indices [B, bars], valid [B, bars], generator) -> summed nats and the number of steps.
# Requests are hidden at random by the generator, and all of them without one.
Loss = Callable[[NetT, BarData, Tensor, Tensor, torch.Generator | None], tuple[Tensor, Tensor]]
CHECKPOINT = "checkpoint.safetensors"
WEIGHT_DECAY = 0.05
AVERAGE_DECAY = 0.998
GRADIENT_NORM = 1.0
RUNS_AT_ONCE = 128  # of a split, when judging: as many as fit beside others in 1 GB


@dataclass(frozen=True)
class Task(Generic[NetT]):
    """name: of the network inside its checkpoint.  bars: of a window.  evenness: as `Windows`.

    eligible: [N] bool, where a window may begin (None: anywhere).  from_start: share of windows moved to the
    start of their run, where composing begins.  held_out: nats a step on a split, nothing asked.
    silent: the past does not vote yet and its part learns nothing.  later: stages that follow.  picture: what
    the network writes by itself, from a seed, as rolls.
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
    silent: bool = False
    later: "tuple[Stage, ...]" = ()
    picture: Callable[[NetT, int], NDArray[np.float32]] | None = None


@dataclass(frozen=True)
class Stage:
    """A stage after a network's first: longer windows, other settings, what learns (as in `Start`).

    It begins with the averages that the stage before ended with, in a folder of its own below that stage's.
    """

    name: str
    bars: int
    from_start: float
    learn: str
    settings: LoopSettings

    def of(self, task: Task[NetT]) -> Task[NetT]:
        """The task with this stage's windows."""
        return replace(task, bars=self.bars, from_start=self.from_start, silent=False, later=())


@dataclass(frozen=True)
class Start:
    """tensors: weights to begin with; what they lack (a part that is new) begins at random.

    learn: only parameters whose name begins with this are trained; "" trains all.
    """

    tensors: Mapping[str, Tensor]
    learn: str = ""


def train_stages(
    task: Task[NetT], data: BarData, folder: Path, settings: LoopSettings, device: torch.device
) -> Trained:
    """Train a network from nothing through all its stages, or go on where a run was broken off.

    Fewer or more iterations than the task's own make every stage as much shorter or longer, and a smaller
    batch bounds theirs; with settings.stop_at the first stage ends early, and none follows.
    """
    trained = train(task, data, folder, settings, device)
    for stage in task.later:
        if trained.iteration < settings.iterations:
            break
        start = Start(averages(folder / CHECKPOINT, task.name), stage.learn)
        folder, share = folder / stage.name, settings.iterations / task.defaults.iterations
        own = stage.settings
        settings = replace(
            own,
            iterations=max(round(own.iterations * share), 1),
            batch=min(own.batch, settings.batch),
            seed=settings.seed,
        )
        trained = train(stage.of(task), data, folder, settings, device, start)
        task = replace(task, defaults=own)
    return trained


def train(
    task: Task[NetT], data: BarData, folder: Path, settings: LoopSettings, device: torch.device,
    start: Start | None = None,
) -> Trained:  # fmt: skip
    """Train, or go on training, in `folder`; the averaged weights are those to use."""
    torch.manual_seed(settings.seed)
    net = _made(task, device)
    if start is not None:
        _begin(net, start)
    learning = [p for p in net.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=settings.learning_rate, weight_decay=WEIGHT_DECAY)
    trained = Trained({task.name: net}, {task.name: optimiser}, {task.name: Average(net, AVERAGE_DECAY)})
    load_checkpoint(trained, folder / CHECKPOINT)
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
        averaged = _averaged(task, trained, device)
        if task.picture:
            rolls = task.picture(deepcopy(averaged).cpu(), settings.seed)
            write_rolls(folder / "samples.png", rolls, columns=2)
        return {"valid": task.held_out(data, averaged, "valid")}

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


def _made(task: Task[NetT], device: torch.device) -> NetT:
    net = task.network().to(device)
    recall = getattr(net, "recall", None)
    if task.silent and isinstance(recall, Recall):
        recall.silent = True
        recall.requires_grad_(False)
    return net


def _averaged(task: Task[NetT], trained: Trained, device: torch.device) -> NetT:
    net = _made(task, device)
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
