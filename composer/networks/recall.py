"""What a piece has done before as evidence for what it does next: a pointer into the piece's own past.

A recurrent state of a few hundred numbers can't hold a piece word for word, yet pieces repeat themselves.
Here every earlier place whose last tokens match the last tokens now votes for the token that followed it
there; how much a vote weighs is learnt from the length of the match and how many bars back it lies. Three
kinds of match: exact; moved (the same shape on another pitch or root, the vote moved along); by class (the
same rhythm, or the same roots). log(1 + votes) is added to a network's logits through gates that the
network's state opens, so that without a match the logits are the network's alone.

After the continuous cache of Grave et al. 2017; weights by length of match as in prediction by partial
matching (Cleary & Witten 1984). On frozen networks it was worth .13 nats a half bar (chords) and .13 a 16th
(melody), validation split.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

KINDS = 3
EXACT, MOVED, CLASS = range(KINDS)
LENGTH_EDGES = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 28, 36, 48, 64)  # of the buckets of match length
LAG_EDGES = (1, 2, 3, 4, 5, 8, 9, 16, 32)  # of the buckets of distance, in bars
LENGTHS, LAGS = len(LENGTH_EDGES) + 1, len(LAG_EDGES) + 1
LONGEST = LENGTH_EDGES[-1]
NO_MOVE = 99  # for a token that stands on no pitch, or that none came before
CELLS_AT_ONCE = 1 << 21  # pairs of places at a time: some 200 MB


@dataclass(frozen=True)
class Alphabet:
    """The tokens of a piece, 0..size-1, and `size` for nothing; all lists have size + 1 entries.

    values: pitch or root of a token, -1 where it has none.  colours: what else of a token must match in a
    moved match.  classes: what must match by class; votes go to the whole class.  octave: values are equal
    modulo this.  bar: tokens of a bar.  history: tokens that are looked back.
    """

    size: int
    values: tuple[int, ...]
    colours: tuple[int, ...]
    classes: tuple[int, ...]
    octave: int
    bar: int
    history: int

    def moved(self) -> list[list[int]]:
        """[size + 1][2 * span + 1]: each token moved by -span..span; `size` where that leads to no token."""
        span = self.span
        known = {(v, c): t for t, (v, c) in enumerate(zip(self.values, self.colours, strict=True)) if v >= 0}

        def one(token: int, by: int) -> int:
            value, colour = self.values[token], self.colours[token]
            return token if value < 0 else known.get(((value + by) % self.octave, colour), self.size)

        return [[one(token, by) for by in range(-span, span + 1)] for token in range(self.size + 1)]

    @property
    def span(self) -> int:
        """The farthest that two values lie apart."""
        return max(self.values)


class Recall(nn.Module):
    """Votes of a piece's past, and the gates that let them in. 1,700 parameters at most."""

    def __init__(self, alphabet: Alphabet, hidden: int) -> None:
        super().__init__()
        self.alphabet = alphabet
        self.silent = False  # while a network learns without its past: no votes
        grown = torch.arange(LENGTHS).float() * 0.5 - 5.0
        self.by_length = nn.Parameter(grown.repeat(KINDS, 2, 1))  # [kind, whole bars back, length]
        self.by_lag = nn.Parameter(torch.zeros(KINDS, 2, LAGS))
        self.gate = nn.Linear(hidden + KINDS, KINDS)
        nn.init.zeros_(self.gate.weight)
        nn.init.constant_(self.gate.bias, 0.5)
        tables = {
            "values": alphabet.values, "colours": alphabet.colours, "classes": alphabet.classes,
            "length_edges": LENGTH_EDGES, "lag_edges": LAG_EDGES, "moves": alphabet.moved(),
        }  # fmt: skip
        for name, table in tables.items():
            self.register_buffer(name, torch.tensor(table), persistent=False)
        self.values: Tensor
        self.colours: Tensor
        self.classes: Tensor
        self.length_edges: Tensor
        self.lag_edges: Tensor
        self.moves: Tensor

    def votes(self, tokens: Tensor) -> Tensor:
        """log(1 + votes) [B, T, 3, size] for the token after each of `tokens` [B, T]; `size` stands first."""
        if self.silent:
            return torch.zeros(*tokens.shape, KINDS, self.alphabet.size, device=tokens.device)
        rows = max(CELLS_AT_ONCE // (tokens.shape[1] * self.alphabet.history), 1)
        return torch.cat([self._votes(some) for some in torch.split(tokens, rows)])

    def forward(self, logits: Tensor, hidden: Tensor, votes: Tensor) -> Tensor:
        """Logits with the votes let in. logits [..., size], hidden [..., H], votes [..., 3, size]."""
        gates = nn.functional.softplus(self.gate(torch.cat([hidden, votes.amax(-1)], -1)))
        return logits + (gates[..., None] * votes).sum(-2)

    def _votes(self, tokens: Tensor) -> Tensor:
        batch, steps = tokens.shape
        history = min(self.alphabet.history, steps)
        anchor = self._anchors(tokens)
        following = _looked_back(tokens, history, self.alphabet.size)[:, 1:]  # (B, T, S): one after each
        then = _looked_back(anchor, history, -1)[:, :-1]
        by = torch.where((anchor[:, :, None] >= 0) & (then >= 0), anchor[:, :, None] - then, 0)
        moved = self.moves[following, by + self.alphabet.span]
        voted = (following, moved, self.classes[following])
        lag = torch.arange(history, 0, -1, device=tokens.device)
        tables = self.by_distance(lag)  # (3, LENGTHS, S)
        place = torch.arange(steps, device=tokens.device)
        there = lag <= place[:, None]  # (T, S)
        found = []
        for kind, marks in enumerate(self._marks(tokens, anchor)):
            same = (marks[:, :, None] == _looked_back(marks, history, -1)[:, :-1]) & there
            broken = torch.where(same, -1, place[:, None]).cummax(1).values
            bucket = torch.bucketize(place[:, None] - broken, self.length_edges, right=True)
            weight = tables[kind].flatten()[bucket * history + (history - lag)] * there
            if kind == MOVED:
                weight = weight * same
            shape = (batch, steps, self.alphabet.size + 1)
            votes = torch.zeros(shape, device=lag.device).scatter_add(-1, voted[kind], weight)
            found.append(votes[..., self.classes[:-1]] if kind == CLASS else votes[..., :-1])
        return torch.log1p(torch.stack(found, -2))

    def by_distance(self, lag: Tensor) -> Tensor:
        """[3, LENGTHS, S]: what a vote weighs by its match's length, for places `lag` [S] tokens back."""
        whole = (lag % self.alphabet.bar == 0).long()
        far = torch.bucketize(lag // self.alphabet.bar, self.lag_edges, right=True)
        weights = self.by_length[:, whole] + self.by_lag[:, whole, far, None]  # (3, S, LENGTHS)
        return weights.clamp(max=12).exp().transpose(1, 2)

    def _anchors(self, tokens: Tensor) -> Tensor:
        """[B, T]: the last pitch or root up to each token, -1 before the first."""
        values = self.values[tokens]
        place = torch.arange(tokens.shape[1], device=tokens.device)
        last = torch.where(values >= 0, place, -1).cummax(1).values
        return torch.where(last >= 0, values.gather(1, last.clamp(min=0)), -1)

    def _marks(self, tokens: Tensor, anchor: Tensor) -> list[Tensor]:
        """What must be equal at two places, [B, T], in each of the three kinds."""
        before = torch.cat([anchor.new_full((len(anchor), 1), -1), anchor[:, :-1]], 1)
        shape = shapes(self.values[tokens], self.colours[tokens], before, self.alphabet.octave)
        return [tokens, shape, self.classes[tokens]]


def shapes(values: Tensor, colours: Tensor, before: Tensor, octave: int) -> Tensor:
    """One number a token for what a moved match compares: the move from the value before, and the colour."""
    move = torch.where((values >= 0) & (before >= 0), (values - before) % octave, NO_MOVE)
    return move * 1000 + colours


def _looked_back(values: Tensor, history: int, nothing: int) -> Tensor:
    """[B, T + 1, history]: the values before each place, oldest first, `nothing` before the start."""
    return nn.functional.pad(values, (history, 0), value=nothing).unfold(1, history, 1)
