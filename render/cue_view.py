"""Each cue as a director reads it: where, in what key and pace, why there, and how it looks on paper."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from composer.notes import CueNotes, Role
from composer.spotting import Cue
from render.piano_roll import PianoRoll, draw_cue
from render.report_facts import ReportFacts
from render.takes import MEDIA, Take
from render.timecode import clock, timecode_at

ENTRY_WORDS = {
    "directed": "where it was directed",
    "temp": "where the temp music starts",
    "after_line": "just after a line",
    "scene_cut": "on a scene cut",
    "under_effect": "under a loud effect",
    "fade_in": "out of nothing, over a few seconds",
    "programme_start": "with the first picture",
}
ENDING_WORDS = {
    "close": "closes with a cadence",
    "rest": "comes to rest",
    "hang": "is left hanging",
    "segue": "runs into the next cue",
    "stop": "stops dead",
}
USE_WORDS = {
    "full": "states theme {} in full",
    "fragment": "quotes a fragment of theme {}",
    "none": "quotes no theme",
}


TONES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


@dataclass(frozen=True)
class Instrument:
    """A part of a cue, in words."""

    role: Role
    name: str


@dataclass(frozen=True)
class TakeView:
    """One take to listen to. volume: 0..1, with which all takes of the cue are equally loud."""

    number: int
    media: str
    volume: float
    loudness: str
    down: str
    notes: int
    onsets: str
    compass: str
    chosen: bool
    command: str


@dataclass(frozen=True)
class CueView:
    """One cue. roll is None where its notes are not at hand, command is empty where none is known."""

    uid: str
    id: str
    start_s: float
    starts: str
    out: str
    ends: str
    length: str
    key: str
    tempo: str
    style: str
    why: str
    enters: str
    finishes: str
    theme: str
    instruments: tuple[Instrument, ...]
    hits: int
    roll: PianoRoll | None
    command: str
    takes: tuple[TakeView, ...]


def view_cues(facts: ReportFacts) -> tuple[CueView, ...]:
    """Every cue in film order."""
    return tuple(_view(facts, cue) for cue in facts.spotting.cues)


def _view(facts: ReportFacts, cue: Cue) -> CueView:
    film, music = facts.analysis.film, facts.notes.get(cue.uid)
    return CueView(
        uid=cue.uid,
        id=cue.id,
        start_s=cue.start_s,
        starts=timecode_at(film, cue.start_s),
        out=timecode_at(film, cue.out_s),
        ends=timecode_at(film, cue.end_s),
        length=clock(cue.end_s - cue.start_s),
        key=f"{cue.key} {cue.mode}",
        tempo=_tempo(facts, cue),
        style=cue.style.replace("_", " "),
        why=cue.reason,
        enters=ENTRY_WORDS[cue.entry],
        finishes=ENDING_WORDS[cue.ending],
        theme=USE_WORDS[cue.theme_use if cue.theme else "none"].format(cue.theme),
        instruments=_instruments(music),
        hits=sum(hit.cue in (cue.uid, cue.id) and hit.bar > 0 for hit in facts.spotting.hits),
        roll=draw_cue(music) if music is not None else None,
        command=facts.commands.get(cue.uid, ""),
        takes=tuple(_take(facts, cue, take) for take in facts.takes.get(cue.uid, ())),
    )


def _take(facts: ReportFacts, cue: Cue, take: Take) -> TakeView:
    chosen = facts.chosen.get(cue.uid, 1) == take.take
    compass = "–" if take.low is None or take.high is None else f"{_tone(take.low)} to {_tone(take.high)}"
    return TakeView(
        number=take.take,
        media=f"cues/{cue.uid}/{take.take}/{MEDIA}",
        volume=round(10.0 ** (take.gain_db / 20.0), 4),
        loudness="silent" if take.lufs is None else f"{take.lufs:.1f} LUFS",
        down=f"{take.gain_db:.1f} dB",
        notes=take.notes,
        onsets=f"{take.onsets_a_minute:.0f}",
        compass=compass,
        chosen=chosen,
        command="" if chosen else f"reelscore choose . {shlex.quote(cue.id)} {take.take}",
    )


def _tone(pitch: int) -> str:
    """Scientific pitch: C4 is 60."""
    return f"{TONES[pitch % 12]}{pitch // 12 - 1}"


def _tempo(facts: ReportFacts, cue: Cue) -> str:
    """The tempo, with its range where the map bends by half a beat a minute or more."""
    request = facts.requests.get(cue.uid)
    speeds = (
        [60e6 / change.us_per_beat for change in request.tempo_map.changes] if request else [cue.tempo_qpm]
    )
    low, high = min(speeds), max(speeds)
    return f"{cue.tempo_qpm:.0f}" if high - low < 0.5 else f"{low:.0f} to {high:.0f}"


def _instruments(music: CueNotes | None) -> tuple[Instrument, ...]:
    if music is None:
        return ()
    sounding: Sequence[int] = sorted({note.part for note in music.notes})
    named = dict.fromkeys((music.parts[part].role, music.parts[part].name) for part in sounding)
    return tuple(Instrument(role, name) for role, name in named)
