"""What verify says of marker lists, timeline and notation that lie."""

from fractions import Fraction
from pathlib import Path

import pytest

from composer.musicxml import write_musicxml
from composer.written_score import written_film
from flows.verify_deliverables import deliverable_findings
from render.dawproject import write_dawproject
from render.edl import write_markers
from render.otio import write_otio
from render.report_facts import ReportFacts
from render.session import session
from render.timecode import frame_at
from tests.render.report_facts import made_up_facts, made_up_film


def write_session(folder: Path, facts: ReportFacts) -> None:
    assert facts.mix is not None
    music = [(cue, facts.notes[cue.uid]) for cue in facts.spotting.cues]
    made = session("Reelscore", facts.analysis, facts.spotting, music, facts.mix, 2)
    write_dawproject(folder / "session.dawproject", made)


@pytest.mark.parametrize(
    ("rate", "start", "drop"),
    [
        (Fraction(24000, 1001), "01:00:00:00", False),
        (Fraction(30000, 1001), "23:59:50;00", True),  # runs over midnight
        (Fraction(120), "01:00:00:00", False),  # more frames a second than a CMX3600 column holds
    ],
)
def test_true_files_pass_and_a_moved_cue_is_found(
    tmp_path: Path, rate: Fraction, start: str, drop: bool
) -> None:
    facts = made_up_facts(film=made_up_film(rate, start, drop))
    analysis, spotting = facts.analysis, facts.spotting
    write_markers(tmp_path, analysis, spotting)
    write_otio(tmp_path / "score.otio", analysis, spotting, (), {})
    write_session(tmp_path, facts)
    write_musicxml(tmp_path / "score.musicxml", written_film(analysis, spotting, []))
    assert deliverable_findings(tmp_path, analysis.film, spotting) == []
    late = spotting.cues[0].model_copy(update={"start_s": spotting.cues[0].start_s + float(1 / rate)})
    assert frame_at(analysis.film, late.start_s) == frame_at(analysis.film, spotting.cues[0].start_s) + 1
    moved = spotting.model_copy(update={"cues": (late, *spotting.cues[1:])})
    findings = deliverable_findings(tmp_path, analysis.film, moved)
    assert {finding.split()[0] for finding in findings} >= {"score.otio", "session.dawproject"}
    assert any("markers.edl" in finding for finding in findings) is (rate < 100)


def test_parts_of_different_lengths_are_found(tmp_path: Path) -> None:
    facts = made_up_facts()
    write_markers(tmp_path, facts.analysis, facts.spotting)
    write_otio(tmp_path / "score.otio", facts.analysis, facts.spotting, (), {})
    write_session(tmp_path, facts)
    bars = ("<measure/>", "<measure/><measure/>")
    parts = "".join(f"<part>{bar}</part>" for bar in bars)
    (tmp_path / "score.musicxml").write_text(f"<score-partwise>{parts}</score-partwise>")
    findings = deliverable_findings(tmp_path, facts.analysis.film, facts.spotting)
    assert findings == ["score.musicxml has parts of different lengths: [1, 2] bars"]


def test_a_film_without_music_needs_its_timeline_alone(tmp_path: Path) -> None:
    facts = made_up_facts()
    silent = facts.spotting.model_copy(update={"cues": (), "hits": ()})
    write_otio(tmp_path / "score.otio", facts.analysis, silent, (), {})
    write_session(tmp_path, facts)
    assert deliverable_findings(tmp_path, facts.analysis.film, silent) == []
