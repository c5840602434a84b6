"""`reelscore train drums`: the percussion GRU on windows of 8 bars of pieces that have drums."""

import torch
from torch import Tensor
from torch.nn import functional

from composer.networks.context import DrumContext
from composer.networks.drum_gru import DrumGRU
from composer.training.dataset import BarData, Windows
from composer.training.hiding import context_rows, hide
from composer.training.likelihood import Task
from composer.training.loop import LoopSettings
from composer.training.samples import drum_samples

BARS = 8
STEPS = 16
DEFAULTS = LoopSettings(iterations=1000, batch=96, learning_rate=1e-3, checkpoint_every=50, report_every=50)


def drum_loss(
    net: DrumGRU, data: BarData, index: Tensor, valid: Tensor, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """Summed nats over nine lanes, and the number of 16ths, for windows of bars [B, bars]."""
    batch, bars = index.shape
    hits = data.drums[index].float()  # (B, bars, 9, 16)
    flat = hits.transpose(2, 3).reshape(batch, bars * STEPS, -1)
    previous = torch.cat([torch.zeros_like(flat[:, :1]), flat[:, :-1]], 1)
    before = torch.cat([torch.zeros_like(flat[:, :STEPS]), flat[:, :-STEPS]], 1)
    position = torch.arange(STEPS, device=index.device).repeat(batch, bars)
    every, each = hide(batch, 0.2, generator, index.device)
    style = torch.where((every | each(0.3))[:, None], 0, data.style[index]).repeat_interleave(STEPS, 1)
    columns = {name: c.repeat_interleave(STEPS, 1) for name, c in _columns(data, index, hits).items()}
    context = context_rows(DrumContext, columns, {name: every | each(0.25) for name in columns})
    logits, _ = net(previous, position, before, style, context, flat)
    loss = functional.binary_cross_entropy_with_logits(logits, flat, reduction="none").sum(-1)
    mask = valid.repeat_interleave(STEPS, 1)
    return (loss * mask).sum(), mask.sum()


def _columns(data: BarData, index: Tensor, hits: Tensor) -> dict[str, Tensor]:
    struck = hits.amax(2)  # (B, bars, 16)
    same = 1 - (struck[:, 1:] - struck[:, :-1]).abs().mean(-1)
    leads = (data.bars_to_hit[index] * 16).round() == 1
    return {
        "density": struck.mean(-1),
        "arousal": data.arousal[index],
        "same": torch.cat([torch.full_like(same[:, :1], torch.nan), same], 1),
        "fill": leads.float(),
    }


def drumming(data: BarData) -> Tensor:
    """[N] bool: bars with at least two percussion hits."""
    return data.drums.flatten(1).sum(1) >= 2


@torch.no_grad()
def held_out_drums(data: BarData, net: DrumGRU, split: str) -> float:
    """Nats a 16th over a split's drummed bars in windows of 8, nothing asked."""
    windows = Windows(data, split, BARS, drumming(data))
    index, valid = windows.window(windows.starts[::BARS])
    total, count = drum_loss(net, data, index, valid, None)
    return float(total / count.clamp(min=1))


TASK = Task(
    name="drum",
    network=DrumGRU,
    bars=BARS,
    loss=drum_loss,
    held_out=held_out_drums,
    defaults=DEFAULTS,
    eligible=drumming,
    picture=drum_samples,
)
