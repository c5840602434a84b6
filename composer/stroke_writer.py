"""Bars of several sections written side by side, step by step, by the stroke network."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from composer.encoding.piano_roll import ROWS, STEPS
from composer.networks.packed_linear import Floats
from composer.steering import Goal, Players, Steering, sigmoid
from composer.stroke_choice import (
    ALL,
    ROLE_OF,
    Left,
    clashes,
    drawn_combination,
    drawn_holds,
    drawn_rows,
    playable,
)
from composer.stroke_lanes import FIRSTS, Asked, Lanes
from composer.stroke_step import ROLE_AT, StrokeStepper

PAD = 1  # among the three roles
THIN, MOST_THIN, CHORD_LEAN = 0.5, 2.0, 5.0  # voices that may be lacking; nats a voice for a chord beyond
GIVEN = -1  # none of the three roles
LIKELY = 0.5  # chance from which a note counts as going on
UNIFORMS = 2 * ROWS + 1  # numbers a step: for the combination, each row struck, each row held
BITS_AT = np.array([[bits >> role & 1 for role in ROLE_AT] for bits in ALL], np.bool_)  # rows of combinations


@dataclass(frozen=True)
class Place:
    """What a step may play. pitches, heights: [63] of its rows, as numbers, as an array.  barred, free: [63]
    rows that may not, that may be struck.  ranges: lowest and highest pitch of each role.  lasting: pitch
    classes that may sound on into it."""

    pitches: Sequence[int]
    heights: Floats
    barred: Floats
    free: npt.NDArray[np.bool_]
    ranges: tuple[tuple[int, int], ...]
    lasting: frozenset[int]


@dataclass(frozen=True)
class Manner:
    """How a bar is played, in nats. again: for a stroke, a row or a hold that the bar before had there.
    steady: [16] for a stroke at each step."""

    again: float
    steady: tuple[float, ...]


@dataclass(frozen=True)
class Wishes:
    """A bar to be written. end: its steps, 16 at most.  must: steps at which a role strikes.  places: of each
    step up to its end.  beside: pitches that roles written by rule sound at each step.  over: rows whose
    notes of the bars before end here."""

    asked: Asked
    end: int
    must: frozenset[int]
    places: Sequence[Place]
    goal: Goal
    players: Players
    manner: Manner
    beside: Sequence[tuple[int, ...]]
    over: frozenset[int]


@dataclass
class Written:
    """A bar as it was written. roll: [2, 63, 16].  sounding: the pitch that each sounding row has at its end.
    strokes: (step, row, pitch, steps).  on: steps for which a row's note of the bars before went on."""

    roll: Floats
    sounding: dict[int, int]
    strokes: list[list[int]] = field(default_factory=list)
    on: dict[int, int] = field(default_factory=dict)


class Judged(NamedTuple):
    """A bar as it was written, how far it lies from what was asked, and the surprise (nats) of its rhythm."""

    written: Written
    off: float
    surprise: float


