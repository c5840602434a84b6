"""The exact decoder on height: a bar's figure, and chords that are struck, moved to the register asked.

Engines lay each role where the plan expects the others to be; what density and fullness then left out, and
how long players let it sound, moves the bar's mean away from it. Here what really sounds is weighed again.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby, pairwise

from composer.figures import character, under_melody
from composer.frame import Frame, melody_floor
from composer.grid import GridNote
from composer.notes import PITCHED, Role
from composer.spotting import Mode
from composer.tessitura import LEAST_HEARD
from composer.theory import Chord, chord_scale, nearest_pitch, rubs
from composer.voicing import C3

Notes = Mapping[Role, list[GridNote]]
Option = tuple[float, list[GridNote]]  # what it costs, in semitones of the bar's mean, and the notes
Weighed = list[tuple[float, float]]  # (pitch, steps that it sounds)
NEAR = 0.4  # semitones from what is asked that need no mending
MOST_RUNGS, LIGHT_RUNGS, MOST_TURNS = 6, 2, 2
RUNG_COST, TURN_COST = 0.05, 0.3
OCTAVE = 12
BENT_COST = 2.0  # for a figure pressed flat against the end of its range, every step of it
# A figure goes on from where it lay: its mean moves by more than a fifth at .09 of real barlines within a
# section (532 of the validation split), without this cost at .20 under the same requests, .32 in a feature.
FREE_HOP, HOP_COST = 6.0, 0.35


def as_high(
    frame: Frame, here: Notes, before: Sequence[GridNote], number: int, near: float = NEAR
) -> dict[Role, list[GridNote]]:
    """A bar's roles, their mean as high as asked as far as its figure and its struck chords bring it there.

    before: the figure of the bar before, which may ring on.  near: semitones that need no mending.
    """
    roles = dict(here)
    asked = frame.request.bars[number].register
    options: dict[Role, Callable[[Frame, Sequence[GridNote], int], Iterator[Option]]] = {"arpeggio": _figures}
    if not frame.tessituras[number].held:
        options["pad"] = _chords
    for role, written in options.items():
        notes = roles.get(role, [])
        others = _rung_on(frame, before, number)
        for name in PITCHED:
            if name != role:
                others += _weighed(frame, name, roles.get(name, []), number)
        own = _weighed(frame, role, notes, number)
        came_from = _height(before) if role == "arpeggio" and not _new_section(frame, number) else None
        if not notes or (abs(_mean(others + own) - asked) < near and not _hop(came_from, notes)):
            continue
        low, total = sum(pitch * steps for pitch, steps in others), sum(steps for _, steps in others)
        lasting = [steps for _, steps in own]
        ringing = frame.rings(role, number)  # a pitch's next stroke ends it: how long depends on the pitches

        def off(option: Option) -> float:
            steps = frame.sounding_each(role, option[1], number) if ringing else lasting  # noqa: B023
            high = sum(note.pitch * own for note, own in zip(option[1], steps, strict=True))
            error = abs((low + high) / max(total + sum(steps), 1e-9) - asked)  # noqa: B023
            return option[0] + error + _hop(came_from, option[1])  # noqa: B023

        roles[role] = min(written(frame, notes, number), key=off)[1]
    return roles


def _new_section(frame: Frame, number: int) -> bool:
    bars = frame.request.bars
    return not number or bars[number].section != bars[number - 1].section


def _height(notes: Sequence[GridNote]) -> float | None:
    return sum(note.pitch for note in notes) / len(notes) if notes else None


def _hop(came_from: float | None, notes: Sequence[GridNote]) -> float:
    """What it costs a figure to lie far from where it lay in the bar before, like an option."""
    here = _height(notes)
    far = 0.0 if came_from is None or here is None else abs(here - came_from)
    return HOP_COST * max(far - FREE_HOP, 0.0)


def _weighed(frame: Frame, role: Role, notes: Sequence[GridNote], number: int) -> Weighed:
    lasting = frame.sounding_each(role, notes, number)
    return [(note.pitch, steps) for note, steps in zip(notes, lasting, strict=True)]


def _rung_on(frame: Frame, before: Sequence[GridNote], number: int) -> Weighed:
    """What a plucked figure of the bar before still sounds in this one."""
    if not before or not frame.rings("arpeggio", number):
        return []
    start, end = frame.starts[number], frame.starts[number + 1]
    rung = [min(to, end) - start for to in frame.rung_each(before, number - 1)]
    return [(note.pitch, steps) for note, steps in zip(before, rung, strict=True) if steps > 0]


def _mean(sounding: Weighed) -> float:
    return sum(pitch * steps for pitch, steps in sounding) / max(sum(steps for _, steps in sounding), 1e-9)


def _figures(frame: Frame, notes: Sequence[GridNote], number: int) -> Iterator[Option]:
    """The figure on other rungs of its chords' ladders, within its player's range and below the melody.

    One that is hardly heard moves by a rung or two at most: it would go far for nothing. A figure keeps its
    shape where it can: pressed against the melody's floor it would be one note over and over.
    """
    bar = frame.request.bars[number]
    low, high = frame.role_range("arpeggio", number)
    if under_melody(character(bar.arousal, bar.tension), bar):
        high = min(high, max(melody_floor(frame.request, number) - 1, low + 14))
    light = frame.tessituras[number].figure_voices < LEAST_HEARD
    most = LIGHT_RUNGS if light else MOST_RUNGS
    key, mode = frame.request.key_pc, frame.request.mode
    yield 0.0, list(notes)
    for rungs in sorted({*range(-most, most + 1)} - {0}, key=abs):
        moved = [
            GridNote(
                n.step, _climbed(n.pitch, rungs, frame.steps[n.step], key, mode, low, high), n.steps, n.stress
            )
            for n in notes
        ]
        if len({(note.step, note.pitch) for note in moved}) == len(moved):  # two of a chord that met are one
            yield RUNG_COST * abs(rungs) + BENT_COST * _bent(notes, moved), moved


def _bent(notes: Sequence[GridNote], moved: Sequence[GridNote]) -> float:
    """The share of a line's steps up or down that another line of as many notes has no more."""
    pairs = list(zip(pairwise(notes), pairwise(moved), strict=True))
    lost = sum(
        (b.pitch - a.pitch) * (d.pitch - c.pitch) <= 0 < abs(b.pitch - a.pitch) for (a, b), (c, d) in pairs
    )
    return lost / max(len(pairs), 1)


