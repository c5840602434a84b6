"""score.mid: on film time, legal, the same bytes, hits where they are promised."""

import random
from dataclasses import replace
from pathlib import Path

import mido
import music21
import pretty_midi
import pytest

from composer.compose import compose_cue
from composer.film_clock import film_clock
from composer.film_midi import write_film_midi
from composer.measure_hits import hit_errors, measure_hits
from composer.midi import write_cue_midi
from composer.midi_read import read_midi
from composer.notes import CueNotes
from composer.request import CueRequest, RequestedHit
from composer.rules import RulesEngine
from composer.tempo_map import TempoChange, TempoMap
from tests.composer.films import analysis, film_score
from tests.composer.requests import request

DURATION_S = 150.0


def _hits(*beats: float, out: float) -> tuple[RequestedHit, ...]:
    middle = [RequestedHit(beat=beat, kind="turn", strength=0.8, required=True) for beat in beats]
    first = RequestedHit(beat=0, kind="in", strength=1, required=True)
    last = RequestedHit(beat=out, kind="out", strength=1, required=True)
    return (first, *middle, last)


@pytest.fixture(scope="module")
def placed() -> list[tuple[CueRequest, CueNotes, float]]:
    """Three cues: one rings into the next, which runs on into silence by a stop."""
    one = request(("walk",), bars_each=6, hits=_hits(9.5, out=24), uid="a")
    two = request(("chase",), bars_each=8, ending="stop", hits=_hits(13, out=32), uid="b")
    three = request(("night", "drive"), bars_each=4, ending="hang", hits=_hits(16, out=32), uid="c")
    two, three = (r.model_copy(update={"id": name}) for r, name in ((two, "1M02"), (three, "1M03")))
    ring_s = one.length_s - 1.2
    starts = (3.0037, 3.0037 + ring_s, 71.25)
    engine = RulesEngine()
    return [
        (r, compose_cue(r, engine), start) for r, start in zip((one, two, three), starts, strict=True)
    ]


def _write(path: Path, placed: list[tuple[CueRequest, CueNotes, float]]) -> Path:
    spotting, cues = film_score(placed)
    film = analysis(DURATION_S, [(0.0, 40.0), (40.0, DURATION_S)])
    write_film_midi(path, film, spotting, cues)
    return path


def test_every_required_hit_is_heard_within_a_millisecond_and_none_early(
    tmp_path: Path, placed: list[tuple[CueRequest, CueNotes, float]]
) -> None:
    spotting, _ = film_score(placed)
    errors = measure_hits(_write(tmp_path / "score.mid", placed), spotting)
    assert len(errors) == 9
    assert all(-0.1 <= error <= 1.0 for error in errors), errors


def test_a_hit_that_the_music_misses_is_measured_as_missed(
    tmp_path: Path, placed: list[tuple[CueRequest, CueNotes, float]]
) -> None:
    spotting, _ = film_score(placed)
    moved = spotting.model_copy(
        update={"hits": tuple(h.model_copy(update={"time_s": h.time_s + 0.02}) for h in spotting.hits[:1])}
    )
    errors = hit_errors(_write(tmp_path / "score.mid", placed), moved)
    assert not errors[0].on_time


def test_the_file_ends_with_the_film_and_begins_at_its_first_frame(
    tmp_path: Path, placed: list[tuple[CueRequest, CueNotes, float]]
) -> None:
    file = mido.MidiFile(_write(tmp_path / "score.mid", placed))
    assert file.ticks_per_beat == 960
    assert file.length == pytest.approx(DURATION_S, abs=1e-5)


def test_the_same_music_gives_the_same_bytes(
    tmp_path: Path, placed: list[tuple[CueRequest, CueNotes, float]]
) -> None:
    one, two = _write(tmp_path / "a.mid", placed), _write(tmp_path / "b.mid", placed)
    assert one.read_bytes() == two.read_bytes()


