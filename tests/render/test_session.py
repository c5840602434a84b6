"""Sessions read back: every clip and marker at its sample, and score.mid's own beats under them."""

import re
import shlex
import zipfile
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import mido
import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from composer.film_midi import write_film_midi
from render.cue_stems import CueStems
from render.dawproject import write_dawproject
from render.mix import mix_film
from render.reaper import write_reaper
from render.session import Session, session
from render.settings import RenderSettings
from tests.render.report_facts import made_up_facts, made_up_film
from tests.render.scenes import analysis, cue, song, spotting, synthesised
from tests.render.test_edl import RATES
from vision.analysis import Film
from vision.progress import silent

RATE_HZ = 48_000


def made_up_session(film: Film | None = None, own: bool = False, title: str = "Night Train") -> Session:
    """The made-up minute; own: each cue has stems of its own, the first from before the film."""
    facts = made_up_facts(film=film)
    assert facts.mix is not None
    mix = facts.mix
    if own:
        cue_stems = {
            cue.uid: CueStems(
                first_sample=round(cue.start_s * RATE_HZ) - 120_001,
                samples=30 * RATE_HZ,
                files=(f"{cue.id}/bass.wav", f"{cue.id}/pad.flac"),
            )
            for cue in facts.spotting.cues
        }
        mix = mix.model_copy(update={"stems": (), "cue_stems": cue_stems})
    music = [(cue, facts.notes[cue.uid]) for cue in facts.spotting.cues]
    return session(title, facts.analysis, facts.spotting, music, mix, 2)


def project(folder: Path, made: Session) -> ElementTree.Element:
    write_dawproject(folder / "session.dawproject", made)
    with zipfile.ZipFile(folder / "session.dawproject") as archive:
        assert archive.namelist() == ["project.xml", "metadata.xml"]
        ElementTree.fromstring(archive.read("metadata.xml"))
        return ElementTree.fromstring(archive.read("project.xml"))


def samples(seconds: str | None) -> int:
    assert seconds is not None
    exact = Fraction(float(seconds)) * RATE_HZ
    assert abs(exact - round(exact)) < Fraction(1, 1000)
    return round(exact)


def midi_times(path: Path, beats: list[float]) -> list[float]:
    """Seconds of beats by score.mid's own tempo events, exact to the last step."""
    tick, us, tempo, track = 0, Fraction(0), 500_000, mido.MidiFile(path).tracks[0]
    points = []
    for event in track:
        us += Fraction(event.time * tempo, 960)
        tick += event.time
        if event.type == "set_tempo":
            tempo = event.tempo
            points.append((tick, us, tempo))
    return [
        float(at_us + Fraction(beat * 960 - at) * speed / 960) / 1e6
        for beat in beats
        for at, at_us, speed in [max(p for p in points if p[0] <= beat * 960)]
    ]


@pytest.mark.parametrize(("rate", "start", "drop"), RATES)
def test_every_clip_of_a_dawproject_lies_at_its_sample(
    tmp_path: Path, rate: Fraction, start: str, drop: bool
) -> None:
    film = made_up_film(rate, start, drop)
    for own in (False, True):
        made = made_up_session(film, own)
        lanes = project(tmp_path, made).findall("Arrangement/Lanes/Lanes")
        assert [len(lane.findall("Clips/Clip")) for lane in lanes] == [len(t.clips) for t in made.tracks]
        for lane, track in zip(lanes, made.tracks, strict=True):
            for element, clip in zip(lane.findall("Clips/Clip"), track.clips, strict=True):
                media = element[0]
                assert media.tag == {"audio": "Audio", "video": "Video"}[track.kind]
                assert media.find("File").attrib == {"path": clip.media, "external": "true"}  # type: ignore[union-attr]
                places = [element.get(name) for name in ("time", "duration", "playStart")]
                assert [samples(place) for place in places] == [clip.start, clip.samples, clip.offset]
                assert samples(media.get("duration")) == clip.media_samples
                assert clip.start >= 0 and clip.start + clip.samples <= film.length_samples


def test_a_cues_own_stem_sounds_where_film_long_ones_would(tmp_path: Path) -> None:
    made = made_up_session(own=True)
    starts = [round(cue.start_s * RATE_HZ) for cue in made_up_facts().spotting.cues]
    for role in ("bass", "pad"):
        clips = [clip for track in made.tracks if track.name.startswith(role) for clip in track.clips]
        assert [clip.start - clip.offset + 120_001 for clip in clips] == starts
        assert clips[0].start == 0 and clips[0].offset > 0


