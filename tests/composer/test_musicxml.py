"""score.musicxml as music21 reads it: the written notes, bars, keys, tempi and chord symbols."""

from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import music21
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.compose import compose_cue
from composer.drum_names import drum_place
from composer.engraving import engraved
from composer.film_clock import film_clock
from composer.musicxml import write_musicxml
from composer.notes import ChordSpan, CueNotes, Note, Part
from composer.request import CueRequest
from composer.rules import RulesEngine
from composer.spelling import signature, spelled
from composer.spotting import Cue, Spotting
from composer.tempo_map import TempoMap
from composer.written_score import UNITS_PER_BEAT, WrittenNote, WrittenScore, written_cue, written_film
from tests.composer.films import analysis, film_score
from tests.composer.requests import request

DURATION_S = 120.0
Sounds = list[tuple[float, int]]


@pytest.fixture(scope="module")
def composed() -> list[tuple[CueRequest, CueNotes, float]]:
    """A chase with drums, and a cue that begins while it still rings."""
    one = request(("chase",), bars_each=16, uid="a", style="electronic_tension")
    two = request(("walk", "night"), bars_each=3, uid="b").model_copy(update={"id": "1M02"})
    engine = RulesEngine()
    starts = (2.5, 2.5 + one.length_s - 1.2)
    return [(r, compose_cue(r, engine), start) for r, start in zip((one, two), starts, strict=True)]


def read(path: Path) -> Any:
    return music21.converter.parse(path, format="musicxml", forceSource=True)


def heard(part: Any) -> Sounds:
    """(beat, pitch or drum key) of every struck note of a part."""
    return sorted({(start, key) for start, key, _ in joined(part)})


def joined(part: Any) -> list[tuple[float, int, float]]:
    """(beat, pitch or drum key, beats) with ties joined by pitch (stripTies loses some between voices)."""
    found: list[tuple[float, int, float]] = []
    held: dict[tuple[float, int], int] = {}
    for element in part.flatten().notes:
        if isinstance(element, music21.harmony.ChordSymbol):
            continue
        for one in element.notes if isinstance(element, music21.chord.ChordBase) else (element,):
            start, key, length = float(element.offset), _key(one), float(element.quarterLength)
            index = len(found)
            if one.tie is not None and one.tie.type != "start":
                index = held.pop((start, key))
                found[index] = (found[index][0], key, found[index][2] + length)
            else:
                found.append((start, key, length))
            if one.tie is not None and one.tie.type != "stop":
                held[start + length, key] = index
    assert not held, f"tied to nothing: {held}"
    return found


def _key(one: Any) -> int:
    """MIDI pitch; of a drum the place on the staff, which is all that music21 keeps of it."""
    shown = one.displayPitch() if isinstance(one, music21.note.Unpitched) else one.pitch
    return int(shown.midi)


def on_staff(key: int) -> int:
    step, octave = drum_place(key)
    return int(music21.pitch.Pitch(f"{step}{octave}").midi)


def after(notes: CueNotes) -> int:
    """Beats before a cue's own first downbeat: two bars."""
    return 2 * notes.tempo_map.bars[0]


def written(notes: CueNotes, part: int) -> Sounds:
    shown = on_staff if notes.parts[part].drums else int
    own = [note for note in notes.notes if note.part == part]
    # Two drums on one line make one head; everything else sounds once a place.
    return sorted({(note.grid_tick / 960, shown(note.pitch)) for note in own})


def drum_keys(path: Path) -> list[tuple[str, int]]:
    """(part, drum key) of each unpitched note, by the instrument that it names."""
    root = ElementTree.parse(path).getroot()
    keys = {
        one.get("id"): int(one.findtext("midi-unpitched") or 0) - 1
        for one in root.iterfind("part-list/score-part/midi-instrument")
    }
    return sorted(
        (part.get("id") or "", keys[instrument.get("id")])
        for part in root.iterfind("part")
        for instrument in part.iterfind("measure/note/instrument")
    )


def test_a_cue_read_back_has_the_same_pitches_at_the_same_offsets(
    tmp_path: Path, composed: list[tuple[CueRequest, CueNotes, float]]
) -> None:
    spotting, cues = film_score(composed)
    for cue, notes in cues:
        write_musicxml(tmp_path / f"{cue.uid}.musicxml", written_cue(cue, notes, spotting))
        parts = read(tmp_path / f"{cue.uid}.musicxml").parts
        assert [part.partName for part in parts] == [part.name for part in notes.parts]
        lead = after(notes)
        wanted_sounds = [written(notes, n) for n in range(len(notes.parts))]
        assert [heard(part) for part in parts] == [
            [(lead + beat, key) for beat, key in sounds] for sounds in wanted_sounds
        ]
    drums = {n: part for n, part in enumerate(cues[0][1].parts) if part.drums}
    wanted = {(f"P{n.part + 1}", n.grid_tick, n.pitch) for n in cues[0][1].notes if n.part in drums}
    assert drums and drum_keys(tmp_path / "a.musicxml") == sorted((part, key) for part, _, key in wanted)