def test_notes_of_each_cue_sound_at_their_film_times(
    tmp_path: Path, placed: list[tuple[CueRequest, CueNotes, float]]
) -> None:
    midi = pretty_midi.PrettyMIDI(str(_write(tmp_path / "score.mid", placed)))
    heard = sorted(note.start for instrument in midi.instruments for note in instrument.notes)
    wanted = sorted(
        start + r.tempo_map.time_s(note.tick / 960) for r, notes, start in placed for note in notes.notes
    )
    assert len(heard) == len(wanted)
    assert max(abs(a - b) for a, b in zip(heard, wanted, strict=True)) < 2e-3  # pretty_midi's own tempi


def test_the_file_carries_cues_shots_keys_names_and_the_start_timecode(
    tmp_path: Path, placed: list[tuple[CueRequest, CueNotes, float]]
) -> None:
    file = mido.MidiFile(_write(tmp_path / "score.mid", placed))
    text = [(event.type, str(event)) for track in file.tracks for event in track]
    kinds = {kind for kind, _ in text}
    assert {"smpte_offset", "key_signature", "time_signature", "marker", "program_change"} <= kinds
    assert any("1M02" in words for kind, words in text if kind == "marker")
    assert [str(track.name) for track in file.tracks][:2] == ["Film", "Shots"]
    assert read_midi(tmp_path / "score.mid").division == 960


def _heard_by_mido(path: Path) -> list[tuple[int, int, int, int]]:
    """(tick, tick of its end, pitch, velocity) of every note, by mido's own reading."""
    found = []
    for track in mido.MidiFile(path).tracks:
        tick, sounding = 0, {}
        for event in track:
            tick += event.time
            if event.type == "note_on" and event.velocity:
                sounding[event.channel, event.note] = (tick, event.velocity)
            elif event.type in ("note_on", "note_off"):
                start, velocity = sounding.pop((event.channel, event.note))
                found.append((start, tick, event.note, velocity))
    return sorted(found)


def _heard_by_music21(path: Path) -> list[tuple[int, int, int, int]]:
    """What music21 takes from the file, before it gathers strokes of nearly one time into chords."""
    file = music21.midi.MidiFile()
    file.open(path)
    file.read()
    file.close()
    timed = [music21.midi.translate.getTimeForEvents(track) for track in file.tracks]
    pairs = [pair for track in timed for pair in music21.midi.translate.getNotesFromEvents(track)]
    return sorted((pair.onTime, pair.offTime, pair.event.pitch, pair.event.velocity) for pair in pairs)


def test_three_readers_find_the_same_notes(
    tmp_path: Path, placed: list[tuple[CueRequest, CueNotes, float]]
) -> None:
    """To the tick; music21's streams move a stroke to its chord's, so that there pitches alone compare."""
    path = _write(tmp_path / "score.mid", placed)
    ours = sorted((n.start, n.end, n.pitch, n.velocity) for n in read_midi(path).notes)
    assert _heard_by_mido(path) == ours
    assert _heard_by_music21(path) == ours
    score = music21.converter.parse(path, format="midi", quantizePost=False, forceSource=True)
    struck = [
        one.pitch.midi
        for element in score.flatten().notes
        for one in (element.notes if isinstance(element, music21.chord.ChordBase) else (element,))
        if one.tie is None or one.tie.type == "start"
    ]
    assert sorted(struck) == sorted(note[2] for note in ours)
    midi = pretty_midi.PrettyMIDI(str(path))
    heard = [(midi.time_to_tick(n.start), midi.time_to_tick(n.end), n.pitch, n.velocity)
             for instrument in midi.instruments for n in instrument.notes]  # fmt: skip
    assert sorted(heard) == ours


