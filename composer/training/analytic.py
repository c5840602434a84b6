"""What a texture bar is like, from its roll alone: the requests of training and the feature loss."""

import torch
from torch import Tensor

from composer.encoding.piano_roll import ROLE_FLOOR, ROLE_ROWS, ROLE_SLICE, TEXTURE_ROLES

FEATURES: tuple[str, ...] = ("density", "register", "polyphony", "rhythm", "same", *TEXTURE_ROLES)
_OFF_BEAT = [0.0 if step % 4 == 0 else 1.0 for step in range(16)]


def row_heights(device: torch.device) -> Tensor:
    """[63] a typical MIDI pitch of each row (the mean over roots), for a register that has a gradient."""
    rows = [ROLE_FLOOR[role] + 5.5 + 12 * r / 7 for role in TEXTURE_ROLES for r in range(ROLE_ROWS[role])]
    return torch.tensor(rows, device=device)


def features(roll: Tensor, previous: Tensor) -> dict[str, Tensor]:
    """FEATURES of rolls [B, 2, 63, 16], [B] each, smooth in the roll so that 0..1 values have gradients too.

    density: share of steps with an onset.  register: mean row height of onsets, (p - 60) / 12.  polyphony:
    mean sounding rows / 8.  rhythm: share of the onset steps off the beat.  same: 1 - mean difference of
    onset steps to the bar before.  bass, pad, arpeggio: density of each role.
    """
    onset = roll[:, 0]
    struck = _any(onset)  # (B, 16)
    count = onset.sum((1, 2))
    heights = row_heights(roll.device)
    off_beat = torch.tensor(_OFF_BEAT, device=roll.device)
    found = {
        "density": struck.mean(1),
        "register": ((onset.sum(2) * heights).sum(1) / count.clamp(min=1e-3) - 60) / 12 * (count > 0.5),
        "polyphony": roll.sum((1, 2, 3)) / 16 / 8,
        "rhythm": (struck * off_beat).sum(1) / struck.sum(1).clamp(min=1),
        "same": 1 - (struck - _any(previous[:, 0])).abs().mean(1),
    }
    return found | {role: _any(onset[:, ROLE_SLICE[role]]).mean(1) for role in TEXTURE_ROLES}


def _any(onset: Tensor) -> Tensor:
    """[B, R, 16] -> [B, 16]: 1 where any row has an onset, with a gradient where one cell decides it."""
    total = onset.sum(1)
    return torch.where(total > 1.5, 1.0, total)


def marginals(roll: Tensor) -> Tensor:
    """[B, 53] what nobody asks for but a listener hears: per role, note onsets and sounding steps (chord
    sizes and lengths), how often each of the seven degrees is struck, and onsets at each of eight places in
    the beat.
    """
    onset, hold = roll[:, 0], roll[:, 1]
    parts = []
    for role in TEXTURE_ROLES:
        struck = onset[:, ROLE_SLICE[role]]
        parts += [struck.sum((1, 2))[:, None] / 16, hold[:, ROLE_SLICE[role]].sum((1, 2))[:, None] / 32]
        parts.append(struck.sum(2).reshape(len(roll), -1, 7).sum(1) / 4)
        parts.append(struck.sum(1).reshape(len(roll), 2, 8).sum(1) / 2)
    return torch.cat(
        [*parts, (onset.amax(2)).sum(1, keepdim=True) / 16, onset.sum(1).amax(1, keepdim=True) / 4], 1
    )
