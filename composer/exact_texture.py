"""The exact decoder's last word: a written texture with just the onsets and the fullness its bars ask for.

Engines propose; here each bar keeps as many distinct onsets as asked, and its pad is held as long as asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from composer.frame import Frame
from composer.grid import GridNote, LayerPlan, sorted_notes
from composer.heights import as_high
from composer.layers import SPEECH_ONSETS_A_SECOND, sections, under_speech
from composer.notes import Role
from composer.players import principal, sounding_ticks
from composer.request import STEPS_PER_BEAT
from composer.theory import rubs
from composer.voicing import C3

Notes = dict[Role, list[GridNote]]
CARRIERS: tuple[Role, ...] = ("arpeggio", "bass", "pad")
LONGEST_TIE = 32  # steps: two bars, as long as a bow or a breath goes on
SHORTEST_TIED = 8
MOST_FILLED = 5
THIRD = 3
LEAST_HELD = 4  # steps that a pad's voice keeps, however thin the bar


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar in steps, [start, end), and its number."""

    number: int
    start: int
    end: int


def density_asked(frame: Frame, bar: int) -> float:
    """Onsets a beat of a bar; under speech two a second at most."""
    request = frame.request
    density = request.bars[bar].density
    if under_speech(request.bars[bar]):
        qpm = request.tempo_map.qpm_at(frame.starts[bar] / STEPS_PER_BEAT)
        density = min(density, SPEECH_ONSETS_A_SECOND * 60 / qpm)
    return density


def onsets_asked(frame: Frame, bar: int) -> int:
    """Distinct onsets of a bar: its density asked x beats, one at least."""
    beats = frame.request.tempo_map.bars[bar]
    return min(max(round(density_asked(frame, bar) * beats), 1), beats * STEPS_PER_BEAT)


def exact(
    frame: Frame, plan: LayerPlan, roles: Mapping[Role, Sequence[GridNote]]
) -> dict[Role, tuple[GridNote, ...]]:
    """Every role's notes before the out, each bar as dense and as full as asked where that can be."""
    found: Notes = {role: [] for role in roles}
    for number in range(min(frame.request.out_bar, len(frame.starts) - 1)):
        bar = Bar(number, frame.starts[number], frame.starts[number + 1])
        here = {role: [n for n in notes if bar.start <= n.step < bar.end] for role, notes in roles.items()}
        here = within(here, bar)
        before = frame.starts[max(number - 1, 0)]
        if any(here.values()):
            here = as_dense(frame, here, bar)
            here = as_full(frame, here, bar, rung_on(frame, found, bar))
            here = as_high(frame, here, [n for n in found.get("arpeggio", []) if n.step >= before], number)
        for role, notes in here.items():
            found[role] += notes
    found["pad"] = _tied(frame, found)
    return {role: sorted_notes(notes) for role, notes in found.items()}


def rung_on(frame: Frame, found: Mapping[Role, Sequence[GridNote]], bar: Bar) -> float:
    """Steps that a plucked figure of the bar before rings on in this one."""
    one = principal(frame.request, "arpeggio", bar.number, frame.bands[bar.number])
    if not bar.number or one is None or one.articulation != "ring":
        return 0.0
    start = frame.starts[bar.number - 1]
    before = [note for note in found.get("arpeggio", []) if note.step >= start]
    rung = frame.rung_each(before, bar.number - 1)
    return sum(max(min(end, float(bar.end)) - bar.start, 0.0) for end in rung)


def within(here: Mapping[Role, Sequence[GridNote]], bar: Bar) -> Notes:
    """A bar's own notes, cut at its end: what is held over the barline is tied again later."""
    return {
        role: [GridNote(n.step, n.pitch, min(n.steps, bar.end - n.step), n.stress) for n in notes]
        for role, notes in here.items()
    }


def as_dense(frame: Frame, here: Notes, bar: Bar) -> Notes:
    """A bar with just the onsets asked for: some dropped, the note before held on; or some added.

    The first step, chord changes under bass or pad, and hits are kept; then the carrier's, then strong ones.
    """
    wanted = onsets_asked(frame, bar.number)
    steps = {note.step for notes in here.values() for note in notes}
    if len(steps) > wanted:
        kept = _kept_steps(frame, here, bar, wanted)
        dense = {role: _only(notes, kept, bar) for role, notes in here.items()}
        if here.get("pad") and not dense["pad"]:
            dense["pad"] = _moved(here["pad"], kept)
        return dense
    carrier = next((role for role in CARRIERS if here.get(role)), None)
    if carrier is None or len(steps) == wanted:
        return here
    return {**here, carrier: _split(here[carrier], steps, wanted - len(steps), whole=carrier != "pad")}


