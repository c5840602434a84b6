"""From an engine's chord probabilities to a cue's chords: harmonic rhythm, tension, form and the ending.

The engines differ in what they find likely; what a request asks for is kept here for all of them.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from composer.cadence import ending_chords
from composer.chromatic import foreign_costs, foreign_scores, functions
from composer.encoding.chord import NO_CHORD as VOCABULARY
from composer.encoding.chord import QUALITY_COUNT
from composer.grid import Slot, slots
from composer.phrases import pitch_weights, theme_notes
from composer.request import STEPS_PER_BEAT, CueRequest, stage_seed
from composer.returns import change_rate, coming_back, returns
from composer.sampling import sample_index
from composer.spotting import Mode, Style
from composer.tension_owed import TensionOwed
from composer.theory import MODE_STEPS, Chord, chord_scale, mode_index, scale_pcs, vocabulary

Scores = npt.NDArray[np.float64]
LogProbabilities = Callable[[Sequence[Chord], int], Scores]

NUCLEUS = 0.9
TONIC_PRIOR = 1.5
FIRST_TONIC_PRIOR = 3.5  # a cue begins at home unless its theme or tension say otherwise
THIRD_REPETITION = 4.0
# Two chords in a row that were so in a row lately: once is a phrase, again and again is a loop.
LOOP_CHANGES, LOOP_COST, MOST_LOOP_COST = 12, 1.2, 8.0
SAME_AS_BEFORE = 1.5
TURN_UNCHANGED = 8.0
UNCHANGED = 12.0  # a chord that goes on where the harmonic rhythm asks for a change
# What a chord is worth that sounds its mode's own degree, or costs that sounds the neighbour mode's in its
# place: a Lydian cue without its raised fourth is heard as Ionian.
CHARACTERISTIC, UNCHARACTERISTIC = 0.8, 1.5
OVERDUE_SLOTS = 4  # half bars after which the mode's own degree is owed
OVERDUE = 3.0
# Over the last twelve bars another mode's scale may hold so many chord tones (one a half bar) more; each
# beyond costs.
HEARD_SLOTS, MODE_CREDIT, MODE_LOST = 24, 1.0, 4.0
THEME_FIT = 0.7
MINOR_NINTH = 2.5
# Thin bars of the corpus are labelled as bare roots and fifths; a pad on them is empty.
BARE_COST = {"pedal": 4.0, "power": 1.5}

# Semitones above the tonic: the degree that tells a mode from its neighbour, and the neighbour's own.
MODE_DEGREES: dict[Mode, tuple[int, int]] = {
    "ionian": (11, 10), "mixolydian": (10, 11), "lydian": (6, 5),
    "dorian": (9, 8), "aeolian": (8, 9), "phrygian": (1, 2),
}  # fmt: skip


def change_slots(request: CueRequest, grid: Sequence[Slot], forced: Sequence[int]) -> list[int]:
    """Slots at which a new chord may begin: by the harmonic rhythm asked, at sections, turns and endings.

    A chord of .5 a bar lasts two bars counted from the section's start.
    """
    turns = {int(round(hit.beat * STEPS_PER_BEAT)) for hit in request.hits if hit.kind in ("turn", "in")}
    changes: list[int] = []
    section_start = 0
    for index, slot in enumerate(grid):
        if slot.start == slot.end:
            continue
        bar = request.bars[slot.bar]
        new_section = slot.half == 0 and (slot.bar == 0 or request.bars[slot.bar - 1].section != bar.section)
        if new_section:
            section_start = slot.bar
        rate = change_rate(bar)
        by_rhythm = slot.half == 0 or rate == 2
        if rate == 0.5 and (slot.half == 1 or (slot.bar - section_start) % 2):
            by_rhythm = False
        if by_rhythm or new_section or slot.start in turns or index in forced:
            changes.append(index)
    return changes


def decode_chords(request: CueRequest, log_probabilities: LogProbabilities) -> tuple[Chord, ...]:
    """One chord a slot. log_probabilities(chords so far, slot) -> [192] over `vocabulary`.

    Nucleus sampling of the engine's distribution, reweighted by tension, tonic at section starts, fit with
    the theme, repetition, what comes back and what a chord outside the mode costs; forced slots are given to
    the engine as if it chose them.
    """
    rng = np.random.default_rng(stage_seed(request, "chords"))
    grid = slots(request.tempo_map)
    forced = ending_chords(request, rng)
    changes = set(change_slots(request, grid, list(forced)))
    names = vocabulary(request.key_pc)
    fixed = _fixed(request.key_pc, request.mode, request.style)
    theme = theme_notes(request)
    chosen: list[Chord] = []
    owed = TensionOwed(request, grid, forced)
    back = returns(request)
    for index in range(len(grid)):
        if index in forced:
            chosen.append(forced[index])
        elif index not in changes and chosen:
            chosen.append(chosen[-1])
        else:
            scores = log_probabilities(chosen, index) + fixed
            following = next((i for i in range(index + 1, len(grid)) if i in changes), len(grid))
            weights = pitch_weights(theme, grid[index].start, grid[following - 1].end)
            scores = scores + _asked_here(request, grid[index], chosen)
            scores = scores + owed.scores(chosen, index) + _mode_scores(request, chosen, following - index)
            scores = scores + _theme_scores(request, weights)
            scores = scores + foreign_scores(request, chosen, following - index, forced.get(following))
            for earlier, worth in coming_back(back, index):
                scores[chosen[earlier].id(request.key_pc)] += worth
            chosen.append(names[sample_index(scores, NUCLEUS, rng.random())])
    return _with_pedals(request, grid, chosen, set(forced))


@cache
def _fixed(key: int, mode: Mode, style: Style) -> Scores:
    bare = [BARE_COST.get(chord.quality, 0.0) for chord in vocabulary(key)]
    scores: Scores = -foreign_costs(mode, style) - np.array(bare)
    return scores


def _asked_here(request: CueRequest, slot: Slot, chosen: Sequence[Chord]) -> Scores:
    bar = request.bars[slot.bar]
    scores = np.zeros(VOCABULARY)
    first = slot.half == 0 and (slot.bar == 0 or request.bars[slot.bar - 1].section != bar.section)
    if first:
        scores[:QUALITY_COUNT] += FIRST_TONIC_PRIOR if slot.bar == 0 else TONIC_PRIOR
    if chosen and not first:
        scores[chosen[-1].id(request.key_pc)] -= UNCHANGED
    return scores - _repetition(request, slot, chosen)


@cache
def _telling(key_pc: int, mode: Mode) -> tuple[Scores, Scores]:
    """Which chords of a mode hold the degree by which it is known, and which the one that its neighbour has
    in its place: 0 or 1 for each of the vocabulary.

    One with a tone outside the mode does not tell it: praised for Dorian's sixth, V7 of V came at every turn.
    """
    own, other = ((key_pc + degree) % 12 for degree in MODE_DEGREES[mode])
    tones = [chord.pitch_classes for chord in vocabulary(key_pc)]
    within = np.where(functions(mode).foreign, 0.0, [float(own in t) for t in tones])
    return within, np.array([float(other in t) for t in tones])


def _mode_scores(request: CueRequest, chosen: Sequence[Chord], lasting: int) -> Scores:
    """Chords that tell the mode are praised, the more when it has not been told for a while; one that lasts
    (half bars) until another mode's scale holds more of what was heard lately is not."""
    key, mode = request.key_pc, request.mode
    own, other = _telling(key, mode)
    degree = (key + MODE_DEGREES[mode][0]) % 12
    overdue = len(chosen) >= 2 and not any(degree in chord.pitch_classes for chord in chosen[-OVERDUE_SLOTS:])
    tones, scales = _tones(key)
    lately = tones[[chord.id(key) for chord in chosen[-HEARD_SLOTS:]]].sum(0)
    fits = (lately + lasting * tones) @ scales.T  # (192, 6)
    asked = mode_index(mode)
    lost = fits.max(1) - fits[:, asked] - MODE_CREDIT
    found: Scores = (CHARACTERISTIC + OVERDUE * overdue) * own - UNCHARACTERISTIC * other
    found -= MODE_LOST * np.maximum(lost, 0.0)
    return found


