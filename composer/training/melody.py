"""`reelscore train melody`: the melody LSTM on windows of 16 bars."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from composer.encoding.time_step import FIRST_ONSET, LOWEST_PITCH, NO_TOKEN
from composer.networks.context import MelodyContext
from composer.networks.melody_lstm import NO_CHORD_GIVEN, START, UNKNOWN_MODE, MelodyLSTM, MelodyStep
from composer.training.dataset import BarData
from composer.training.hiding import context_rows, hide
from composer.training.likelihood import Stage, Task, nats_over_runs
from composer.training.loop import LoopSettings
from composer.training.samples import melody_samples

BARS = 16
STEPS = 16
REFERENCES = (1, 2, 4, 8)  # how many bars back a reference may lie
MAX_EVALUATED_BARS = 64  # longer runs are cut here, for the Markov chains too
FORGOTTEN = 0.1  # share of the tokens before that are hidden, against learning pieces by heart
DEFAULTS = LoopSettings(
    iterations=5000, batch=160, learning_rate=1.5e-3, checkpoint_every=250, report_every=125
)


@dataclass
class MelodyBatch:
    """Inputs of MelodyLSTM [B, T], target tokens [B, T], valid [B, T] bool; T = 16 x bars.

    heard: the tokens before, none of them hidden.
    """

    heard: Tensor
    inputs: MelodyStep
    context: Tensor
    target: Tensor
    valid: Tensor


def melody_batch(
    data: BarData, index: Tensor, valid: Tensor, generator: torch.Generator | None
) -> MelodyBatch:
    """A batch of windows of bars [B, bars].

    Requests hidden at random, all of them where generator is None.
    """
    batch, bars = index.shape
    device = index.device
    tokens = data.melody[index]  # (B, bars, 16)
    target = tokens.reshape(batch, -1)
    first = index[:, 0]
    starts = data.run_start[first] == first
    before = torch.where(starts, START, data.melody[(first - 1).clamp(min=0), -1])
    every, each = hide(batch, 0.3, generator, device)
    reference, similarity = _references(data, index, generator)
    following = torch.cat([reference[:, 1:], torch.full_like(reference[:, :1], NO_TOKEN)], 1)
    hide_chord, hide_reference = every | each(0.15), every | each(0.5)
    chord, next_chord = _chords(data, index, valid)
    heard = previous = torch.cat([before[:, None], target[:, :-1]], 1)
    if generator is not None:
        gone = torch.rand(previous.shape, generator=generator, device=device) < FORGOTTEN
        previous = torch.where(gone, START, previous)
    inputs = MelodyStep(
        previous=previous,
        position=torch.arange(STEPS, device=device).repeat(batch, bars),
        chord=_hidden(chord, hide_chord, NO_CHORD_GIVEN),
        next_chord=_hidden(next_chord, hide_chord | each(0.1), NO_CHORD_GIVEN),
        reference=_hidden(reference, hide_reference, NO_TOKEN),
        reference_next=_hidden(following, hide_reference, NO_TOKEN),
        mode=_hidden(_steps(data.mode[index]), every | each(0.3), UNKNOWN_MODE),
        instrument=_hidden(_steps(data.instrument[index]), every | each(0.4), 0),
        style=_hidden(_steps(data.style[index]), every | each(0.3), 0),
    )
    columns = _bar_columns(data, index, tokens) | {"similarity": _steps(similarity)}
    hide_countdown, hide_bar = every | each(0.4), every | each(0.3)
    hidden = {name: every | each(0.4) for name in columns}
    hidden |= {"onsets_left": hide_countdown, "register_left": hide_countdown | each(0.3)}
    hidden |= {"density": hide_bar, "register": hide_bar | each(0.2), "similarity": hide_reference}
    return MelodyBatch(heard, inputs, context_rows(MelodyContext, columns, hidden), target, _steps(valid))


def _steps(bars: Tensor) -> Tensor:
    return bars.repeat_interleave(STEPS, 1)  # (B, bars) -> (B, T)


def _hidden(values: Tensor, windows: Tensor, instead: int) -> Tensor:
    return torch.where(windows[:, None], instead, values)


def _chords(data: BarData, index: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """Chord of the half bar now and of the one after, [B, T] each; at the end of the run the same again."""
    now = data.chords[index].reshape(len(index), -1)  # (B, 2 * bars)
    after = torch.cat([now[:, 1:], now[:, -1:]], 1)
    known = torch.cat([valid[:, 1:], valid[:, :1] & False], 1).repeat_interleave(2, 1)
    second = torch.arange(now.shape[1], device=index.device) % 2 == 1
    after = torch.where(second & ~known, now, after)
    return now.repeat_interleave(8, 1), after.repeat_interleave(8, 1)


def _references(data: BarData, index: Tensor, generator: torch.Generator | None) -> tuple[Tensor, Tensor]:
    """Tokens of a bar some bars back [B, T], NO_TOKEN where the run has none, and how alike it is
    [B, bars].
    """
    device = index.device
    back = torch.randint(len(REFERENCES), (len(index), 1), generator=generator, device=device)
    at = index - torch.tensor(REFERENCES, device=device)[back]
    there = at >= data.run_start[index]
    tokens, own = data.melody[at.clamp(min=0)], data.melody[index]
    onset, own_onset = tokens >= FIRST_ONSET, own >= FIRST_ONSET
    equal = (onset & (tokens == own)).sum(-1)
    alike = torch.where(
        onset.any(-1) | own_onset.any(-1), 2 * equal / (onset.sum(-1) + own_onset.sum(-1)).clamp(min=1), 1
    )
    tokens = torch.where(there[..., None], tokens, NO_TOKEN)
    return tokens.reshape(len(index), -1), torch.where(there, alike, torch.nan)


def _bar_columns(data: BarData, index: Tensor, tokens: Tensor) -> dict[str, Tensor]:
    """All continuous requests but similarity, [B, T] each; NaN where there is nothing to ask for."""
    batch = len(index)
    onset = (tokens >= FIRST_ONSET).float()  # (B, bars, 16)
    pitch = ((tokens - FIRST_ONSET + LOWEST_PITCH).float() - 66) / 12 * onset
    left = onset.flip(-1).cumsum(-1).flip(-1)
    pitch_left = pitch.flip(-1).cumsum(-1).flip(-1)
    steps_left = torch.arange(STEPS, 0, -1, device=index.device)
    mean = torch.where(left > 0, pitch_left / left.clamp(min=1), torch.nan)
    return {
        "density": _steps(onset.mean(-1)),
        "register": _steps(mean[..., 0]),
        "tension": data.tension[index].reshape(batch, -1).repeat_interleave(8, 1),
        "arousal": _steps(data.arousal[index]),
        "onsets_left": (left / steps_left).reshape(batch, -1),
        "register_left": mean.reshape(batch, -1),
        "bars_to_end": _steps(data.bars_to_end[index]),
        "bars_to_hit": _steps(data.bars_to_hit[index]),
    }


def melody_loss(
    net: MelodyLSTM, data: BarData, index: Tensor, valid: Tensor, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """Summed negative log likelihood in nats, and the number of 16ths, of windows of bars [B, bars]."""
    batch = melody_batch(data, index, valid, generator)
    logits, _ = net(batch.inputs, batch.context, net.recall.votes(batch.heard))
    loss = functional.cross_entropy(logits.transpose(1, 2), batch.target, reduction="none")
    return (loss * batch.valid).sum(), batch.valid.sum()


def singing(data: BarData) -> Tensor:
    """[N] bool: bars with a melody onset."""
    return (data.melody >= FIRST_ONSET).any(1)


def held_out_melody(data: BarData, net: MelodyLSTM, split: str) -> float:
    """Nats a 16th over a split, all requests, chords and countdowns hidden.

    Bars of rest are counted only where the bar before sang: long silences would flatter every model.
    """
    sung = singing(data)
    return nats_over_runs(melody_loss, data, net, split, MAX_EVALUATED_BARS, sung | sung.roll(1))


TASK = Task(
    name="melody",
    network=MelodyLSTM,
    bars=BARS,
    loss=melody_loss,
    held_out=held_out_melody,
    defaults=DEFAULTS,
    eligible=singing,
    evenness=0.5,
    from_start=0.2,
    silent=True,
    later=(
        Stage(
            "recall",
            40,
            0.75,
            "recall.",
            LoopSettings(900, 8, 1e-2, warm_up=5, checkpoint_every=75, report_every=25),
        ),
    ),
    picture=melody_samples,
)
