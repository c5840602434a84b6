"""A cue's or a film's music as it is written down: bars, keys, tempi and notes on the grid.

Places and lengths are units of 1/64 note (sixteen a beat), which hold every place of the 16th grid and of a
hit between two of its steps. Performed timing stays in the MIDI; on paper a note begins at its grid_tick and
lasts a whole number of 16ths.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from composer.film_bars import film_bars
from composer.film_clock import CuePlace, FilmClock, film_clock
from composer.lead_in import LEAD_BARS, lead_beats
from composer.notes import ROLES, ChordSpan, CueNotes, Note, Part
from composer.spelling import signature
from composer.spotting import Cue, Mode, Spotting
from composer.tempo_map import TICKS_PER_BEAT
from vision.analysis import Analysis

UNITS_PER_BEAT = 16
UNIT_TICKS = TICKS_PER_BEAT // UNITS_PER_BEAT
SIXTEENTH = 4  # units


@dataclass(frozen=True, slots=True, order=True)
class WrittenNote:
    """[start, end) units from the score's start, MIDI pitch (a drum key where its part is drums)."""

    start: int
    end: int
    pitch: int


@dataclass(frozen=True, slots=True)
class Key:
    """From a unit on: sharps (flats where negative) and mode."""

    unit: int
    fifths: int
    mode: Mode


@dataclass(frozen=True, slots=True)
class Word:
    """Text above the score: a cue's id as a rehearsal mark, or a hit's kind."""

    unit: int
    text: str
    rehearsal: bool


@dataclass(frozen=True)
class WrittenScore:
    """bars: lengths in beats; keys and tempi (unit, quarters a minute) start at unit 0 and rise."""

    title: str
    bars: tuple[int, ...]
    keys: tuple[Key, ...]
    tempi: tuple[tuple[int, float], ...]
    chords: tuple[tuple[int, ChordSpan], ...]
    words: tuple[Word, ...]
    parts: tuple[tuple[Part, tuple[WrittenNote, ...]], ...]

    @property
    def units(self) -> int:
        """Length of all bars."""
        return sum(self.bars) * UNITS_PER_BEAT


def written_cue(cue: Cue, notes: CueNotes, spotting: Spotting) -> WrittenScore:
    """One cue, its first downbeat after two bars; bars go on where a note begins after the last of them."""
    lead = lead_beats(notes.tempo_map)
    start = lead * UNITS_PER_BEAT
    bars = [*[notes.tempo_map.bars[0]] * LEAD_BARS, *notes.tempo_map.bars]
    while (sum(bars) - lead) * TICKS_PER_BEAT <= max((note.grid_tick for note in notes.notes), default=0):
        bars.append(4)
    units = sum(bars) * UNITS_PER_BEAT

    def moved(tick: int) -> int:
        return lead * TICKS_PER_BEAT + tick

    return WrittenScore(
        title=cue.id,
        bars=tuple(bars),
        keys=(Key(0, signature(cue.key, cue.mode), cue.mode),),
        tempi=tuple(
            ((start + change.beat * UNITS_PER_BEAT) if change.beat else 0, 60e6 / change.us_per_beat)
            for change in notes.tempo_map.changes
        ),
        chords=tuple((start + round(chord.beat * UNITS_PER_BEAT), chord) for chord in notes.chords),
        words=(Word(start, cue.id, True), *_hits(cue, notes, spotting, start)),
        parts=tuple(
            (part, _for_staff(part, _written([n for n in notes.notes if n.part == index], moved, units)))
            for index, part in enumerate(notes.parts)
        ),
    )