@cache
def _tones(key_pc: int) -> tuple[Scores, Scores]:
    """[192, 12] and [6, 12], 0 or 1: the tones of each chord of the vocabulary, and of each mode's scale."""
    chords = [chord.pitch_classes for chord in vocabulary(key_pc)]
    scales = [scale_pcs(key_pc, mode) for mode in MODE_STEPS]
    return _marked(chords), _marked(scales)


def _marked(classes: Sequence[Sequence[int]]) -> Scores:
    found = np.zeros((len(classes), 12))
    for row, some in enumerate(classes):
        found[row, list(some)] = 1.0
    return found


def _repetition(request: CueRequest, slot: Slot, chosen: Sequence[Chord]) -> Scores:
    costs = np.zeros(VOCABULARY)
    if not chosen:
        return costs
    changes = [chord for i, chord in enumerate(chosen) if i == 0 or chord != chosen[i - 1]]
    last = chosen[-1].id(request.key_pc)
    costs[last] += SAME_AS_BEFORE
    if len(chosen) >= 4 and len(set(chosen[-4:])) == 1:
        costs[last] += THIRD_REPETITION
    if any(h.kind == "turn" and round(h.beat * STEPS_PER_BEAT) == slot.start for h in request.hits):
        root = (chosen[-1].root - request.key_pc) % 12
        costs[root * QUALITY_COUNT : (root + 1) * QUALITY_COUNT] += TURN_UNCHANGED
    if len(changes) >= 4 and changes[-1] == changes[-3] and changes[-2] == changes[-4]:
        costs[changes[-2].id(request.key_pc)] += THIRD_REPETITION / 2
    followed = Counter(b for a, b in pairwise(changes[-LOOP_CHANGES:]) if a == changes[-1])
    for chord, times in followed.items():
        costs[chord.id(request.key_pc)] += min(LOOP_COST * times**2, MOST_LOOP_COST)
    return costs


