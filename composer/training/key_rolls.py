"""Rolls whose rows are degrees of the key instead of the chord: absolute pitch, for the ablation of that.

Every row keeps its number; only what it stands for changes. A note outside the key's scale snaps to it.
"""

from dataclasses import replace
from functools import lru_cache

import torch
from torch import Tensor

from composer.encoding.chord import CHORD_COUNT, MODES, NO_CHORD
from composer.encoding.piano_roll import ROWS, STEPS, pitch_row, role_of_row, row_pitch
from composer.training.dataset import BarData

BARS_AT_ONCE = 8192


@lru_cache(maxsize=2)
def row_table(to_key: bool) -> Tensor:
    """[modes, chords, 63] long: where each row of a chord lies among the key's rows, or the way back."""
    table = torch.zeros(len(MODES), CHORD_COUNT, ROWS, dtype=torch.long)
    for mode in range(len(MODES)):
        for chord in range(CHORD_COUNT):
            given, wanted = (chord, NO_CHORD) if to_key else (NO_CHORD, chord)
            for row in range(ROWS):
                pitch = row_pitch(row, given, mode, 0)
                table[mode, chord, row] = pitch_row(role_of_row(row), pitch, wanted, mode, 0)
    return table


def moved(windows: Tensor, chords: Tensor, mode: Tensor, to_key: bool) -> Tensor:
    """Rolls of consecutive bars [W, n, 2, 63, 16] with every note on its other row; a note that is held
    stays on the row of its onset.

    chords: [W, n, 2] long.  mode: [W] long.
    """
    table = row_table(to_key)[mode]  # (W, chords, 63)
    found = torch.zeros_like(windows)
    every = torch.arange(len(windows))
    now = table[every, chords[:, 0, 0]]  # (W, 63): where each row's note lies
    for bar in range(windows.shape[1]):
        for step in range(STEPS):
            onset, hold = windows[:, bar, 0, :, step], windows[:, bar, 1, :, step]
            now = torch.where(onset > 0, table[every, chords[:, bar, step // 8]], now)
            struck = torch.zeros_like(onset).scatter_reduce(1, now, onset, "amax")
            held = torch.zeros_like(hold).scatter_reduce(1, now, hold, "amax")
            found[:, bar, 0, :, step] = struck
            found[:, bar, 1, :, step] = held * (1 - struck)
    return found


def in_key(data: BarData) -> BarData:
    """All bars on the key's rows, each bar for itself: a note held over the barline starts from its bar's
    first chord."""
    parts = []
    for some in torch.split(torch.arange(len(data)), BARS_AT_ONCE):
        rolls = data.rolls[some]
        parts.append(moved(rolls[:, None], data.chords[some][:, None], data.mode[some], to_key=True)[:, 0])
    return replace(data, rolls=torch.cat(parts))
