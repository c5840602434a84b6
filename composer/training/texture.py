"""`reelscore train texture`: VAE, then critic warm-up, then the adversarial stage, in one resumable loop."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from composer.networks.texture_gan import (
    LATENT,
    TextureBar,
    TextureCritic,
    TextureEncoder,
    TextureGenerator,
    sample,
)
from composer.training import losses
from composer.training.analytic import FEATURES, features
from composer.training.dataset import BarData, Windows
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
from composer.training.texture_bars import (
    asked_error,
    marginal_error,
    rank_correlation,
    reconstruction,
    row_divergence,
    texture_bar,
)

DEFAULTS = LoopSettings(iterations=11000, batch=512, learning_rate=1e-3, checkpoint_every=500)


@dataclass(frozen=True)
class TextureSettings:
    """Stages in iterations, weights of the losses, and what the ablations leave out; defaults as the
    prototype found stable.

    vae: reconstruction alone.  critic_warm_up: the critic learns against a frozen generator.  ramp: the
    adversarial weight rises from 0 to `adversarial`.  keep: weight of the VAE loss that goes on beside it.
    legal: holds only after notes.  hidden: width of the generator and encoder; the critic has half of it.
    """

    vae: int = 4000
    critic_warm_up: int = 100
    ramp: int = 400
    loss: losses.AdversarialLoss = "hinge"
    adversarial: float = 2.0
    keep: float = 0.02
    feature_weight: float = 20.0
    matching: float = 1.0
    marginal: float = 1.0
    kl: float = 0.7
    free_bits: float = 0.02
    generator_rate: float = 2e-4
    critic_rate: float = 4e-4
    r1_every: int = 8
    r1: float = 0.2
    gradient_penalty: float = 10.0
    row_divergence: float = 0.05
    gradient_limit: float = 50.0
    legal: bool = True
    hidden: int = 512


class Governor(nn.Module):
    """What the rollback rule remembers between runs: the adversarial scale and how often it fell."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("scale", torch.ones(()))
        self.register_buffer("rollbacks", torch.zeros(()))
        self.scale: Tensor
        self.rollbacks: Tensor