def _kept_steps(frame: Frame, here: Notes, bar: Bar, wanted: int) -> set[int]:
    changes = {v.start for v in frame.within(bar.start, bar.end)}
    sustained = {note.step for role in ("bass", "pad") for note in here[_role(role)]}
    hits = {round(hit.beat * STEPS_PER_BEAT) for hit in frame.request.hits}
    steps = {note.step for notes in here.values() for note in notes}
    firm = {step for step in steps if step == bar.start or step in hits or step in changes & sustained}
    carrier = next((role for role in CARRIERS if here.get(role)), "percussion")
    carried = {note.step for note in here[_role(carrier)]}

    def worth(step: int) -> tuple[bool, float, int]:
        roles = sum(any(note.step == step for note in notes) for notes in here.values())
        return step in firm, 2.0 * (step in carried) + roles + metric_weight(step - bar.start), -step

    return set(sorted(steps, key=worth, reverse=True)[: max(wanted, len(firm))])


def _role(name: str) -> Role:
    return next(role for role in ("bass", "pad", "arpeggio", "percussion", "melody") if role == name)


def metric_weight(offset: int) -> float:
    """How strong a 16th of a bar is, 0..1: the downbeat, the half, the beats, the eighths, the rest."""
    for size, weight in ((16, 1.0), (8, 0.8), (4, 0.6), (2, 0.3)):
        if offset % size == 0:
            return weight
    return 0.0


def _only(notes: list[GridNote], steps: set[int], bar: Bar) -> list[GridNote]:
    """The notes that begin at some steps; the last before one that goes is held on where it led there."""
    kept = [note for note in notes if note.step in steps]
    found: list[GridNote] = []
    for note in kept:
        following = min((n.step for n in kept if n.step > note.step), default=bar.end)
        led = any(n.step == note.end and n.step not in steps for n in notes)
        steps_long = following - note.step if led else note.steps
        found.append(GridNote(note.step, note.pitch, steps_long, note.stress))
    return found


def _moved(pad: Sequence[GridNote], kept: set[int]) -> list[GridNote]:
    """A pad's first chord on the kept step nearest to it: an offbeat left out is not a chord left out."""
    first = min(note.step for note in pad)
    step = min(kept, key=lambda one: (abs(one - first), one))
    return [GridNote(step, n.pitch, n.steps, n.stress) for n in pad if n.step == first]


def _split(notes: list[GridNote], taken: set[int], more: int, whole: bool) -> list[GridNote]:
    """A carrier with more onsets: its longest notes struck again in their middle, on free 16ths.

    whole: what began with a note is struck again with it; else one voice moves and the others are held, as in
    a pad that is alone.
    """
    found = list(notes)
    taken = set(taken)
    for _ in range(more):
        places = [
            (index, step)
            for index, note in enumerate(found)
            for step in range(note.step + 1, note.end)
            if step not in taken and (whole or _inner(found, note))
        ]
        if not places:
            break
        index, step = max(
            places, key=lambda place: (found[place[0]].steps, metric_weight(place[1]), -place[1], -place[0])
        )
        note = found[index]
        taken.add(step)
        together = [i for i, other in enumerate(found) if other.step == note.step and other.end > step]
        for i in together if whole else [index]:
            other = found[i]
            found[i] = GridNote(other.step, other.pitch, step - other.step, other.stress)
            found.append(GridNote(step, other.pitch, other.end - step, other.stress - 0.2))
    return sorted(found)


def _inner(chord: Sequence[GridNote], note: GridNote) -> bool:
    """Whether other voices of a pad lie over and under a note, where three or more sound."""
    pitches = [other.pitch for other in chord]
    return len(set(pitches)) < 3 or min(pitches) < note.pitch < max(pitches)


