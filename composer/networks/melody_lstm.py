"""The melody writer: an LSTM on the 16th grid over HOLD, REST and 61 onsets, tonic moved to C."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from composer.encoding.chord import CHORD_COUNT, MODES
from composer.encoding.style_tag import INSTRUMENT_CLASSES, STYLE_TAGS
from composer.encoding.time_step import NO_TOKEN, TOKEN_COUNT
from composer.networks.context import MelodyContext, width

START = NO_TOKEN  # fed before the first step
NO_CHORD_GIVEN = CHORD_COUNT  # the chord is hidden (NO_CHORD is a chord like any other)
UNKNOWN_MODE = len(MODES)
State = tuple[Tensor, Tensor]


class MelodyStep(NamedTuple):
    """What one 16th is told, beside its context row; each [B] long (or [B, T] in training).

    previous: token before (START at first).  position: 16th within the bar, 0..15.  chord, next_chord: ids of
    the half bar now and next, or NO_CHORD_GIVEN.  reference, reference_next: tokens of the reference bar at
    this step and the next, or NO_TOKEN.  mode: index or UNKNOWN_MODE.  instrument, style: indices, 0 unknown.
    """

    previous: Tensor
    position: Tensor
    chord: Tensor
    next_chord: Tensor
    reference: Tensor
    reference_next: Tensor
    mode: Tensor
    instrument: Tensor
    style: Tensor


class MelodyLSTM(nn.Module):
    """About 1.5 M parameters, two layers.

    Composing: `state = net.start(lanes)`, then for each 16th `logits, state = net.step(inputs, context,
    state)`. context: [B, width(MelodyContext)] float32.  state: (h, c), each [2, B, H] float32.  logits: [B,
    63].
    """

    def __init__(self, hidden: int = 320) -> None:
        super().__init__()
        self.hidden = hidden
        self.token = nn.Embedding(TOKEN_COUNT + 1, 64)
        self.position = nn.Embedding(16, 16)
        self.chord = nn.Embedding(CHORD_COUNT + 1, 32)
        self.reference = nn.Embedding(TOKEN_COUNT + 1, 24)
        self.mode = nn.Embedding(len(MODES) + 1, 8)
        self.instrument = nn.Embedding(len(INSTRUMENT_CLASSES), 8)
        self.style = nn.Embedding(len(STYLE_TAGS), 12)
        given = 64 + 16 + 2 * 32 + 2 * 24 + 8 + 8 + 12 + width(MelodyContext)
        self.lstm = nn.LSTM(given, hidden, num_layers=2, batch_first=True, dropout=0.35)
        self.dropout = nn.Dropout(0.35)
        self.head = nn.Linear(hidden, TOKEN_COUNT)

    def start(self, lanes: int) -> State:
        """The state before the first step: (h, c), each [2, lanes, H]."""
        return torch.zeros(2, lanes, self.hidden), torch.zeros(2, lanes, self.hidden)

    def forward(
        self, inputs: MelodyStep, context: Tensor, state: State | None = None
    ) -> tuple[Tensor, State]:
        """inputs [B, T] long each, context [B, T, C]. Returns logits [B, T, 63] and the state."""
        parts = [
            self.token(inputs.previous), self.position(inputs.position),
            self.chord(inputs.chord), self.chord(inputs.next_chord),
            self.reference(inputs.reference), self.reference(inputs.reference_next),
            self.mode(inputs.mode), self.instrument(inputs.instrument), self.style(inputs.style), context,
        ]  # fmt: skip
        out, state = self.lstm(torch.cat(parts, -1), state)  # (B, T, H)
        return self.head(self.dropout(out)), state

    @torch.no_grad()
    def step(self, inputs: MelodyStep, context: Tensor, state: State) -> tuple[Tensor, State]:
        """One 16th: the inputs without a time axis."""
        logits, state = self(MelodyStep(*(x.unsqueeze(1) for x in inputs)), context.unsqueeze(1), state)
        return logits[:, 0], state