def test_the_film_read_back_has_every_cues_notes_on_the_films_bars(
    tmp_path: Path, composed: list[tuple[CueRequest, CueNotes, float]]
) -> None:
    spotting, cues = film_score(composed)
    film = analysis(DURATION_S)
    score = written_film(film, spotting, cues)
    write_musicxml(tmp_path / "score.musicxml", score)
    clock = film_clock([(cue.start_s, notes.tempo_map) for cue, notes in cues], DURATION_S)
    wanted: set[tuple[float, int]] = set()
    for (_, notes), place in zip(cues, clock.places, strict=True):
        sounds = [sound for part in range(len(notes.parts)) for sound in written(notes, part)]
        wanted |= {(place.tick / 960 + beat, key) for beat, key in sounds if beat < place.beats}
    found = {sound for part in read(tmp_path / "score.musicxml").parts for sound in heard(part)}
    assert found >= wanted
    assert len(found - wanted) <= sum(len(notes.notes) for _, notes in cues) - len(wanted)
    assert sum(score.bars) * 960 == clock.last_tick


def test_bars_keys_tempi_and_chords_stand_where_they_belong(
    tmp_path: Path, composed: list[tuple[CueRequest, CueNotes, float]]
) -> None:
    spotting, cues = film_score(composed)
    cue, notes = cues[1]
    write_musicxml(tmp_path / "cue.musicxml", written_cue(cue, notes, spotting))
    first = read(tmp_path / "cue.musicxml").parts[0]
    lengths = [measure.barDuration.quarterLength for measure in first.getElementsByClass("Measure")]
    lead = after(notes)
    assert lengths == [*[notes.tempo_map.bars[0]] * 2, *notes.tempo_map.bars]
    flat = first.flatten()
    marks = [(m.offset, m.number) for m in flat.getElementsByClass("MetronomeMark")]
    changes = notes.tempo_map.changes
    assert [at for at, _ in marks] == [lead + change.beat if change.beat else 0 for change in changes]
    speeds = [60e6 / change.us_per_beat for change in notes.tempo_map.changes]
    assert [number for _, number in marks] == pytest.approx(speeds, abs=0.05)
    chords = [(s.offset, s.root().pitchClass) for s in flat.getElementsByClass("ChordSymbol")]
    assert chords == [(lead + chord.beat, chord.root_pc) for chord in notes.chords]
    keys = [key.sharps for key in flat.getElementsByClass("KeySignature")]
    assert keys == [signature(cue.key, cue.mode)]
    assert [mark.content for mark in flat.getElementsByClass("RehearsalMark")] == [cue.id]


NAMED = ("C", "Dm", "Eb7", "F#maj7", "Gm7", "Absus4", "Asus2", "Bdim", "Cdim7", "Dm7b5", "Eaug", "FmMaj7")
OTHERS = ("Gmaj7#11", "Aadd9", "B5", "Cped", "F/A", "N.C.")


def hand_made(notes: tuple[Note, ...], parts: tuple[Part, ...], bars: tuple[int, ...]) -> CueNotes:
    spans = tuple(
        ChordSpan(beat=float(n), beats=1.0, name=name, root_pc=5, pitch_classes=(5, 9, 0))
        for n, name in enumerate((*NAMED, *OTHERS))
    )
    tempo_map = {"changes": [{"beat": 0, "us_per_beat": 500_000}], "bars": bars}
    return CueNotes.model_validate(
        {"uid": "u", "id": "1M01", "engine": "rules", "tempo_map": tempo_map, "parts": parts, "notes": notes,
         "chords": spans}
    )  # fmt: skip


def cue_of(notes: CueNotes, name: str = "1M01") -> Cue:
    length = notes.tempo_map.length_s
    return Cue(
        uid="u", id=name, start_s=0, out_s=length, end_s=length, key="Eb", mode="aeolian", style="chamber",
        tempo_qpm=120, theme=None, theme_use="none", entry="scene_cut", ending="stop", arousal=0.5,
        valence=0.5, reason="a test",
    )  # fmt: skip


NO_HITS = Spotting(cues=(), hits=(), silences=(), coverage=0)
PIANO = Part(role="melody", name="Piano", programme=0)


def note(pitch: int, tick: int, ticks: int) -> Note:
    return Note(part=0, pitch=pitch, velocity=80, tick=tick, ticks=ticks, grid_tick=tick)


def test_overlapping_notes_and_notes_over_bar_lines_come_back_whole(tmp_path: Path) -> None:
    notes = (note(60, 0, 7 * 960), note(64, 960, 960), note(67, 1440, 4000), note(72, 6 * 960 + 240, 720))
    music = hand_made(notes, (PIANO,), (4, 3, 5))
    write_musicxml(tmp_path / "cue.musicxml", written_cue(cue_of(music), music, NO_HITS))
    part = read(tmp_path / "cue.musicxml").parts[0]
    assert sorted(joined(part)) == [(8, 60, 7), (9, 64, 1), (9.5, 67, 4.25), (14.25, 72, 0.75)]


