"""score.otio: cues, hits and stems on the film's frames, for every editor that reads OpenTimelineIO."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote

import opentimelineio as otio

from composer.notes import ROLES
from composer.spotting import Cue, Spotting
from render.cue_stems import CueStems
from render.score_markers import COLOURS, cue_frames, lanes, one_line, score_markers
from render.timecode import start_count
from render.wav import RATE_HZ, time_reference
from vision.analysis import Analysis, Film
from vision.artifact import write_text

SCORE = "score.wav"
PREVIEW = "preview.mp4"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch [first, end) of film frames that plays `media` (a path beside the timeline) as `name`.

    media_start: the media's own number of the first frame that is played; available: [first, end) of all
    that it has, in its own numbers. These count frames of the film, or samples where sampled.
    """

    name: str
    first: int
    end: int
    media: str
    media_start: int
    available: tuple[int, int]
    about: Mapping[str, str | float] | None = None
    sampled: bool = False


def write_otio(
    path: Path,
    analysis: Analysis,
    spotting: Spotting,
    film_stems: Sequence[str],
    cue_stems: Mapping[str, CueStems],
) -> None:
    """Write a timeline from the film's start timecode: picture, a clip a cue, the stems; hits as markers.

    film_stems: film-long files below stems/ ("pad.wav"); where there are none the cues' own take their
    place.  cue_stems: those, by cue uid.  Rates are the film's own; positions are whole frames, and a cue's
    own stem plays from the sample that belongs to its frame. Media are named relative to the timeline.
    """
    film = analysis.film
    rate = float(film.rate)
    timeline = otio.schema.Timeline(
        "Reelscore", global_start_time=otio.opentime.RationalTime(start_count(film), rate)
    )
    timeline.metadata["reelscore"] = {"frame_rate": film.frame_rate, "drop_frame": film.drop_frame}
    timeline.tracks.extend(_tracks(film, spotting, film_stems, cue_stems))
    timeline.tracks.markers.extend(_markers(film, spotting))
    write_text(path, otio.adapters.write_to_string(timeline, "otio_json") + "\n")


def _tracks(
    film: Film, spotting: Spotting, film_stems: Sequence[str], cue_stems: Mapping[str, CueStems]
) -> list[Any]:
    tracks = [_track(film, "Picture", "Video", [_whole(film, PREVIEW)])]
    tracks += _laned(film, "Cues", [_cue(film, cue) for cue in spotting.cues])
    if film_stems:
        whole = [(Path(stem).stem, _whole(film, f"stems/{stem}")) for stem in film_stems]
        return tracks + [_track(film, role, "Audio", [piece]) for role, piece in whole]
    for role in ROLES:
        pieces = [
            _cue_stem(film, cue, cue_stems[cue.uid], stem)
            for cue in spotting.cues
            if cue.uid in cue_stems
            for stem in cue_stems[cue.uid].files
            if Path(stem).stem == role
        ]
        tracks += _laned(film, role, pieces)
    return tracks


def _whole(film: Film, media: str) -> Piece:
    """A file as long as the film."""
    first, end = _numbers(film, media)
    return Piece(Path(media).stem, 0, film.frames, media, first, (first, end))


def _numbers(film: Film, media: str) -> tuple[int, int]:
    """A film-long file's own frame numbers: only a broadcast wave carries the film's start timecode."""
    first = start_count(film) if media.endswith(".wav") else 0
    return first, first + film.frames


def _cue(film: Film, cue: Cue) -> Piece:
    first, end = cue_frames(film, cue)
    about: dict[str, str | float] = {
        "uid": cue.uid,
        "key": cue.key,
        "mode": cue.mode,
        "tempo_qpm": cue.tempo_qpm,
        "style": cue.style,
        "reason": one_line(cue.reason),
    }
    numbers = _numbers(film, SCORE)
    return Piece(cue.id, first, end, SCORE, numbers[0] + first, numbers, about)


def _cue_stem(film: Film, cue: Cue, stems: CueStems, name: str) -> Piece:
    """A cue's own file from the cue's first frame on, its lead-in left out."""
    first, end = cue_frames(film, cue)
    zero = time_reference(film) if name.endswith(".wav") else -stems.first_sample
    begins = int(first / film.rate * RATE_HZ + Fraction(1, 2))
    available = (zero + stems.first_sample, zero + stems.first_sample + stems.samples)
    role = Path(name).stem
    return Piece(f"{cue.id} {role}", first, end, f"stems/{name}", zero + begins, available, sampled=True)


def _laned(film: Film, name: str, pieces: Sequence[Piece]) -> list[Any]:
    """Tracks "Cues", "Cues 2", ...: as many as pieces ring over each other."""
    return [
        _track(film, name if number == 1 else f"{name} {number}", "Audio", [piece for _, _, piece in lane])
        for number, lane in enumerate(lanes([(piece.first, piece.end, piece) for piece in pieces]), 1)
    ]


def _track(film: Film, name: str, kind: str, pieces: Sequence[Piece]) -> Any:
    track, at = otio.schema.Track(name=name, kind=kind), 0
    for piece in pieces:
        if piece.first > at:
            track.append(otio.schema.Gap(source_range=_span(film, 0, piece.first - at)))
        track.append(_clip(film, piece))
        at = piece.end
    return track


def _clip(film: Film, piece: Piece) -> Any:
    first, end = piece.available
    rate = RATE_HZ if piece.sampled else float(film.rate)
    reference = otio.schema.ExternalReference(
        target_url=quote(piece.media),
        available_range=otio.opentime.TimeRange(
            otio.opentime.RationalTime(first, rate), otio.opentime.RationalTime(end - first, rate)
        ),
    )
    played = otio.opentime.TimeRange(
        otio.opentime.RationalTime(piece.media_start, rate),
        otio.opentime.RationalTime(piece.end - piece.first, float(film.rate)),
    )
    clip = otio.schema.Clip(piece.name, reference, played)
    if piece.about is not None:
        clip.metadata["reelscore"] = dict(piece.about)
    return clip


def _markers(film: Film, spotting: Spotting) -> list[Any]:
    """Cues and hits in frames of the film from 0, in the stack's own time."""
    markers = []
    for mark in score_markers(film, spotting):
        marker = otio.schema.Marker(
            mark.name, _span(film, mark.frame, mark.frames), COLOURS[mark.kind].upper()
        )
        about: dict[str, str | float] = {"cue": mark.cue, "kind": mark.kind, "reason": mark.note}
        if mark.error_ms is not None:
            about["error_ms"] = mark.error_ms
        marker.metadata["reelscore"] = about
        markers.append(marker)
    return markers


def _span(film: Film, first: int, frames: int) -> Any:
    rate = float(film.rate)
    return otio.opentime.TimeRange(
        otio.opentime.RationalTime(first, rate), otio.opentime.RationalTime(frames, rate)
    )
