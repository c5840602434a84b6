"""The vocabulary of accompaniment: rhythms by number of onsets, and the shapes that figures walk through."""

from collections.abc import Sequence
from typing import Literal

from composer.request import BarCondition
from composer.spotting import Style

Character = Literal["rest", "neutral", "tension", "drive", "chase"]
BassFigure = Literal["drone", "whole", "halves", "pulse", "gallop", "walk", "oom"]
PadFigure = Literal["sustain", "pah", "comp", "stabs", "silent"]

Rhythm = tuple[int, ...]

OSTINATI: tuple[Character, ...] = ("tension", "drive", "chase")  # what says its bar again

# Onsets of one bar of 4/4 in 16ths, by how many there are. Even ones stand on nested beats, so that a
# little more density adds onsets and moves none; driving ones lean on 3+3+2.
EVEN: dict[int, Rhythm] = {
    1: (0,),
    2: (0, 8),
    3: (0, 8, 12),
    4: (0, 4, 8, 12),
    6: (0, 4, 6, 8, 12, 14),
    8: (0, 2, 4, 6, 8, 10, 12, 14),
    12: (0, 2, 3, 4, 6, 7, 8, 10, 11, 12, 14, 15),
    16: tuple(range(16)),
}
DRIVING: dict[int, Rhythm] = {
    1: (0,),
    2: (0, 6),
    3: (0, 6, 12),
    4: (0, 4, 8, 12),
    5: (0, 3, 6, 10, 12),
    6: (0, 3, 6, 8, 11, 14),
    8: (0, 2, 4, 6, 8, 10, 12, 14),
    12: (0, 2, 3, 4, 6, 7, 8, 10, 11, 12, 14, 15),
    16: tuple(range(16)),
}

# Rungs of the ladder of chord tones, read round and round from each bar's start; half a rung is the scale's
# note above one. A driven shape is an ostinato: a tone that keeps coming back, its neighbour, and a peak,
# all within an octave. Leaps about the chord were quick but went nowhere.
SHAPES: dict[Character, tuple[tuple[float, ...], ...]] = {
    "rest": ((0, 2, 4, 3), (4, 2, 3, 1), (0, 3, 2, 4)),
    "neutral": ((0, 1, 2, 3, 4, 3, 2, 1), (0, 2, 1, 2, 3, 2, 1, 2), (0, 2, 3, 4, 3, 2, 3, 2)),
    "tension": ((0, 0, 1, 0, 0, 2, 0, 1), (0, 1, 0, 2, 0, 1, 0, 3), (2, 0, 1, 0, 2, 0, 1, 0)),
    "drive": ((0, 0, 0.5, 0, 1, 0, 0.5, 0), (0, 1, 2, 1, 0, 1, 2, 1), (0, 0, 1, 0, 2, 0, 1, 0)),
    "chase": (
        (0, 0, 0, 0.5, 0, 0, 1, 0, 0, 0, 0, 0.5, 0, 0, 2, 1),
        (0, 0.5, 1, 0, 0, 0.5, 1, 0, 0, 0.5, 1, 0, 2, 1, 0.5, 0),
        (1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0.5, 0),
    ),
}

BASSES: dict[Style, dict[Character, BassFigure]] = {
    "orchestral": {
        "rest": "whole", "neutral": "halves", "tension": "pulse", "drive": "pulse", "chase": "gallop",
    },
    "chamber": {
        "rest": "whole", "neutral": "halves", "tension": "whole", "drive": "pulse", "chase": "pulse",
    },
    "electronic_tension": {
        "rest": "drone", "neutral": "drone", "tension": "pulse", "drive": "pulse", "chase": "gallop",
    },
    "silent_piano": {
        "rest": "whole", "neutral": "oom", "tension": "halves", "drive": "oom", "chase": "oom",
    },
    "folk_western": {
        "rest": "whole", "neutral": "oom", "tension": "halves", "drive": "oom", "chase": "oom",
    },
    "noir_jazz": {
        "rest": "halves", "neutral": "walk", "tension": "walk", "drive": "walk", "chase": "walk",
    },
    "ambient": {
        "rest": "drone", "neutral": "drone", "tension": "drone", "drive": "whole", "chase": "halves",
    },
}  # fmt: skip

PADS: dict[Style, dict[Character, PadFigure]] = {
    "orchestral": {
        "rest": "sustain", "neutral": "sustain", "tension": "sustain", "drive": "sustain", "chase": "stabs",
    },
    "chamber": {
        "rest": "sustain", "neutral": "sustain", "tension": "sustain", "drive": "comp", "chase": "stabs",
    },
    "electronic_tension": {
        "rest": "sustain", "neutral": "sustain", "tension": "sustain", "drive": "sustain", "chase": "sustain",
    },
    "silent_piano": {
        "rest": "sustain", "neutral": "pah", "tension": "comp", "drive": "pah", "chase": "pah",
    },
    "folk_western": {
        "rest": "sustain", "neutral": "sustain", "tension": "sustain", "drive": "pah", "chase": "pah",
    },
    "noir_jazz": {
        "rest": "sustain", "neutral": "comp", "tension": "comp", "drive": "comp", "chase": "comp",
    },
    "ambient": {
        "rest": "sustain", "neutral": "sustain", "tension": "sustain", "drive": "sustain", "chase": "sustain",
    },
}  # fmt: skip

