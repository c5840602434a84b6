"""Numbers that come out the same however many cores there are."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import ThreadpoolController

_BLAS = ThreadpoolController()


@contextmanager
def one_thread() -> Iterator[None]:
    """torch and numpy on one thread within, whatever they were on before: sums in one order, and faster where
    they are small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with _BLAS.limit(limits=1, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(before)