def as_full(frame: Frame, here: Notes, bar: Bar, rung_on: float = 0.0) -> Notes:
    """A bar whose held pad makes it as full as asked: held on where it is too thin, inner voices let go early
    where it is too full. Struck chords keep their lengths.  rung_on: steps of a figure's ring from before."""
    request = frame.request
    asked = request.bars[bar.number]
    if not here.get("pad") or not frame.tessituras[bar.number].held:
        return here
    one = principal(request, "pad", bar.number, frame.bands[bar.number])
    share = 1.0 if one is None else sounding_ticks(one.articulation, 1000) / 1000
    others = frame.sounding_steps("bass", here.get("bass", []), bar.number)
    others += frame.sounding_steps("arpeggio", here.get("arpeggio", []), bar.number) + rung_on
    left = (asked.polyphony * (bar.end - bar.start) - others) / share
    pad = _held_on(frame, here["pad"], bar)
    excess = sum(note.steps for note in pad) - round(left)
    pad = _let_go(pad, excess) if excess > 0 else filled(frame, pad, -excess, bar)
    return {**here, "pad": pad}


def _held_on(frame: Frame, pad: Sequence[GridNote], bar: Bar) -> list[GridNote]:
    """Each of the pad's notes held until its chord ends, is struck again, or its own pitch is."""
    struck = {note.step for note in pad if sum(other.step == note.step for other in pad) > 1}
    found: list[GridNote] = []
    for note in pad:
        again = (n.step for n in pad if n.step > note.step and (n.pitch == note.pitch or n.step in struck))
        end = min(min(again, default=bar.end), frame.at(note.step).end, bar.end)
        found.append(GridNote(note.step, note.pitch, end - note.step, note.stress))
    return found


def _let_go(pad: list[GridNote], excess: int) -> list[GridNote]:
    """The pad with so many steps of sound less: inner voices end early, the last chord's first; where that
    isn't enough its top voice is held for half of it."""
    found = sorted(pad)
    for step in sorted({note.step for note in found}, reverse=True):
        chord = sorted(i for i, note in enumerate(found) if note.step == step)
        inner = chord[1:-1][::-1] or chord[:1]
        for index in [*inner, *chord[-1:]]:
            if excess <= 0:
                return found
            note = found[index]
            least = LEAST_HELD if index in inner else max(LEAST_HELD, note.steps // 2)
            cut = min(excess, max(note.steps - least, 0))
            found[index] = GridNote(note.step, note.pitch, note.steps - cut, note.stress)
            excess -= cut
    return found


def filled(frame: Frame, pad: list[GridNote], short: int, bar: Bar) -> list[GridNote]:
    """The pad with more voices where it lacks so many steps of sound: chord tones between its own, a third
    from them at least, the emptiest chords first. One was meant to be there where the bass has no room."""
    found = sorted(pad)
    chords = {step: [n for n in found if n.step == step] for step in {note.step for note in found}}
    for step, chord in sorted(chords.items(), key=lambda item: (len(item[1]), -item[1][0].steps, item[0])):
        steps = max(note.steps for note in chord)
        pitches = [note.pitch for note in chord]
        free = free_tones(frame, pitches, step, bar)
        if free and short >= max(steps // 2, LEAST_HELD) and len(chord) < MOST_FILLED:
            length = min(short, steps)
            found.append(GridNote(step, free[0], length, chord[0].stress))
            short -= length
    return sorted(found)


def free_tones(frame: Frame, pitches: list[int], step: int, bar: Bar) -> list[int]:
    """Chord tones for one more voice of a pad, the one in the widest gap first."""
    chord = frame.at(step).chord
    low, high = frame.role_range("pad", bar.number)
    tones = [p for p in range(max(low, min(pitches), C3), min(high, max(pitches)) + 1)]
    tones = [p for p in tones if p % 12 in chord.pitch_classes and not rubs(p, chord)]
    apart = {p: min(abs(p - other) for other in pitches) for p in tones}
    return sorted((p for p in tones if apart[p] >= THIRD), key=lambda p: (-apart[p], p))


def _tied(frame: Frame, roles: Notes) -> list[GridNote]:
    """A pad's pitch that goes on without a gap over a chord change or barline is held, two bars at most,
    where another role begins there; a section begins anew."""
    starts = {frame.starts[first] for first, _ in sections(frame.request)}
    moving = {n.step for role, notes in roles.items() if role != "pad" for n in notes} - starts
    held: dict[int, GridNote] = {}
    found: list[GridNote] = []
    for note in sorted(roles["pad"]):
        last = held.get(note.pitch)
        fits = last is not None and last.end == note.step and note.step in moving
        if fits and last and note.steps >= SHORTEST_TIED and last.steps + note.steps <= LONGEST_TIE:
            held[note.pitch] = GridNote(last.step, last.pitch, last.steps + note.steps, last.stress)
            continue
        if last:
            found.append(last)
        held[note.pitch] = note
    return found + list(held.values())