class Draft:
    """One draw of one bar, as it is being written."""

    def __init__(self, wishes: Wishes, uniform: Floats, sounding: dict[int, int], previous: Floats) -> None:
        self.wishes, self.sounding = wishes, dict(sounding)
        self.combined = uniform[:, 0].tolist()
        cut = np.clip(uniform[:, 1:], 1e-6, 1 - 1e-6)
        self.threshold: Floats = np.log(cut) - np.log1p(-cut)
        self.strokes: list[list[int]] = []
        self.open: dict[int, list[int]] = {}
        self.on: dict[int, int] = {}
        self.previous, self.before = previous, tuple((previous[0].max(0) > 0).tolist())
        struck = np.maximum.reduceat(previous[0], FIRSTS) > 0
        self.roles_before = [int(bits) for bits in (1, 2, 4) @ struck]
        self.surprise = 0.0
        self.steering = Steering(wishes.goal, wishes.end, wishes.players)
        self.shares = np.array(wishes.players.shares, np.float32)[ROLE_AT]
        asked = wishes.asked
        self.left = Left(asked.roles, asked.strokes, asked.matches)

    def combination(self, step: int, scores: Sequence[float]) -> int:
        """Which roles strike."""
        wishes = self.wishes
        if step >= wishes.end or not self.left.strokes:
            return 0
        allowed: Sequence[int] = playable(self.left, self.before, step, wishes.end)
        later = sum(one > step for one in wishes.must)
        if step in wishes.must:
            allowed = [one for one in allowed if one] or allowed
        elif self.left.strokes <= later:
            allowed = (0,)
        chosen, surprise = drawn_combination(self._mannered(step, scores), allowed, self.combined[step])
        self.surprise += surprise
        self.left = self.left.after(chosen, self.before[step])
        return chosen

    def _mannered(self, step: int, scores: Sequence[float]) -> list[float]:
        """Scores of combinations as the bar is to be played."""
        manner = self.wishes.manner
        found = [score + (manner.steady[step] if one else 0.0) for one, score in enumerate(scores)]
        players = self.wishes.players
        held = sum(players.shares[ROLE_OF[row]] for row in self.sounding if not players.rings[ROLE_OF[row]])
        thin = min(self.steering.lacking(step, held) - THIN, MOST_THIN)
        before, heeded = self.roles_before[step], ~0
        if thin > 0 and step % 4 == 0:  # a chord is wanted, whether or not the bar before had one here
            found = [score + CHORD_LEAN * thin * (one >> PAD & 1) for one, score in enumerate(found)]
            heeded = ~(1 << PAD)
        return [
            score + (manner.again if one & heeded == before & heeded else 0.0)
            for one, score in enumerate(found)
        ]

    def rows(
        self,
        step: int,
        base: Floats,
        sizes: Floats,
        below: Floats,
        chosen: int,
        going: list[tuple[int, float, float]],
    ) -> list[int]:
        """The rows struck. going: row, chance and pitch of what is likely to sound on."""
        place = self.wishes.places[step]
        may = np.flatnonzero(place.free & BITS_AT[chosen])
        leaned = base.copy()
        first = base[may] + sizes[ROLE_AT[may], 0]
        if self.wishes.manner.again:
            more = self.wishes.manner.again * (2 * self.previous[0, may, step] - 1)
            first, leaned[may] = first + more, leaned[may] + more
        rings = self.wishes.players.rings
        on = [(chance * self.shares[row], pitch) for row, chance, pitch in going if not rings[ROLE_OF[row]]]
        leaned[may] += self.steering.struck(step, first, place.heights[may], self.shares[may], on) - first
        beside = [(ROLE_OF[row], int(pitch)) for row, chance, pitch in going if chance > LIKELY]
        beside += [(GIVEN, pitch) for pitch in self.wishes.beside[step]]
        leaned -= 1e6 * place.barred
        struck = drawn_rows(leaned, sizes, below, chosen, self.threshold[step, :ROWS], place.pitches, beside)
        for row in struck:
            stroke = [step, row, place.pitches[row], 1]
            self.strokes.append(stroke)
            self.open[row], self.sounding[row] = stroke, stroke[2]
        return struck

    def going(
        self, step: int, base: Sequence[float], ends: Sequence[Sequence[float]], active: Sequence[int]
    ) -> list[tuple[int, float, float]]:
        """Row, chance and pitch of what may sound on."""
        return [
            (row, sigmoid(base[row] + ends[ROLE_OF[row]][0] + self._on(step, row)), float(self.sounding[row]))
            for row in self._may(step, active)
        ]

    def _on(self, step: int, row: int) -> float:
        """Nats for a note to go on, as the bar is to be played."""
        again = self.wishes.manner.again
        return again * (2 * float(self.previous[1, row, step]) - 1) if again else 0.0

    def _may(self, step: int, active: Sequence[int]) -> list[int]:
        place = self.wishes.places[step]
        return [
            row
            for row in active
            if row not in self.wishes.over
            and place.ranges[ROLE_OF[row]][0] <= self.sounding[row] <= place.ranges[ROLE_OF[row]][1]
            and self.sounding[row] % 12 in place.lasting
        ]

    def holds(
        self,
        step: int,
        base: Sequence[float],
        ends: Sequence[Sequence[float]],
        active: Sequence[int],
        struck: list[int],
    ) -> list[int]:
        """The rows that sound on."""
        if step < self.wishes.end:
            begun = [(ROLE_OF[row], self.sounding[row]) for row in struck]
            may = [
                row
                for row in self._may(step, active)
                if row not in struck and not clashes(ROLE_OF[row], self.sounding[row], begun)
            ]
            shares = self.wishes.players.shares
            own = [ends[ROLE_OF[row]][0] for row in may]
            first = [base[row] + more + self._on(step, row) for row, more in zip(may, own, strict=True)]
            share = sum(shares[ROLE_OF[row]] for row in struck)
            lean = self.steering.held(step, first, [shares[ROLE_OF[row]] for row in may], share)
            leaned = [logit + lean - more for logit, more in zip(first, own, strict=True)]
            held = drawn_holds(leaned, ends, may, self.threshold[step, ROWS:])
            for row in held:
                if row in self.open:
                    self.open[row][3] += 1
                else:
                    self.on[row] = self.on.get(row, 0) + 1
        else:  # the bar is over: what sounds at its end stays as it is
            held = [row for row in active if row not in struck]
        for row in active:
            if row not in held and row not in struck:
                self.open.pop(row, None)
                self.sounding.pop(row, None)
        return held

    def hear(self, step: int, struck: Sequence[int], held: Sequence[int]) -> None:
        """The step as it was played."""
        if step < self.wishes.end:
            both = [(ROLE_OF[row], self.sounding[row]) for row in (*struck, *held)]
            self.steering.hear(both, both[: len(struck)])


