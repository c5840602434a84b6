"""`reelscore train textbook`: the minimax game on four bars of quarter notes, in seconds."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from composer.encoding.time_step import FIRST_ONSET, LOWEST_PITCH
from composer.networks.textbook_gan import (
    BARS,
    NOISE,
    NOTES,
    PITCH_CLASSES,
    QUARTERS,
    TextbookCritic,
    TextbookGenerator,
    choose,
)
from composer.training import losses
from composer.training.dataset import BarData
from composer.training.loop import (
    Average,
    LoopSettings,
    Report,
    Trained,
    descend,
    load_checkpoint,
    run_loop,
    seeded,
)
from composer.training.sample_picture import write_rolls
from vision.rejected import RejectedInput

DEFAULTS = LoopSettings(iterations=1500, batch=128, learning_rate=5e-3, checkpoint_every=500, report_every=50)


@dataclass(frozen=True)
class TextbookSettings:
    """critic_alone: iterations at first in which the generator is frozen.  decay: of the critic's weights,
    so that it forgets what the generator has mended instead of circling round it."""

    critic_alone: int = 100
    loss: losses.AdversarialLoss = "minimax"
    critic_rate: float = 2e-3
    decay: float = 0.01


def train_textbook(
    notes: Tensor, folder: Path, settings: LoopSettings, device: torch.device,
    textbook: TextbookSettings | None = None,
) -> Trained:  # fmt: skip
    """Train, or go on training, in `folder`; notes: [N, 16] long pitch classes, real examples."""
    chosen = textbook or TextbookSettings()
    torch.manual_seed(settings.seed)
    generator, critic = TextbookGenerator().to(device), TextbookCritic().to(device)
    ours = torch.optim.Adam(generator.parameters(), lr=settings.learning_rate, betas=(0.5, 0.9))
    theirs = torch.optim.AdamW(
        critic.parameters(), lr=chosen.critic_rate, betas=(0.5, 0.9), weight_decay=chosen.decay
    )
    trained = Trained(
        {"generator": generator, "critic": critic}, {"ours": ours, "theirs": theirs},
        {"generator": Average(generator, 0.99)},
    )  # fmt: skip
    load_checkpoint(trained, folder / "checkpoint.safetensors")
    known = torch.nn.functional.one_hot(notes.to(device), PITCH_CLASSES).float()

    def step(iteration: int) -> Report:
        draws = seeded(settings, iteration, device)
        real = known[torch.randint(len(known), (settings.batch,), generator=draws, device=device)]
        with torch.no_grad():
            fake = _play(generator, settings.batch, draws)
        loss = losses.critic_loss(chosen.loss, critic(real), critic(fake))
        descend(theirs, loss, chosen.critic_rate)
        if iteration < chosen.critic_alone:
            return {"critic": loss}
        adversarial = losses.generator_loss(chosen.loss, critic(_play(generator, settings.batch, draws)))
        descend(ours, adversarial, settings.learning_rate)
        trained.averages["generator"].update(iteration)
        return {"critic": loss, "adversarial": adversarial}

    run_loop(trained, settings, folder, step)
    return trained


def _play(net: TextbookGenerator, count: int, draws: torch.Generator) -> Tensor:
    noise = torch.randn(count, NOISE, generator=draws, device=draws.device)
    uniform = torch.rand(count, NOTES, PITCH_CLASSES, generator=draws, device=draws.device)
    return choose(net(noise), uniform)


@torch.no_grad()
def play(trained: Trained, count: int, seed: int = 0) -> Tensor:
    """Pitch classes [count, 16] long of the averaged generator."""
    shadow = trained.averages["generator"].shadow
    net = TextbookGenerator()
    net.load_state_dict({name: value.cpu() for name, value in shadow.items()})
    return _play(net, count, torch.Generator().manual_seed(seed)).argmax(-1)


def quarter_notes(data: BarData, split: str = "train") -> Tensor:
    """Pitch classes [W, 16] above the tonic: fours of bars of a split that sing on every quarter."""
    tokens = data.melody.flatten()  # (16 N,)
    places = torch.arange(len(tokens), device=tokens.device)
    begun = torch.where(tokens > 0, places, 0).cummax(0).values  # where what sounds now began
    sounding = tokens[begun].reshape(-1, 4)[:, 0].reshape(-1, QUARTERS)  # (N, 4), at each quarter
    fours = len(data) // BARS * BARS
    windows = sounding[:fours].reshape(-1, NOTES)
    one_run = data.run[:fours].reshape(-1, BARS)
    kept = (windows >= FIRST_ONSET).all(1) & (one_run == one_run[:, :1]).all(1)
    kept &= data.split_mask(split)[:fours:BARS]
    if not kept.any():
        reason = f"no melody of the {split} split sings on every quarter of four bars"
        raise RejectedInput(reason, "prepare more pieces")
    return (windows[kept] - FIRST_ONSET + LOWEST_PITCH) % PITCH_CLASSES


def picture(trained: Trained, path: Path, count: int = 16) -> None:
    """Draw `count` samples of the averaged generator as one PNG."""
    shown = torch.nn.functional.one_hot(play(trained, count), PITCH_CLASSES).transpose(1, 2)
    write_rolls(path, shown.float().numpy(), columns=4)


def histogram_distance(ours: Tensor, real: Tensor) -> float:
    """Total variation, 0..1, between the pitch-class histograms of two sets of notes."""
    counts = [
        torch.bincount(notes.flatten().cpu(), minlength=PITCH_CLASSES).float() for notes in (ours, real)
    ]
    first, second = (count / count.sum().clamp(min=1) for count in counts)
    return float((first - second).abs().sum() / 2)
