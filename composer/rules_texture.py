"""Accompaniment by rule: a section's character picks its figures, the chord's voices fill them."""

from collections.abc import Mapping, Sequence

import numpy as np

from composer.exact_texture import density_asked, exact
from composer.figures import (
    BASSES,
    COMPS,
    PADS,
    SHAPES,
    STABS,
    Character,
    Rhythm,
    drum_bar,
    rhythm,
    section_character,
    under_melody,
)
from composer.frame import ChordVoices, Frame, melody_floor
from composer.grid import GridNote, LayerPlan
from composer.layers import sections, under_speech
from composer.notes import Role
from composer.request import CueRequest, stage_seed
from composer.styles import ROLE_RANGE
from composer.theory import Chord, chord_scale, nearest_pitch, rubs

PHRASE_BARS = 4
PULSE_DENSITY, GALLOP_DENSITY = 2.0, 3.0


class Section:
    """One section's choices: its character and the figures that it keeps from first bar to last."""

    def __init__(self, frame: Frame, first: int, end: int, rng: np.random.Generator) -> None:
        bars = frame.request.bars[first:end]
        self.frame, self.first, self.end = frame, first, end
        self.kind: Character = section_character(bars)
        style = frame.request.style
        shapes = SHAPES[self.kind]
        self.shape = shapes[int(rng.integers(len(shapes)))]
        self.comp: Rhythm = COMPS[int(rng.integers(len(COMPS)))]
        self.stab: Rhythm = STABS[int(rng.integers(len(STABS)))]
        self.bass = BASSES[style][self.kind]
        self.pad = PADS[style][self.kind]

    def onsets(self, bar: int) -> Rhythm:
        """The carrier's onsets in a bar: as dense as asked, and thin enough under speech."""
        beats = self.frame.request.tempo_map.bars[bar]
        return rhythm(density_asked(self.frame, bar), beats, self.kind)

    def breathes(self, bar: int) -> bool:
        """Whether a phrase ends here and its figures leave room: not in a chase."""
        calm = self.kind in ("rest", "neutral", "tension")
        return calm and (bar - self.first) % PHRASE_BARS == PHRASE_BARS - 1


def rules_texture(
    request: CueRequest, chords: tuple[Chord, ...], plan: LayerPlan
) -> Mapping[Role, tuple[GridNote, ...]]:
    """Bass, pad, arpeggio and percussion of every bar before the out."""
    frame = Frame(request, chords)
    rng = np.random.default_rng(stage_seed(request, "texture"))
    notes: dict[Role, list[GridNote]] = {"bass": [], "pad": [], "arpeggio": [], "percussion": []}
    for first, end in sections(request):
        section = Section(frame, first, end, rng)
        for bar in range(first, min(end, request.out_bar)):
            _write_bar(section, bar, plan, notes)
    return exact(frame, plan, notes)


def _write_bar(section: Section, bar: int, plan: LayerPlan, notes: dict[Role, list[GridNote]]) -> None:
    if plan.sounds("bass", bar):
        notes["bass"] += bass_bar(section, bar, carries=not plan.sounds("arpeggio", bar))
    if plan.sounds("pad", bar):
        notes["pad"] += pad_bar(section, bar, alone=len(plan.bars[bar]) == 1)
    if plan.sounds("arpeggio", bar):
        notes["arpeggio"] += arpeggio_bar(section, bar, notes["bass"], notes["pad"])
    if plan.sounds("percussion", bar):
        notes["percussion"] += drums_bar(section, bar)


def _limits(section: Section, bar: int) -> tuple[int, int]:
    return section.frame.starts[bar], section.frame.starts[bar + 1]


def _fill(onsets: Sequence[int], end: int, pitches: Sequence[int], stress: Sequence[float]) -> list[GridNote]:
    """Notes that each last to the next onset."""
    ends = [*onsets[1:], end]
    return [
        GridNote(on, pitch, off - on, s)
        for on, off, pitch, s in zip(onsets, ends, pitches, stress, strict=True)
        if off > on
    ]


