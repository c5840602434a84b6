"""A linear map for a few rows at a time, its weights laid out once for the processor that runs it."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Floats = NDArray[np.float32]


# Multiplications up to which OpenBLAS has kernels without packing; beyond, oneDNN's layout wins.
SMALL_PRODUCT = 1_000_000


class PackedLinear:
    """x @ weight.T + bias for numpy rows; frozen.

    A single row goes through numpy's BLAS: 42 us where torch's takes 69 for 640 x 1280, 2 for 6 where it is
    12 x 768 (one AMD core with AVX-512). So does a small product: 5 us for 20 where four rows meet 256 x 112.
    A few rows of more go through oneDNN's own layout: 154 us where torch's linear takes 272 for a step of the
    melody network (four rows by 338 x 1280 and 640 x 1280). A build of torch without oneDNN goes the usual
    way.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, rows: int) -> None:
        self.weight, self.bias = weight.detach().contiguous(), None if bias is None else bias.detach()
        self.row_weight: Floats = self.weight.numpy()
        self.row_bias = np.zeros(len(weight), np.float32) if self.bias is None else self.bias.numpy()
        self.columns: Floats | None = None
        if 2 * weight.numel() <= SMALL_PRODUCT:
            self.columns = np.ascontiguousarray(self.row_weight.T)
        self.packed: Tensor | None = None
        if rows > 1 and torch._C._has_mkldnn:
            self.packed = torch.ops.mkldnn._reorder_linear_weight(self.weight, rows)

    def __call__(self, x: Floats) -> Floats:
        """[rows, in] -> [rows, out]."""
        found: Floats
        if len(x) == 1:
            found = (self.row_weight @ x[0] + self.row_bias)[None]
        elif self.columns is not None and len(x) * self.columns.size <= SMALL_PRODUCT:
            found = x @ self.columns + self.row_bias
        else:
            found = self._many(torch.from_numpy(x)).numpy()
        return found

    def _many(self, x: Tensor) -> Tensor:
        if self.packed is None:
            return functional.linear(x, self.weight, self.bias)
        found: Tensor = torch.ops.mkldnn._linear_pointwise(x, self.packed, self.bias, "none", [], "")
        return found


def leaky(x: Floats, slope: np.float32) -> Floats:
    """LeakyReLU of rows."""
    found: Floats = np.maximum(x, slope * x)
    return found
