"""Requests that are sometimes not given: the dropout and mask bits of every context."""

from collections.abc import Callable, Mapping
from dataclasses import fields

import torch
from torch import Tensor

from composer.networks.context import Context


def hide(
    batch: int, everything: float, generator: torch.Generator | None, device: torch.device
) -> tuple[Tensor, Callable[[float], Tensor]]:
    """Which windows hide every request [B] bool, and a drawer of further masks by probability.

    generator None hides everything (likelihoods with nothing known).
    """
    if generator is None:
        every = torch.ones(batch, dtype=torch.bool, device=device)
        return every, lambda _: every
    every = torch.rand(batch, generator=generator, device=device) < everything

    def each(probability: float) -> Tensor:
        return torch.rand(batch, generator=generator, device=device) < probability

    return every, each


def context_rows(kind: type[Context], columns: Mapping[str, Tensor], hidden: Mapping[str, Tensor]) -> Tensor:
    """Context rows [B, T, width] from value columns [B, T].

    NaN values and hidden windows [B] get mask bit 0.
    """
    values, bits = [], []
    for field in fields(kind):
        column = columns[field.name]
        known = ~torch.isnan(column) & ~hidden[field.name].reshape(-1, *[1] * (column.dim() - 1))
        values.append(torch.where(known, column, 0.0))
        bits.append(known.float())
    return torch.stack(values + bits, -1)
