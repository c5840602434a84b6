"""Texture bars in training: what each is told, and how far a drawn bar lies from a real one."""

from dataclasses import fields

import torch
from torch import Tensor
from torch.nn import functional

from composer.networks.context import TextureContext
from composer.networks.texture_gan import UNKNOWN_MODE, TextureBar
from composer.training.analytic import FEATURES, features, marginals
from composer.training.dataset import BarData
from composer.training.hiding import context_rows, hide


def texture_bar(
    data: BarData, index: Tensor, generator: torch.Generator | None, batch_hide: bool = True
) -> TextureBar:
    """What bars [B] are told; the request fields of a random part are hidden where a generator is given."""
    batch, device = len(index), index.device
    starts = data.run_start[index] == index
    previous = data.rolls[(index - 1).clamp(min=0)].float()
    if generator is not None and batch_hide:
        starts = starts | (torch.rand(batch, generator=generator, device=device) < 0.1)
    previous = previous * ~starts[:, None, None, None]
    following = (index + 1).clamp(max=len(data) - 1)
    joined = data.run[following] == data.run[index]
    chords = data.chords[index]
    after = torch.where(joined, data.chords[following, 0], chords[:, 1])
    columns = bar_columns(data, index, data.rolls[index].float(), previous, starts)
    none = torch.zeros(batch, dtype=torch.bool, device=device)
    if generator is None or not batch_hide:
        hidden, mode, style = dict.fromkeys(columns, none), data.mode[index], data.style[index]
    else:
        every, each = hide(batch, 0.1, generator, device)
        roles_hidden = every | each(0.3)
        hidden = {name: every | each(0.2) for name in columns} | dict.fromkeys(
            ("bass", "pad", "arpeggio"), roles_hidden
        )
        mode = torch.where(every | each(0.2), UNKNOWN_MODE, data.mode[index])
        style = torch.where(every | each(0.25), 0, data.style[index])
    context = context_rows(TextureContext, columns, hidden)
    return TextureBar(torch.cat([chords, after[:, None]], 1), mode, style, context, previous)


def bar_columns(
    data: BarData, index: Tensor, roll: Tensor, previous: Tensor, starts: Tensor
) -> dict[str, Tensor]:
    """The request columns [B] of bars, with the register that really sounded.

    NaN where there is nothing to ask.
    """
    found = features(roll, previous)
    silent = found["density"] == 0
    return {
        **found,
        "register": torch.where(silent, torch.nan, data.register[index]),
        "rhythm": torch.where(silent, torch.nan, found["rhythm"]),
        "same": torch.where(starts, torch.nan, found["same"]),
        "dynamics": torch.where(data.known_dynamics[index], data.dynamics[index], torch.nan),
        "tension": data.tension[index].mean(1),
        "arousal": data.arousal[index],
    }


def reconstruction(logits: Tensor, roll: Tensor, previous: Tensor, legal: bool = True) -> Tensor:
    """Nats a bar [B]: onsets everywhere, holds only where the bar's own past lets one be (legal) or all."""
    onset, hold = roll[:, 0], roll[:, 1]
    active = torch.cat([previous[..., -1].amax(1, keepdim=True).transpose(1, 2), roll.amax(1)[..., :-1]], -1)
    # No extra weight on onsets: 3 made every probability too high (6.3 rows at once for 3.9, 1.2 basses for
    # .85).
    onsets = functional.binary_cross_entropy_with_logits(logits[:, 0], onset, reduction="none")
    holds = functional.binary_cross_entropy_with_logits(
        logits[:, 1], hold, active * (1 - onset) if legal else None, reduction="none"
    )
    return (onsets + holds).sum((1, 2))


def asked_error(drawn: dict[str, Tensor], wanted: dict[str, Tensor], context: Tensor) -> Tensor:
    """Squared error of the analytic features, where they were asked for: a hidden request binds nobody."""
    names = [field.name for field in fields(TextureContext)]
    known = context[:, len(names) :]
    errors = [(drawn[name] - wanted[name]).square() * known[:, names.index(name)] for name in FEATURES]
    return torch.stack(errors).mean(1).sum()


def marginal_error(fake: Tensor, real: Tensor) -> Tensor:
    """How far means and deviations of the marginals lie apart in a batch, in real deviations, squared."""
    drawn, wanted = marginals(fake), marginals(real)
    deviation = wanted.std(0) + 0.05
    means = (drawn.mean(0) - wanted.mean(0)) / deviation
    spreads = ((drawn.var(0) + 1e-4).sqrt() - (wanted.var(0) + 1e-4).sqrt()) / deviation
    return means.square().mean() + spreads.square().mean()


def row_divergence(fake: Tensor, real: Tensor) -> Tensor:
    """Jensen-Shannon divergence in nats between the row histograms of two sets of rolls."""
    p, q = (x.sum((0, 1, 3)) + 1.0 for x in (fake, real))
    p, q = p / p.sum(), q / q.sum()
    m = (p + q) / 2
    return 0.5 * ((p * (p / m).log()).sum() + (q * (q / m).log()).sum())


def rank_correlation(a: Tensor, b: Tensor) -> Tensor:
    """Spearman's rho of two rows of numbers."""
    return torch.corrcoef(torch.stack([_ranks(a), _ranks(b)]))[0, 1]


def _ranks(values: Tensor) -> Tensor:
    """Average ranks, ties shared, for Spearman's rho."""
    _, inverse, counts = torch.unique(values, return_inverse=True, return_counts=True)
    ends = counts.cumsum(0).double()
    ranks: Tensor = ends - (counts.double() - 1) / 2
    return ranks[inverse]