def heard_in_reaper(path: Path) -> tuple[NDArray[np.int64], list[str]]:
    """[n, 2] what the tracks that sound play together, at 24 bits; and all their names."""
    lines = [shlex.split(line) for line in path.read_text("utf-8").splitlines()]
    total, names, heard, clip = np.zeros((40 * RATE_HZ, 2), np.int64), [], False, {"": 0}
    for word, *rest in lines:
        if word == "NAME" and not clip:
            names.append(rest[0])
        if word == "<TRACK":
            clip = {}
        elif word == "MUTESOLO":
            heard = rest[0] == "0" and names[-1] != "Picture"
        elif word in ("POSITION", "LENGTH", "SOFFS"):
            clip[word] = samples(rest[0])
        elif word == "FILE" and heard:
            sound = sf.read(path.parent / rest[0], dtype="int32", always_2d=True)[0] >> 8
            played = sound[clip["SOFFS"] : clip["SOFFS"] + clip["LENGTH"]]
            assert len(played) == clip["LENGTH"]
            total[clip["POSITION"] : clip["POSITION"] + clip["LENGTH"]] += played
    return total, names


@pytest.mark.parametrize(
    ("settings", "tracks"),
    [
        (RenderSettings(), ["melody", "bass", "pad"]),
        (
            RenderSettings(full_length_stems=False, stem_format="flac"),
            ["melody", "melody 2", "bass", "bass 2", "pad", "pad 2"],
        ),
    ],
)
def test_what_a_session_plays_is_the_score_to_the_sample(
    tmp_path: Path, settings: RenderSettings, tracks: list[str]
) -> None:
    """Two cues that ring over each other, the first one's lead-in from before the film; both formats."""
    about = analysis(40, 2, layout=None)
    songs, starts = {"a": song(5), "b": song(3, 2)}, {"a": 1.0, "b": 10.5}
    cues = spotting(*(cue(uid, start, start + 8) for uid, start in starts.items()))
    folders = synthesised(tmp_path / "cues", songs)
    leads = {"a": 4 * RATE_HZ, "b": 4 * RATE_HZ}
    facts = mix_film(tmp_path / "none", about, None, cues, folders, settings, tmp_path, silent, leads=leads)  # type: ignore[arg-type]
    music = [(one, songs[one.uid]) for one in cues.cues]
    made = session("", about, cues, music, facts, 2)
    for track in made.tracks:
        for before, after in pairwise(track.clips):
            assert before.start + before.samples <= after.start
    write_reaper(tmp_path / "session.rpp", made)
    total, names = heard_in_reaper(tmp_path / "session.rpp")
    score = sf.read(tmp_path / "score.wav", dtype="int32", always_2d=True)[0] >> 8
    assert names == ["Picture", *tracks, "Score", "Mix"]
    assert score.any() and np.array_equal(total[: len(score)], score) and not total[len(score) :].any()
    lanes = project(tmp_path, made).findall("Arrangement/Lanes/Lanes")
    placed = [
        [tuple(samples(c.get(k)) for k in ("time", "duration", "playStart")) for c in lane.iter("Clip")]
        for lane in lanes
    ]
    assert placed == [[(c.start, c.samples, c.offset) for c in t.clips] for t in made.tracks]


def test_tracks_come_in_score_order_with_colours_and_only_stems_sound(tmp_path: Path) -> None:
    made = made_up_session(own=True)
    tracks = project(tmp_path, made).findall("Structure/Track")
    assert [t.get("name") for t in tracks] == [
        "Picture",
        "bass",
        "bass 2",
        "pad",
        "pad 2",
        "Score",
        "Mix",
        "Master",
    ]
    assert all(re.fullmatch("#[0-9a-f]{6}", t.get("color") or "") for t in tracks[:-1])
    mutes = [t.find("Channel/Mute").get("value") for t in tracks[:-1]]  # type: ignore[union-attr]
    assert mutes == ["true", "false", "false", "false", "false", "true", "true"]


def test_markers_stand_on_the_sample_of_their_cue_or_hit(tmp_path: Path) -> None:
    facts, made = made_up_facts(), made_up_session()
    found = project(tmp_path, made).findall("Arrangement/Markers/Marker")
    wanted = [t for cue in facts.spotting.cues for t in (cue.start_s, cue.end_s)]
    wanted += [hit.time_s for hit in facts.spotting.hits]
    assert sorted(samples(mark.get("time")) for mark in found) == sorted(round(t * RATE_HZ) for t in wanted)


