"""The melody LSTM one 16th at a time, for composing: the same function as MelodyLSTM, at a fifth of its cost.

Everything that the first layer is told but its own state and the context goes through one linear map, so each
embedding's rows are multiplied by it once and only looked up from then on. The rows of the gates that end in
a sigmoid are halved, sigmoid(x) = (1 + tanh(x / 2)) / 2, so that one tanh serves all four.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from composer.encoding.time_step import FIRST_ONSET
from composer.networks.gru_step import parameters
from composer.networks.melody_lstm import MelodyLSTM
from composer.networks.packed_linear import Floats, PackedLinear
from composer.networks.recall import KINDS
from composer.networks.recall_past import Ints, Past, PastReader


class MelodyNow(NamedTuple):
    """What one 16th is told, as in MelodyStep: the first three [B], the rest alike in every lane."""

    previous: Ints
    reference: Ints
    reference_next: Ints
    position: int
    chord: int
    next_chord: int
    mode: int
    instrument: int
    style: int


class MelodyState(NamedTuple):
    """hidden, cell: [B, H] of each of the LSTM's two layers.  past: the tokens fed so far."""

    hidden: tuple[Floats, Floats]
    cell: tuple[Floats, Floats]
    past: Past

    def of(self, lanes: Sequence[int]) -> "MelodyState":
        """A copy of the state with lanes chosen anew."""
        index = list(lanes)
        (low, high), (low_cell, high_cell) = self.hidden, self.cell
        kept = (low[index], high[index]), (low_cell[index], high_cell[index])
        return MelodyState(*kept, self.past.of(index))

    def copy(self) -> "MelodyState":
        """The same state, that `step` won't use up."""
        return self._replace(past=self.past.copy())


class MelodyStepper:
    """A trained network's tables; frozen, so that cues can share it. Gives logits to within rounding.

    rhythm_recalled: without it what the melody did before votes on pitches alone, as `_pitches_alone` says.
    """

    def __init__(self, net: MelodyLSTM, lanes: int, rhythm_recalled: bool = True) -> None:
        self.hidden, self.lanes, self.rhythm_recalled = net.hidden, lanes, rhythm_recalled
        lstm = {name: _gates(value) for name, value in parameters(net.lstm).items()}
        bias = lstm["bias_ih_l0"] + lstm["bias_hh_l0"]
        tables, context = _tables(net, lstm["weight_ih_l0"])
        self.own = tuple(table.numpy() for table in tables[:3])
        self.alike = tuple(table.numpy() for table in tables[3:])
        self.first = PackedLinear(torch.cat([lstm["weight_hh_l0"], context], 1), bias, lanes)
        both = torch.cat([lstm["weight_ih_l1"], lstm["weight_hh_l1"]], 1)
        self.second = PackedLinear(both, lstm["bias_ih_l1"] + lstm["bias_hh_l1"], lanes)
        gate = net.recall.gate.weight.detach()  # (3, H + 3)
        self.by_votes = gate[:, net.hidden :].T.numpy().copy()
        weight = torch.cat([net.head.weight.detach(), gate[:, : net.hidden]])
        self.head = PackedLinear(weight, torch.cat([net.head.bias, net.recall.gate.bias]), 1)
        self.reader = PastReader(net.recall)

    def start(self) -> MelodyState:
        """The state before the first step."""
        nothing = np.zeros((self.lanes, self.hidden), np.float32)
        return MelodyState((nothing, nothing), (nothing, nothing), self.reader.start(self.lanes))

    def after(self, now: MelodyNow, context: Floats, state: MelodyState) -> MelodyState:
        """The state after one 16th more: context [B, C]. The one given is used up."""
        (low, high), (low_cell, high_cell), past = state
        past = self.reader.after(past, now.previous)
        gates = self.first(np.concatenate([low, context], 1))  # (B, 4H)
        for table, row in zip(self.alike, now[3:], strict=True):
            gates += table[row]
        for table, rows in zip(self.own, now[:3], strict=True):
            gates += table.take(rows, 0)
        low, low_cell = _cell(gates, low_cell)
        high, high_cell = _cell(self.second(np.concatenate([low, high], 1)), high_cell)
        return MelodyState((low, high), (low_cell, high_cell), past)

    def logits(self, state: MelodyState) -> Floats:
        """[B, 63], the past's votes let in."""
        logits, opened = self._head(state)
        votes = self.reader.votes(state.past)
        opened = np.logaddexp(np.float32(0), opened + votes.max(-1) @ self.by_votes)  # softplus
        heard = logits.copy()
        for kind in range(KINDS):
            heard += opened[:, kind, None] * votes[:, kind]
        if not self.rhythm_recalled:
            heard = _pitches_alone(logits, heard)
        return heard

    def unrecalled(self, state: MelodyState) -> Floats:
        """[B, 63], the network's alone: where no note may begin the past has no vote on pitches."""
        return self._head(state)[0]

    def _head(self, state: MelodyState) -> tuple[Floats, Floats]:
        """Logits [B, 63] and what opens the votes' gates [B, 3]."""
        found = self.head(state.hidden[1])
        return found[:, :-KINDS], found[:, -KINDS:]