class TextureTrainer:
    """The three stages as one step function; every number it draws comes from the iteration."""

    def __init__(
        self, data: BarData, settings: LoopSettings, texture: TextureSettings, device: torch.device
    ) -> None:
        self.data, self.settings, self.texture, self.device = data, settings, texture, device
        torch.manual_seed(settings.seed)
        self.generator = TextureGenerator(texture.hidden).to(device)
        self.encoder = TextureEncoder(texture.hidden).to(device)
        self.critic = TextureCritic(texture.hidden // 2).to(device)
        self.governor = Governor().to(device)
        both = [*self.generator.parameters(), *self.encoder.parameters()]
        fused = device.type == "cuda"
        self.ours = torch.optim.Adam(both, lr=settings.learning_rate, betas=(0.9, 0.99), fused=fused)
        critics = self.critic.parameters()
        self.theirs = torch.optim.Adam(critics, lr=texture.critic_rate, betas=(0.5, 0.9), fused=fused)
        # On a GPU the loop is bound by kernel launches: sixteen legal-hold steps as one kernel.
        self.sample: Callable[[Tensor, Tensor, Tensor], Tensor] = partial(sample, legal=texture.legal)
        self.features = features
        if fused:
            self.sample, self.features = torch.compile(self.sample), torch.compile(features)
        nets = {
            "generator": self.generator,
            "encoder": self.encoder,
            "critic": self.critic,
            "governor": self.governor,
        }
        averages = {"generator": Average(self.generator, 0.999), "encoder": Average(self.encoder, 0.999)}
        self.trained = Trained(nets, {"ours": self.ours, "theirs": self.theirs}, averages)
        self.windows = Windows(data, "train", 1, (data.rolls[:, 0].flatten(1).amax(1) > 0))

    def warm_start(self, folder: Path) -> None:
        """Begin with generator.safetensors and encoder.safetensors of an earlier run.

        The critic begins anew.
        """
        for name in ("generator", "encoder"):
            tensors = load_file(folder / f"{name}.safetensors")
            self.trained.nets[name].load_state_dict(tensors)
            for key, value in tensors.items():
                self.trained.averages[name].shadow[key].copy_(value)

    def step(self, iteration: int) -> Report:
        """One iteration of whichever stage it falls into."""
        generator = seeded(self.settings, iteration, self.device)
        index = self.windows.draw(self.settings.batch, generator)[0][:, 0]
        bar = texture_bar(self.data, index, generator)
        roll = self.data.rolls[index].float()
        stage = self.texture
        if iteration < stage.vae:
            share = iteration / max(stage.vae, 1)
            rate = self.settings.learning_rate * (1.0 if share < 0.6 else 1.0 - 0.85 * (share - 0.6) / 0.4)
            return self._vae_step(roll, bar, generator, rate, iteration)
        report = self._critic_step(roll, bar, generator, iteration)
        if iteration < stage.vae + stage.critic_warm_up:
            return report
        share = (iteration - stage.vae - stage.critic_warm_up) / max(stage.ramp, 1)
        left = max(1 - iteration / self.settings.iterations, 0)
        return {**report, **self._generator_step(roll, bar, generator, min(share, 1.0), left, iteration)}

    def _vae_loss(
        self, roll: Tensor, bar: TextureBar, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        mean, log_variance = self.encoder(roll, bar)
        noise = torch.randn(mean.shape, generator=generator, device=self.device)
        logits = self.generator(mean + noise * (log_variance / 2).exp(), bar)
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean(0)  # (64,)
        kl = divergence.clamp(min=self.texture.free_bits).sum()
        shown = reconstruction(logits, roll, bar.previous, self.texture.legal).mean()
        return shown, kl, logits

    def _vae_step(
        self, roll: Tensor, bar: TextureBar, generator: torch.Generator, rate: float, iteration: int
    ) -> Report:
        shown, kl, logits = self._vae_loss(roll, bar, generator)
        asked = self._feature_loss(logits, roll, bar, generator)
        descend(self.ours, shown + self.texture.kl * kl + self.texture.feature_weight * asked, rate)
        self._average(iteration)
        return {"reconstruction": shown, "kl": kl, "asked": asked}

    def _average(self, iteration: int) -> None:
        self.trained.averages["generator"].update(iteration)
        self.trained.averages["encoder"].update(iteration)

    def _feature_loss(
        self, logits: Tensor, roll: Tensor, bar: TextureBar, generator: torch.Generator
    ) -> Tensor:
        """Squared error of the analytic features of a draw against the bar's own."""
        noise = torch.rand(logits.shape, generator=generator, device=self.device)
        drawn = self.features(self.sample(logits, bar.previous, noise), bar.previous)
        wanted = self.features(roll, bar.previous)
        return asked_error(drawn, wanted, bar.context)

    def _prior(self, generator: torch.Generator) -> Tensor:
        return torch.randn(self.settings.batch, LATENT, generator=generator, device=self.device)

    def _critic_step(
        self, roll: Tensor, bar: TextureBar, generator: torch.Generator, iteration: int
    ) -> Report:
        stage = self.texture
        with torch.no_grad():
            logits = self.generator(self._prior(generator), bar)
            fake = self.sample(logits, bar.previous, torch.rand_like(logits))
        real_score, fake_score = self.critic(roll, bar)[0], self.critic(fake, bar)[0]
        loss = losses.critic_loss(stage.loss, real_score, fake_score)

        def score(x: Tensor) -> Tensor:
            scores: Tensor = self.critic(x, bar)[0]
            return scores

        total = loss
        if stage.loss == "wgan_gp":
            mix = torch.rand(len(roll), 1, 1, 1, generator=generator, device=self.device)
            total = loss + stage.gradient_penalty * losses.gradient_penalty(score, roll, fake, mix)
        elif iteration % stage.r1_every == 0:
            total = loss + stage.r1 / 2 * stage.r1_every * losses.r1_penalty(score, roll)
        descend(self.theirs, total, stage.critic_rate)
        return {"critic": loss, "real": real_score.mean(), "fake": fake_score.mean()}

    def _generator_step(
        self,
        roll: Tensor,
        bar: TextureBar,
        generator: torch.Generator,
        ramp: float,
        left: float,
        iteration: int,
    ) -> Report:
        stage = self.texture
        logits = self.generator(self._prior(generator), bar)
        noise = torch.rand(logits.shape, generator=generator, device=self.device)
        fake = self.sample(logits, bar.previous, noise)
        score, seen = self.critic(fake, bar)
        adversarial = losses.generator_loss(stage.loss, score)
        with torch.no_grad():
            _, truth = self.critic(roll, bar)
        matched = (seen.mean(0) - truth.mean(0)).square().mean()
        wanted, drawn = self.features(roll, bar.previous), self.features(fake, bar.previous)
        asked = asked_error(drawn, wanted, bar.context)
        total = self.governor.scale * ramp * (stage.adversarial * adversarial + stage.matching * matched)
        marginal = marginal_error(fake, roll)
        total = total + stage.feature_weight * asked + stage.marginal * marginal
        if iteration % 2 == 0:  # twice the weight every second time: it costs as much as all the rest
            shown, kl, _ = self._vae_loss(roll, bar, generator)
            total = total + 2 * stage.keep * (shown + stage.kl * kl)
        norm = descend(self.ours, total, stage.generator_rate * min(1.0, 0.1 + 2 * left))
        self._average(iteration)
        return {
            "adversarial": adversarial,
            "matched": matched,
            "asked": asked,
            "marginal": marginal,
            "norm": norm,
        }

    @torch.no_grad()
    def check(self, iteration: int) -> Report:
        """Validation: how far rows are used as they should be, and rho of what was asked, from the prior."""
        index = torch.nonzero(self.data.split_mask("valid"))[:, 0]
        index = index[:: max(len(index) // 4096, 1)]
        generator = torch.Generator(self.device).manual_seed(7)
        bar = texture_bar(self.data, index, None)
        net = TextureGenerator(self.texture.hidden).to(self.device)
        net.load_state_dict(self.trained.averages["generator"].shadow)
        z = torch.randn(len(index), LATENT, generator=generator, device=self.device)
        logits = net(z, bar)
        noise = torch.rand(logits.shape, generator=generator, device=self.device)
        fake = sample(logits, bar.previous, noise, self.texture.legal)
        roll = self.data.rolls[index].float()
        divergence = row_divergence(fake, roll)
        drawn, wanted = features(fake, bar.previous), features(roll, bar.previous)
        rho = {name: rank_correlation(drawn[name], wanted[name]) for name in FEATURES}
        return {"row_divergence": divergence} | rho


def train_texture(
    data: BarData, folder: Path, settings: LoopSettings, device: torch.device,
    texture: TextureSettings | None = None, start: Path | None = None,
) -> Trained:  # fmt: skip
    """Train, or go on training, in `folder`; start: a folder of averages to begin from (`warm_start`).

    Rollback rule: where the row divergence of a check exceeds its limit, the networks go back to the last
    checkpoint that passed and the adversarial weight is halved for good; the iteration goes on.
    """
    trainer = TextureTrainer(data, settings, texture or TextureSettings(), device)
    if not load_checkpoint(trainer.trained, folder / "checkpoint.safetensors") and start is not None:
        trainer.warm_start(start)
    from_stage = trainer.texture.vae + trainer.texture.critic_warm_up

    def check(iteration: int) -> Report:
        report = trainer.check(iteration)
        if iteration > from_stage and float(report["row_divergence"]) > trainer.texture.row_divergence:
            _roll_back(trainer, folder / "checkpoint.safetensors")
        return {**report, "rollbacks": trainer.governor.rollbacks}

    run_loop(trainer.trained, settings, folder, trainer.step, check)
    return trainer.trained


def _roll_back(trainer: TextureTrainer, path: Path) -> None:
    iteration = trainer.trained.iteration
    scale, count = trainer.governor.scale.clone() / 2, trainer.governor.rollbacks.clone() + 1
    load_checkpoint(trainer.trained, path)
    trainer.trained.iteration = iteration
    trainer.governor.scale.copy_(scale)
    trainer.governor.rollbacks.copy_(count)
