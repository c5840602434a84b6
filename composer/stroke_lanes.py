"""Bars being written side by side, as arrays: what `networks.stroke_gru.BarSoFar` holds, for composing.

A lane is a section of a cue: it has its own past, its own requests, and knows nothing of the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from composer.encoding.piano_roll import ROLE_FLOOR, ROLE_ROWS, ROLE_SLICE, ROWS, STEPS, TEXTURE_ROLES
from composer.networks.packed_linear import Floats
from composer.networks.stroke_gru import LAGS, ROLE_OF_ROW, ROLES

ROLE_AT = ROLE_OF_ROW.numpy()
FIRSTS = [part.start for part in ROLE_SLICE.values()]
# A typical pitch of each row, the mean over roots, as (p - 60) / 12: what registers are asked in.
HEIGHTS = np.array(
    [
        (ROLE_FLOOR[role] + 5.5 + 12 * row / 7 - 60) / 12
        for role in TEXTURE_ROLES
        for row in range(ROLE_ROWS[role])
    ],
    np.float32,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What a bar is to have. strokes: steps struck by any role.  matches: of them, struck in the bar before
    too; None where the groove is left open.  register: (p - 60) / 12.  polyphony: sounding rows / 8.  roles:
    strokes of bass, pad and arpeggio; None where one is left open."""

    strokes: int
    matches: int | None
    register: float
    polyphony: float
    roles: tuple[int | None, ...] = (None,) * ROLES


class Lanes:
    """Two bars of cells of each lane, the one before and the one being written.

    onset, sounding: [L, 63, 32].  runs: [L, 3 lags, 3 roles].  last: [L, 63], rows of each role's last
    stroke.  left: [L, 5], strokes of the roles (0 where left open), of all, and matches to come.
    """

    def __init__(self, previous: Floats, asked: Sequence[Asked]) -> None:
        lanes = len(previous)
        self.onset, self.sounding = (np.zeros((lanes, ROWS, 2 * STEPS), np.float32) for _ in range(2))
        self.onset[:, :, :STEPS] = previous[:, 0]
        self.sounding[:, :, :STEPS] = previous.sum(1)
        self.runs = np.zeros((lanes, len(LAGS), ROLES), np.float32)
        self.last = np.zeros((lanes, ROWS), np.float32)
        for step in range(STEPS):
            self._remember(previous[:, 0, :, step])
        self.struck_before = previous[:, 0].max(1)  # (L, 16)
        left = [(*(own or 0 for own in one.roles), one.strokes, one.matches or 0) for one in asked]
        self.left = np.array(left, np.float32)
        self.roles_known = np.array([[own is not None for own in one.roles] for one in asked], np.float32)
        self.groove_known = np.array([one.matches is not None for one in asked], np.float32)
        self.register = np.array([one.register for one in asked], np.float32)
        self.cells_asked = np.array([one.polyphony * 8 * STEPS for one in asked], np.float32)
        self.notes, self.height, self.cells = (np.zeros(lanes, np.float32) for _ in range(3))
        self.step = 0

    def _remember(self, onset: Floats) -> None:
        struck = _by_role(onset)[:, ROLE_AT]
        self.last = np.where(struck > 0, onset, self.last)

    @property
    def active(self) -> Floats:
        """[L, 63]: what sounded one step ago."""
        return self.sounding[:, :, STEPS + self.step - 1]

    def models(self) -> Floats:
        """[L, 4, 63]: the strokes a beat, half a bar and a bar ago, and each role's last."""
        now = STEPS + self.step
        return np.stack([*(self.onset[:, :, now - lag] for lag in LAGS), self.last], 1)

    def facts(self, models: Floats) -> Floats:
        """[L, FACTS], as `networks.stroke_gru.step_facts` has them."""
        now, lanes = STEPS + self.step, len(self.last)
        steps_left = np.float32(STEPS - self.step)
        register = (self.register - self.height / np.maximum(self.notes, 1)) * (self.notes > 0)
        full = (self.cells_asked - self.cells) / steps_left / 8
        place = np.zeros((lanes, STEPS), np.float32)
        place[:, self.step] = 1
        strokes, matches = self.left[:, ROLES], self.left[:, ROLES + 1] * self.groove_known
        of_roles = self.left[:, :ROLES] * self.roles_known
        runs = self.runs.reshape(lanes, -1)
        numbers = [register, full, self.notes / 16, self.cells / 64]
        more = [matches / steps_left, np.zeros_like(full), self.struck_before[:, self.step]]
        unlike = (strokes - matches) * self.groove_known / steps_left
        parts = [
            self.onset[:, :, now - 1], self.active, models.reshape(lanes, -1), self.sounding[:, :, self.step],
            runs / STEPS, runs > 0, of_roles / steps_left, strokes[:, None] / steps_left, of_roles == 0,
            strokes[:, None] == 0, np.stack(numbers, 1), place, np.stack([*more, unlike], 1),
        ]  # fmt: skip
        return np.concatenate(parts, 1, dtype=np.float32)

    def add(self, onset: Floats, hold: Floats) -> None:
        """The next step as it was played, [L, 63] each."""
        now = STEPS + self.step
        self.onset[:, :, now], self.sounding[:, :, now] = onset, onset + hold
        same = [1 - _by_role(np.abs(onset - self.onset[:, :, now - lag])) for lag in LAGS]
        self.runs = (self.runs + 1) * np.stack(same, 1)
        self._remember(onset)
        roles = _by_role(onset)
        struck = roles.max(1)
        self.left[:, :ROLES] -= roles
        self.left[:, ROLES] -= struck
        self.left[:, ROLES + 1] -= struck * self.struck_before[:, self.step]
        notes = onset.sum(1)
        self.notes += notes
        self.height += onset @ HEIGHTS
        self.cells += notes + hold.sum(1)
        self.step += 1

    def rolls(self) -> Floats:
        """[L, 2, 63, 16]: the bars that were written."""
        onset, sounding = self.onset[:, :, STEPS:], self.sounding[:, :, STEPS:]
        return np.stack([onset, sounding - onset], 1)


def _by_role(rows: Floats) -> Floats:
    """[L, 63] -> [L, 3]: the highest of each role's rows."""
    found: Floats = np.maximum.reduceat(rows, FIRSTS, axis=1)
    return found
