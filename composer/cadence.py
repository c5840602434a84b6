"""Endings: which chords a cue must end on for the ending that spotting chose."""

from collections.abc import Mapping

import numpy as np

from composer.grid import Slot, slots
from composer.request import CueRequest
from composer.spotting import Mode
from composer.theory import Chord, is_minor, key_pc_of

Steps = tuple[tuple[int, str], ...]

# Semitones above the tonic and quality of the chords before the last one. PRACTICE.md, "Endings".
CLOSES: dict[Mode, tuple[Steps, ...]] = {
    "ionian": (((7, "7"),), ((5, "maj"), (7, "maj")), ((5, "maj"),)),
    "lydian": (((7, "maj"),), ((2, "maj"), (7, "maj"))),
    "mixolydian": (((10, "maj"),), ((5, "maj"),)),
    "dorian": (((7, "7"),), ((5, "maj"),), ((5, "min"),)),
    "aeolian": (((7, "7"),), ((5, "min"),), ((8, "maj"), (10, "maj"))),
    "phrygian": (((5, "min"),), ((1, "maj"),), ((8, "maj"), (10, "maj"))),
}
# Each in its own mode: a fourth degree's triad would take a Lydian cue's raised fourth back at its very end.
RESTS: dict[Mode, tuple[Steps, ...]] = {
    "ionian": (((5, "maj"),), ((2, "min7"),), ((5, "add9"),)),
    "lydian": (((2, "maj"),), ((2, "7"),), ((11, "min"),)),
    "mixolydian": (((10, "maj"),), ((10, "add9"),), ((7, "min7"),)),
    "dorian": (((5, "maj"),), ((2, "min7"),), ((10, "maj"),)),
    "aeolian": (((5, "min"),), ((8, "maj"),), ((10, "maj"),)),
    "phrygian": (((1, "maj"),), ((10, "min"),), ((1, "maj7"),)),
}


def _above(key_pc: int, semitones: int, quality: str, bass: int | None = None) -> Chord:
    root = (key_pc + semitones) % 12
    return Chord(root, quality, None if bass is None else (key_pc + bass) % 12)


def final_chord(request: CueRequest, rng: np.random.Generator) -> Chord | None:
    """The chord that is struck on the out's downbeat; None for stop and segue, which strike none.

    close: the tonic triad.  rest: the open fifth on the tonic.  hang: a suspension on the tonic, the
    dominant (half cadence), or the sixth degree's triad over a tonic pedal, by the tension asked.
    """
    key = request.key_pc
    if request.ending == "close":
        return _above(key, 0, "min" if is_minor(request.mode) else "maj")
    if request.ending == "rest":
        return _above(key, 0, "power")
    if request.ending == "hang":
        tension = request.bars[min(request.out_bar, len(request.bars) - 1)].tension
        calm = (_above(key, 0, "sus4"), _above(key, 0, "sus2"), _above(key, 7, "sus4"))
        tense = (_above(key, 8, "maj", bass=0), _above(key, 7, "sus4"), _above(key, 1, "maj", bass=0))
        options = tense if tension > 0.45 else calm
        return options[int(rng.integers(len(options)))]
    return None


def _approach(request: CueRequest, rng: np.random.Generator) -> list[Chord]:
    if request.ending == "close":
        options = CLOSES[request.mode]
    elif request.ending == "rest":
        options = RESTS[request.mode]
    else:
        return []
    chosen = options[int(rng.integers(len(options)))]
    return [_above(request.key_pc, semitones, quality) for semitones, quality in chosen]


def ending_chords(request: CueRequest, rng: np.random.Generator) -> Mapping[int, Chord]:
    """Slot index -> the chord that must sound there; every other slot is free.

    From the out's downbeat on, the final chord; in the one or two slots before it, the approach of a close
    or a rest. A segue leaves on the dominant of the key that follows; a stop forces nothing.
    """
    grid = slots(request.tempo_map)
    forced: dict[int, Chord] = {}
    last = final_chord(request, rng)
    approach = _approach(request, rng)
    if last is None:
        if request.ending == "segue" and len(grid) > 2:
            forced[_last_sounding(grid)] = _into_next(request)
        return forced
    first = 2 * request.out_bar
    for index in range(first, len(grid)):
        forced[index] = last
    before = [index for index in range(first) if grid[index].start < grid[index].end]
    if len(approach) == 1 and len(before) > 4:
        approach = approach * 2
    for index, chord in zip(reversed(before[1:]), reversed(approach), strict=False):
        forced[index] = chord
    return forced


def _last_sounding(grid: list[Slot]) -> int:
    return max(index for index, slot in enumerate(grid) if slot.start < slot.end)


def _into_next(request: CueRequest) -> Chord:
    following = request.key_pc if request.after is None else key_pc_of(request.after.key)
    return Chord((following + 7) % 12, "sus4")
