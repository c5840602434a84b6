"""The melody LSTM one 16th at a time, for composing: the same function as MelodyLSTM, at half its cost.

Everything that the first layer is told but its own state goes through one linear map, so each embedding's
rows are multiplied by it once and only looked up from then on. torch.lstm on sequences of one step spends
more than half of its time on checks and copies (.55 ms against .24 ms a step of four lanes, one core).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor, nn

from composer.networks.melody_lstm import MelodyLSTM, MelodyStep
from composer.networks.recall_past import Past, PastReader


class MelodyState(NamedTuple):
    """hidden, cell: [2, B, H] of the LSTM's two layers.  past: the tokens fed so far."""

    hidden: Tensor
    cell: Tensor
    past: Past

    def of(self, lanes: Sequence[int]) -> "MelodyState":
        """The state with lanes chosen anew."""
        index = list(lanes)
        hidden, cell = (x[:, index].contiguous() for x in (self.hidden, self.cell))
        return MelodyState(hidden, cell, self.past.of(index))


class MelodyStepper:
    """A trained network's tables; frozen, so that cues can share it. Gives logits to within rounding."""

    def __init__(self, net: MelodyLSTM) -> None:
        self.hidden = net.hidden
        lstm = {name: value.detach() for name, value in net.lstm.named_parameters()}
        with torch.no_grad():
            self.tables, self.context = _tables(net, lstm["weight_ih_l0"])
            self.bias = lstm["bias_ih_l0"] + lstm["bias_hh_l0"]
            self.first = lstm["weight_hh_l0"]
            self.second = torch.cat([lstm["weight_ih_l1"], lstm["weight_hh_l1"]], 1)
            self.second_bias = lstm["bias_ih_l1"] + lstm["bias_hh_l1"]
            self.head = net.head.weight.detach(), net.head.bias.detach()
        self.recall, self.reader = net.recall, PastReader(net.recall)

    def start(self, lanes: int) -> MelodyState:
        """The state before the first step."""
        nothing = torch.zeros(2, lanes, self.hidden)
        return MelodyState(nothing, nothing, self.reader.start(lanes))

    @torch.no_grad()
    def step(
        self, inputs: MelodyStep, context: Tensor, state: MelodyState
    ) -> tuple[Tensor, MelodyState]:
        """One 16th: inputs [B] long each, context [B, C]. Returns logits [B, 63] and the state."""
        hidden, cell, past = state
        votes, past = self.reader.after(past, inputs.previous.numpy())
        gates = torch.addmm(self.bias, context, self.context)  # (B, 4H)
        for table, index in zip(self.tables, inputs, strict=True):
            gates += table[index]
        gates += nn.functional.linear(hidden[0], self.first)
        low, low_cell = _cell(gates, cell[0])
        both = torch.cat([low, hidden[1]], 1)  # (B, 2H)
        high, high_cell = _cell(nn.functional.linear(both, self.second, self.second_bias), cell[1])
        logits = self.recall(nn.functional.linear(high, *self.head), high, torch.from_numpy(votes))
        return logits, MelodyState(torch.stack([low, high]), torch.stack([low_cell, high_cell]), past)


def _tables(net: MelodyLSTM, weight: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
    """The first layer's input map folded into each embedding, in the order of MelodyStep's fields: [rows, 4H]
    each, and the map of the context row, [C, 4H]. weight: [4H, inputs]."""
    embeddings = (
        net.token, net.position, net.chord, net.chord, net.reference, net.reference, net.mode,
        net.instrument, net.style,
    )  # fmt: skip
    tables: list[Tensor] = []
    first = 0
    for embedding in embeddings:
        width = embedding.embedding_dim
        tables.append(embedding.weight @ weight[:, first : first + width].T)
        first += width
    return tuple(tables), weight[:, first:].T.contiguous()


def _cell(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """torch's LSTM cell: gates [B, 4H] in the order input, forget, candidate, output."""
    enter, forget, candidate, leave = gates.chunk(4, 1)
    cell = torch.sigmoid(forget) * cell + torch.sigmoid(enter) * torch.tanh(candidate)
    return torch.sigmoid(leave) * torch.tanh(cell), cell


@lru_cache(maxsize=2)
def stepper(net: MelodyLSTM) -> MelodyStepper:
    """The stepper of a loaded network, made once; its weights must not change from then on."""
    return MelodyStepper(net)
