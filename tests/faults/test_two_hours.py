"""Two hours, where a rate that is a thousandth off has drifted by seven seconds: every file still agrees."""

from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pretty_midi
import pytest

from composer.compose import compose_cue
from composer.film_midi import write_film_midi
from composer.measure_hits import hit_errors
from composer.midi_read import read_midi
from composer.request import RequestedHit
from composer.rules import RulesEngine
from composer.spotting import Spotting
from flows.verify_deliverables import edl_cues
from render.edl import write_markers
from render.otio import write_otio
from render.preview import make_preview
from tests.bench.sound_sync import Case, click_mix, draw, heard_by_ffmpeg, seen
from tests.composer.films import film_score
from tests.composer.requests import request
from vision.analysis import Analysis, Film
from vision.progress import silent

HOURS_S = 7200
RATES = [
    (Fraction(24000, 1001), "01:00:00:00", False),
    (Fraction(30000, 1001), "00:59:58;00", True),
    (Fraction(60000, 1001), "01:00:00;00", True),
]


def case(rate: Fraction) -> Case:
    frames = round(HOURS_S * rate)
    return Case(str(rate), rate, rate.numerator, (rate.denominator,) * frames)


def looked_at(rate: Fraction, start: str, drop: bool) -> Analysis:
    about = seen(case(rate))
    return about.model_copy(
        update={"film": about.film.model_copy(update={"start_timecode": start, "drop_frame": drop})}
    )


def scored(film: Film, folder: Path, about: Analysis) -> Spotting:
    """Two cues, on the first frame and on one five minutes before the end, their MIDI in `folder`."""
    hits = tuple(
        RequestedHit(beat=beat, kind=kind, strength=1, required=True)
        for beat, kind in ((0, "in"), (13, "turn"), (32, "out"))
    )
    asked = [request(("walk",), bars_each=10, hits=hits, uid=uid) for uid in ("a", "b")]
    asked[1] = asked[1].model_copy(update={"id": "1M02"})
    starts = (0.0, float(round(6900 * film.rate) / film.rate))
    engine = RulesEngine()
    spotting, cues = film_score(
        [(one, compose_cue(one, engine), start) for one, start in zip(asked, starts, strict=True)]
    )
    frames = {
        "hits": tuple(
            hit.model_copy(update={"frame": round(Fraction(hit.time_s) * film.rate)}) for hit in spotting.hits
        )
    }
    spotting = spotting.model_copy(update=frames)
    write_film_midi(folder / "score.mid", about, spotting, cues)
    return spotting


@pytest.mark.parametrize(("rate", "start", "drop"), RATES)
def test_the_last_cue_stands_on_its_frame_in_every_list_and_its_hits_sound_there(
    tmp_path: Path, rate: Fraction, start: str, drop: bool
) -> None:
    about = looked_at(rate, start, drop)
    film = about.film
    spotting = scored(film, tmp_path, about)
    first = round(6900 * rate)
    errors = [error.error_ms for error in hit_errors(tmp_path / "score.mid", spotting)]
    assert len(errors) == 6
    assert all(error is not None and -0.1 <= error <= 0.2 for error in errors), errors
    midi = pretty_midi.PrettyMIDI(str(tmp_path / "score.mid"))  # it refuses ten million ticks
    written = len(read_midi(tmp_path / "score.mid").notes)
    assert sum(len(instrument.notes) for instrument in midi.instruments) == written
    write_markers(tmp_path, about, spotting)
    assert [span[0] for span in edl_cues(tmp_path, film)] == [0, first]
    write_otio(tmp_path / "score.otio", about, spotting, (), {})
    timeline = otio.adapters.read_from_file(str(tmp_path / "score.otio"))
    clips = [clip for track in timeline.tracks if track.name == "Cues" for clip in track.find_clips()]
    assert [clip.range_in_parent().start_time.value for clip in clips] == [0, first]


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "start", "drop"), RATES)
def test_picture_and_sound_end_together_and_a_click_at_the_end_is_on_time(
    tmp_path: Path, rate: Fraction, start: str, drop: bool
) -> None:
    film, mix, out = (tmp_path / name for name in ("film.mp4", "mix.wav", "preview.mp4"))
    about = looked_at(rate, start, drop)
    length = about.film.length_samples
    places = [0, 5_000_001, length - 20_000]
    draw(film, case(rate))
    click_mix(mix, about, places)
    assert make_preview(film, about, mix, out, silent).copied  # packet for packet, time for time
    decoded, clicks = heard_by_ffmpeg(out, places)
    assert abs(decoded - length) <= 48
    assert all(abs(at - place) <= 48 for (at, _), place in zip(clicks, places, strict=True))
