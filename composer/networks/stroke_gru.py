"""The strokes of a texture bar, one after another: which roles strike, on which rows, and what is held.

The generator of texture_gan gives every cell of a bar a probability of its own, so what belongs together (a
figure, a chord, the end of its notes) is drawn apart. This network writes the bar step by step instead, as
the generator proposes: told its logits, what the bar has played so far, the bar before, and how much of
each request is left. Figures repeat because each step sees what was played one beat, two beats and one bar
earlier, and for how long the bar has followed each of these models.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from composer.encoding.piano_roll import ROLE_SLICE, ROWS, STEPS, TEXTURE_ROLES
from composer.networks.context import TextureContext, column, width

if TYPE_CHECKING:
    from composer.networks.texture_gan import TextureBar

ROLES = len(TEXTURE_ROLES)
COMBINATIONS = 1 << ROLES  # which roles strike at a step, as bits
LAGS = (4, 8, 16)  # steps: a beat, half a bar, a bar
MODELS = len(LAGS) + 1  # and the role's last stroke
COUNTS = 5  # rows of a role struck below: 0, 1, 2, 3, more
ENDS = 4  # rows of a role below that went on or ended: neither, on, ended, both
REQUESTS = ("density", "register", "polyphony", *TEXTURE_ROLES, "same", "rhythm")
QUOTAS = (
    ROLES + 3
)  # strokes of each role, steps struck by any, of them as in the bar before, and off the beat
FACTS = ROWS * (2 + len(LAGS) + 2) + 2 * ROLES * len(LAGS) + 2 * (ROLES + 1) + 4 + STEPS + 4
ROLE_OF_ROW = torch.tensor([n for n, role in enumerate(TEXTURE_ROLES) for _ in range(64)[ROLE_SLICE[role]]])
BITS = torch.tensor([[bits >> role & 1 for role in range(ROLES)] for bits in range(COMBINATIONS)]).float()


def by_role(rows: Tensor) -> Tensor:
    """[B, 63] -> [B, 3]: the highest of each role's rows."""
    return torch.stack([rows[:, part].amax(1) for part in ROLE_SLICE.values()], 1)