def test_every_chord_kind_is_read(tmp_path: Path) -> None:
    music = hand_made((note(60, 0, 960),), (PIANO,), (4, 4, 4, 4, 4))
    write_musicxml(tmp_path / "cue.musicxml", written_cue(cue_of(music), music, NO_HITS))
    symbols = read(tmp_path / "cue.musicxml").parts[0].flatten().getElementsByClass("ChordSymbol")
    assert len(symbols) == len(NAMED) + len(OTHERS)


def test_a_tempo_that_hardly_changes_is_played_and_not_printed(tmp_path: Path) -> None:
    music = hand_made((note(60, 0, 960),), (PIANO,), (4, 4, 4, 4, 4))
    changes = [{"beat": beat, "us_per_beat": us} for beat, us in ((0, 500_000), (4, 500_001), (9, 450_000))]
    tempo_map = TempoMap.model_validate({"changes": changes, "bars": music.tempo_map.bars})
    slowed = music.model_copy(update={"tempo_map": tempo_map})
    write_musicxml(tmp_path / "cue.musicxml", written_cue(cue_of(slowed), slowed, NO_HITS))
    root = ElementTree.parse(tmp_path / "cue.musicxml").getroot()
    assert [mark.text for mark in root.iter("per-minute")] == ["120.0", "133.3"]
    played = [float(sound.get("tempo") or 0) for sound in root.iter("sound")]
    assert played == pytest.approx([120, 119.99976, 133.333333])


def test_hostile_names_are_text_and_nothing_else(tmp_path: Path) -> None:
    music = hand_made(
        (note(60, 0, 960),), (PIANO.model_copy(update={"name": '<a b="c">&\x00\x0b]]>'}),), (4, 4, 4, 4, 4)
    )
    write_musicxml(tmp_path / "cue.musicxml", written_cue(cue_of(music, "<&\n>"), music, NO_HITS))
    root = ElementTree.parse(tmp_path / "cue.musicxml").getroot()
    assert root.findtext("part-list/score-part/part-name") == '<a b="c">&  ]]>'
    assert root.findtext("work/work-title") == "<& >"


def test_a_film_without_cues_is_a_score_of_rests(tmp_path: Path) -> None:
    write_musicxml(tmp_path / "score.musicxml", written_film(analysis(10.0), NO_HITS, []))
    part = read(tmp_path / "score.musicxml").parts[0]
    assert part.quarterLength == 10 and not part.flatten().notes


def test_the_same_music_gives_the_same_bytes(
    tmp_path: Path, composed: list[tuple[CueRequest, CueNotes, float]]
) -> None:
    spotting, cues = film_score(composed)
    for name in "ab":
        write_musicxml(tmp_path / name, written_film(analysis(DURATION_S), spotting, cues))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@given(
    st.lists(st.tuples(st.integers(0, 175), st.integers(1, 90), st.integers(21, 108)), max_size=30),
    st.lists(st.integers(1, 7), min_size=3, max_size=6),
)
@settings(max_examples=80, deadline=None)
def test_no_voice_sounds_twice_at_once_and_every_bar_is_filled(
    raw: list[tuple[int, int, int]], bars: list[int]
) -> None:
    units = sum(bars) * UNITS_PER_BEAT
    notes = {WrittenNote(a, min(a + n, units), p) for a, n, p in raw if a < units}
    for bar, beats in zip(engraved(sorted(notes), bars), bars, strict=True):
        for voice, symbols in bar.items():
            ends = [symbol.at + symbol.units for symbol in symbols]
            assert all(a <= b.at for a, b in zip(ends, symbols[1:], strict=False))
            assert ends[-1] <= beats * UNITS_PER_BEAT
            if voice == 1:
                assert sum(symbol.units for symbol in symbols) == beats * UNITS_PER_BEAT


def test_pitches_are_spelled_after_their_key() -> None:
    assert spelled(66, signature("Eb", "aeolian")) == ("G", -1, 4)
    assert spelled(68, signature("A", "aeolian")) == ("G", 1, 4)
    assert spelled(70, signature("C", "ionian")) == ("B", -1, 4)
    assert spelled(59, signature("Eb", "aeolian")) == ("C", -1, 4)
    for fifths in range(-7, 8):
        for pitch in range(128):
            letter, alter, octave = spelled(pitch, fifths)
            assert abs(alter) <= 1
            assert 12 * (octave + 1) + dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))[letter] + (
                alter
            ) == pitch


def test_a_score_keeps_its_length(composed: list[tuple[CueRequest, CueNotes, float]]) -> None:
    spotting, cues = film_score(composed)
    score: WrittenScore = written_film(analysis(DURATION_S), spotting, cues)
    assert all(note.end <= score.units for _, notes in score.parts for note in notes)
    assert Fraction(score.units, UNITS_PER_BEAT) == sum(score.bars)
