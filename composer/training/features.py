"""One score as bars: chords, melody tokens, texture rolls, drums, and what each bar is like."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from composer.encoding import piano_roll, time_step
from composer.encoding.style_tag import instrument_class
from composer.training import harmony, voices
from composer.training.grid import STEPS, GridScore

_ROLE_NAMES = ("bass", "pad", "arpeggio")


@dataclass
class Bars:
    """Bars of one score, [B] rows each; runs are numbered from 0 within the score and have one key each.

    chords [B, 2] ids above the tonic; melody [B, 16] tokens, tonic moved to C; onset, hold [B, 63, 16];
    drums [B, 9, 16]; mode, tonic, run, instrument [B]; register: mean MIDI pitch of texture onsets (0: none);
    velocity: mean, 0..1; energy: onsets a second x velocity, all parts.
    """

    chords: NDArray[np.uint8]
    melody: NDArray[np.uint8]
    onset: NDArray[np.bool_]
    hold: NDArray[np.bool_]
    drums: NDArray[np.bool_]
    mode: NDArray[np.uint8]
    tonic: NDArray[np.uint8]
    run: NDArray[np.int32]
    instrument: NDArray[np.uint8]
    register: NDArray[np.float32]
    velocity: NDArray[np.float32]
    energy: NDArray[np.float32]


def extract(score: GridScore) -> list[Bars]:
    """The bars of every run of a score, cut again where the key changes; [] where none is long enough."""
    found: list[Bars] = []
    for first, bars in score.runs:
        found += _run(score, first, bars, len(found))
    return found


def _run(score: GridScore, first: int, bars: int, number: int) -> list[Bars]:
    last = first + bars * STEPS
    tonal = np.flatnonzero(~score.drum & (score.start < last) & (score.end > first))
    if len(tonal) < 4 * bars / 2:
        return []
    roll = _pitch_roll(score, tonal, first, last)  # (steps, 128)
    sounding = roll > 0
    lowest = np.where(sounding.any(1), sounding.argmax(1), 128)
    chroma = np.zeros((last - first, 12))
    for pc in range(12):
        chroma[:, pc] = np.minimum(roll[:, pc::12], 1).sum(1)
    halves = chroma.reshape(-1, 8, 12).sum(1)  # (2 * bars, 12)
    low = lowest.reshape(-1, 8).min(1)
    absolute = harmony.chords(halves, np.where(low < 128, low % 12, -1))
    tonics, minors = harmony.keys(chroma.reshape(bars, STEPS, 12).sum(1))
    melody = voices.melody_notes(score, first, bars)
    rest = np.setdiff1d(tonal[score.start[tonal] >= first], melody)
    full_lowest = np.concatenate([np.full(first, 128), lowest])  # indexed by step of the score
    roles = voices.roles(score, rest, full_lowest)
    found: list[Bars] = []
    edges = [0, *(np.flatnonzero((np.diff(tonics) != 0) | (np.diff(minors) != 0)) + 1).tolist(), bars]
    for a, b in zip(edges, edges[1:], strict=False):
        if b - a >= 4:
            tonic, minor = int(tonics[a]), bool(minors[a])
            mode = harmony.mode_of(chroma[a * STEPS : b * STEPS].sum(0), tonic, minor)
            start = first + a * STEPS
            ids = harmony.relative(absolute[2 * a : 2 * b], tonic)
            found.append(
                _bars(score, start, b - a, ids, tonic, mode, melody, rest, roles, number + len(found))
            )
    return found


def _pitch_roll(score: GridScore, notes: NDArray[np.int64], first: int, last: int) -> NDArray[np.int64]:
    """How many notes sound at each step and pitch, [steps, 128]."""
    change = np.zeros((last - first + 1, 128), np.int64)
    start = np.clip(score.start[notes], first, last) - first
    end = np.clip(score.end[notes], first, last) - first
    np.add.at(change, (start, score.pitch[notes]), 1)
    np.add.at(change, (end, score.pitch[notes]), -1)
    return np.cumsum(change, 0)[:-1]


def _bars(
    score: GridScore, start: int, bars: int, ids: NDArray[np.int64], tonic: int, mode: int,
    melody: NDArray[np.int64], rest: NDArray[np.int64], roles: NDArray[np.int64], run: int,
) -> Bars:  # fmt: skip
    end = start + bars * STEPS
    lead = melody[(score.start[melody] >= start) & (score.start[melody] < end)]
    inside = (score.start[rest] >= start) & (score.start[rest] < end)
    rolls, register = _rolls(score, rest[inside], roles[inside], start, bars, ids, tonic, mode)
    programme = int(np.bincount(score.programme[lead]).argmax()) if len(lead) else 0
    velocity, energy = _loudness(score, start, bars)
    return Bars(
        chords=ids.reshape(bars, 2).astype(np.uint8),
        melody=_tokens(score, lead, start, bars, tonic),
        onset=rolls[:, 0],
        hold=rolls[:, 1],
        drums=_drums(score, start, bars),
        mode=np.full(bars, mode, np.uint8),
        tonic=np.full(bars, tonic, np.uint8),
        run=np.full(bars, run, np.int32),
        instrument=np.full(bars, instrument_class(programme) if len(lead) else 0, np.uint8),
        register=register,
        velocity=velocity,
        energy=energy,
    )


def _tokens(
    score: GridScore, lead: NDArray[np.int64], start: int, bars: int, tonic: int
) -> NDArray[np.uint8]:
    shift = time_step.to_c(tonic)
    notes = [
        time_step.MelodyNote(
            int(score.start[i]) - start, int(score.end[i] - score.start[i]), int(score.pitch[i]) + shift
        )
        for i in lead
    ]
    return time_step.encode(notes, bars * STEPS).reshape(bars, STEPS)


@lru_cache(maxsize=1 << 20)
def _row(role: int, pitch: int, chord: int, mode: int, tonic: int) -> int:
    return piano_roll.pitch_row(_ROLE_NAMES[role], pitch, chord, mode, tonic)


def _rolls(
    score: GridScore, notes: NDArray[np.int64], roles: NDArray[np.int64], start: int, bars: int,
    ids: NDArray[np.int64], tonic: int, mode: int,
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:  # fmt: skip
    step = score.start[notes] - start
    chord = ids[step // 8]
    given = zip(roles.tolist(), score.pitch[notes].tolist(), chord.tolist(), strict=True)
    rows = [_row(role, pitch, c, mode, tonic) for role, pitch, c in given]
    lengths = (score.end[notes] - score.start[notes]).tolist()
    roll = piano_roll.encode(
        [piano_roll.RollNote(*n) for n in zip(step.tolist(), lengths, rows, strict=True)], bars
    )
    total = np.bincount(step // STEPS, weights=score.pitch[notes], minlength=bars)
    count = np.bincount(step // STEPS, minlength=bars)
    return roll, (total / np.maximum(count, 1)).astype(np.float32)


def _drums(score: GridScore, start: int, bars: int) -> NDArray[np.bool_]:
    grid = np.zeros((len(piano_roll.DRUM_LANES), bars * STEPS), np.bool_)
    played = np.flatnonzero(score.drum & (score.start >= start) & (score.start < start + bars * STEPS))
    for i in played:
        lane = piano_roll.drum_lane(int(score.pitch[i]))
        if lane >= 0:
            grid[lane, score.start[i] - start] = True
    return np.ascontiguousarray(grid.reshape(-1, bars, STEPS).transpose(1, 0, 2))


def _loudness(score: GridScore, start: int, bars: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    inside = (score.start >= start) & (score.start < start + bars * STEPS)
    bar = (score.start[inside] - start) // STEPS
    count = np.bincount(bar, minlength=bars)
    velocity = np.bincount(bar, weights=score.velocity[inside] / 127, minlength=bars) / np.maximum(count, 1)
    seconds = 4 * score.us_per_quarter / 1e6
    return velocity.astype(np.float32), (count / seconds * velocity).astype(np.float32)