class BarSoFar:
    """Two bars of cells, the one before and the one being written, and what can be read from them.

    onset, sounding: [B, 63, 32].  runs: [B, 3 lags, 3 roles], for how many steps the bar has followed each.
    last: [B, 63], the rows of each role's last stroke.  used: [B, 6], of the QUOTAS so far.
    """

    def __init__(self, bar: "TextureBar", heights: Tensor) -> None:
        self.bar, self.heights = bar, (heights - 60) / 12
        before = bar.previous
        empty = torch.zeros_like(before[:, 0])
        self.onset = torch.cat([before[:, 0], empty], 2)
        self.sounding = torch.cat([before.sum(1), empty], 2)
        self.runs = before.new_zeros(len(before), len(LAGS), ROLES)
        self.last = before.new_zeros(len(before), ROWS)
        for step in range(STEPS):
            self._remember(before[:, 0, :, step])
        self.used = before.new_zeros(len(before), QUOTAS)
        self.notes, self.height, self.cells = (before.new_zeros(len(before)) for _ in range(3))
        columns = [column(TextureContext, name) for name in REQUESTS]
        self.asked = bar.context[:, columns]
        self.known = bar.context[:, [c + width(TextureContext) // 2 for c in columns]]
        self.step = 0
        self.struck_before = before[:, 0].amax(1)  # (B, 16)
        self.quota, self.quota_known = quotas(self.asked, self.known, self.struck_before)

    def _remember(self, onset: Tensor) -> None:
        struck = by_role(onset)[:, ROLE_OF_ROW]
        self.last = torch.where(struck > 0, onset, self.last)

    @property
    def left(self) -> Tensor:
        """[B, 6] of the QUOTAS: how much of each is still to come; whole numbers."""
        return self.quota - self.used

    @property
    def active(self) -> Tensor:
        """[B, 63]: what sounded one step ago."""
        return self.sounding[:, :, STEPS + self.step - 1]

    def models(self) -> Tensor:
        """[B, 4, 63]: the strokes a beat, half a bar and a bar ago, and each role's last."""
        now = STEPS + self.step
        return torch.stack([*(self.onset[:, :, now - lag] for lag in LAGS), self.last], 1)

    def facts(self) -> Tensor:
        """[B, FACTS]: all that the next step is told about the notes before it and the requests left."""
        now = STEPS + self.step
        rows = [
            self.onset[:, :, now - 1],
            self.active,
            self.models().flatten(1),
            self.sounding[:, :, self.step],
        ]
        place = torch.full((len(self.last),), self.step)
        done = torch.stack([self.notes, self.height, self.cells], 1)
        runs = self.runs.flatten(1)
        ahead = self.struck_before[:, self.step]
        known = self.quota_known
        return step_facts(
            torch.cat(rows, 1), runs, self.asked, self.known, self.left, known, done, place, ahead
        )

    def add(self, onset: Tensor, hold: Tensor) -> None:
        """The next step as it was played, [B, 63] each."""
        now = STEPS + self.step
        self.onset[:, :, now], self.sounding[:, :, now] = onset, onset + hold
        same = [1 - by_role((onset - self.onset[:, :, now - lag]).abs()) for lag in LAGS]
        self.runs = (self.runs + 1) * torch.stack(same, 1)
        self._remember(onset)
        self.used = self.used + use(by_role(onset), self.struck_before[:, self.step], self.step)
        self.notes = self.notes + onset.sum(1)
        self.height = self.height + onset @ self.heights
        self.cells = self.cells + onset.sum(1) + hold.sum(1)
        self.step += 1


def quotas(asked: Tensor, known: Tensor, struck_before: Tensor) -> tuple[Tensor, Tensor]:
    """[B, 6] the QUOTAS of bars and which of them are known, from REQUESTS and the steps struck before."""
    together = (asked[:, 0] * STEPS).round()
    apart = ((1 - asked[:, 6]) * STEPS).round()
    matches = ((together + struck_before.sum(1) - apart) / 2).round()
    off_beat = (asked[:, 7] * together).round()
    of_roles = (asked[:, 3:6] * STEPS).round()
    found = torch.cat([of_roles, torch.stack([together, matches, off_beat], 1)], 1)
    both = known[:, :1] * known[:, 6:]
    return found, torch.cat([known[:, 3:6], known[:, :1], both], 1)


def use(struck: Tensor, before: Tensor, step: Tensor | int) -> Tensor:
    """[.., 6] of the QUOTAS that strokes of the roles [.., 3] take at a step; before: [..] 1 where the bar
    before struck there."""
    any_role = struck.amax(-1)
    off = (torch.as_tensor(step) % 4 != 0).float()
    return torch.cat([struck, torch.stack([any_role, any_role * before, any_role * off], -1)], -1)


def step_facts(
    rows: Tensor, runs: Tensor, asked: Tensor, known: Tensor, left: Tensor, quota_known: Tensor, done: Tensor,
    step: Tensor, before: Tensor,
) -> Tensor:  # fmt: skip
    """[.., FACTS] of steps.

    rows: [.., 7 * 63] cells.  runs: [.., 9].  asked, known: [.., 8] of REQUESTS.  left, quota_known: [.., 6].
    done: [.., 3] notes, their summed height and sounding cells so far.  step: [..] long.  before: [..] 1
    where the bar before struck at this step.
    """
    notes, height, cells = done.unbind(-1)
    steps_left = (STEPS - step).float()
    still = left * quota_known
    register = (asked[..., 1] - height / notes.clamp(min=1)) * (notes > 0) * known[..., 1]
    full = (asked[..., 2] * 8 * STEPS - cells) / steps_left / 8 * known[..., 2]
    numbers = torch.stack([register, full, notes / 16, cells / 64], -1)
    place = nn.functional.one_hot(step, STEPS).float()
    strokes, more = torch.split(still, [ROLES + 1, 2], -1)
    parts = [rows, runs / STEPS, (runs > 0).float(), strokes / steps_left[..., None], (strokes == 0).float()]
    parts += [numbers, place, more / steps_left[..., None], before[..., None]]
    unlike = (still[..., 3] - still[..., 4]) * quota_known[..., 4] / steps_left
    return torch.cat([*parts, unlike[..., None]], -1)


def possible(left: Tensor, known: Tensor, struck_before: Tensor, step: int) -> Tensor:
    """[B, 8] bool: the combinations after which what is asked can still be played in the steps that remain.

    left, known: [B, 6] of the QUOTAS.  struck_before: [B, 16].  Where the groove and the beat asked for can't
    both be had, the groove goes first; strokes are as many as asked in any case.
    """
    steps = STEPS - step - 1
    now = struck_before[:, step, None].expand(-1, COMBINATIONS)
    after = left[:, None] - use(BITS.expand(len(left), -1, -1), now, step)  # (B, 8, 6)
    roles, together, matches, off_beat = after[..., :3], after[..., 3], after[..., 4], after[..., 5]
    strokes = after[..., :4]
    fits = ((strokes >= 0) & (strokes <= steps) | (known[:, None, :4] == 0)).all(-1)
    enough = (roles.amax(-1) <= together) & (together <= roles.sum(-1))
    fits &= enough | (known[:, :4].amin(1) == 0)[:, None]
    later = struck_before[:, step + 1 :]
    off = (torch.arange(step + 1, STEPS) % 4 != 0).float()
    as_before = (
        off @ later.T,
        (1 - off) @ later.T,
    )  # steps to come where the bar before struck: off, on the beat
    anew = off.sum() - as_before[0], steps - off.sum() - as_before[1]
    first = _range(matches, as_before[0][:, None], as_before[1][:, None])
    second = _range(together - matches, anew[0][:, None], anew[1][:, None])
    groove = (first[0] <= first[1]) & (second[0] <= second[1])
    both = groove & (first[0] + second[0] <= off_beat) & (off_beat <= first[1] + second[1])
    beat_only = _range(together, off.sum(), steps - off.sum())
    beat = (beat_only[0] <= off_beat) & (off_beat <= beat_only[1])
    asked_groove, asked_beat = (known[:, quota, None] > 0 for quota in (4, 5))
    groove = fits & (groove | ~asked_groove)
    both = fits & torch.where(asked_groove, both, beat)
    both = torch.where(asked_beat, both, groove)
    fits = torch.where(groove.any(1, keepdim=True), groove, fits)
    return torch.where(both.any(1, keepdim=True), both, fits)


def _range(strokes: Tensor, off: Tensor, on: Tensor) -> tuple[Tensor, Tensor]:
    """How many of so many strokes can fall off the beat, at least and at most, where so many steps off and on
    the beat are free; at least more than at most where there are too few."""
    least, most = (strokes - on).clamp(min=0), torch.minimum(strokes, off)
    return torch.where(strokes < 0, 1.0, least), torch.where(strokes < 0, 0.0, most)


class StrokeGRU(nn.Module):
    """About a million parameters: a GRU over the steps, and heads over what is chosen within each.

    condition: columns of what the generator embeds of a bar's condition.
    """

    def __init__(self, condition: int, hidden: int = 256) -> None:
        super().__init__()
        self.hidden = hidden
        self.given = nn.Sequential(nn.Linear(FACTS + 2 * ROWS + condition, hidden), nn.LeakyReLU(0.1))
        self.gru = nn.GRU(hidden, hidden, batch_first=True)
        self.roles = nn.Sequential(
            nn.Linear(2 * hidden, 128), nn.LeakyReLU(0.1), nn.Linear(128, COMBINATIONS)
        )
        told = 2 * hidden + COMBINATIONS
        sizes, models = ROLES * COUNTS, ROLES * MODELS
        self.rows = nn.Sequential(
            nn.Linear(told, hidden), nn.LeakyReLU(0.1), nn.Linear(hidden, ROWS + sizes + models)
        )
        self.holds = nn.Sequential(
            nn.Linear(told, hidden), nn.LeakyReLU(0.1), nn.Linear(hidden, ROWS + ROLES * ENDS)
        )
        self.below = nn.Parameter(torch.zeros(ROWS, ROWS))  # [from, to]: used above the diagonal
        self.register_buffer("upper", torch.triu(torch.ones(ROWS, ROWS), 1), persistent=False)
        self.upper: Tensor

    def tell(self, facts: Tensor, logits: Tensor, condition: Tensor) -> Tensor:
        """[.., hidden]. facts: [.., FACTS].  logits: the generator's, [.., 126].  condition: [.., size]."""
        found: Tensor = self.given(torch.cat([facts, torch.tanh(logits / 4), condition], -1))
        return found

    def row_logits(self, state: Tensor, combination: Tensor, models: Tensor) -> tuple[Tensor, Tensor]:
        """Base logits [N, 63] of the rows, and [N, 3, 5] more for the rows struck below in the role.

        state: [N, 2 hidden].  combination: [N] long.  models: [N, 4, 63].
        """
        out = self.rows(torch.cat([state, _one_hot(combination)], -1))
        base, sizes, gates = torch.split(out, [ROWS, ROLES * COUNTS, ROLES * MODELS], -1)
        gates = gates.reshape(-1, MODELS, ROLES)[..., ROLE_OF_ROW]
        return base + (gates * models).sum(1), sizes.reshape(-1, ROLES, COUNTS)

    def from_below(self) -> Tensor:
        """[63 from, 63 to]: what a row struck adds to the logits of the rows above it."""
        return self.below * self.upper

    def hold_logits(self, state: Tensor, combination: Tensor) -> tuple[Tensor, Tensor]:
        """Base logits [N, 63] of going on, and [N, 3, 4] more for what rows below in the role did."""
        out = self.holds(torch.cat([state, _one_hot(combination)], -1))
        base, ends = torch.split(out, [ROWS, ROLES * ENDS], -1)
        return base, ends.reshape(-1, ROLES, ENDS)


def _one_hot(combination: Tensor) -> Tensor:
    return nn.functional.one_hot(combination, COMBINATIONS).float()


def below_in_role(rows: Tensor) -> Tensor:
    """[N, 63] -> [N, 63]: how many of a role's rows under each row are set."""
    parts = [rows[:, part].cumsum(1) - rows[:, part] for part in ROLE_SLICE.values()]
    return torch.cat(parts, 1)


def combination_of(struck: Tensor) -> Tensor:
    """[N, 3] 0 or 1 -> [N] long."""
    return (struck * torch.tensor([1.0, 2.0, 4.0])).sum(1).long()