def written_film(
    analysis: Analysis, spotting: Spotting, cues: Sequence[tuple[Cue, CueNotes]]
) -> WrittenScore:
    """The whole film from its first frame, on the bars of score.mid; silence between cues is rests."""
    ordered = sorted(cues, key=lambda pair: pair[0].start_s)
    clock = film_clock([(cue.start_s, notes.tempo_map) for cue, notes in ordered], analysis.film.duration_s)
    placed = [(cue, notes, place) for (cue, notes), place in zip(ordered, clock.places, strict=True)]
    units = clock.last_tick // UNIT_TICKS
    return WrittenScore(
        title="Score",
        bars=tuple(beats for _, beats in film_bars(clock, [notes.tempo_map for _, notes in ordered])),
        keys=_film_keys(placed),
        tempi=tuple((s.tick // UNIT_TICKS, 60e6 / s.us_per_beat) for s in clock.stretches),
        chords=tuple(
            (_unit(place) + round(chord.beat * UNITS_PER_BEAT), chord)
            for _, notes, place in placed
            for chord in notes.chords
            if chord.beat < place.beats
        ),
        words=tuple(
            word
            for cue, notes, place in placed
            for word in (
                Word(_unit(place), cue.id, True),
                *_hits(cue, notes, spotting, _unit(place), place.beats),
            )
        ),
        parts=tuple((part, _film_notes(part, placed, clock, units)) for part in _film_parts(ordered)),
    )


Placed = Sequence[tuple[Cue, CueNotes, CuePlace]]


def _unit(place: CuePlace) -> int:
    return place.tick // UNIT_TICKS


def _film_keys(placed: Placed) -> tuple[Key, ...]:
    """Each cue's key from its first bar; the first one's from the start."""
    keys = [Key(_unit(place), signature(cue.key, cue.mode), cue.mode) for cue, _, place in placed]
    if not keys:
        return (Key(0, 0, "ionian"),)
    return (Key(0, keys[0].fifths, keys[0].mode), *(key for key in keys if key.unit > 0))


def _film_parts(cues: Sequence[tuple[Cue, CueNotes]]) -> list[Part]:
    """Every part of the film once, in score order."""
    parts = {part for _, notes in cues for part in notes.parts}
    return sorted(parts, key=lambda p: (ROLES.index(p.role), p.name, p.programme, p.drums, p.pan))


def _film_notes(part: Part, placed: Placed, clock: FilmClock, units: int) -> tuple[WrittenNote, ...]:
    found: list[WrittenNote] = []
    for _, notes, place in placed:
        own = [note for note in notes.notes if notes.parts[note.part] == part]
        found += _written(own, _film_tick(notes, place, clock), units)
    return _for_staff(part, _unambiguous(found))


def _film_tick(notes: CueNotes, place: CuePlace, clock: FilmClock) -> Callable[[int], int]:
    """A cue's ticks on the film's; what rings on after the cue's own beats is moved by time."""

    def moved(tick: int) -> int:
        if tick <= place.beats * TICKS_PER_BEAT:
            return place.tick + tick
        us = place.us + float(notes.tempo_map.time_us(tick / TICKS_PER_BEAT))
        sixteenth = SIXTEENTH * UNIT_TICKS
        return min(round(clock.tick_at(us) / sixteenth) * sixteenth, clock.last_tick)

    return moved


def _written(notes: Sequence[Note], moved: Callable[[int], int], units: int) -> tuple[WrittenNote, ...]:
    """Notes from their grid place to the 16th nearest to where they end, a 16th at least."""
    found: list[WrittenNote] = []
    for note in notes:
        start = round(moved(note.grid_tick) / UNIT_TICKS)
        end = round(moved(note.tick + note.ticks) / UNIT_TICKS / SIXTEENTH) * SIXTEENTH
        if end <= start:
            end = (start // SIXTEENTH + 1) * SIXTEENTH
        if start < units:
            found.append(WrittenNote(start, min(end, units), note.pitch))
    return _unambiguous(found)


def _for_staff(part: Part, notes: Sequence[WrittenNote]) -> tuple[WrittenNote, ...]:
    """A drum's length says nothing: each stroke lasts until the next or to the beat's end, in one voice."""
    if not part.drums:
        return tuple(notes)
    onsets = sorted({note.start for note in notes})
    ends = {onset: (onset // UNITS_PER_BEAT + 1) * UNITS_PER_BEAT for onset in onsets}
    for onset, following in pairwise(onsets):
        ends[onset] = min(ends[onset], following)
    return tuple(WrittenNote(note.start, ends[note.start], note.pitch) for note in notes)


def _unambiguous(notes: Sequence[WrittenNote]) -> tuple[WrittenNote, ...]:
    """No pitch twice at one place, none held over its own next stroke."""
    longest: dict[tuple[int, int], WrittenNote] = {}
    for note in sorted(notes):
        longest[note.pitch, note.start] = note
    found: list[WrittenNote] = []
    following: dict[int, int] = {}
    for note in sorted(longest.values(), reverse=True):
        end = min(note.end, following.get(note.pitch, note.end))
        following[note.pitch] = note.start
        found.append(WrittenNote(note.start, end, note.pitch))
    return tuple(sorted(found))


def _hits(
    cue: Cue, notes: CueNotes, spotting: Spotting, start: int, beats: int | None = None
) -> list[Word]:
    """The kept hits of a cue at their beat (those after `beats` stand in no bar of the cue)."""
    starts = notes.tempo_map.bar_starts()
    last = notes.tempo_map.beats if beats is None else beats
    found = []
    for hit in spotting.hits:
        if hit.cue not in (cue.id, cue.uid) or not 0 < hit.bar < len(starts) or hit.kind == "in":
            continue
        beat = starts[hit.bar - 1] + hit.beat - 1
        if beat < last:
            found.append(Word(start + round(beat * UNITS_PER_BEAT), f"hit: {hit.kind}", False))
    return found
