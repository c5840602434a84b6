"""The exact decoder's last word on strokes, which have as many onsets as asked already: height and fullness.

The network writes as real textures are written, so what lies near enough is left alone: each bar that was
moved or held otherwise cost realism and bought no control.
"""

from collections.abc import Mapping, Sequence

from composer.exact_texture import Bar, as_dense, filled, free_tones, onsets_asked, rung_on, within
from composer.figures import OSTINATI, character
from composer.frame import Frame
from composer.grid import GridNote, sorted_notes
from composer.heights import as_high
from composer.layers import under_speech
from composer.notes import PITCHED, Role
from composer.players import principal, sounding_ticks

FULL_ENOUGH = 0.15  # voices more or fewer than asked
HIGH_ENOUGH, OSTINATO_NEAR = 0.5, 1.5  # semitones off the mean that is asked
MOST_JOINED = 3  # voices that a chord gets besides
LEAST_HELD = 4  # steps that a pad's note keeps
Notes = dict[Role, list[GridNote]]


def exact_strokes(frame: Frame, roles: Mapping[Role, Sequence[GridNote]]) -> dict[Role, tuple[GridNote, ...]]:
    """Every role's notes before the out; bars that miss what they were asked for by too much are mended."""
    found: Notes = {role: [] for role in roles}
    for number in range(min(frame.request.out_bar, len(frame.starts) - 1)):
        bar = Bar(number, frame.starts[number], frame.starts[number + 1])
        here = {role: [n for n in notes if bar.start <= n.step < bar.end] for role, notes in roles.items()}
        if any(here.values()):
            if len({n.step for notes in here.values() for n in notes}) != onsets_asked(frame, number):
                here = _lasting(as_dense(frame, within(here, bar), bar), here, bar)
            _fill(frame, found, here, bar)
            before = frame.starts[max(number - 1, 0)]
            figure = [n for n in found.get("arpeggio", []) if n.step >= before]
            here = as_high(frame, here, figure, number, _near(frame, number))
        for role, notes in here.items():
            found[role] += notes
    return {role: sorted_notes(notes) for role, notes in found.items()}


def _lasting(dense: Notes, before: Notes, bar: Bar) -> Notes:
    """A bar whose onsets were mended, its notes over the barline as long as they were before."""
    over = {
        (role, n.step, n.pitch): n.steps for role, notes in before.items() for n in notes if n.end > bar.end
    }
    return {
        role: [
            GridNote(n.step, n.pitch, over.get((role, n.step, n.pitch), n.steps), n.stress)
            if n.end == bar.end
            else n
            for n in notes
        ]
        for role, notes in dense.items()
    }


def _near(frame: Frame, number: int) -> float:
    """Semitones off the register that need no mending: an ostinato moved with every bar would be none."""
    bar = frame.request.bars[number]
    return OSTINATO_NEAR if character(bar.arousal, bar.tension) in OSTINATI else HIGH_ENOUGH


def _fill(frame: Frame, found: Notes, here: Notes, bar: Bar) -> None:
    """A bar whose pad is held as full as asked, its pad's notes held on, joined by others, or let go early.

    found: the bars before, whose pad may go on in this one.  Both are changed in place.
    """
    asked = frame.request.bars[bar.number]
    if "pad" not in here or under_speech(asked) or not frame.tessituras[bar.number].held:
        return
    if not frame.plan.sounds("pad", bar.number):
        return
    one = principal(frame.request, "pad", bar.number, frame.bands[bar.number])
    share = 1.0 if one is None else sounding_ticks(one.articulation, 1000) / 1000
    short = (asked.polyphony - _voices(frame, found, here, bar)) * (bar.end - bar.start) / share
    if short > FULL_ENOUGH * (bar.end - bar.start):
        left = _held_on(frame, found["pad"], here["pad"], bar, round(short))
        left = _held_on(frame, here["pad"], here["pad"], bar, left)
        here["pad"] = _joined(frame, found, here, bar, left)
    elif -short > FULL_ENOUGH * (bar.end - bar.start):
        left = _let_go(here["pad"], bar, round(-short))
        _let_go(found["pad"], bar, left)


def _voices(frame: Frame, found: Notes, here: Notes, bar: Bar) -> float:
    """How many notes sound at once in a bar, on the mean."""
    cut = within(here, bar)
    own = sum(frame.sounding_steps(role, cut.get(role, []), bar.number) for role in PITCHED)
    before = [n for role in PITCHED for n in found.get(role, []) if n.end > bar.start]
    carried = sum(min(note.end, bar.end) - bar.start for note in before)
    return (own + carried + rung_on(frame, found, bar)) / (bar.end - bar.start)


def _held_on(frame: Frame, notes: list[GridNote], struck: Sequence[GridNote], bar: Bar, short: int) -> int:
    """Notes that end in a bar held on to its end, the next stroke of their pitch or a chord without it.

    struck: the bar's own.  Returns the steps of sound that are still lacking.
    """
    for index, note in enumerate(notes):
        if short <= 0 or not bar.start < note.end < bar.end:
            continue
        end = min((n.step for n in struck if n.pitch == note.pitch and n.step >= note.end), default=bar.end)
        for voices in frame.within(note.end, end):
            if note.pitch % 12 not in voices.chord.pitch_classes:
                end = voices.start
                break
        end = min(end, note.end + short)
        if end > note.end:
            short -= end - note.end
            notes[index] = GridNote(note.step, note.pitch, end - note.step, note.stress)
    return short


def _joined(frame: Frame, found: Notes, here: Notes, bar: Bar, short: int) -> list[GridNote]:
    """A bar's pad with more voices where it lacks so many steps of sound: beside its own chords; where it
    strikes none, beside what it holds, on the bar's first onset; where it holds none either, its voicing."""
    pad = list(here["pad"])
    if not pad and short > 0:
        step = min(note.step for notes in here.values() for note in notes)
        held = sorted(note.pitch for note in found["pad"] if note.end > step)
        steps = min(short, frame.at(step).end - step, bar.end - step)
        chord = frame.at(step).pad[: max(short // max(steps, 1), 1)]
        tones = free_tones(frame, held, step, bar)[:1] if held else chord
        pad = [GridNote(step, pitch, steps, -0.2) for pitch in tones] if steps > 0 else []
        short -= sum(note.steps for note in pad)
    for _ in range(MOST_JOINED):
        fuller = filled(frame, pad, short, bar) if short > 0 else pad
        short -= sum(note.steps for note in fuller) - sum(note.steps for note in pad)
        pad = fuller
    return pad


def _let_go(notes: list[GridNote], bar: Bar, excess: int) -> int:
    """Notes that sound in a bar let go early, inner voices first, a quarter of each kept.

    Returns the steps of sound that are still too many.
    """
    sounding = [i for i, note in enumerate(notes) if note.end > bar.start]
    sounding.sort(key=lambda i: notes[i].pitch)
    for index in [*sounding[1:-1][::-1], *sounding[-1:], *sounding[:1]]:
        note = notes[index]
        least = max(note.step + LEAST_HELD, bar.start)
        cut = min(excess, max(min(note.end, bar.end) - least, 0))
        if cut > 0:
            excess -= cut
            end = min(note.end, bar.end) - cut
            notes[index] = GridNote(note.step, note.pitch, end - note.step, note.stress)
    return excess
