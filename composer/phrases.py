"""Where a cue's melody sings and what: theme, fragment or cell, and the rests between phrases."""

from collections.abc import Sequence
from dataclasses import dataclass

from composer.grid import STEPS_PER_BAR, GridNote, bar_starts
from composer.request import CueRequest, MelodyUse, ThemeCell, ThemeNote
from composer.theme_changes import returned
from composer.theory import MODE_STEPS, Chord, chord_scale, nearest_pitch, rubs

THEME_BARS = 4
LEAP = 12
THEME_LIFT = 2.0  # semitones: between two octaves a full statement takes the one that carries


@dataclass(frozen=True, slots=True)
class Phrase:
    """[first, end) bars of one breath of melody, and the kind that its bars ask for."""

    first: int
    end: int
    kind: MelodyUse


def phrases(request: CueRequest) -> list[Phrase]:
    """Unbroken runs of bars with one kind of melody, cut every four bars from their start.

    Nothing sings from the out on: the final chord rings alone. A theme that the request does not carry is
    read as a cell.
    """
    found: list[Phrase] = []
    for index, bar in enumerate(request.bars[: request.out_bar]):
        kind = bar.melody
        if kind in ("theme", "fragment") and request.theme is None:
            kind = "cell"
        if kind == "none":
            continue
        last = found[-1] if found else None
        if last and last.end == index and last.kind == kind and index - last.first < THEME_BARS:
            found[-1] = Phrase(last.first, index + 1, kind)
        else:
            found.append(Phrase(index, index + 1, kind))
    return found


def _degree_pitch(request: CueRequest, semitone: int, written: tuple[int, ...]) -> int:
    """Semitones above the tonic in the cue's mode of a theme note written in another mode."""
    octave, rest = divmod(semitone, 12)
    if rest not in written:
        return semitone
    return 12 * octave + MODE_STEPS[request.mode][written.index(rest)]


def cell_of(request: CueRequest, phrase: Phrase) -> ThemeCell:
    """What a theme's phrase sings: the theme, or its answer in every second full statement of a cue and in
    its last, which closes."""
    assert request.theme is not None
    if phrase.kind != "theme" or request.answer is None:
        return request.theme
    stated = [other.first for other in phrases(request) if other.kind == "theme"]
    before = stated.index(phrase.first)
    return request.answer if before % 2 or (before and phrase.first == stated[-1]) else request.theme


def _theme_notes(request: CueRequest, phrase: Phrase) -> list[ThemeNote]:
    cell = cell_of(request, phrase)
    if phrase.kind == "theme":
        return sorted(cell.notes, key=lambda note: note.step)
    return returned(request, cell, phrase.end - phrase.first, fragments_before(request, phrase))


def fragments_before(request: CueRequest, phrase: Phrase) -> int:
    """How many fragments of its theme a cue sings before a phrase."""
    return sum(other.kind == "fragment" and other.first < phrase.first for other in phrases(request))


def _pitches(request: CueRequest, cell: ThemeCell, notes: Sequence[ThemeNote]) -> list[int]:
    written = MODE_STEPS[cell.mode]
    return [_degree_pitch(request, note.semitone, written) for note in notes]


def theme_phrase(request: CueRequest, phrase: Phrase) -> list[GridNote]:
    """A theme or its head on the cue's grid and in its mode, before it is bent to the chords.

    The theme's bars are laid on the cue's bars one to one: what does not fit a short bar is left out. The
    octave is the one that brings the theme's mean nearest to the melody register asked for.
    """
    starts = bar_starts(request.tempo_map)
    cell, notes = cell_of(request, phrase), _theme_notes(request, phrase)
    pitches = _pitches(request, cell, notes)
    wanted = request.bars[phrase.first].melody_register
    # An answer stands in its theme's octave: the two were sung as one line.
    assert request.theme is not None
    leading = _pitches(request, request.theme, request.theme.notes) if phrase.kind == "theme" else pitches
    wanted += THEME_LIFT * (phrase.kind == "theme")
    tonic = request.key_pc + 12 * round((wanted - request.key_pc - sum(leading) / len(leading)) / 12)
    placed: list[GridNote] = []
    for note, pitch in zip(notes, pitches, strict=True):
        bar, offset = divmod(note.step, STEPS_PER_BAR)
        bar += phrase.first
        if bar >= phrase.end or starts[bar] + offset >= starts[bar + 1]:
            continue
        step = starts[bar] + offset
        steps = min(note.steps, starts[phrase.end] - step)
        stress = 0.3 if offset == 0 else 0.0
        placed.append(GridNote(step, min(max(tonic + pitch, 0), 127), steps, stress))
    return placed


def theme_notes(request: CueRequest) -> list[GridNote]:
    """Every note of the cue's statements and fragments, before they are bent to chords."""
    themed = [phrase for phrase in phrases(request) if phrase.kind != "cell"]
    return [note for phrase in themed for note in theme_phrase(request, phrase)]


def pitch_weights(notes: Sequence[GridNote], start: int, end: int) -> dict[int, float]:
    """Pitch class -> how long (steps, doubled for notes on beats) it sounds in [start, end) steps."""
    weights: dict[int, float] = {}
    for note in notes:
        sounding = min(note.end, end) - max(note.step, start)
        if sounding > 0:
            weight = sounding * (2.0 if note.step % 4 == 0 else 1.0)
            weights[note.pitch % 12] = weights.get(note.pitch % 12, 0.0) + weight
    return weights


def bend_to_chords(
    notes: Sequence[GridNote], steps: Sequence[Chord], request: CueRequest, low: int, high: int
) -> list[GridNote]:
    """Each pitch moved to the nearest of the sounding chord's scale, in range, no leap over an octave.

    Notes that overlap the next are cut there.
    """
    bent: list[GridNote] = []
    for note in sorted(notes):
        allowed = _bearable(steps[note.step], note, request)
        pitch = nearest_pitch(_folded(note.pitch, low, high), allowed, low, high)
        if bent and abs(pitch - bent[-1].pitch) > LEAP:
            pitch = nearest_pitch(
                bent[-1].pitch + LEAP * (1 if pitch > bent[-1].pitch else -1),
                allowed,
                max(low, bent[-1].pitch - LEAP),
                min(high, bent[-1].pitch + LEAP),
            )
        if bent and bent[-1].end > note.step:
            last = bent.pop()
            if last.step < note.step:
                bent.append(GridNote(last.step, last.pitch, note.step - last.step, last.stress))
        bent.append(GridNote(note.step, pitch, _until_rub(note, pitch, steps), note.stress))
    return bent


def _until_rub(note: GridNote, pitch: int, steps: Sequence[Chord]) -> int:
    """How long a pitch may be held: not into another chord that it rubs against."""
    own, held = steps[note.step], range(note.step + 1, min(note.end, len(steps)))
    rubbed = (step for step in held if steps[step] != own and rubs(pitch, steps[step]))
    return next(rubbed, note.end) - note.step


def _bearable(chord: Chord, note: GridNote, request: CueRequest) -> frozenset[int]:
    """The chord's scale; for a long note or one on a beat, without what rubs against the chord."""
    allowed = chord_scale(chord, request.key_pc, request.mode)
    if note.steps < 4 and note.step % 4:
        return allowed
    return frozenset(pc for pc in allowed if not rubs(pc, chord)) or allowed


def _folded(pitch: int, low: int, high: int) -> int:
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return max(pitch, low)
