"""The texture's Markov chain: one chain a role over whole columns of its roll (a step's onsets and holds)."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from composer.encoding.piano_roll import ROLE_ROWS, ROLE_SLICE, TEXTURE_ROLES
from composer.markov import WittenBell

COLUMNS = 255  # the commonest columns of a role; a rarer one counts as the common one nearest to it
ORDER = 2


class ColumnChain:
    """columns: {role: [K, 2, rows] bool}; chains: {role: WittenBell over K columns}. Column 0 is silence."""

    def __init__(self, columns: Mapping[str, NDArray[np.bool_]], chains: Mapping[str, WittenBell]) -> None:
        self.columns, self.chains = dict(columns), dict(chains)

    @classmethod
    def train(cls, runs: list[NDArray[np.bool_]]) -> "ColumnChain":
        """Count columns and their followers in runs of rolls [bars, 2, 63, 16] each."""
        columns, chains = {}, {}
        for role in TEXTURE_ROLES:
            flat = [_flat(run, role) for run in runs]
            joined = np.packbits(np.concatenate(flat), axis=1)
            unique, inverse, counts = np.unique(joined, axis=0, return_inverse=True, return_counts=True)
            order = np.argsort(-counts, kind="stable")[:COLUMNS]
            silence = np.flatnonzero(~unique.any(1))
            order = np.concatenate([silence, order[~np.isin(order, silence)]])[:COLUMNS]
            common = np.unpackbits(unique[order], axis=1, count=2 * ROLE_ROWS[role]).astype(np.bool_)
            every = np.unpackbits(unique, axis=1, count=2 * ROLE_ROWS[role]).astype(np.float32)
            ids = _nearest(every, common)[inverse.reshape(-1)]
            edges = np.cumsum([len(f) for f in flat])[:-1]
            chains[role] = WittenBell.train(np.split(ids, edges), len(common), ORDER).pruned(1)
            columns[role] = common.reshape(-1, 2, ROLE_ROWS[role])
        return cls(columns, chains)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Flat arrays for a weights file."""
        found: dict[str, NDArray[np.generic]] = {}
        for role in TEXTURE_ROLES:
            found |= self.chains[role].arrays(role)
            found[f"{role}.columns"] = self.columns[role].astype(np.uint8)
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> "ColumnChain":
        """Read what `arrays` wrote."""
        columns = {role: arrays[f"{role}.columns"].astype(np.bool_) for role in TEXTURE_ROLES}
        return cls(columns, {role: WittenBell.from_arrays(arrays, role) for role in TEXTURE_ROLES})

    def generate(self, bars: int, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Rolls [bars, 2, 63, 16] drawn from the chains; holds that follow nothing are left out."""
        rolls = np.zeros((2, 63, bars * 16), np.bool_)
        for role in TEXTURE_ROLES:
            ids: list[int] = []
            for _ in range(bars * 16):
                p = self.chains[role].distribution(ids[-ORDER:])
                ids.append(int(np.searchsorted(np.cumsum(p), rng.random() * p.sum())))
            drawn = self.columns[role][np.minimum(ids, len(self.columns[role]) - 1)]  # (steps, 2, rows)
            rolls[:, ROLE_SLICE[role]] = drawn.transpose(1, 2, 0)
        for step in range(bars * 16):
            before = rolls[:, :, step - 1].any(0) if step else np.zeros(63, np.bool_)
            rolls[1, :, step] &= before & ~rolls[0, :, step]
        return np.ascontiguousarray(rolls.reshape(2, 63, bars, 16).transpose(2, 0, 1, 3))


def _flat(run: NDArray[np.bool_], role: str) -> NDArray[np.bool_]:
    """[bars, 2, 63, 16] -> [bars * 16, 2 * rows]."""
    part = run[:, :, ROLE_SLICE[role]]
    return np.ascontiguousarray(part.transpose(0, 3, 1, 2).reshape(len(run) * 16, -1))


def _nearest(every: NDArray[np.float32], common: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Index of the nearest common column (Hamming distance) for each column."""
    c = common.astype(np.float32)
    distance = every.sum(1)[:, None] + c.sum(1)[None] - 2 * every @ c.T
    return np.asarray(distance.argmin(1), np.int64)
