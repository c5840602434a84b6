"""Chords outside the mode that have a reason to be there, and where each of them goes.

Applied dominants and leading-tone chords, the dominant of a minor key, mixture, the Neapolitan and the
augmented sixth: four of five half bars outside the mode are of this kind in 600 passages of the corpus
(3,416 of 4,271), the rest mostly passing notes that a template took for a chord. Mediants, the films' own,
leave from the tonic and come back to it.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from composer.encoding.chord import NO_CHORD as VOCABULARY
from composer.encoding.chord import QUALITY_COUNT
from composer.request import CueRequest
from composer.spotting import Mode, Style
from composer.theory import MODE_STEPS, Chord, chord_of, is_chromatic, is_minor

Flags = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.float64]

DOMINANT = ("maj", "7", "aug")
LEADING = ("dim", "dim7", "hdim")
# Semitones above the tonic and quality -> the roots that follow it. In major keys, from the parallel minor;
# the augmented sixth (8, "7") goes to the dominant.
_MIXED_MAJOR: dict[tuple[int, str], tuple[int, ...]] = {
    (5, "min"): (0, 7), (5, "min7"): (0, 7), (2, "hdim"): (7, 0), (8, "maj"): (7, 10, 0),
    (8, "maj7"): (7, 10), (10, "maj"): (0, 5), (3, "maj"): (5, 8), (7, "min"): (0, 5), (7, "min7"): (0,),
    (1, "maj"): (7, 0), (8, "7"): (7,),
}  # fmt: skip
_MIXED_MINOR: dict[tuple[int, str], tuple[int, ...]] = {
    (1, "maj"): (7, 0), (1, "maj7"): (7, 0), (5, "maj"): (0, 7, 10), (2, "min"): (7,), (2, "min7"): (7,),
    (9, "hdim"): (8, 7), (0, "minmaj7"): (5, 8), (8, "7"): (7,),
}  # fmt: skip
# A triad of the tonic's own third quality a third or a tritone away, which shares a tone with it or none.
_MEDIANTS_MAJOR = ((3, "maj"), (4, "maj"), (8, "maj"), (9, "maj"))
_MEDIANTS_MINOR = ((3, "min"), (4, "min"), (8, "min"), (9, "min"), (11, "min"), (6, "maj"))

NO_REASON = 7.0  # of a chord outside the mode that has none, on top
ASTRAY = 15.0  # a chord that leads somewhere and is followed by another
EVADED = 3.0  # a dominant that goes elsewhere than home
TO_STAY = 1.5  # each half bar beyond a bar that a chord outside the mode would last
FOREIGN_TONIC = 5.0  # a tonic with another third or seventh says another mode than was asked
APPLIED_TONIC = 2.0  # but a major tonic's dominant seventh leads to the fourth degree
# What a chord outside the mode that has a reason costs, in log weight: below 0 it is praised, since tension
# and the mode's own degree weigh against it. By style, so that shares come near the corpus's (.13-.31 of half
# bars); PRACTICE.md has 5-25 % in orchestral tension and at most 5 % in folk.
FOREIGN_COST: dict[Style, float] = {
    "orchestral": -1.7, "chamber": -1.9, "electronic_tension": -1.7, "silent_piano": -1.9,
    "folk_western": 1.0, "noir_jazz": -1.9, "ambient": -0.7,
}  # fmt: skip
# More by mode: a minor key's dominant is one already, and a leading tone takes a modal cue's colour away.
MODE_COST: dict[Mode, float] = {
    "ionian": 0.0, "mixolydian": 2.5, "lydian": 1.5, "dorian": 1.5, "aeolian": 0.7, "phrygian": 2.0,
}  # fmt: skip
# How much of NO_REASON a mediant is given back after a tonic.
MEDIANT: dict[Style, float] = {
    "orchestral": 3.0, "chamber": 2.0, "electronic_tension": 3.0, "silent_piano": 1.0,
    "folk_western": 0.0, "noir_jazz": 2.0, "ambient": 3.0,
}  # fmt: skip


class Functions(NamedTuple):
    """Of the 192 chords over a tonic (relative to it), in one mode.

    foreign, reasoned, mediant: [192] bool: has a tone outside the mode; has a reason that needs no chord
    before it; comes from the tonic alone.  leads, evades: [192, 192] bool, [c, d]: d is where c goes; d is
    what may come in its place (a deceptive cadence).
    """

    foreign: Flags
    reasoned: Flags
    mediant: Flags
    leads: Flags
    evades: Flags


@cache
def functions(mode: Mode) -> Functions:
    """Which chords outside a mode have a reason, and what may follow them."""
    chords = [chord_of(number, 0) for number in range(VOCABULARY)]
    foreign = np.array([is_chromatic(chord, 0, mode) for chord in chords])
    mediants = _MEDIANTS_MINOR if is_minor(mode) else _MEDIANTS_MAJOR
    # An applied chord may follow another: V7 of V, then V7; but never the tonic's, which is home.
    arrivals = ~foreign | np.array([chord.quality == "7" and chord.root != 0 for chord in chords])
    roots = np.array([chord.root for chord in chords])
    leads = np.zeros((VOCABULARY, VOCABULARY), np.bool_)
    evades = leads.copy()
    for number in np.flatnonzero(foreign):
        chord = chords[number]
        leads[number] = arrivals & np.isin(roots, list(_goals(chord, mode)))
        if chord.quality == "maj" and leads[number].any():
            leads[number, Chord(chord.root, "7").id(0)] = True
        evades[number] = ~foreign & np.isin(roots, list(_evasions(chord, mode))) & ~leads[number]
    reasoned = np.asarray(leads.any(axis=1))
    mediant = foreign & ~reasoned & np.array([(chord.root, chord.quality) in mediants for chord in chords])
    leads[mediant] = ~foreign & (roots == 0)
    return Functions(foreign, reasoned, mediant, leads, evades)


def _goals(chord: Chord, mode: Mode) -> set[int]:
    """Roots above the tonic that a chord outside the mode leads to; none where it leads nowhere."""
    mixed = _MIXED_MINOR if is_minor(mode) else _MIXED_MAJOR
    goals = set(mixed.get((chord.root, chord.quality), ()))
    if _is_applied(chord, mode):
        goals.add((chord.root + 5) % 12)
    if chord.quality in LEADING:
        turns = (0, 3, 6, 9) if chord.quality == "dim7" else (0,)  # a dim7 has four leading tones
        goals |= {(chord.root + 1 + turn) % 12 for turn in turns} & _stable(mode)
    return goals


def _evasions(chord: Chord, mode: Mode) -> set[int]:
    """Roots that a dominant may go to in place of its own."""
    steps = {(chord.root + 1) % 12, (chord.root + 2) % 12}
    return steps & _stable(mode) if _is_applied(chord, mode) else set()


def _is_applied(chord: Chord, mode: Mode) -> bool:
    return chord.quality in DOMINANT and (chord.root + 5) % 12 in _stable(mode)


@cache
def _stable(mode: Mode) -> frozenset[int]:
    """Degrees of a mode with a perfect fifth above: those that a dominant can lead to."""
    steps = MODE_STEPS[mode]
    return frozenset(step for step in steps if (step + 7) % 12 in steps)


@cache
def foreign_costs(mode: Mode, style: Style) -> Scores:
    """What each of the 192 chords costs in a mode and style for its tones outside the mode, log weight."""
    found = functions(mode)
    costs: Scores = found.foreign.astype(np.float64) * (FOREIGN_COST[style] + MODE_COST[mode])
    costs[found.foreign & ~found.reasoned] += NO_REASON
    costs[:QUALITY_COUNT] += FOREIGN_TONIC * found.foreign[:QUALITY_COUNT]
    if not is_minor(mode):
        costs[Chord(0, "7").id(0)] += APPLIED_TONIC - FOREIGN_TONIC
    return costs


def foreign_scores(request: CueRequest, chosen: Sequence[Chord], lasting: int, ahead: Chord | None) -> Scores:
    """Log weights [192] after the chords chosen so far: one outside the mode goes where it leads, is no place
    to stay (lasting: half bars), and is none where it does not lead to what is forced after it (ahead)."""
    key, found = request.key_pc, functions(request.mode)
    scores: Scores = found.foreign.astype(np.float64) * (-TO_STAY * max(lasting - 2, 0))
    if ahead is not None:
        scores[found.foreign & ~found.leads[:, ahead.id(key)]] -= ASTRAY
    if not chosen:
        return scores
    last = chosen[-1].id(key)
    if found.leads[last].any():
        scores -= np.where(found.leads[last], 0.0, np.where(found.evades[last], EVADED, ASTRAY))
    elif chosen[-1].root == key:
        scores[found.mediant] += MEDIANT[request.style]
    return scores