@pytest.mark.parametrize(
    ("rate", "start", "drop"),
    [
        ("24", "00:59:52:00", False),
        ("25", "10:00:00:00", False),
        ("30000/1001", "00:59:58;02", True),
        ("30000/1001", "01:00:00:00", False),
        ("30", "01:00:00:00", False),
        ("50", "01:00:00:49", False),
        ("60000/1001", "01:00:00;00", True),
    ],
)
def test_the_readers_agree_at_every_rate_and_start(
    tmp_path: Path, placed: list[tuple[CueRequest, CueNotes, float]], rate: str, start: str, drop: bool
) -> None:
    """The film's rate moves no note: what stands in the file at 23.976 stands in it at all others."""
    film, path = analysis(DURATION_S, [(0.0, 40.0), (40.0, DURATION_S)]), tmp_path / "score.mid"
    facts = {"frame_rate": rate, "start_timecode": start, "drop_frame": drop}
    film = film.model_copy(update={"film": film.film.model_copy(update=facts)})
    spotting, cues = film_score(placed)
    write_film_midi(path, film, spotting, cues)
    ours = sorted((n.start, n.end, n.pitch, n.velocity) for n in read_midi(path).notes)
    assert _heard_by_mido(path) == _heard_by_music21(path) == ours
    midi = pretty_midi.PrettyMIDI(str(path))
    heard = [(midi.time_to_tick(n.start), midi.time_to_tick(n.end), n.pitch, n.velocity)
             for instrument in midi.instruments for n in instrument.notes]  # fmt: skip
    assert sorted(heard) == ours
    assert ours == _heard_by_mido(_write(tmp_path / "other.mid", placed))


@pytest.mark.parametrize(
    ("rate", "start", "drop", "fields"),
    [
        ("24000/1001", "01:00:00:23", False, (24, 1, 0, 0, 23, 0)),
        ("24", "00:59:52:00", False, (24, 0, 59, 52, 0, 0)),
        ("25", "10:00:00:24", False, (25, 10, 0, 0, 24, 0)),
        ("30000/1001", "00:59:58;02", True, (29.97, 0, 59, 58, 2, 0)),
        ("30000/1001", "01:00:00:29", False, (30, 1, 0, 0, 29, 0)),
        ("30", "23:59:59:29", False, (30, 23, 59, 59, 29, 0)),
        ("50", "01:00:00:49", False, (25, 1, 0, 0, 24, 50)),
        ("60000/1001", "01:00:00;59", True, (29.97, 1, 0, 0, 29, 50)),
        ("60000/1001", "01:01:00:01", False, (29.97, 1, 1, 0, 2, 50)),
        ("60", "01:00:00:58", False, (30, 1, 0, 0, 29, 0)),
        ("48", "01:00:00:47", False, (24, 1, 0, 0, 23, 50)),
        ("15", "01:00:00:14", False, (30, 1, 0, 0, 28, 0)),
    ],
)
def test_the_start_timecode_stands_in_the_offset_and_truly_in_the_first_marker(
    tmp_path: Path, rate: str, start: str, drop: bool, fields: tuple[float, ...]
) -> None:
    film = analysis(20.0, [(0.0, 20.0)])
    facts = {"frame_rate": rate, "start_timecode": start, "drop_frame": drop}
    film = film.model_copy(update={"film": film.film.model_copy(update=facts)})
    spotting, cues = film_score([])
    write_film_midi(tmp_path / "score.mid", film, spotting, cues)
    conductor = mido.MidiFile(tmp_path / "score.mid").tracks[0]
    (said,) = [event for event in conductor if event.type == "smpte_offset"]
    names = ("frame_rate", "hours", "minutes", "seconds", "frames", "sub_frames")
    assert tuple(getattr(said, name) for name in names) == fields
    first = next(event for event in conductor if event.type == "marker")
    assert start in first.text and rate in first.text and ("drop-frame" in first.text) is drop
    warned = [event.text for event in conductor if event.type == "text"]
    assert bool(warned) is (rate in ("30000/1001", "60000/1001") and not drop)


