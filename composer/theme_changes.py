"""How a theme's head comes back in a cue that has sung it already: never twice alike, and known each time.

What composers do with a motif (Schoenberg, Fundamentals of Musical Composition, ch. III): move it along the
scale, turn its second half, break it off, broaden it, spin it on, or bring its end in place of its head.
The chords are written after the theme, so that a moved head gets a harmony of its own.
"""

from collections.abc import Callable, Mapping

import numpy as np

from composer.grid import STEPS_PER_BAR
from composer.request import CueRequest, ThemeCell, ThemeNote, stage_seed
from composer.theory import MODE_STEPS

HEAD_BARS = 2
HEAD_NOTES = 6
MOVES = (1, 2, 3, -1, -2, -3)  # degrees
FEWEST = 3  # notes of what is broken off
Notes = list[ThemeNote]


def head(cell: ThemeCell, bars: int = HEAD_BARS) -> Notes:
    """The first notes of a theme, six at most."""
    notes = sorted(cell.notes, key=lambda note: note.step)
    found = [note for note in notes if note.step < min(bars, HEAD_BARS) * STEPS_PER_BAR][:HEAD_NOTES]
    return found or notes[:2]


def returned(request: CueRequest, cell: ThemeCell, bars: int, time: int) -> Notes:
    """The fragment that a cue sings for the `time`th time, 0 for the first, which is the head as it is."""
    notes, name = head(cell, bars), change_at(request, time)
    if name is None:
        return notes
    rng = np.random.default_rng([stage_seed(request, "moves"), time])
    last = min(bars, HEAD_BARS) * STEPS_PER_BAR
    changed = CHANGES[name](cell, notes, MOVES[int(rng.integers(len(MOVES)))])
    return [n.model_copy(update={"steps": min(n.steps, last - n.step)}) for n in changed if n.step < last]


def change_at(request: CueRequest, time: int) -> str | None:
    """How a cue's `time`th fragment differs from its theme's head, None where it does not; every change comes
    once before any comes again."""
    if not time:
        return None
    names = list(CHANGES)
    turn, place = divmod(time - 1, len(names))
    rng = np.random.default_rng([stage_seed(request, "fragments"), turn])
    return names[int(rng.permutation(len(names))[place])]


def _moved(cell: ThemeCell, notes: Notes, by: int) -> Notes:
    """The same shape on another degree."""
    return [_on(cell, note, _degree(cell, note) + by) for note in notes]


def _turned(cell: ThemeCell, notes: Notes, by: int) -> Notes:
    """The rhythm and the first half as they were; the second half goes down where it went up."""
    pivot = len(notes) // 2
    axis = _degree(cell, notes[max(pivot - 1, 0)])
    return [
        note if place < pivot else _on(cell, note, 2 * axis - _degree(cell, note))
        for place, note in enumerate(notes)
    ]


def _broken_off(cell: ThemeCell, notes: Notes, by: int) -> Notes:
    """Its first notes, the last of them held."""
    kept = notes[: max(min(FEWEST, len(notes) - 1), 1)]
    moved = _moved(cell, kept, by if len(kept) == len(notes) else 0)
    return [*moved[:-1], moved[-1].model_copy(update={"steps": STEPS_PER_BAR})]


def _broadened(cell: ThemeCell, notes: Notes, by: int) -> Notes:
    """Its first bar at half the pace."""
    first = [note for note in notes if note.step < STEPS_PER_BAR]
    return [note.model_copy(update={"step": 2 * note.step, "steps": 2 * note.steps}) for note in first]


def _spun_on(cell: ThemeCell, notes: Notes, by: int) -> Notes:
    """Its first bar, and that again a few degrees away: a sequence."""
    first = [note for note in notes if note.step < STEPS_PER_BAR]
    short = [n.model_copy(update={"steps": min(n.steps, STEPS_PER_BAR - n.step)}) for n in first]
    again = [note.model_copy(update={"step": note.step + STEPS_PER_BAR}) for note in _moved(cell, short, by)]
    return [*short, *again]


def _ended(cell: ThemeCell, notes: Notes, by: int) -> Notes:
    """Its last two bars in place of the first."""
    begin = HEAD_BARS * STEPS_PER_BAR
    tail = [note for note in cell.notes if note.step >= begin]
    found = [note.model_copy(update={"step": note.step - begin}) for note in sorted(tail, key=_step)]
    return found or _moved(cell, notes, by)


CHANGES: Mapping[str, Callable[[ThemeCell, Notes, int], Notes]] = {
    "moved along the scale": _moved,
    "its second half turned": _turned,
    "broken off": _broken_off,
    "broadened": _broadened,
    "spun on": _spun_on,
    "its end": _ended,
}


def _step(note: ThemeNote) -> int:
    return note.step


def _degree(cell: ThemeCell, note: ThemeNote) -> int:
    """Steps of the scale above the tonic; a note outside it counts as the degree below."""
    octave, rest = divmod(note.semitone, 12)
    scale = MODE_STEPS[cell.mode]
    return len(scale) * octave + max(place for place, step in enumerate(scale) if step <= rest)


def _on(cell: ThemeCell, note: ThemeNote, degree: int) -> ThemeNote:
    scale = MODE_STEPS[cell.mode]
    octave, place = divmod(degree, len(scale))
    return note.model_copy(update={"semitone": 12 * octave + scale[place]})
