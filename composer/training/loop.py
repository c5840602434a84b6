"""One training loop for all: seeded by iteration, resumed from safetensors, never by the clock."""

import json
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from vision.artifact import part_file

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoopSettings:
    """iterations: in all, earlier runs counted in (the learning rate falls to 0 at the last one).

    stop_at: end this run early at an iteration, to go on later.  checkpoint_every, report_every: iterations.
    """

    iterations: int
    batch: int
    learning_rate: float
    seed: int = 0
    warm_up: int = 200
    stop_at: int | None = None
    checkpoint_every: int = 1000
    report_every: int = 200


def choose_device(name: str) -> torch.device:
    """ "auto" is a GPU where there is one, else the CPU; other names are torch's."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def seeded(settings: LoopSettings, iteration: int, device: torch.device) -> torch.Generator:
    """The generator of one iteration. It depends on nothing before, so that a resumed run draws the same."""
    number = settings.seed * 1_000_003 + iteration
    torch.manual_seed(number)  # dropout draws from the global generator
    return torch.Generator(device).manual_seed(number)


def cosine_rate(settings: LoopSettings, iteration: int) -> float:
    """Linear warm-up, then half a cosine down to 0."""
    if iteration < settings.warm_up:
        return settings.learning_rate * (iteration + 1) / settings.warm_up
    share = (iteration - settings.warm_up) / max(settings.iterations - settings.warm_up, 1)
    return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * min(share, 1)))


def descend(optimiser: torch.optim.Optimizer, loss: Tensor, rate: float, longest: float = 5.0) -> Tensor:
    """One step down a loss at a learning rate; returns the gradient's norm before it was cut to `longest`."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    norm = torch.nn.utils.clip_grad_norm_(parameters, longest)
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.step()
    return norm


class Average:
    """Exponential moving average of a network's weights (EMA), in place."""

    def __init__(self, net: nn.Module, decay: float) -> None:
        self.decay = decay
        self.shadow = {name: p.detach().clone() for name, p in net.state_dict().items()}
        self._ours, self._theirs = list(self.shadow.values()), list(net.state_dict().values())

    @torch.no_grad()
    def update(self, iteration: int) -> None:
        """Fold the network's weights in; early on the average forgets faster."""
        decay = min(self.decay, (1 + iteration) / (10 + iteration))
        torch._foreach_lerp_(self._ours, self._theirs, 1 - decay)


Report = Mapping[str, float | Tensor]


@dataclass
class Trained:
    """What a loop carries from one run to the next, all of it saved."""

    nets: dict[str, nn.Module]
    optimisers: dict[str, torch.optim.Optimizer]
    averages: dict[str, Average]
    iteration: int = 0


def run_loop(
    trained: Trained, settings: LoopSettings, folder: Path, step: Callable[[int], Report],
    check: Callable[[int], Report] | None = None,
) -> None:  # fmt: skip
    """Call step(iteration) up to settings' end, with checkpoints and a log of losses in `folder`.

    check(iteration) judges on the validation split at each checkpoint; where it says "valid", the averages
    with the lowest are kept in best.safetensors. A kill at any instant costs what came since the last
    checkpoint; run again, the result is the same as unbroken.
    """
    last = min(settings.iterations, settings.stop_at or settings.iterations)
    losses: dict[str, Tensor | float] = {}
    since = 0
    while trained.iteration < last:
        report = step(trained.iteration)
        for name, value in report.items():
            losses[name] = losses.get(name, 0.0) + (value.detach() if isinstance(value, Tensor) else value)
        since += 1
        trained.iteration += 1
        if trained.iteration % settings.report_every == 0 or trained.iteration == last:
            line = {"iteration": trained.iteration} | {
                n: round(float(v) / since, 5) for n, v in losses.items()
            }
            losses, since = {}, 0
            if check and (trained.iteration % settings.checkpoint_every == 0 or trained.iteration == last):
                line |= {name: round(float(value), 5) for name, value in check(trained.iteration).items()}
                _keep_best(trained, line, folder / "best.safetensors")
            _log_line(folder / "losses.jsonl", line)
        if trained.iteration % settings.checkpoint_every == 0 or trained.iteration == last:
            save_checkpoint(trained, folder / "checkpoint.safetensors")


def _log_line(path: Path, line: dict[str, float | int]) -> None:
    log.info("%s", line)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _keep_best(trained: Trained, line: dict[str, float | int], path: Path) -> None:
    if "valid" not in line:
        return
    if path.exists():
        with safe_open(path, "pt") as file:
            if float(file.metadata()["valid"]) <= line["valid"]:
                return
    kept = {
        f"{name}.{key}": value.cpu().clone().contiguous()
        for name, average in trained.averages.items()
        for key, value in average.shadow.items()
    }
    with part_file(path) as part:
        save_file(kept, part, {"valid": str(line["valid"]), "iteration": str(trained.iteration)})


def averages(path: Path, name: str) -> dict[str, Tensor]:
    """The averaged weights of one network.

    From best.safetensors beside a checkpoint, else from the checkpoint.
    """
    best = path.with_name("best.safetensors")
    source, prefix = (best, f"{name}.") if best.exists() else (path, f"average.{name}.")
    with safe_open(source, "pt") as file:
        keys = [key for key in file.keys() if key.startswith(prefix)]
        return {key[len(prefix) :]: file.get_tensor(key) for key in keys}


def save_checkpoint(trained: Trained, path: Path) -> None:
    """Networks, optimisers, averages and the iteration, as one safetensors file, by part and rename."""
    tensors: dict[str, Tensor] = {}
    for name, net in trained.nets.items():
        tensors |= {f"net.{name}.{key}": value for key, value in net.state_dict().items()}
    for name, average in trained.averages.items():
        tensors |= {f"average.{name}.{key}": value for key, value in average.shadow.items()}
    for name, optimiser in trained.optimisers.items():
        for index, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{name}.{index}.{key}": value for key, value in state.items()}
    plain = {key: value.detach().cpu().clone().contiguous() for key, value in tensors.items()}
    with part_file(path) as part:
        save_file(plain, part, {"iteration": str(trained.iteration)})


def load_checkpoint(trained: Trained, path: Path) -> bool:
    """Read a checkpoint into `trained`; False where there is none."""
    if not path.exists():
        return False
    with safe_open(path, "pt") as file:
        trained.iteration = int(file.metadata()["iteration"])
        tensors = {key: file.get_tensor(key) for key in file.keys()}
    for name, net in trained.nets.items():
        net.load_state_dict(_below(tensors, f"net.{name}."))
    for name, average in trained.averages.items():
        for key, value in _below(tensors, f"average.{name}.").items():
            average.shadow[key].copy_(value)
    for name, optimiser in trained.optimisers.items():
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in _below(tensors, f"optimiser.{name}.").items():
            index, field = key.split(".")
            state.setdefault(int(index), {})[field] = value
        optimiser.load_state_dict(optimiser.state_dict() | {"state": state})
    return True


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
