"""Notes against their chords, chords against their key, and the joins between cues."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from composer.encoding.chord import NO_CHORD, QUALITIES
from composer.encoding.style_tag import TAG_OF_STYLE
from composer.request import CueRequest
from composer.spotting import Cue, Style
from composer.theory import Chord, chord_of, chord_scale, is_chromatic, key_pc_of, key_signature
from tests.bench.film_score import Score
from tests.bench.form_energy import energy

NEAR_JOIN_S, SEGUE_S = 15.0, 1.0
JOIN_BARS = 2
ASKED_CHANGE = 0.1  # of arousal: more than this is the picture's own contrast
LEAST_CHORDS = 16  # half bars of a real piece, for a share of its own


def in_scale(score: Score) -> tuple[int, int, int, int]:
    """(texture notes in the sounding chord's scale, texture notes, the same of melody)."""
    counts = [0, 0, 0, 0]
    for request, notes in zip(score.requests, score.notes, strict=True):
        scales = [_scale(request, span.root_pc, span.pitch_classes) for span in notes.chords]
        begins = [span.beat for span in notes.chords]
        for note in notes.notes:
            part = notes.parts[note.part]
            if part.drums or part.role == "percussion":
                continue
            index = max(int(np.searchsorted(begins, note.grid_tick / 960, side="right")) - 1, 0)
            place = 2 * (part.role == "melody")
            counts[place] += note.pitch % 12 in scales[index]
            counts[place + 1] += 1
    return counts[0], counts[1], counts[2], counts[3]


def _scale(request: CueRequest, root: int, classes: tuple[int, ...]) -> frozenset[int]:
    return chord_scale(_chord(root, classes), request.key_pc, request.mode) | {request.key_pc}


def _chord(root: int, classes: tuple[int, ...]) -> Chord:
    same = (Chord(root, quality) for quality in QUALITIES)
    return next(chord for chord in same if set(chord.pitch_classes) == set(classes))


def chromatic_share(score: Score) -> float:
    """Share of sounding time under chords with a tone outside the cue's mode, before the outs."""
    beats = foreign = 0.0
    for request, notes in zip(score.requests, score.notes, strict=True):
        for span in notes.chords:
            chord = _chord(span.root_pc, span.pitch_classes)
            beats += span.beats
            foreign += span.beats * is_chromatic(chord, request.key_pc, request.mode)
    return foreign / max(beats, 1e-9)


def real_chromatic(prepared: Path) -> dict[Style, tuple[float, float, int]]:
    """(mean, standard deviation, pieces) of that share in real pieces of each style's tag, all splits."""
    from composer.encoding.chord import MODES

    with np.load(prepared / "bars.npz", allow_pickle=False) as file:
        chords, mode, tag, piece = (file[name] for name in ("chords", "mode", "style", "piece"))
    foreign = np.array(
        [
            [number != NO_CHORD and is_chromatic(chord_of(number, 0), 0, m) for m in MODES]
            for number in range(NO_CHORD + 1)
        ]
    )
    flags, known = foreign[chords, mode[:, None]], chords != NO_CHORD
    found: dict[Style, tuple[float, float, int]] = {}
    for style, number in TAG_OF_STYLE.items():
        shares = []
        for one in np.unique(piece[tag == number]):
            here = (piece == one) & (tag == number)
            if known[here].sum() >= LEAST_CHORDS:
                shares.append(float(flags[here][known[here]].mean()))
        if shares:
            found[style] = float(np.mean(shares)), float(np.std(shares)), len(shares)
    return found


@dataclass(frozen=True, slots=True)
class Join:
    """Two cues less than 15 s apart.  segue: no gap.  fifths: between their keys, relative keys one.
    steady: the picture asks for no change; louder: log2 of energy after over before, what was asked for taken
    off; tempo: the ratio of their tempi."""

    segue: bool
    fifths: int
    steady: bool
    louder: float
    tempo: float


def joins(score: Score) -> list[Join]:
    """Every join of a film's cues."""
    found = []
    cues = list(zip(score.spotting.cues, score.rows, strict=True))
    for (before, last), (after, first) in pairwise(cues):
        gap = after.start_s - before.end_s
        lowered = [row for row in last if row.time_s < before.out_s][-JOIN_BARS:]
        raised = list(first[:JOIN_BARS])
        if gap > NEAR_JOIN_S or not lowered or not raised:
            continue
        asked = [float(np.mean([row.asked.arousal for row in rows])) for rows in (lowered, raised)]
        heard = [max(float(np.mean([energy(row) for row in rows])), 0.05) for rows in (lowered, raised)]
        wanted = [max(-4.0 * float(np.log(max(1 - a, 1e-6))), 0.05) for a in asked]
        louder = float(np.log2(heard[1] / heard[0]) - np.log2(wanted[1] / wanted[0]))
        steady = abs(asked[1] - asked[0]) < ASKED_CHANGE
        ratio = after.tempo_qpm / before.tempo_qpm
        found.append(Join(gap < SEGUE_S, fifths(before, after), steady, louder, ratio))
    return found


def fifths(before: Cue, after: Cue) -> int:
    """Steps between two cues' keys on the circle, by their signatures."""
    circle = ("C", "G", "D", "A", "E", "B", "F#", "Db", "Ab", "Eb", "Bb", "F")
    places = [circle.index(key_signature(key_pc_of(cue.key), cue.mode)) for cue in (before, after)]
    apart = abs(places[0] - places[1])
    return min(apart, 12 - apart)


def share_of(values: Sequence[bool]) -> float | None:
    """How many hold; None for none at all."""
    return sum(values) / len(values) if values else None
