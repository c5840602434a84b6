"""How much a passage comes back to itself: Mueller's fitness over segments of three ranges of length.

Mueller, Grosche & Jiang 2011: a segment's fitness is the harmonic mean of how well its repetitions match it
and of how much of the music they cover, both less what the segment explains by being itself. Wu & Yang 2020
take the best segment of 3-8 s, 8-15 s and 15 s or more. Here from notes: a frame is a beat's chroma.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from composer.training.excerpt import Excerpt
from composer.training.passages import US_PER_BEAT

Floats = NDArray[np.float32]
BEAT_STEPS = 4
RANGES_S = {"si_short": (3.0, 8.0), "si_middle": (8.0, 15.0), "si_long": (15.0, 1e9)}
THRESHOLD = 0.75  # of the similarities, this share counts as none
PENALTY = -2.0  # and costs so much on a path
LONGEST_SHARE = 0.5  # a segment longer than half of the music has no room to come back
LENGTH_STEP = 4  # beats between the segment lengths tried: whole bars


def structureness(excerpts: Sequence[Excerpt]) -> list[dict[str, float]]:
    """si_short, si_middle, si_long of each of some passages, all of one length."""
    similar = np.stack([_similarity(excerpt) for excerpt in excerpts])
    beat_s = US_PER_BEAT / 1e6
    frames = similar.shape[1]
    best = {name: np.zeros(len(excerpts)) for name in RANGES_S}
    for frames_long in range(4, int(LONGEST_SHARE * frames) + 1, LENGTH_STEP):
        fit = fitness(similar, frames_long).max(1)
        for name, (low, high) in RANGES_S.items():
            if low <= frames_long * beat_s <= high:
                best[name] = np.maximum(best[name], fit)
    return [{name: float(values[i]) for name, values in best.items()} for i in range(len(excerpts))]


def fitness(similar: Floats, length: int) -> NDArray[np.float64]:
    """Fitness [P, S] of every segment of `length` frames in similarity matrices [P, N, N].

    S = N - length + 1. The best family of paths over a segment's columns, rows rising, steps (1, 1), (1, 2)
    and (2, 1), by dynamic programming over all passages and segments at once.
    """
    passages, frames, _ = similar.shape
    starts = np.arange(frames - length + 1)
    columns = starts[:, None] + np.arange(length)  # (S, L)
    blocks = similar[:, :, columns]  # (P, N, S, L)
    nothing = np.full((passages, len(starts), length, 3), -1e9, np.float32)  # score, cells, rows covered
    rest = np.zeros((passages, len(starts), 3), np.float32)
    before, earlier = nothing, nothing
    for row in range(frames):
        here = nothing.copy()
        value = blocks[:, row]  # (P, S, L)
        here[:, :, 0] = rest + _stack(value[:, :, 0], 1, 1)
        for column in range(1, length):
            options = [before[:, :, column - 1] + _stack(value[:, :, column], 1, 1)]
            options.append(earlier[:, :, column - 1] + _stack(value[:, :, column], 1, 2))
            if column > 1:
                options.append(before[:, :, column - 2] + _stack(value[:, :, column], 1, 1))
            here[:, :, column] = _best(options)
        earlier, before = before, here
        rest = _best([rest, here[:, :, length - 1]])
    score, cells, covered = (rest[..., i].astype(float) for i in range(3))
    own = float(length)
    matched = np.clip((score - own) / np.maximum(cells, 1), 0, None)
    share = np.clip((covered - own) / frames, 0, None)
    return np.asarray(2 * matched * share / np.maximum(matched + share, 1e-9))


def _stack(value: Floats, cells: int, rows: int) -> Floats:
    """[P, S] -> [P, S, 3]: what a step adds to score, cells and rows."""
    return np.stack([value, np.full_like(value, cells), np.full_like(value, rows)], -1)


def _best(options: list[Floats]) -> Floats:
    """[P, S, 3]: of each, the option with the best score."""
    found = options[0]
    for other in options[1:]:
        found = np.where(other[..., :1] > found[..., :1], other, found)
    return found


def _similarity(excerpt: Excerpt) -> Floats:
    """[N, N] cosine of beats' chroma; what is weaker than most costs, the diagonal is 1."""
    _, sounding = excerpt.pitches()
    padded = np.zeros((len(sounding), 132))
    padded[:, :128] = sounding
    beats = padded.reshape(-1, BEAT_STEPS, 11, 12).sum((1, 2))  # (N, 12)
    unit = beats / np.maximum(np.linalg.norm(beats, axis=1, keepdims=True), 1e-9)
    alike = unit @ unit.T
    cut = float(np.quantile(alike, THRESHOLD))
    scaled = (alike - cut) / max(1 - cut, 1e-6)
    similar = np.where(alike >= cut, scaled, PENALTY).astype(np.float32)
    np.fill_diagonal(similar, 1.0)
    return similar
