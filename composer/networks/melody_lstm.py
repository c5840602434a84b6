"""The melody writer: an LSTM on the 16th grid over HOLD, REST and 61 onsets, tonic moved to C.

What the melody did before votes with it.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from composer.encoding.chord import CHORD_COUNT, MODES
from composer.encoding.style_tag import INSTRUMENT_CLASSES, STYLE_TAGS
from composer.encoding.time_step import FIRST_ONSET, HOLD, NO_TOKEN, REST, TOKEN_COUNT
from composer.networks.context import MelodyContext, width
from composer.networks.recall import Alphabet, Recall

START = NO_TOKEN  # fed before the first step
NO_CHORD_GIVEN = CHORD_COUNT  # the chord is hidden (NO_CHORD is a chord like any other)
UNKNOWN_MODE = len(MODES)
State = tuple[Tensor, Tensor]
_PITCHES = range(TOKEN_COUNT - FIRST_ONSET)
# A token is its pitch, or HOLD, or REST; by class any onset matches any other: the rhythm.
MELODIES = Alphabet(
    size=TOKEN_COUNT,
    values=(-1, -1, *_PITCHES, -1),
    colours=(HOLD, REST, *(FIRST_ONSET for _ in _PITCHES), NO_TOKEN),
    classes=(HOLD, REST, *(FIRST_ONSET for _ in _PITCHES), FIRST_ONSET + 1),
    octave=1000,  # pitches do not wrap
    bar=16,
    history=512,
)


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
    """About 1.5 M parameters, two layers. Composing: melody_step.py."""

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
        self.recall = Recall(MELODIES, hidden)

    def forward(
        self, inputs: MelodyStep, context: Tensor, votes: Tensor, state: State | None = None
    ) -> tuple[Tensor, State]:
        """inputs [B, T] long each, context [B, T, C]; votes [B, T, 3, 63] of the past: `self.recall.votes`
        of the tokens before, the true ones where some of inputs.previous are hidden.

        Returns logits [B, T, 63] and the state.
        """
        parts = [
            self.token(inputs.previous), self.position(inputs.position),
            self.chord(inputs.chord), self.chord(inputs.next_chord),
            self.reference(inputs.reference), self.reference(inputs.reference_next),
            self.mode(inputs.mode), self.instrument(inputs.instrument), self.style(inputs.style), context,
        ]  # fmt: skip
        out, state = self.lstm(torch.cat(parts, -1), state)  # (B, T, H)
        out = self.dropout(out)
        return self.recall(self.head(out), out, votes), state
