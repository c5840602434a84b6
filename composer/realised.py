"""What the music made of what was asked, bar by bar: the rows of conditioning.csv."""

import csv
import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path

from composer.encoding.chord import INTERVALS, QUALITIES
from composer.notes import PITCHED, CueNotes, Note, Role
from composer.request import BarCondition, CueRequest
from composer.styles import STYLES
from composer.tempo_map import TICKS_PER_BEAT
from composer.tension_owed import TENSION_SPAN
from composer.theory import Chord, tension
from vision.artifact import Frozen, write_text

TEXTURE: tuple[Role, ...] = ("bass", "pad", "arpeggio", "percussion")
ENERGY_SCALE = 4.0
ASKED = (
    "arousal", "valence", "tension", "dynamics", "density", "register", "polyphony", "harmonic_rhythm",
    "layers", "speech", "section", "melody", "melody_density", "melody_register", "build",
)  # fmt: skip


class BarRealised(Frozen):
    """One bar as it was written; None where nothing of the kind sounds. Units as BarCondition's.

    register and polyphony: of bass, pad and figure, each pitch for as long as it sounds.  melody_*: of its
    principal.  time_s: film time of its downbeat.  ring: after the out, where the last chord only dies away.
    arousal: notes a second x mean velocity, brought to 0..1.
    """

    cue: str
    bar: int
    time_s: float
    tempo_qpm: float
    ring: bool
    asked: BarCondition
    arousal: float
    tension: float
    dynamics: float | None
    density: float
    register: float | None
    polyphony: float
    harmonic_rhythm: float
    layers: int
    melody_density: float
    melody_register: float | None


def realise(request: CueRequest, notes: CueNotes, start_s: float = 0.0) -> tuple[BarRealised, ...]:
    """Every bar's realised figures, on written ticks; doublings count once in all but energy.

    start_s: film time of the cue's first downbeat.
    """
    starts = [beat * TICKS_PER_BEAT for beat in request.tempo_map.bar_starts()]
    return tuple(
        _bar(request, notes, index, start, end, start_s)
        for index, (start, end) in enumerate(zip(starts, starts[1:], strict=False))
    )


def _bar(
    request: CueRequest, notes: CueNotes, index: int, start: int, end: int, start_s: float
) -> BarRealised:
    beats = (end - start) / TICKS_PER_BEAT
    starting = [note for note in notes.notes if start <= note.grid_tick < end]
    texture = [note for note in starting if notes.parts[note.part].role in TEXTURE]
    melody = [note for note in starting if notes.parts[note.part].role == "melody"]
    melody = _undoubled(request, notes, melody)
    sounding = [n for n in notes.notes if n.tick < end and n.tick + n.ticks > start]
    lasting = _lasting(start, end)
    held = _undoubled(request, notes, [n for n in sounding if notes.parts[n.part].role in PITCHED])
    seconds = request.tempo_map.time_s(end / TICKS_PER_BEAT) - request.tempo_map.time_s(
        start / TICKS_PER_BEAT
    )
    style = STYLES[request.style]
    mean_velocity = _mean([note.velocity for note in starting])
    span = style.loudest - style.softest
    return BarRealised(
        cue=request.id,
        bar=index + 1,
        time_s=start_s + request.tempo_map.time_s(start / TICKS_PER_BEAT),
        tempo_qpm=request.tempo_map.qpm_at(start / TICKS_PER_BEAT),
        ring=index >= request.out_bar,
        asked=request.bars[index],
        arousal=_energy(len({(n.grid_tick, n.pitch) for n in starting}) / seconds, mean_velocity or 0.0),
        tension=_tension(request, notes, start / TICKS_PER_BEAT, end / TICKS_PER_BEAT),
        dynamics=None if mean_velocity is None else min(max((mean_velocity - style.softest) / span, 0), 1),
        density=len({note.grid_tick for note in texture}) / beats,
        register=_register(held, lasting),
        polyphony=sum(lasting(note) for note in held) / (end - start),
        harmonic_rhythm=sum(start <= chord.beat * TICKS_PER_BEAT < end for chord in notes.chords) * 4 / beats,
        layers=len({notes.parts[n.part].role for n in sounding}),
        melody_density=len({note.grid_tick for note in melody}) / beats,
        melody_register=_mean([note.pitch for note in melody]),
    )


