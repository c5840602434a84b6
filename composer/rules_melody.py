"""Melody by rule: a motif of one bar, its sequence over the next chord, a long note, a rest."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from composer.frame import Frame
from composer.grid import STEPS_PER_BAR, GridNote
from composer.phrases import LEAP, Phrase
from composer.request import ThemeCell, ThemeNote
from composer.spotting import Mode, Style
from composer.theory import MODE_STEPS, chord_scale, nearest_pitch

# Rhythms of one bar of melody by number of notes: (onset, length) in 16ths. They sing: long notes on
# strong beats, the quick ones lead somewhere.
RHYTHMS: dict[int, tuple[tuple[tuple[int, int], ...], ...]] = {
    1: (((0, 14),), ((4, 10),)),
    2: (((0, 8), (8, 7)), ((0, 12), (12, 4)), ((0, 6), (6, 9))),
    3: (((0, 6), (6, 2), (8, 7)), ((0, 8), (8, 4), (12, 4)), ((2, 4), (6, 2), (8, 8))),
    4: (
        ((0, 4), (4, 4), (8, 6), (14, 2)),
        ((0, 6), (6, 2), (8, 4), (12, 4)),
        ((0, 3), (3, 3), (6, 2), (8, 8)),
    ),
    6: (
        ((0, 4), (4, 2), (6, 2), (8, 4), (12, 2), (14, 2)),
        ((0, 2), (2, 2), (4, 4), (8, 2), (10, 2), (12, 4)),
    ),
    8: (((0, 2), (2, 2), (4, 2), (6, 2), (8, 2), (10, 2), (12, 2), (14, 2)),),
}  # fmt: skip

# How a motif moves, in scale steps from its first note.
CONTOURS: tuple[tuple[int, ...], ...] = (
    (0, 1, 2, 1, 0, -1, 0, 1),
    (0, 2, 1, 0, 2, 4, 3, 2),
    (0, -1, 0, 2, 1, 0, -1, -2),
    (0, 4, 3, 2, 1, 2, 0, 1),
    (0, 1, -1, 0, 2, 1, 3, 2),
    (0, 3, 2, 0, 1, -1, 0, 2),
)
THEME_NOTES: dict[Style, int] = {
    "orchestral": 4, "chamber": 4, "electronic_tension": 3, "silent_piano": 6, "folk_western": 4,
    "noir_jazz": 4, "ambient": 2,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Motif:
    """A bar's rhythm and its contour in scale steps."""

    rhythm: tuple[tuple[int, int], ...]
    contour: tuple[int, ...]


def pick_motif(density: float, rng: np.random.Generator) -> Motif:
    """A motif with about density x 4 notes a bar."""
    number = min(RHYTHMS, key=lambda n: (abs(n - 4 * density), n))
    rhythms = RHYTHMS[number]
    rhythm = rhythms[int(rng.integers(len(rhythms)))]
    return Motif(rhythm, CONTOURS[int(rng.integers(len(CONTOURS)))])


def cell_phrase(frame: Frame, phrase: Phrase, motif: Motif, low: int, high: int) -> list[GridNote]:
    """A phrase of one to four bars: motif, motif on the next harmony, arrival, rest.

    Strong beats take chord tones, the others the chord's scale; the last note is long, and the last bar of
    a four-bar phrase rests after its first half.
    """
    notes: list[GridNote] = []
    bars = range(phrase.first, phrase.end)
    for bar in bars:
        start, end = frame.starts[bar], frame.starts[bar + 1]
        centre = frame.request.bars[bar].melody_register
        lift = (0.0, 2.0, 4.0, 0.0)[(bar - phrase.first) % 4]
        closing = bar == phrase.end - 1 and len(bars) > 1
        rhythm = ((0, 10),) if closing else motif.rhythm
        first = notes[-1].pitch if notes else centre
        anchor = _chord_tone(frame, start, 0.5 * first + 0.5 * (centre + lift), low, high)
        for index, (offset, steps) in enumerate(rhythm):
            step = start + offset
            if step >= end:
                break
            pitch = _placed(frame, step, anchor, motif.contour[index % 8], low, high, strong=offset % 8 == 0)
            if notes and abs(pitch - notes[-1].pitch) > LEAP:
                pitch = _chord_tone(frame, step, notes[-1].pitch, low, high)
            notes.append(GridNote(step, pitch, min(steps, end - step), 0.2 if offset == 0 else 0.0))
    return notes


def _chord_tone(frame: Frame, step: int, near: float, low: int, high: int) -> int:
    return nearest_pitch(near, set(frame.steps[step].pitch_classes), low, high)


def _placed(frame: Frame, step: int, anchor: int, move: int, low: int, high: int, strong: bool) -> int:
    request = frame.request
    scale = chord_scale(frame.steps[step], request.key_pc, request.mode)
    ladder = [pitch for pitch in range(low, high + 1) if pitch % 12 in scale]
    place = min(range(len(ladder)), key=lambda i: abs(ladder[i] - anchor))
    pitch = ladder[min(max(place + move, 0), len(ladder) - 1)]
    return _chord_tone(frame, step, pitch, low, high) if strong else pitch


def rules_theme(mode: Mode, style: Style, rng: np.random.Generator) -> tuple[ThemeCell, ThemeCell]:
    """By rule: A states a motif, lifts it, breaks it up and waits on the fifth; B answers and closes."""
    motif = pick_motif(THEME_NOTES[style] / 4, rng)
    start = int(rng.choice((0, 2, 4)))
    lift = int(rng.choice((1, 2, 3)))
    a = _bars(mode, motif, (start, start + lift, start + lift + 1), arrival=4)
    turned = Motif(motif.rhythm, tuple(-step for step in motif.contour))
    b = _bars(mode, turned, (start + 4, start + 4 - lift, start + 2), arrival=0)
    return (
        ThemeCell(uid="", part="A", mode=mode, notes=tuple(a)),
        ThemeCell(uid="", part="B", mode=mode, notes=tuple(b)),
    )


def _bars(mode: Mode, motif: Motif, starts: Sequence[int], arrival: int) -> list[ThemeNote]:
    notes: list[ThemeNote] = []
    for bar, first in enumerate(starts):
        rhythm = motif.rhythm if bar < 2 else motif.rhythm[: max(len(motif.rhythm) - 1, 1)]
        for index, (offset, steps) in enumerate(rhythm):
            degree = first + motif.contour[index % 8]
            notes.append(
                ThemeNote(step=STEPS_PER_BAR * bar + offset, steps=steps, semitone=_semitone(mode, degree))
            )
    last = arrival if notes[-1].semitone < 7 else arrival + (7 if arrival == 0 else 0)
    notes.append(ThemeNote(step=3 * STEPS_PER_BAR, steps=12, semitone=_semitone(mode, last)))
    return notes


def _semitone(mode: Mode, degree: int) -> int:
    octave, step = divmod(degree, 7)
    return 12 * octave + MODE_STEPS[mode][step]