def test_stuck_doubled_and_overlapping_notes_leave_a_legal_file_of_the_films_length(
    tmp_path: Path, placed: list[tuple[CueRequest, CueNotes, float]]
) -> None:
    first, notes, start = placed[0]
    some = notes.notes[0]
    bad = [
        some.model_copy(update={"ticks": 10**9}),
        some.model_copy(update={"ticks": 10}),
        some.model_copy(update={"tick": some.tick + 5, "ticks": 10**6}),
        some.model_copy(update={"velocity": 0}),
        some.model_copy(update={"ticks": 0}),
    ]
    broken = notes.model_copy(update={"notes": tuple(sorted([*notes.notes, *bad], key=lambda n: n.tick))})
    path = _write(tmp_path / "score.mid", [(first, broken, start), *placed[1:]])
    heard = _heard_by_mido(path)  # raises where a note-off has no note-on
    assert heard == sorted((n.start, n.end, n.pitch, n.velocity) for n in read_midi(path).notes)
    assert mido.MidiFile(path).length == pytest.approx(DURATION_S, abs=1e-5)
    assert len(heard) <= sum(len(n.notes) for _, n, _ in placed) + 5
    write_cue_midi(tmp_path / "cue.mid", first, notes)
    assert len(_heard_by_mido(tmp_path / "cue.mid")) == len(notes.notes)


def test_an_empty_score_is_a_legal_file_of_the_films_length(tmp_path: Path) -> None:
    path = _write(tmp_path / "score.mid", [])
    assert mido.MidiFile(path).length == pytest.approx(DURATION_S, abs=1e-5)


def test_ten_hours_are_legal_and_end_with_the_film(
    tmp_path: Path, placed: list[tuple[CueRequest, CueNotes, float]]
) -> None:
    late = [(r, notes, start + 35_000) for r, notes, start in placed]
    spotting, cues = film_score(late)
    path = tmp_path / "score.mid"
    write_film_midi(path, analysis(36_000.0), spotting, cues)
    assert mido.MidiFile(path).length == pytest.approx(36_000, abs=1e-4)
    assert all(error is not None and -0.1 <= error <= 1.0 for error in measure_hits(path, spotting))


def test_every_downbeat_lands_on_its_film_time_within_a_microsecond() -> None:
    random.seed(5)
    for _ in range(200):
        cues: list[tuple[float, TempoMap]] = []
        now = 0.0
        while now < 300:
            now += random.choice((0.0, 0.0004, 0.1, 3.7, 40.0)) * random.random()
            bars = random.randint(1, 30)
            us = random.randint(350_000, 1_250_000)
            tempo_map = TempoMap(
                changes=(TempoChange(beat=0, us_per_beat=us), TempoChange(beat=2, us_per_beat=us - 7)),
                bars=(4,) * bars,
            )
            cues.append((now, tempo_map))
            now += tempo_map.length_s * random.choice((1.0, 0.6, 0.93))
        clock = film_clock(cues, now + 2.0)
        for (start, _), place in zip(cues, clock.places, strict=True):
            error_us = clock.time_us(place.tick) - start * 1e6
            assert -0.01 <= error_us <= 1.01
        assert abs(clock.time_us(clock.last_tick) - (now + 2.0) * 1e6) <= 1.01
        ticks = [stretch.tick for stretch in clock.stretches]
        assert ticks == sorted(ticks)
        assert all(0 < stretch.us_per_beat < 1 << 24 for stretch in clock.stretches)


def test_a_cue_that_runs_on_keeps_its_last_beat_where_the_next_one_begins_microseconds_earlier() -> None:
    """Whole microseconds a beat put its end a little after the cut that the next cue begins on."""
    tempo_map = TempoMap(changes=(TempoChange(beat=0, us_per_beat=850_167),), bars=(4,) * 6)
    clock = film_clock([(0.0, tempo_map), (20.404, tempo_map)], 60.0)
    assert [place.beats for place in clock.places] == [24, 24]
    assert clock.places[1].tick == 24 * 960
    assert clock.time_us(24 * 960) == 20_404_000
    assert clock.time_us(23 * 960) == 23 * 850_167


def test_a_hit_that_is_not_required_does_not_count(
    tmp_path: Path, placed: list[tuple[CueRequest, CueNotes, float]]
) -> None:
    request_one, notes, start = placed[0]
    free = tuple(hit.model_copy(update={"required": False}) for hit in request_one.hits)
    loose = [(request_one.model_copy(update={"hits": free}), notes, start)]
    spotting, _ = film_score(loose)
    assert measure_hits(_write(tmp_path / "score.mid", loose), spotting) == []
    assert replace(hit_errors(tmp_path / "score.mid", spotting)[0]).on_time