def _lasting(start: float, end: float) -> Callable[[Note], float]:
    """How many ticks of a bar a note sounds."""
    return lambda note: max(min(note.tick + note.ticks, end) - max(note.tick, start), 0.0)


def _register(held: Sequence[Note], lasting: Callable[[Note], float]) -> float | None:
    """Mean pitch of what sounds, each note for as long as it does; None where next to nothing does."""
    total = sum(lasting(note) for note in held)
    if total < TICKS_PER_BEAT / 8:
        return None
    return sum(note.pitch * lasting(note) for note in held) / total


def _energy(notes_a_second: float, velocity: float) -> float:
    """0..1, rising with both: a quiet pad is near .1, a full chase near .95 (the scale is ours)."""
    return 1 - math.exp(-notes_a_second * velocity / 127 / ENERGY_SCALE)


def _undoubled(request: CueRequest, notes: CueNotes, chosen: Sequence[Note]) -> list[Note]:
    """The notes of each role's principal: a doubling is a colour, not a voice.

    The principal stands at the written octave, then first in the style's table, and has half of the fullest
    part's notes at least.
    """
    places = {
        (role, one.name): (abs(one.octave), place)
        for role, table in STYLES[request.style].roles.items()
        for place, one in enumerate(table)
    }
    counts: dict[Role, dict[int, int]] = {}
    for note in chosen:
        parts = counts.setdefault(notes.parts[note.part].role, {})
        parts[note.part] = parts.get(note.part, 0) + 1
    kept: set[int] = set()
    for role, parts in counts.items():
        place = {part: places.get((role, notes.parts[part].name), (99, part)) for part in parts}
        most = max(parts.values())
        kept.add(min(parts, key=lambda part: (2 * parts[part] < most, place[part])))
    return [note for note in chosen if note.part in kept]


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _tension(request: CueRequest, notes: CueNotes, start: float, end: float) -> float:
    """Mean chord tension over a bar in the request's scale, weighted by how long each chord sounds."""
    total = weight = 0.0
    for chord in notes.chords:
        share = min(chord.beat + chord.beats, end) - max(chord.beat, start)
        if share > 0:
            total += share * tension(_chord(chord.root_pc, chord.pitch_classes), request.key_pc)
            weight += share
    return min(total / weight / TENSION_SPAN, 1.0) if weight else 0.0


def _chord(root: int, pitch_classes: tuple[int, ...]) -> Chord:
    above = sorted((pc - root) % 12 for pc in pitch_classes)
    shape = next(i for i, intervals in enumerate(INTERVALS) if sorted(intervals) == above)
    return Chord(root, QUALITIES[shape])


def conditioning_csv(rows: Sequence[BarRealised]) -> str:
    """The text of conditioning.csv: a row a bar, in the order given."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    realised = [name for name in ASKED if name in BarRealised.model_fields]
    writer.writerow(
        ["cue", "bar", "time_s", "tempo_qpm", "ring"]
        + [f"asked_{name}" for name in ASKED]
        + [f"realised_{name}" for name in realised]
    )
    for row in rows:
        asked = [_text(getattr(row.asked, name)) for name in ASKED]
        heard = [_text(getattr(row, name)) for name in realised]
        place = [row.cue, row.bar, f"{row.time_s:.3f}", f"{row.tempo_qpm:.2f}", int(row.ring)]
        writer.writerow([*place, *asked, *heard])
    return text.getvalue()


def write_conditioning_csv(path: Path, rows: Sequence[BarRealised]) -> None:
    """Write conditioning.csv: every cue's bars, in film order."""
    write_text(path, conditioning_csv(rows))


def _text(value: float | int | str | None) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
