"""The chord planner.

A GRU that reads the last chord and what is wanted, and gives the next chord's logits.
"""

import torch
from torch import Tensor, nn

from composer.encoding.chord import CHORD_COUNT, MODES
from composer.encoding.style_tag import STYLE_TAGS
from composer.networks.context import ChordContext, width

START = CHORD_COUNT  # fed before the first chord
PHRASE = 16  # half bars in an eight-bar phrase
UNKNOWN_MODE = len(MODES)


class ChordGRU(nn.Module):
    """About 0.4 M parameters. Chord ids are those of composer.encoding.chord, one step a half bar.

    Composing: `state = net.start(lanes)`, then for each half bar
        logits, state = net.step(previous, phrase, mode, style, context, state)
    previous: [B] long, chord id before (START at first).  phrase: [B] long, half bar within its phrase,
    0..15. mode: [B] long, index of MODES or UNKNOWN_MODE.  style: [B] long, index of STYLE_TAGS.
    context: [B, width(ChordContext)] float32, rows of `context.row`.  state: [1, B, H] float32.
    logits: [B, 193] float32.
    """

    def __init__(self, hidden: int = 256, embedding: int = 96) -> None:
        super().__init__()
        self.hidden = hidden
        self.chord = nn.Embedding(CHORD_COUNT + 1, embedding)
        self.phrase = nn.Embedding(PHRASE, 16)
        self.mode = nn.Embedding(len(MODES) + 1, 12)
        self.style = nn.Embedding(len(STYLE_TAGS), 12)
        self.gru = nn.GRU(embedding + 40 + width(ChordContext), hidden, batch_first=True)
        self.dropout = nn.Dropout(0.4)
        self.head = nn.Linear(hidden, CHORD_COUNT)

    def start(self, lanes: int) -> Tensor:
        """The state before the first half bar, [1, lanes, H]."""
        return torch.zeros(1, lanes, self.hidden)

    def forward(
        self,
        previous: Tensor,
        phrase: Tensor,
        mode: Tensor,
        style: Tensor,
        context: Tensor,
        state: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """All inputs with a time axis: [B, T] long, context [B, T, C].

        Returns logits [B, T, 193] and the state.
        """
        parts = [self.chord(previous), self.phrase(phrase), self.mode(mode), self.style(style), context]
        out, state = self.gru(torch.cat(parts, -1), state)  # (B, T, H)
        return self.head(self.dropout(out)), state

    @torch.no_grad()
    def step(
        self, previous: Tensor, phrase: Tensor, mode: Tensor, style: Tensor, context: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor]:
        """One half bar: the inputs without a time axis."""
        longs = (x.unsqueeze(1) for x in (previous, phrase, mode, style))
        logits, state = self(*longs, context.unsqueeze(1), state)
        return logits[:, 0], state