def bass_bar(section: Section, bar: int, carries: bool) -> list[GridNote]:
    """One bar of bass by the section's figure; under speech, long notes only."""
    start, end = _limits(section, bar)
    voices = section.frame.within(start, end)
    figure = section.bass
    if under_speech(section.frame.request.bars[bar]) and figure not in ("drone", "whole"):
        figure = "whole"
    if figure in ("drone", "whole"):
        return [GridNote(v.start, v.bass, v.end - v.start, 0.2) for v in voices]
    if figure == "walk":
        return _walk(section, bar, start, end)
    offsets: Sequence[int] = (0, 8)
    if figure == "halves" and carries and section.kind != "rest":
        offsets = [on for on in section.onsets(bar) if on % 4 == 0]
    if figure == "pulse":
        offsets = section.onsets(bar) if carries else _beneath(section, bar, PULSE_DENSITY)
    elif figure == "gallop":
        offsets = _beneath(section, bar, GALLOP_DENSITY)
    onsets = [start + offset for offset in offsets if start + offset < end]
    onsets = sorted({*onsets, *(v.start for v in voices)})
    pitches = [_bass_pitch(section, figure, start, on) for on in onsets]
    stress = [0.4 if on == start else 0.0 if (on - start) % 4 == 0 else -0.3 for on in onsets]
    notes = _fill(onsets, end, pitches, stress)
    return [_short(note, 4) for note in notes] if figure == "oom" else notes


def _beneath(section: Section, bar: int, density: float) -> Rhythm:
    """A bass's onsets under a figure: so many at most, and only where the figure has one too."""
    figure = section.onsets(bar)
    own = rhythm(density, section.frame.request.tempo_map.bars[bar], section.kind)
    return tuple(onset for onset in own if onset in figure)


def _short(note: GridNote, steps: int) -> GridNote:
    return GridNote(note.step, note.pitch, min(note.steps, steps), note.stress)


def _bass_pitch(section: Section, figure: str, start: int, on: int) -> int:
    here = section.frame.at(on)
    low, high = ROLE_RANGE["bass"]
    fifth = next((pc for pc in here.chord.pitch_classes if (pc - here.chord.root) % 12 in (6, 7, 8)), None)
    off_beat = figure in ("halves", "oom") and on - start == 8 and on != here.start
    if off_beat and fifth is not None and here.chord.bass is None:
        return nearest_pitch(here.bass - 5, {fifth}, low, high)
    if figure == "gallop" and (on - start) % 8 == 6 and here.bass + 12 <= high:
        return here.bass + 12
    return here.bass


def _walk(section: Section, bar: int, start: int, end: int) -> list[GridNote]:
    """Walking quarters: root, chord tones on the way, and a step into the next bar's root."""
    frame = section.frame
    low, high = ROLE_RANGE["bass"]
    following = frame.at(end).bass if bar + 1 < len(frame.starts) - 1 else frame.at(start).bass
    onsets = list(range(start, end, 4))
    pitches: list[int] = []
    for index, on in enumerate(onsets):
        here = frame.at(on)
        if on == start or on == here.start:
            pitches.append(here.bass)
        elif index == len(onsets) - 1:
            scale = chord_scale(here.chord, frame.request.key_pc, frame.request.mode)
            side = 1 if pitches[-1] >= following else -1
            step = next(d for d in (1, 2, 3) if (following + side * d) % 12 in scale)
            pitches.append(min(max(following + side * step, low), high))
        else:
            toward = pitches[-1] + (5 if following > pitches[-1] else 3) * (1 if index == 1 else -1)
            others = set(here.chord.pitch_classes) - {pitches[-1] % 12}
            pitches.append(nearest_pitch(toward, others or {here.bass % 12}, low, high))
    stress = [0.2 if on == start else 0.0 for on in onsets]
    return _fill(onsets, end, pitches, stress)


