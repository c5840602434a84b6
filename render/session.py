"""What a workstation opens: tracks, clips, markers and the tempo map, every place in samples of the film."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from composer.film_bars import film_bars
from composer.film_clock import FilmClock, film_clock
from composer.notes import ROLES, CueNotes
from composer.spotting import Cue, Spotting
from render.mix import MixFacts
from render.score_markers import MarkerKind, one_line
from render.timecode import start_count
from render.wav import RATE_HZ
from vision.analysis import Analysis, Film

Kind = Literal["audio", "video"]
# One colour a role, the same in every workstation; after Okabe and Ito, told apart by colour-blind eyes.
TRACK_COLOURS: Final = {
    "Picture": "#7f7f7f",
    "melody": "#d55e00",
    "bass": "#0072b2",
    "pad": "#009e73",
    "arpeggio": "#e69f00",
    "percussion": "#cc79a7",
    "Score": "#56b4e9",
    "Mix": "#999999",
}
MARKER_COLOURS: Final[dict[MarkerKind, str]] = {
    "cue": "#cc79a7",
    "in": "#009e73",
    "out": "#56b4e9",
    "turn": "#0072b2",
    "accent": "#f0e442",
    "stop": "#d55e00",
}


@dataclass(frozen=True, slots=True)
class SessionClip:
    """`samples` of a file from its sample `offset` on, at sample `start` of the film.

    media: its path beside the session.  media_samples: the whole file's length.  channels: its own.
    """

    name: str
    media: str
    start: int
    samples: int
    offset: int
    media_samples: int
    channels: int


@dataclass(frozen=True, slots=True)
class SessionTrack:
    """heard: whether it sounds when the session opens; score and mix are there to compare with."""

    name: str
    kind: Kind
    colour: str
    heard: bool
    clips: tuple[SessionClip, ...]


@dataclass(frozen=True, slots=True)
class SessionMark:
    """A hit at sample `start`, or a cue from `start` to `end`."""

    name: str
    start: int
    end: int | None
    colour: str


@dataclass(frozen=True)
class Session:
    """tempi: (tick, film microseconds, microseconds a quarter); signatures: (tick, film us, beats a bar).

    Ticks are score.mid's, 960 a quarter; both lists begin at tick 0.
    """

    title: str
    film: Film
    tracks: tuple[SessionTrack, ...]
    marks: tuple[SessionMark, ...]
    tempi: tuple[tuple[int, int, int], ...]
    signatures: tuple[tuple[int, float, int], ...]


def session(
    title: str,
    analysis: Analysis,
    spotting: Spotting,
    cues: Sequence[tuple[Cue, CueNotes]],
    facts: MixFacts,
    channels: int,
) -> Session:
    """The session of a finished score. channels: of mix.wav and of the preview."""
    ordered = sorted(cues, key=lambda pair: pair[0].start_s)
    clock = film_clock([(cue.start_s, notes.tempo_map) for cue, notes in ordered], analysis.film.duration_s)
    signatures = film_bars(clock, [notes.tempo_map for _, notes in ordered])
    return Session(
        title=one_line(title),
        film=analysis.film,
        tracks=_tracks(analysis.film, spotting, facts, channels),
        marks=_marks(spotting),
        tempi=tuple((one.tick, one.us, one.us_per_beat) for one in clock.stretches),
        signatures=_changes(signatures, clock),
    )


def start_s(film: Film) -> float:
    """Seconds since midnight of the film's first frame, at its true rate."""
    return float(start_count(film) / film.rate)


def _changes(bars: Sequence[tuple[int, int]], clock: FilmClock) -> tuple[tuple[int, float, int], ...]:
    """Where the length of a bar changes. bars: (tick, beats) of each."""
    found: list[tuple[int, float, int]] = []
    for tick, beats in bars:
        if not found or found[-1][2] != beats:
            found.append((tick, clock.time_us(tick), beats))
    return tuple(found)


def _tracks(film: Film, spotting: Spotting, facts: MixFacts, channels: int) -> tuple[SessionTrack, ...]:
    """Picture, the roles in score order, then score and mix, which are silent until asked for."""
    length = film.length_samples

    def whole(name: str, media: str, kind: Kind, heard: bool, wide: int) -> SessionTrack:
        clip = SessionClip(name, media, 0, length, 0, length, wide)
        return SessionTrack(name, kind, TRACK_COLOURS[name], heard, (clip,))

    roles = [whole(Path(stem).stem, f"stems/{stem}", "audio", True, 2) for stem in facts.stems]
    if not roles:
        roles = [track for role in ROLES for track in _own(role, film, spotting, facts)]
    return (
        whole("Picture", "preview.mp4", "video", False, channels),
        *roles,
        whole("Score", "score.wav", "audio", False, 2),
        whole("Mix", "mix.wav", "audio", False, channels),
    )


def _own(role: str, film: Film, spotting: Spotting, facts: MixFacts) -> list[SessionTrack]:
    """A role's own file of each cue, its lead-in as far as film and the clip before have room for it.

    Clips of a track never overlap, since workstations cut off the earlier one: a cue that begins while the
    one before rings goes to a second track.
    """
    rows: list[list[SessionClip]] = []
    for cue in sorted(spotting.cues, key=lambda cue: cue.start_s):
        stems = facts.cue_stems.get(cue.uid)
        for name in stems.files if stems is not None else ():
            if stems is None or Path(name).stem != role:
                continue
            row = next((row for row in rows if _end(row) <= _sample(cue.start_s)), None)
            start = max(stems.first_sample, _end(row) if row else 0)
            offset = start - stems.first_sample
            samples = min(stems.samples - offset, film.length_samples - start)
            if samples > 0:
                if row is None:
                    rows.append(row := [])
                named = one_line(f"{cue.id} {role}")
                row.append(SessionClip(named, f"stems/{name}", start, samples, offset, stems.samples, 2))
    return [
        SessionTrack(
            role if number == 1 else f"{role} {number}", "audio", TRACK_COLOURS[role], True, tuple(row)
        )
        for number, row in enumerate(rows, 1)
    ]


def _end(row: Sequence[SessionClip]) -> int:
    """The first sample behind a track's last clip."""
    return row[-1].start + row[-1].samples if row else 0


def _marks(spotting: Spotting) -> tuple[SessionMark, ...]:
    ids = {cue.uid: cue.id for cue in spotting.cues} | {cue.id: cue.id for cue in spotting.cues}
    found = [
        SessionMark(
            one_line(f"{cue.id} {cue.key} {cue.mode}"),
            _sample(cue.start_s),
            _sample(cue.end_s),
            MARKER_COLOURS["cue"],
        )
        for cue in spotting.cues
    ]
    found += [
        SessionMark(
            one_line(f"{ids[hit.cue]} {hit.kind}"), _sample(hit.time_s), None, MARKER_COLOURS[hit.kind]
        )
        for hit in spotting.hits
        if hit.bar > 0 and hit.cue in ids
    ]
    return tuple(sorted(found, key=lambda mark: (mark.start, mark.end is None)))


def _sample(time_s: float) -> int:
    return round(time_s * RATE_HZ)