def _theme_scores(request: CueRequest, weights: Mapping[int, float]) -> Scores:
    """How well each chord carries the theme while it sounds: tones praised, clashes and minor ninths not."""
    scores = np.zeros(VOCABULARY)
    if not weights:
        return scores
    fits = _fits(request.key_pc, request.mode)
    for pc, weight in weights.items():
        scores += weight * fits[pc]
    return scores * (4 * THEME_FIT / sum(weights.values()))


@cache
def _fits(key_pc: int, mode: Mode) -> Scores:
    """How well each pitch class fits each chord, [12, 192]: 1 a tone of it, 0 of its scale, else less."""
    found = np.zeros((12, VOCABULARY))
    for index, chord in enumerate(vocabulary(key_pc)):
        scale = chord_scale(chord, key_pc, mode)
        for pc in range(12):
            if pc in chord.pitch_classes:
                found[pc, index] = 1.0
            elif pc not in scale or (pc - 1) % 12 in chord.pitch_classes:
                found[pc, index] = -MINOR_NINTH
    return found


def _with_pedals(
    request: CueRequest, grid: Sequence[Slot], chosen: Sequence[Chord], forced: set[int]
) -> tuple[Chord, ...]:
    """A tonic pedal under slow, tense or ambient sections: the trade's way to wait."""
    found: list[Chord] = []
    for index, (slot, chord) in enumerate(zip(grid, chosen, strict=True)):
        bar = request.bars[slot.bar]
        waits = (
            bar.arousal < 0.45 and bar.tension > 0.5 and request.style not in ("folk_western", "noir_jazz")
        )
        pedal = index not in forced and (waits or (request.style == "ambient" and bar.arousal < 0.5))
        found.append(Chord(chord.root, chord.quality, request.key_pc) if pedal else chord)
    return tuple(found)


def chord_steps(request: CueRequest, chords: Sequence[Chord]) -> list[Chord]:
    """The sounding chord of every 16th step of the cue."""
    steps: list[Chord] = []
    for slot, chord in zip(slots(request.tempo_map), chords, strict=True):
        steps += [chord] * (slot.end - slot.start)
    return steps


def changes_in(chords: Sequence[Chord], grid: Sequence[Slot]) -> list[tuple[int, int, Chord]]:
    """(start step, end step, chord) of each unbroken stretch of one chord."""
    found: list[tuple[int, int, Chord]] = []
    for slot, chord in zip(grid, chords, strict=True):
        if slot.start == slot.end:
            continue
        if found and found[-1][2] == chord:
            found[-1] = (found[-1][0], slot.end, chord)
        else:
            found.append((slot.start, slot.end, chord))
    return found