def _gates(parameter: Tensor) -> Tensor:
    """A parameter of torch's LSTM, [4H, ...]: input, forget, candidate, output become input, forget, output,
    all halved, and candidate."""
    enter, forget, candidate, leave = parameter.chunk(4)
    return torch.cat([0.5 * enter, 0.5 * forget, 0.5 * leave, candidate])


def _tables(net: MelodyLSTM, weight: Tensor) -> tuple[list[Tensor], Tensor]:
    """The first layer's input map folded into each embedding, in the order of MelodyNow's fields: [rows, 4H]
    each, and the map of the context row, [4H, C]. weight: [4H, inputs]."""
    embeddings = (
        net.token, net.position, net.chord, net.chord, net.reference, net.reference, net.mode,
        net.instrument, net.style,
    )  # fmt: skip
    tables: list[Tensor] = []
    first = 0
    for embedding in embeddings:
        width = embedding.embedding_dim
        tables.append(embedding.weight.detach() @ weight[:, first : first + width].T)
        first += width
    previous, position, chord, next_chord, reference, reference_next, *rest = tables
    return [previous, reference, reference_next, position, chord, next_chord, *rest], weight[:, first:]


def _cell(gates: Floats, cell: Floats) -> tuple[Floats, Floats]:
    """An LSTM's cell: gates [B, 4H] as `_gates` orders them, used up."""
    size = cell.shape[1]
    np.tanh(gates, out=gates)
    opened = gates[:, : 3 * size]
    opened += 1
    opened *= 0.5
    cell = opened[:, size : 2 * size] * cell
    cell += opened[:, :size] * gates[:, 3 * size :]
    return opened[:, 2 * size :] * np.tanh(cell), cell


def _pitches_alone(own: Floats, heard: Floats) -> Floats:
    """Logits [B, 63] of `heard`, which the past voted for, but whether a note begins, goes on or rests as the
    network alone has it, `own`.

    The gates of the votes were learnt with the countdown of onsets hidden. Where it is known the past's long
    held notes outvoted it: bars held back and crowded what was left into their last sixteenths.
    """
    found = own.copy()
    found[:, FIRST_ONSET:] = heard[:, FIRST_ONSET:]
    found[:, FIRST_ONSET:] += _totals(own[:, FIRST_ONSET:]) - _totals(heard[:, FIRST_ONSET:])
    return found


def _totals(logits: Floats) -> Floats:
    """Log of the sum of each row's weights, [B, 1]."""
    most = logits.max(1, keepdims=True)
    found: Floats = most + np.log(np.exp(logits - most).sum(1, keepdims=True))
    return found


@lru_cache(maxsize=4)
def stepper(net: MelodyLSTM, lanes: int, rhythm_recalled: bool = True) -> MelodyStepper:
    """The stepper of a loaded network, made once; its weights must not change from then on."""
    return MelodyStepper(net, lanes, rhythm_recalled)
