"""One step of a GRU that reads embeddings and a few numbers: torch's function, a fifth of its time.

torch.gru on sequences of one step spends most of its time on checks and copies; and what an embedding adds to
the gates needs no product, since its rows can be multiplied by the weights once.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn

from composer.networks.packed_linear import Floats, PackedLinear


class GruStep:
    """A one-layer GRU whose input is some embeddings in order and then numbers; frozen."""

    def __init__(self, gru: nn.GRU, embeddings: Sequence[nn.Embedding]) -> None:
        own = parameters(gru)
        given = own["weight_ih_l0"]  # (3H, inputs)
        self.tables: list[Floats] = []
        first = 0
        for embedding in embeddings:
            width = embedding.embedding_dim
            self.tables.append((embedding.weight.detach() @ given[:, first : first + width].T).numpy())
            first += width
        self.given = PackedLinear(given[:, first:], own["bias_ih_l0"], 1)
        self.own = PackedLinear(own["weight_hh_l0"], own["bias_hh_l0"], 1)

    def __call__(self, rows: Sequence[int], numbers: Floats, hidden: Floats) -> Floats:
        """rows: of each embedding.  numbers [1, N].  hidden [1, H] -> [1, H]."""
        gates = self.given(numbers)
        for table, row in zip(self.tables, rows, strict=True):
            gates += table[row]
        return gru_cell(gates, self.own(hidden), hidden)


def parameters(module: nn.Module) -> dict[str, Tensor]:
    """A trained module's parameters by name, without their gradients."""
    return {name: value.detach() for name, value in module.named_parameters()}


def gru_cell(given: Floats, own: Floats, hidden: Floats) -> Floats:
    """torch's GRU cell: given, own [B, 3H], what the input and the state add to reset, update and new."""
    size = hidden.shape[1]
    opened = np.tanh(0.5 * (given[:, : 2 * size] + own[:, : 2 * size]))
    opened += 1
    opened *= 0.5  # sigmoid
    new = np.tanh(given[:, 2 * size :] + opened[:, :size] * own[:, 2 * size :])
    kept: Floats = new + opened[:, size:] * (hidden - new)
    return kept
