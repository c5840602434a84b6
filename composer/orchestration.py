"""From roles to instruments: who plays a role in each section, in which octave, and who marks hits."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from composer.figures import LOW_TOM
from composer.frame import TICKS_PER_STEP as TICKS_PER_STEP
from composer.frame import Frame
from composer.grid import GridNote
from composer.layers import sections
from composer.notes import Part, Role
from composer.players import players_of, principal
from composer.styles import STYLES, Instrument
from composer.theory import nearest_pitch

MOST_PARTS = 15  # the channels of a MIDI port but the drums'
KICKS = (35, 36)
TOMS = (41, 43, 45, 47, 48, 50)


@dataclass(frozen=True, slots=True)
class Player:
    """An instrument in a cue; the same instrument may play in two roles."""

    role: Role
    instrument: Instrument
    accent: bool = False

    def part(self) -> Part:
        """The part as notes.json names it."""
        instrument = self.instrument
        return Part(
            role=self.role,
            name=instrument.name,
            programme=instrument.programme,
            drums=instrument.drums,
            pan=instrument.pan,
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """A note on its way to the performance: written ticks [tick, end), stress -1..1, whether a hit's."""

    player: Player
    pitch: int
    tick: int
    end: int
    stress: float = 0.0
    hit: bool = False


def orchestrate(frame: Frame, roles: Mapping[Role, tuple[GridNote, ...]]) -> list[Draft]:
    """Every role's notes in the hands of its section's instruments, doublings included.

    A melody or figure that leaves its principal's range moves by octaves as a whole, section by section; a
    chord tone that does moves alone. Who doubles leaves out what lies beyond his range.
    """
    drafts: list[Draft] = []
    for first, end in sections(frame.request):
        for role, notes in roles.items():
            here = [n for n in notes if frame.starts[first] <= n.step < frame.starts[end]]
            lines: dict[Instrument, list[GridNote]] = {}
            for note in here:
                bar = frame.bar_of(note.step)
                for instrument in players_of(frame.request, role, bar, frame.bands[bar]):
                    lines.setdefault(instrument, []).append(note)
            for instrument, line in lines.items():
                drafts += _played(frame, Player(role, instrument), line)
    return drafts


def _played(frame: Frame, player: Player, line: list[GridNote]) -> list[Draft]:
    octave = player.instrument.octave
    if player.role in ("melody", "arpeggio"):
        moved = _octave(line, player.instrument)
        if moved and not _leads(frame, player, line[0]):
            return []  # who doubles a line rests where he can't reach: an octave off he is in the way
        octave += moved
    return [d for d in (_draft(frame, player, note, octave) for note in line) if d is not None]


def _octave(line: list[GridNote], instrument: Instrument) -> int:
    """Semitones, a multiple of 12, that bring most of a line into range; the smallest move on a tie."""

    def outside(shift: int) -> int:
        pitches = [note.pitch + instrument.octave + shift for note in line]
        return sum(not instrument.low <= pitch <= instrument.high for pitch in pitches)

    return min((0, -12, 12, -24, 24), key=lambda shift: (outside(shift), abs(shift)))


def _draft(frame: Frame, player: Player, note: GridNote, octave: int) -> Draft | None:
    instrument = player.instrument
    pitch: int | None = note.pitch
    if player.role == "percussion" and not instrument.drums:
        pitch = _tuned(frame, instrument, note)
    elif not instrument.drums:
        pitch = _in_range(note.pitch + octave, instrument)
        if player.role == "pad" and pitch != note.pitch + octave and not _leads(frame, player, note):
            return None  # folded down, what lies beyond a doubling's range would thicken the middle
    if pitch is None:
        return None
    steps = TICKS_PER_STEP
    return Draft(player, pitch, note.step * steps, note.end * steps, note.stress)


def _leads(frame: Frame, player: Player, note: GridNote) -> bool:
    bar = frame.bar_of(note.step)
    return principal(frame.request, player.role, bar, frame.bands[bar]) == player.instrument


def _tuned(frame: Frame, instrument: Instrument, note: GridNote) -> int | None:
    """Kicks on the chord's bass, toms on its fifth; cymbals and hats have no place in a timpani part."""
    here = frame.at(note.step).chord
    if note.pitch in KICKS:
        return nearest_pitch(43, {here.bass_pc}, instrument.low, instrument.high)
    if note.pitch in TOMS or note.pitch == LOW_TOM:
        fifths = {pc for pc in here.pitch_classes if (pc - here.root) % 12 in (6, 7, 8)}
        return nearest_pitch(45, fifths or {here.bass_pc}, instrument.low, instrument.high)
    return None


def _in_range(pitch: int, instrument: Instrument) -> int:
    """The pitch, moved by octaves into the instrument's range (at least an octave wide)."""
    while pitch < instrument.low:
        pitch += 12
    while pitch > instrument.high:
        pitch -= 12
    return pitch


def accent_player(frame: Frame, bar: int) -> Player:
    """Who marks a hit with a fast attack in this style, by how stirred the bar is."""
    arousal = frame.request.bars[bar].arousal
    accents = STYLES[frame.request.style].accents
    playing = [one for one in accents if one.calm <= arousal < one.wild]
    return Player("arpeggio", (playing or accents)[0], accent=True)


def seated(drafts: list[Draft]) -> tuple[list[Player], list[Draft]]:
    """The players of a cue in score order, fifteen at most; the notes of those left out go to no one."""
    order: tuple[Role, ...] = ("melody", "bass", "pad", "arpeggio", "percussion")
    counts: dict[Player, int] = {}
    for draft in drafts:
        counts[draft.player] = counts.get(draft.player, 0) + 1
    kept = sorted(counts, key=lambda p: (-counts[p], p.role, p.instrument.name))[:MOST_PARTS]
    kept.sort(key=lambda p: (order.index(p.role), p.accent, p.instrument.name))
    return kept, [draft for draft in drafts if draft.player in kept]


def cut_at(drafts: list[Draft], tick: int) -> list[Draft]:
    """The drafts with nothing sounding over `tick`: held notes end there."""
    return [replace(d, end=min(d.end, tick)) if d.tick < tick else d for d in drafts]
