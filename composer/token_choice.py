"""The next 16th of a melody, chosen from what masks leave: HOLD, REST, or a note."""

import math
from collections.abc import Sequence

import numpy as np

from composer.encoding.time_step import FIRST_ONSET, HOLD, REST
from composer.sampling import Array, sample_few, sample_index
from composer.voice import Lane

# One draw, not the likeliest of several: of four, gradient boosting told it from real melody .75 of the time,
# a single one .65 (validation split, requests and chords of the real bars).
NUCLEUS = 0.97  # of pitches
KIND_TEMPERATURE = 0.95  # of whether a note begins, goes on or rests; 1 scattered rhythms, .7 stiffened them


def drawn_token(scores: Array, which: float, pitch: float) -> int:
    """A token of scores [63] by two uniform numbers: if a note begins, goes on or rests, then its pitch."""
    kinds = (float(scores[HOLD]), float(scores[REST]), total_worth(scores[FIRST_ONSET:]))
    kind = sample_few([score / KIND_TEMPERATURE for score in kinds], which)
    return kind if kind < FIRST_ONSET else FIRST_ONSET + sample_index(scores[FIRST_ONSET:], NUCLEUS, pitch)


def rhythm_of(tokens: Sequence[int]) -> tuple[int, ...]:
    """HOLD, REST or FIRST_ONSET for each of a bar's tokens."""
    return tuple(min(token, FIRST_ONSET) for token in tokens)


def only_token(lane: Lane, left: int, kind: int) -> int | None:
    """HOLD or REST where nothing else can come, or where a rhythm has it and it may; else None.

    kind: HOLD, REST or FIRST_ONSET as a rhythm has it, FIRST_ONSET where there is none.
    """
    sounding = bool(lane.tokens) and lane.tokens[-1] != REST
    if kind == REST or (left <= 0 and not sounding):
        return REST
    return HOLD if kind == HOLD and sounding else None


def keep_kind(scores: Array, kind: int) -> None:
    """What is no HOLD, REST or onset as a rhythm has it goes, in place, where the masks leave anything."""
    kept = slice(FIRST_ONSET, None) if kind >= FIRST_ONSET else slice(kind, kind + 1)
    if np.isfinite(scores[kept]).any():
        allowed = scores[kept].copy()
        scores[:] = -np.inf
        scores[kept] = allowed


def copied_token(scores: Array, model: Sequence[int], offset: int, token: int) -> int:
    """The model's token at a step of the bar where the masks allow it, else the one drawn."""
    return model[offset] if offset < len(model) and np.isfinite(scores[model[offset]]) else token


def total_worth(scores: Array) -> float:
    """Log of the sum of the weights; -inf where there are none."""
    most = float(scores.max())
    return most + math.log(float(np.exp(scores - most).sum())) if most > -np.inf else -np.inf
