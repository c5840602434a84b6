"""What one lane plays at one step: which roles strike, on which rows, what is held; as the network says.

Plain numbers, since a step chooses among a few rows at a time: arrays would cost ten times as much.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from composer.encoding.piano_roll import ROLE_SLICE
from composer.networks.packed_linear import Floats
from composer.networks.stroke_gru import COMBINATIONS, COUNTS

PARTS = tuple((part.start, part.stop) for part in ROLE_SLICE.values())
ROLE_OF = tuple(n for n, (first, end) in enumerate(PARTS) for _ in range(first, end))  # of each row
ALL = tuple(range(COMBINATIONS))
MOST_ROWS = (2, 6, 4)  # that hands can strike at once, by role
MINOR_NINTHS = (1, 13, 25)  # semitones between two roles: an ear calls it a wrong note
MUD, LOW = 7, 48  # narrower than a fifth below C3


class Left(NamedTuple):
    """What a bar still has to play from a step on.

    roles: strokes of bass, pad and arpeggio, None where one is left open.  strokes: of any.  matches: of
    them, where the bar before has one; None where that is open.
    """

    roles: tuple[int | None, ...]
    strokes: int
    matches: int | None

    def after(self, chosen: int, before: bool) -> "Left":
        """After a step's combination; before: whether the bar before struck at that step."""
        if not chosen:
            return self
        roles = tuple(own if own is None else own - (chosen >> n & 1) for n, own in enumerate(self.roles))
        matches = self.matches if self.matches is None else self.matches - before
        return Left(roles, self.strokes - 1, matches)


@lru_cache(maxsize=65536)
def playable(left: Left, before: tuple[bool, ...], step: int, end: int) -> tuple[int, ...]:
    """The combinations after which what is left can still be played in the steps up to `end`.

    before: [16], where the bar before struck.  Where not all can be had, the groove goes first, then the
    roles' own strokes.
    """
    steps = end - step - 1
    as_before = sum(before[step + 1 : end])
    strokes, roles, groove = [], [], []
    for one in ALL:
        after = left.after(one, before[step])
        if not 0 <= after.strokes <= steps:
            continue
        strokes.append(one)
        if not _roles_fit(after, steps):
            continue
        roles.append(one)
        same = after.matches
        if same is None or (0 <= same <= as_before and 0 <= after.strokes - same <= steps - as_before):
            groove.append(one)
    return tuple(groove or roles or strokes)


def _roles_fit(left: Left, steps: int) -> bool:
    asked = [own for own in left.roles if own is not None]
    if any(not 0 <= own <= min(steps, left.strokes) for own in asked):
        return False
    return len(asked) < len(left.roles) or sum(asked) >= left.strokes


def drawn_combination(scores: Sequence[float], allowed: Sequence[int], uniform: float) -> tuple[int, float]:
    """One of the allowed combinations, by the softmax of their scores; and the network's surprise in nats
    that the step is struck or is not.

    When a step is struck is as likely as with all roles, though only some may: where a bass is silent, what
    would have come with it comes from the others. Rests would push strokes to the bar's end else.
    """
    highest = max(scores)
    every = [math.exp(score - highest) for score in scores]
    some = sum(every[one] for one in allowed if one)
    struck = sum(every[1:])
    lift = struck / some if some > 0 else 1.0
    shares = [every[one] * (lift if one else 1.0) for one in allowed]
    whole = sum(shares)
    wanted = uniform * whole
    chosen = allowed[-1]
    for one, share in zip(allowed, shares, strict=True):
        wanted -= share
        if wanted <= 0:
            chosen = one
            break
    return chosen, math.log((struck + every[0]) / max(struck if chosen else every[0], 1e-9))


def clashes(role: int, pitch: int, beside: Sequence[tuple[int, int]]) -> bool:
    """Whether a note rubs against one of another role, doubles one of its own, or makes mud with any.

    beside: (role, pitch) each.
    """
    for other, height in beside:
        apart = abs(pitch - height)
        if apart in MINOR_NINTHS if other != role else not apart:
            return True
        if 0 < apart < MUD and max(pitch, height) < LOW:
            return True
    return False


def drawn_rows(
    worth: Floats,
    sizes: Floats,
    below: Floats,
    chosen: int,
    threshold: Floats,
    pitches: Sequence[int],
    beside: Sequence[tuple[int, int]],
) -> list[int]:
    """Rows struck, from the lowest up; a role that strikes without one takes its likeliest.

    worth: [63] logits.  sizes: [3, 5].  below: [63 from, 63 to].  chosen: a combination.  threshold: [63]
    logits of uniform numbers: a row strikes where it is over.  pitches: [63].  beside: role and pitch of what
    sounds already: what would clash with it is not struck.
    """
    struck: list[int] = []
    sounding = list(beside)
    for role, (first, end) in enumerate(PARTS):
        if not chosen >> role & 1:
            continue
        margin = (worth[first:end] - threshold[first:end]).tolist()
        more = sizes[role].tolist()
        count = 0
        for row in range(first, end):
            if (
                margin[row - first] + more[min(count, COUNTS - 1)] > 0
                and count < MOST_ROWS[role]
                and not clashes(role, pitches[row], sounding)
            ):
                struck.append(row)
                sounding.append((role, pitches[row]))
                count += 1
                worth = worth + below[row]
                margin = (worth[first:end] - threshold[first:end]).tolist()
        if not count:
            order = (np.argsort(-worth[first:end], kind="stable") + first).tolist()
            row = next((one for one in order if not clashes(role, pitches[one], sounding)), order[0])
            struck.append(row)
            sounding.append((role, pitches[row]))
            worth = worth + below[row]
    return struck


def drawn_holds(
    logits: Sequence[float], ends: Sequence[Sequence[float]], may: Sequence[int], threshold: Floats
) -> list[int]:
    """Of the rows that may sound on, ascending, those that do. logits: of each of them.  ends: [3, 4]."""
    held: list[int] = []
    before, went, ended = None, 0, 0
    for row, logit in zip(may, logits, strict=True):
        role = ROLE_OF[row]
        if role != before:
            before, went, ended = role, 0, 0
        if logit + ends[role][went + 2 * ended] > threshold[row]:
            held.append(row)
            went = 1
        else:
            ended = 1
    return held
