"""A cue's MIDI file and its bars as they were realised."""

import csv
import io
from pathlib import Path

import mido
import pretty_midi
import pytest

from composer.compose import compose_cue
from composer.midi import write_cue_midi
from composer.midi_read import read_midi
from composer.realised import conditioning_csv, realise
from composer.request import RequestedHit
from composer.rules import RulesEngine
from composer.styles import STYLES
from tests.composer.requests import request

RULES = RulesEngine()


def test_notes_come_back_from_the_file_as_they_were_written(tmp_path: Path) -> None:
    for style in STYLES:
        asked = request(("walk", "chase"), bars_each=4, style=style, melody="cell", irregular={1: 3})
        notes = compose_cue(asked, RULES)
        write_cue_midi(tmp_path / "score.mid", asked, notes)
        read = read_midi(tmp_path / "score.mid")
        lead = 2 * asked.tempo_map.bars[0] * 960
        wanted = sorted((n.tick + lead, n.tick + lead + n.ticks, n.pitch, n.velocity) for n in notes.notes)
        assert sorted((n.start, n.end, n.pitch, n.velocity) for n in read.notes) == wanted
        first, *others = asked.tempo_map.changes
        assert read.tempi == [
            (0, first.us_per_beat),
            *((lead + change.beat * 960, change.us_per_beat) for change in others),
        ]
        assert min(n.start for n in read.notes) >= lead
        assert {n.programme for n in read.notes} == {notes.parts[n.part].programme for n in notes.notes}


def test_drums_lie_on_channel_ten_and_nothing_else_does(tmp_path: Path) -> None:
    asked = request(("chase",), bars_each=16, style="electronic_tension")
    notes = compose_cue(asked, RULES)
    assert any(part.drums for part in notes.parts)
    write_cue_midi(tmp_path / "score.mid", asked, notes)
    midi = pretty_midi.PrettyMIDI(str(tmp_path / "score.mid"))
    assert sum(instrument.is_drum for instrument in midi.instruments) == 1
    lead_s = 8 * asked.tempo_map.changes[0].us_per_beat / 1e6
    assert midi.get_end_time() <= lead_s + asked.length_s + 1e-6


def test_the_same_cue_gives_the_same_bytes_and_leaves_no_part_file(tmp_path: Path) -> None:
    hit = RequestedHit(beat=5.5, kind="accent", strength=0.9, required=True)
    asked = request(hits=(hit,))
    for name in ("a.mid", "b.mid"):
        write_cue_midi(tmp_path / name, asked, compose_cue(asked, RULES))
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mid", "b.mid"]
    markers = [
        e.text for track in mido.MidiFile(tmp_path / "a.mid").tracks for e in track if e.type == "marker"
    ]
    assert markers == ["1M01 two bars before", "1M01 in", "1M01 accent"]


def test_realised_bars_follow_what_was_asked() -> None:
    """Of four cues together: what four bars of one cue carry in tension is a draw."""
    scene = request(("night", "walk", "chase"), bars_each=4, ending="stop")
    cues = [scene.model_copy(update={"seed": seed}) for seed in range(1, 5)]
    rows = [realise(asked, compose_cue(asked, RULES), start_s=10.0) for asked in cues]
    assert all(len(bars) == len(scene.bars) and bars[0].time_s == 10.0 for bars in rows)
    for name in ("density", "arousal", "tension", "dynamics"):
        means = [sum(getattr(bar, name) or 0 for bars in rows for bar in bars[i : i + 4]) for i in (0, 4, 8)]
        assert means[0] < means[1] < means[2], name


def test_conditioning_has_a_row_a_bar_with_what_was_asked_and_realised() -> None:
    asked = request(("walk",), bars_each=3)
    rows = list(csv.DictReader(io.StringIO(conditioning_csv(realise(asked, compose_cue(asked, RULES))))))
    assert len(rows) == len(asked.bars)
    assert {"cue", "bar", "time_s", "asked_density", "realised_density"} <= set(rows[0])
    assert float(rows[0]["asked_tension"]) == pytest.approx(asked.bars[0].tension)
