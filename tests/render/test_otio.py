"""score.otio as OpenTimelineIO reads it: cues, hits and stems on the film's frames at every rate."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from render.cue_stems import CueStems
from render.otio import write_otio
from render.score_markers import cue_frames, score_markers
from render.timecode import start_count
from render.wav import time_reference
from tests.render.report_facts import made_up_facts, made_up_film
from tests.render.test_edl import RATES, scored_at

STEMS = ("bass.wav", "pad.wav")


def read(path: Path) -> Any:
    return otio.adapters.read_from_file(str(path))


def frames(span: Any) -> tuple[float, float]:
    return span.start_time.value, span.duration.value


def clips_of(timeline: Any, name: str) -> list[Any]:
    return [clip for track in timeline.tracks if track.name == name for clip in track.find_clips()]


@pytest.mark.parametrize(("rate", "start", "drop"), RATES)
def test_cues_and_hits_read_back_are_the_frames_of_the_film(
    tmp_path: Path, rate: Fraction, start: str, drop: bool
) -> None:
    analysis, spotting = scored_at(rate, start, drop)
    film = analysis.film
    write_otio(tmp_path / "score.otio", analysis, spotting, STEMS, {})
    timeline = read(tmp_path / "score.otio")
    assert frames(otio.opentime.TimeRange(timeline.global_start_time))[0] == start_count(film)
    assert timeline.global_start_time.rate == rate.numerator / rate.denominator
    assert frames(clips_of(timeline, "Picture")[0].range_in_parent()) == (0, film.frames)
    cues = [frames(clip.range_in_parent()) for clip in clips_of(timeline, "Cues")]
    assert cues == [(first, end - first) for first, end in (cue_frames(film, cue) for cue in spotting.cues)]
    marks = [(*frames(marker.marked_range), marker.name) for marker in timeline.tracks.markers]
    assert marks == [(mark.frame, mark.frames, mark.name) for mark in score_markers(film, spotting)]


def test_a_cue_plays_the_score_at_the_timecode_where_it_stands(tmp_path: Path) -> None:
    facts = made_up_facts()
    film = facts.analysis.film
    write_otio(tmp_path / "score.otio", facts.analysis, facts.spotting, STEMS, {})
    timeline = read(tmp_path / "score.otio")
    clip = clips_of(timeline, "Cues")[0]
    assert clip.media_reference.target_url == "score.wav"
    first, end = cue_frames(film, facts.spotting.cues[0])
    assert frames(clip.source_range) == (start_count(film) + first, end - first)
    assert frames(clip.available_range()) == (start_count(film), film.frames)


def test_film_long_stems_are_tracks_of_their_own_with_relative_media(tmp_path: Path) -> None:
    facts = made_up_facts()
    write_otio(tmp_path / "score.otio", facts.analysis, facts.spotting, STEMS, {})
    timeline = read(tmp_path / "score.otio")
    assert [track.name for track in timeline.tracks] == ["Picture", "Cues", "bass", "pad"]
    stems = [clip for name in ("bass", "pad") for clip in clips_of(timeline, name)]
    assert [clip.media_reference.target_url for clip in stems] == [f"stems/{name}" for name in STEMS]
    assert {frames(clip.range_in_parent()) for clip in stems} == {(0, facts.analysis.film.frames)}


def test_media_without_a_timecode_of_their_own_count_from_zero(tmp_path: Path) -> None:
    facts = made_up_facts()
    film = facts.analysis.film
    write_otio(tmp_path / "score.otio", facts.analysis, facts.spotting, ("bass.flac", STEMS[1]), {})
    timeline = read(tmp_path / "score.otio")
    firsts = {
        clip.media_reference.target_url: clip.available_range().start_time.value
        for name in ("Picture", "bass", "pad")
        for clip in clips_of(timeline, name)
    }
    assert firsts == {"preview.mp4": 0, "stems/bass.flac": 0, "stems/pad.wav": start_count(film)}


@pytest.mark.parametrize(("rate", "start", "drop"), RATES)
def test_without_film_long_stems_each_cues_own_play_from_the_sample_of_its_first_frame(
    tmp_path: Path, rate: Fraction, start: str, drop: bool
) -> None:
    analysis, spotting = scored_at(rate, start, drop)
    film, lead = analysis.film, 100_001
    own = {
        cue.uid: CueStems(
            first_sample=round(cue.start_s * 48_000) - lead,
            samples=lead + 48_000 * 60,
            files=(f"{cue.id}/pad.{form}",),
        )
        for cue, form in zip(spotting.cues, ("wav", "flac"), strict=True)
    }
    write_otio(tmp_path / "score.otio", analysis, spotting, (), own)
    timeline = read(tmp_path / "score.otio")  # its clips live as long as it does
    clips = clips_of(timeline, "pad")
    assert [clip.media_reference.target_url for clip in clips] == [
        f"stems/{stems.files[0]}" for stems in own.values()
    ]
    places = [cue_frames(film, cue) for cue in spotting.cues]
    assert [frames(clip.range_in_parent()) for clip in clips] == [(a, b - a) for a, b in places]
    for clip, (first, _), stems in zip(clips, places, own.values(), strict=True):
        played, has = clip.source_range.start_time, clip.available_range()
        assert played.rate == has.start_time.rate == 48_000 and has.duration.value == stems.samples
        into_file = played.value - has.start_time.value
        assert stems.first_sample + into_file == int(first / rate * 48_000 + Fraction(1, 2))
    first_stems = own[spotting.cues[0].uid]
    assert clips[0].available_range().start_time.value == time_reference(film) + first_stems.first_sample
    assert clips[1].available_range().start_time.value == 0


def test_cues_that_ring_over_each_other_lie_on_two_tracks(tmp_path: Path) -> None:
    facts = made_up_facts()
    one, two = facts.spotting.cues
    two = two.model_copy(update={"start_s": one.end_s - 1.0})
    spotting = facts.spotting.model_copy(update={"cues": (one, two)})
    write_otio(tmp_path / "score.otio", facts.analysis, spotting, (), {})
    timeline = read(tmp_path / "score.otio")
    assert [track.name for track in timeline.tracks] == ["Picture", "Cues", "Cues 2"]


def test_the_same_score_gives_the_same_bytes(tmp_path: Path) -> None:
    facts = made_up_facts(film=made_up_film(Fraction(30000, 1001), "00:59:58;00", True))
    for name in "ab":
        write_otio(tmp_path / name, facts.analysis, facts.spotting, STEMS, {})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
