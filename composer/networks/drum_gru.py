"""The percussion writer: a GRU over 16ths that sees the last hits, the bar before, and what is wanted."""

import torch
from torch import Tensor, nn

from composer.encoding.piano_roll import DRUM_LANES, STEPS
from composer.encoding.style_tag import STYLE_TAGS
from composer.networks.context import DrumContext, width

LANES = len(DRUM_LANES)


class DrumGRU(nn.Module):
    """About 0.3 M parameters; nine Bernoulli lanes a 16th, each lane seeing the lanes before it in the same
    step.

    Composing: drum_step.py.
    """

    def __init__(self, hidden: int = 256) -> None:
        super().__init__()
        self.hidden = hidden
        self.position = nn.Embedding(STEPS, 16)
        self.style = nn.Embedding(len(STYLE_TAGS), 8)
        self.gru = nn.GRU(2 * LANES + 24 + width(DrumContext), hidden, batch_first=True)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(hidden, LANES)
        # Strictly lower triangle: lane i sees lanes 0..i-1 of its own step.
        self.within = nn.Parameter(torch.zeros(LANES, LANES))

    def forward(
        self, previous: Tensor, position: Tensor, before: Tensor, style: Tensor, context: Tensor, hits:
        Tensor, state: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """Training: all [B, T, ...]; hits [B, T, 9] are the truth. Returns logits [B, T, 9] and the state."""
        parts = [previous, before, self.position(position), self.style(style), context]
        out, state = self.gru(torch.cat(parts, -1), state)
        return self.head(self.dropout(out)) + hits @ self.within.tril(-1).T, state