def write_bars(
    stepper: StrokeStepper, told: Floats, previous: Floats, drafts: Sequence[Draft]
) -> list[Judged]:
    """Bars as drawn, each judged. told: [L, 16, hidden], of each draft.  previous: [L, 2, 63, 16]."""
    lanes = Lanes(previous, [draft.wishes.asked for draft in drafts])
    hidden = np.zeros((len(drafts), stepper.hidden), np.float32)
    for step in range(STEPS):
        models = lanes.models()
        first, hidden = stepper.step(told[:, step], lanes.facts(models), hidden)
        scores = stepper.combinations(first[0]).tolist()
        chosen = [draft.combination(step, row) for draft, row in zip(drafts, scores, strict=True)]
        onset, hold = (np.zeros((len(drafts), ROWS), np.float32) for _ in range(2))
        struck: list[list[int]] = [[] for _ in drafts]
        active = [np.flatnonzero(row).tolist() for row in lanes.active]
        going = stepper.holds(first[2], chosen) if any(active) else None
        bases, ends = (going.base.tolist(), going.ends.tolist()) if going else ([], [])
        if any(chosen):
            found = stepper.rows(first[1], chosen, models)
            for n, draft in enumerate(drafts):
                if not chosen[n]:
                    continue
                on = draft.going(step, bases[n], ends[n], active[n]) if active[n] else []
                struck[n] = draft.rows(step, found.base[n], found.sizes[n], stepper.below, chosen[n], on)
                onset[n, struck[n]] = 1
        for n, draft in enumerate(drafts):
            held: list[int] = []
            if active[n]:
                held = draft.holds(step, bases[n], ends[n], active[n], struck[n])
                hold[n, held] = 1
            draft.hear(step, struck[n], held)
        lanes.add(onset, hold)
    rolls = lanes.rolls()
    written = [
        Written(roll, draft.sounding, draft.strokes, draft.on)
        for roll, draft in zip(rolls, drafts, strict=True)
    ]
    return [
        Judged(one, draft.steering.off(), draft.surprise) for one, draft in zip(written, drafts, strict=True)
    ]
