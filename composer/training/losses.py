"""Four adversarial losses of one alternating loop, and the critic's gradient penalties."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

AdversarialLoss = Literal["minimax", "non_saturating", "hinge", "wgan_gp"]


def critic_loss(kind: AdversarialLoss, real: Tensor, fake: Tensor) -> Tensor:
    """What the critic minimises, from its raw scores [B] (logits; a sigmoid is part of the first two losses).

    With minimax and non_saturating an undecided critic has 2 log 2 = log 4.
    """
    if kind == "hinge":
        return functional.relu(1 - real).mean() + functional.relu(1 + fake).mean()
    if kind == "wgan_gp":
        return fake.mean() - real.mean()
    return functional.softplus(-real).mean() + functional.softplus(fake).mean()


def generator_loss(kind: AdversarialLoss, fake: Tensor) -> Tensor:
    """What the generator minimises: log(1 - D) for minimax (Goodfellow 2014), -log D, or -D."""
    if kind == "minimax":
        return -functional.softplus(fake).mean()
    if kind == "non_saturating":
        return functional.softplus(-fake).mean()
    return -fake.mean()


def r1_penalty(score: Callable[[Tensor], Tensor], real: Tensor) -> Tensor:
    """Mean squared gradient norm of the critic at real data (R1, Mescheder et al. 2018)."""
    real = real.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(score(real).sum(), real, create_graph=True)
    penalty: Tensor = gradient.square().flatten(1).sum(1).mean()
    return penalty


def gradient_penalty(score: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
    """WGAN-GP's penalty on points between real and fake; mix: [B, 1, ...] uniform (Gulrajani et al. 2017)."""
    between = (mix * real + (1 - mix) * fake).detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(score(between).sum(), between, create_graph=True)
    penalty: Tensor = (gradient.flatten(1).norm(dim=1) - 1).square().mean()
    return penalty