COMPS: tuple[Rhythm, ...] = ((0, 6), (2, 10), (0, 6, 10), (4, 14))
STABS: tuple[Rhythm, ...] = ((0, 6, 12), (0, 10), (0, 3, 6, 12))

KICK, SNARE, RIM, CLOSED_HAT, PEDAL_HAT, LOW_TOM, HIGH_TOM, RIDE, SHAKER = 36, 38, 37, 42, 44, 45, 50, 51, 70

DrumBar = tuple[tuple[int, int, float], ...]  # (step, General MIDI drum, stress)

DRUMS: dict[Style, dict[Character, DrumBar]] = {
    "orchestral": {
        "drive": ((0, KICK, 0.5), (6, LOW_TOM, -0.2), (12, KICK, 0.0)),
        "chase": (
            (0, KICK, 0.6), (3, LOW_TOM, -0.3), (6, KICK, 0.2), (8, LOW_TOM, -0.2), (11, LOW_TOM, -0.3),
            (12, KICK, 0.3), (14, LOW_TOM, -0.1),
        ),
    },
    "electronic_tension": {
        "tension": ((0, KICK, 0.4), (10, KICK, -0.1), (8, RIM, -0.3)),
        "drive": (
            (0, KICK, 0.5), (6, KICK, 0.0), (8, SNARE, 0.1), (0, CLOSED_HAT, -0.5), (4, CLOSED_HAT, -0.5),
            (8, CLOSED_HAT, -0.5), (12, CLOSED_HAT, -0.5),
        ),
        "chase": (
            (0, KICK, 0.5), (4, KICK, 0.2), (8, KICK, 0.4), (12, KICK, 0.2), (4, SNARE, 0.0),
            (12, SNARE, 0.0),
            (2, CLOSED_HAT, -0.3), (6, CLOSED_HAT, -0.3), (10, CLOSED_HAT, -0.3), (14, CLOSED_HAT, -0.3),
        ),
    },
    "folk_western": {
        "drive": ((0, KICK, 0.1), (4, SHAKER, -0.2), (8, KICK, 0.0), (12, SHAKER, -0.2)),
        "chase": (
            (0, KICK, 0.3), (2, SHAKER, -0.4), (4, SNARE, -0.2), (6, SHAKER, -0.4), (8, KICK, 0.2),
            (10, SHAKER, -0.4), (12, SNARE, -0.2), (14, SHAKER, -0.4),
        ),
    },
    "noir_jazz": {
        "neutral": ((0, RIDE, -0.2), (4, RIDE, 0.0), (6, RIDE, -0.4), (8, RIDE, -0.2), (12, RIDE, 0.0),
                    (14, RIDE, -0.4), (4, PEDAL_HAT, -0.3), (12, PEDAL_HAT, -0.3)),
    },
}  # fmt: skip


def character(arousal: float, tension: float) -> Character:
    """What a section's accompaniment is, by its mean arousal and tension (PRACTICE.md's tempo classes)."""
    if arousal >= 0.78:
        return "chase"
    if arousal >= 0.58:
        return "drive"
    if tension >= 0.55 and arousal >= 0.25:
        return "tension"
    return "neutral" if arousal >= 0.28 else "rest"


def section_character(bars: Sequence[BarCondition]) -> Character:
    """The character of a section, by its bars' means."""
    arousal = sum(bar.arousal for bar in bars) / len(bars)
    return character(arousal, sum(bar.tension for bar in bars) / len(bars))


def under_melody(kind: Character, bar: BarCondition) -> bool:
    """Whether figures keep below the melody: a chase's quick ones, of another colour, may cross it."""
    return bar.melody != "none" and kind != "chase"


def rhythm(density: float, beats: int, kind: Character) -> Rhythm:
    """Onsets of a bar whose number is nearest to density x beats, in 16ths below 4 x beats.

    Bars of other than four beats keep the beginning of the pattern, or go round again.
    """
    table = DRIVING if kind in ("drive", "chase", "tension") else EVEN
    wanted = density * 4
    number = min(table, key=lambda n: (abs(n - wanted), n))
    onsets = table[number]
    whole = [16 * turn + onset for turn in range((beats + 3) // 4) for onset in onsets]
    return tuple(onset for onset in whole if onset < 4 * beats)


def drum_bar(style: Style, kind: Character) -> DrumBar:
    """The percussion of a bar, or nothing where the style has none for this character."""
    table = DRUMS.get(style, {})
    order: tuple[Character, ...] = ("chase", "drive", "tension", "neutral", "rest")
    for name in order[order.index(kind) :]:
        if name in table:
            return table[name]
    return table.get("neutral", ()) if style == "noir_jazz" else ()
