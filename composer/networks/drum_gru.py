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

    Composing: `state = net.start(lanes)`; for each 16th
        hits, state = net.step(previous, position, before, style, context, noise, state)
    previous: [B, 9] float, hits of the 16th before.  position: [B] long, 0..15.  before: [B, 9] float, hits
    at this step of the bar before (zeros at first).  style: [B] long.  context: [B, width(DrumContext)].
    noise: [B, 9] uniform.  state: [1, B, H].  hits: [B, 9] float 0/1.
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

    def start(self, lanes: int) -> Tensor:
        """The state before the first 16th, [1, lanes, H]."""
        return torch.zeros(1, lanes, self.hidden)

    def forward(
        self, previous: Tensor, position: Tensor, before: Tensor, style: Tensor, context: Tensor, hits:
        Tensor, state: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """Training: all [B, T, ...]; hits [B, T, 9] are the truth. Returns logits [B, T, 9] and the state."""
        parts = [previous, before, self.position(position), self.style(style), context]
        out, state = self.gru(torch.cat(parts, -1), state)
        return self.head(self.dropout(out)) + hits @ self.within.tril(-1).T, state

    @torch.no_grad()
    def step(
        self, previous: Tensor, position: Tensor, before: Tensor, style: Tensor, context: Tensor, noise:
        Tensor, state: Tensor,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """One 16th, lane after lane."""
        nothing = torch.zeros_like(previous).unsqueeze(1)
        longs = (x.unsqueeze(1) for x in (previous, position, before, style, context))
        logits, state = self(*longs, nothing, state)
        hits = torch.zeros_like(previous)
        within = self.within.tril(-1)
        for lane in range(LANES):
            p = torch.sigmoid(logits[:, 0, lane] + hits @ within[lane])
            hits[:, lane] = (noise[:, lane] < p).to(hits.dtype)
        return hits, state