def test_the_tempo_map_gives_score_mids_beats_within_a_sample(tmp_path: Path) -> None:
    facts, made = made_up_facts(), made_up_session()
    music = [(cue, facts.notes[cue.uid]) for cue in facts.spotting.cues]
    write_film_midi(tmp_path / "score.mid", facts.analysis, facts.spotting, music)
    root = project(tmp_path, made)
    points = [
        (float(p.get("time") or 0), float(p.get("value") or 0))
        for p in root.findall("Arrangement/TempoAutomation/RealPoint")
    ]
    assert root.find("Arrangement/TempoAutomation/Target").get("parameter") == root.find(  # type: ignore[union-attr]
        "Transport/Tempo"
    ).get("id")
    times = [0.0]
    for (beat, bpm), (following, _) in pairwise(points):
        times.append(times[-1] + (following - beat) * 60 / bpm)
    heard = midi_times(tmp_path / "score.mid", [beat for beat, _ in points])
    assert max(abs(a - b) for a, b in zip(times, heard, strict=True)) < 0.5 / RATE_HZ
    write_reaper(tmp_path / "session.rpp", made)
    placed = [line.split() for line in (tmp_path / "session.rpp").read_text().splitlines() if " PT " in line]
    named = [(float(p[1]), float(p[2])) for p in placed]
    for (beat, bpm), at in zip(points, heard, strict=True):
        time, speed = min(named, key=lambda point: abs(point[0] - at))
        assert abs(time - at) < 0.5 / RATE_HZ and speed == pytest.approx(bpm, abs=1e-9), beat


@pytest.mark.parametrize(("rate", "start", "drop"), RATES)
def test_a_reaper_project_has_the_same_places_and_the_films_timecode(
    tmp_path: Path, rate: Fraction, start: str, drop: bool
) -> None:
    made = made_up_session(made_up_film(rate, start, drop), own=True)
    write_reaper(tmp_path / "session.rpp", made)
    lines = [shlex.split(line) for line in (tmp_path / "session.rpp").read_text("utf-8").splitlines()]
    assert sum(line[0].startswith("<") for line in lines) == sum(line == [">"] for line in lines)
    clips = [clip for track in made.tracks for clip in track.clips]
    for word, wanted in (("POSITION", "start"), ("LENGTH", "samples"), ("SOFFS", "offset")):
        read = [samples(line[1]) for line in lines if line[0] == word]
        assert read == [getattr(clip, wanted) for clip in clips]
    assert [line[1] for line in lines if line[0] == "FILE"] == [clip.media for clip in clips]
    marks = [(samples(line[2]), line[3]) for line in lines if line[0] == "MARKER" and line[3]]
    assert marks == [(mark.start, mark.name) for mark in made.marks]
    ends = [samples(line[2]) for line in lines if line[0] == "MARKER" and not line[3]]
    assert ends == [mark.end for mark in made.marks if mark.end is not None]
    (offset,) = [float(line[1]) for line in lines if line[0] == "PROJOFFS"]
    assert offset * RATE_HZ == pytest.approx(float(first_count(made) / rate * RATE_HZ), abs=0.01)


def first_count(made: Session) -> int:
    from render.timecode import start_count

    return start_count(made.film)


def test_a_film_without_music_opens_too(tmp_path: Path) -> None:
    facts = made_up_facts()
    assert facts.mix is not None
    silent = facts.spotting.model_copy(update={"cues": (), "hits": ()})
    mix = facts.mix.model_copy(update={"stems": ()})
    made = session("", facts.analysis, silent, [], mix, 6)
    root = project(tmp_path, made)
    assert root.find("Arrangement/Markers") is None  # the schema wants a marker in it
    assert root.findall("Arrangement/TempoAutomation/RealPoint")
    write_reaper(tmp_path / "session.rpp", made)


def test_hostile_names_two_thousand_hits_and_ten_hours_stay_legal(tmp_path: Path) -> None:
    title = "\"Nuit\" <&> 'été'\n`東京`\x00 ]]>"
    facts = made_up_facts()
    assert facts.mix is not None
    film = facts.analysis.film.model_copy(
        update={"duration_s": 36_000.0, "length_samples": 36_000 * RATE_HZ, "frames": 863_136}
    )
    cues = tuple(cue.model_copy(update={"id": title + str(i)}) for i, cue in enumerate(facts.spotting.cues))
    hit = facts.spotting.hits[1]
    hits = tuple(hit.model_copy(update={"time_s": 18.0 * i, "cue": cues[0].uid}) for i in range(2000))
    spotting = facts.spotting.model_copy(update={"cues": cues, "hits": hits})
    analysis = facts.analysis.model_copy(update={"film": film})
    music = [(cue, facts.notes[cue.uid]) for cue in cues]
    made = session(title, analysis, spotting, music, facts.mix, 2)
    found = project(tmp_path, made).findall("Arrangement/Markers/Marker")
    assert len(found) == 2004 and samples(found[-1].get("time")) == 18 * 1999 * RATE_HZ
    write_reaper(tmp_path / "session.rpp", made)
    lines = (tmp_path / "session.rpp").read_text("utf-8").splitlines()
    assert sum(line.startswith("  MARKER") for line in lines) == 2004
    assert sum(line.strip().startswith("<") for line in lines) == sum(line.strip() == ">" for line in lines)


def test_the_same_session_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_dawproject(tmp_path / f"{name}.dawproject", made_up_session())
        write_reaper(tmp_path / f"{name}.rpp", made_up_session())
    for form in ("dawproject", "rpp"):
        assert (tmp_path / f"a.{form}").read_bytes() == (tmp_path / f"b.{form}").read_bytes()