@lru_cache(maxsize=4096)
def tones_of(chord: Chord, low: int, high: int) -> tuple[int, ...]:
    """The chord's tones but those that rub, ascending, from an octave below the range to one above it."""
    wanted = {pc for pc in chord.pitch_classes if not rubs(pc, chord)}
    return tuple(pitch for pitch in range(low - OCTAVE, high + OCTAVE + 1) if pitch % OCTAVE in wanted)


@lru_cache(maxsize=65536)
def _climbed(pitch: int, rungs: int, chord: Chord, key_pc: int, mode: Mode, low: int, high: int) -> int:
    """A pitch so many chord tones higher; a neighbour of a chord tone stays a neighbour."""
    ladder = tones_of(chord, low, high)
    index = max(bisect_right(ladder, pitch) - 1, 0)
    above = pitch - ladder[index]
    tone = ladder[min(max(index + rungs, 0), len(ladder) - 1)]
    inside = [one for one in ladder if low <= one <= high]
    if not above or not low <= tone + above <= high:
        return min(inside, key=lambda one: abs(one - tone))
    found = nearest_pitch(tone + above, chord_scale(chord, key_pc, mode), low, high)
    return min(inside, key=lambda one: abs(one - tone)) if rubs(found, chord) else found


def _chords(frame: Frame, notes: Sequence[GridNote], number: int) -> Iterator[Option]:
    """Struck chords turned: their lowest note on top or their highest below, where a hand finds room."""
    low, high = frame.role_range("pad", number)
    if frame.plan.sounds("bass", number):
        low = max(low, C3)
    if frame.request.bars[number].melody != "none":
        high = min(high, max(melody_floor(frame.request, number) - 1, low + 14))
    yield 0.0, list(notes)
    for sign in (1, -1):
        turned = list(notes)
        for turn in range(1, MOST_TURNS + 1):
            turned = [n for _, chord in groupby(turned, lambda n: n.step) for n in _turned(list(chord), sign)]
            if any(not low <= note.pitch <= high for note in turned):
                break
            yield TURN_COST * turn, turned


def _turned(chord: list[GridNote], sign: int) -> list[GridNote]:
    ordered = sorted(chord, key=lambda note: sign * note.pitch)
    first = ordered[0]
    moved = GridNote(first.step, first.pitch + 12 * sign, first.steps, first.stress)
    taken = any(note.pitch == moved.pitch for note in ordered)
    return sorted(ordered if taken else [*ordered[1:], moved])
