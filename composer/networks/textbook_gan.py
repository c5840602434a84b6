"""The textbook GAN of the field's tutorials: 16 noise values become 4 bars of 4 quarter notes.

The smallest of the adversarial presets, for learning and for tests; nothing that ships composes with it.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

NOISE = 16
BARS, QUARTERS, PITCH_CLASSES = 4, 4, 12
NOTES = BARS * QUARTERS


class TextbookGenerator(nn.Module):
    """Noise [B, 16] to logits [B, 16, 12]: one pitch class a quarter note."""

    def __init__(self, hidden: int = 64) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(NOISE, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, NOTES * PITCH_CLASSES)
        )

    def forward(self, noise: Tensor) -> Tensor:
        logits: Tensor = self.body(noise).reshape(len(noise), NOTES, PITCH_CLASSES)
        return logits


class TextbookCritic(nn.Module):
    """Notes [B, 16, 12] to logits [B]; the sigmoid that makes them D is part of the loss."""

    def __init__(self, hidden: int = 64) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(NOTES * PITCH_CLASSES, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, 1)
        )

    def forward(self, notes: Tensor) -> Tensor:
        scores: Tensor = self.body(notes.flatten(1))[:, 0]
        return scores


def choose(logits: Tensor, uniform: Tensor) -> Tensor:
    """One pitch class a note, drawn with straight-through gradients: one-hot [B, 16, 12].

    uniform: 0..1, the shape of logits.  Soft notes would give themselves away beside real ones.  Gumbel-max:
    Jang et al. 2017.
    """
    gumbel = -torch.log(-torch.log(uniform.clamp(1e-6, 1 - 1e-6)))
    soft = torch.softmax(logits + gumbel, -1)
    hard = functional.one_hot(soft.argmax(-1), PITCH_CLASSES).to(soft.dtype)
    return hard + soft - soft.detach()
