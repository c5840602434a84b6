"""Bars drawn from the stroke network, step by step: strokes as asked, each row knowing those below it.

Strokes, groove and beat come out exactly as asked, since a choice that would make them impossible is never
taken. Register and fullness are the network's own doing, told how far it is; of several draws the nearest is
kept.
"""

import torch
from torch import Tensor
from torch.nn import functional

from composer.encoding.piano_roll import ROLE_SLICE, ROWS, STEPS
from composer.networks.context import TextureContext, column, width
from composer.networks.stroke_gru import (
    BITS,
    COUNTS,
    ROLE_OF_ROW,
    ROLES,
    BarSoFar,
    StrokeGRU,
    possible,
)
from composer.networks.texture_gan import BEAT_STEPS, TextureBar, TextureGenerator
from composer.training.analytic import features, row_heights

TRIES = 4
# What counts as far: about half of what a bar's features differ by from one bar of real music to the next.
FAR = {"register": 0.1, "polyphony": 0.03}
IMPOSSIBLE = -1e9


@torch.no_grad()
def write_bars(net: TextureGenerator, z: Tensor, bar: TextureBar, generator: torch.Generator) -> Tensor:
    """Rolls [B, 2, 63, 16] of bars: of TRIES draws each, the one nearest to register and fullness."""
    logits, condition = net(z, bar), net.condition(bar)
    bar = bar._replace(context=playable(bar.context))
    many = TextureBar(*(given.repeat_interleave(TRIES, 0) for given in bar))
    rolls = _drawn(
        net.strokes,
        logits.repeat_interleave(TRIES, 0),
        condition.repeat_interleave(TRIES, 0),
        many,
        generator,
    )
    found = features(rolls, many.previous)
    far = torch.zeros(len(rolls))
    for name, scale in FAR.items():
        at = column(TextureContext, name)
        known = many.context[:, at + width(TextureContext) // 2]
        far = far + ((found[name] - many.context[:, at]) / scale).square() * known
    best = far.reshape(-1, TRIES).argmin(1)
    return rolls.reshape(-1, TRIES, *rolls.shape[1:])[torch.arange(len(best)), best]


def playable(context: Tensor) -> Tensor:
    """Contexts whose density the roles can play together: no less than the busiest, no more than all."""
    half = width(TextureContext) // 2
    roles = [column(TextureContext, role) for role in ROLE_SLICE]
    density = column(TextureContext, "density")
    asked = context[:, roles]
    found = torch.minimum(torch.maximum(context[:, density], asked.amax(1)), asked.sum(1).clamp(max=1))
    known = context[:, [half + at for at in (density, *roles)]].amin(1) > 0
    context = context.clone()
    context[:, density] = torch.where(known, found, context[:, density])
    return context


def _drawn(
    net: StrokeGRU, logits: Tensor, condition: Tensor, bar: TextureBar, generator: torch.Generator
) -> Tensor:
    sofar = BarSoFar(bar, row_heights(logits.device))
    hidden = logits.new_zeros(1, len(logits), net.hidden)
    uniform = torch.rand((len(logits), STEPS, 1 + 2 * ROWS), generator=generator)
    onsets, holds = [], []
    for step in range(STEPS):
        told = net.tell(sofar.facts(), logits[..., step].flatten(1), condition[:, step // BEAT_STEPS])
        out, hidden = net.gru(told[:, None], hidden)
        state = torch.cat([out[:, 0], told], 1)
        fits = possible(sofar.left, sofar.quota_known, sofar.struck_before, step)
        chosen = _index(net.roles(state).masked_fill(~fits, IMPOSSIBLE), uniform[:, step, 0])
        onset = _rows(net, state, chosen, sofar.models(), uniform[:, step, 1 : ROWS + 1])
        hold = _held(net, state, chosen, sofar.active * (1 - onset), uniform[:, step, ROWS + 1 :])
        sofar.add(onset, hold)
        onsets.append(onset)
        holds.append(hold)
    return torch.stack([torch.stack(onsets, -1), torch.stack(holds, -1)], 1)


def _index(logits: Tensor, uniform: Tensor) -> Tensor:
    share = torch.softmax(logits, -1).cumsum(-1)
    return (share < uniform[:, None] * share[:, -1:]).sum(-1).clamp(max=logits.shape[-1] - 1)


def _rows(net: StrokeGRU, state: Tensor, chosen: Tensor, models: Tensor, uniform: Tensor) -> Tensor:
    """[B, 63] rows struck, from the lowest up; a role that strikes without one takes its likeliest."""
    base, sizes = net.row_logits(state, chosen, models)
    below = net.from_below()
    struck = BITS[chosen]  # (B, 3)
    onset = torch.zeros_like(base)
    for number, part in enumerate(ROLE_SLICE.values()):
        on = struck[:, number]
        if not on.any():
            continue
        count = torch.zeros_like(chosen)
        for row in range(part.start, part.stop):
            logit = base[:, row] + onset @ below[:, row] + sizes[:, number].gather(1, count[:, None])[:, 0]
            drawn = (uniform[:, row] < torch.sigmoid(logit)).float() * on
            onset[:, row] = drawn
            count = (count + drawn.long()).clamp(max=COUNTS - 1)
        none = (count == 0).float() * on
        onset[:, part] += none[:, None] * functional.one_hot(base[:, part].argmax(1), part.stop - part.start)
    return onset


def _held(net: StrokeGRU, state: Tensor, chosen: Tensor, may: Tensor, uniform: Tensor) -> Tensor:
    """[B, 63] rows that sound on, from the lowest up. may: [B, 63], 1 where one could."""
    base, ends = net.hold_logits(state, chosen)
    hold = torch.zeros_like(base)
    went = torch.zeros(len(base), ROLES, dtype=torch.long)
    ended = torch.zeros_like(went)
    for row in torch.nonzero(may.any(0))[:, 0].tolist():
        role = int(ROLE_OF_ROW[row])
        kind = went[:, role] + 2 * ended[:, role]
        logit = base[:, row] + ends[:, role].gather(1, kind[:, None])[:, 0]
        on = (uniform[:, row] < torch.sigmoid(logit)).float() * may[:, row]
        hold[:, row] = on
        went[:, role] |= on.long()
        ended[:, role] |= (may[:, row] - on).long()
    return hold