def pad_bar(section: Section, bar: int, alone: bool) -> list[GridNote]:
    """One bar of pad: sustained (tied later), answering the bass, comping or stabbing."""
    start, end = _limits(section, bar)
    figure = section.pad
    spoken = under_speech(section.frame.request.bars[bar])
    if figure == "sustain" or alone or spoken:
        last = end - (2 if section.breathes(bar) and section.kind != "tension" else 0)
        voices = section.frame.within(start, last)
        return [GridNote(v.start, p, v.end - v.start) for v in voices for p in v.pad]
    offsets: Sequence[int] = section.comp if figure == "comp" else section.stab
    length = 3
    if figure == "pah":
        offsets, length = tuple(range(4, end - start, 8)), 2
    found: list[GridNote] = []
    for offset in offsets:
        if start + offset < end:
            steps = min(length, end - start - offset)
            here: ChordVoices = section.frame.at(start + offset)
            found += [GridNote(start + offset, pitch, steps, -0.1) for pitch in here.pad]
    return found


def ladder(here: ChordVoices, centre: float, low: int, high: int) -> list[int]:
    """The chord's tones in range, ascending, from about a fifth below the centre."""
    tones = set(here.chord.pitch_classes) if len(here.chord.pitch_classes) > 1 else {here.chord.root}
    pitches = [pitch for pitch in range(low, high + 1) if pitch % 12 in tones]
    above = [pitch for pitch in pitches if pitch >= centre - 8]
    return above if len(above) >= 4 else pitches[-5:]


def arpeggio_bar(
    section: Section, bar: int, bass: Sequence[GridNote], pad: Sequence[GridNote]
) -> list[GridNote]:
    """One bar of figure: the section's shape walked over the chord's ladder at the onsets asked for.

    bass, pad: written so far.
    """
    start, end = _limits(section, bar)
    asked = section.frame.request.bars[bar]
    low, high = section.frame.role_range("arpeggio", bar)
    if under_melody(section.kind, asked):
        high = min(high, max(melody_floor(section.frame.request, bar) - 1, low + 14))
    onsets = [start + offset for offset in section.onsets(bar)]
    if section.breathes(bar) and len(onsets) > 2:
        onsets = [on for on in onsets if on < end - 4]
    notes: list[GridNote] = []
    ends = [*onsets[1:], min(onsets[-1] + 8, end)]
    unpitched = [GridNote(on, 0, off - on) for on, off in zip(onsets, ends, strict=True)]
    centre = section.frame.figure_centre(bar, unpitched, bass, pad)
    for index, on in enumerate(onsets):
        here = section.frame.at(on)
        rungs = ladder(here, centre, low, high)
        place = section.shape[index % len(section.shape)]
        pitch = rungs[min(int(place), len(rungs) - 1)]
        if place % 1 and (on - start) % 4:
            pitch = _upper(section, on, pitch, high)
        off = onsets[index + 1] if index + 1 < len(onsets) else min(on + 8, end)
        stress = 0.3 if on == start else 0.0 if (on - start) % 4 == 0 else -0.3
        notes.append(GridNote(on, pitch, off - on, stress))
    return notes


def _upper(section: Section, on: int, pitch: int, high: int) -> int:
    """The scale's note above a chord tone, where it is in reach and does not rub against the chord."""
    request, chord = section.frame.request, section.frame.steps[on]
    scale = chord_scale(chord, request.key_pc, request.mode)
    upper = next(above for above in range(pitch + 1, pitch + 12) if above % 12 in scale)
    return pitch if upper > high or rubs(upper, chord) else upper


def drums_bar(section: Section, bar: int) -> list[GridNote]:
    """One bar of percussion."""
    start, end = _limits(section, bar)
    pattern = drum_bar(section.frame.request.style, section.kind)
    return [GridNote(start + on, drum, 1, stress) for on, drum, stress in pattern if start + on < end]
