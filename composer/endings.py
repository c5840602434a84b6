"""The final chord: struck on the out's downbeat by the roles that were sounding, and left to ring."""

from collections.abc import Sequence

from composer.frame import Frame
from composer.grid import GridNote, LayerPlan
from composer.hits import end_tick, out_tick
from composer.notes import Role
from composer.orchestration import TICKS_PER_STEP
from composer.request import STEPS_PER_BEAT
from composer.styles import ROLE_RANGE
from composer.theory import nearest_pitch
from composer.voicing import C3

MELODY_REACH_BARS = 2
LOUD_AROUSAL = 0.6
KICK = 36
PAD_MIDDLE = 60


def final_chord_notes(
    frame: Frame, plan: LayerPlan, melody: tuple[GridNote, ...]
) -> dict[Role, tuple[GridNote, ...]]:
    """The notes of the last chord for close, rest and hang; nothing for stop and segue.

    Bass and pad always; a melody that sang within two bars of the out comes to rest on a tone that the
    ending asks for; an arpeggio ends on one high note; percussion only after a loud section.
    """
    request = frame.request
    if request.ending in ("stop", "segue"):
        return {}
    start = out_tick(request) // TICKS_PER_STEP
    steps = max((end_tick(request) - out_tick(request)) // TICKS_PER_STEP, 1)
    here = frame.at(start)
    sounding = plan.bars[max(min(request.out_bar, len(plan.bars)) - 1, 0)]
    # Beside a bass another tone below C3 is mud.
    held = [note for note in here.pad if note >= C3 or (note - here.bass) % 12 == 0]
    pad = _telling(frame, [note for note in held if note % 12 in here.chord.pitch_classes])
    notes: dict[Role, tuple[GridNote, ...]] = {
        "bass": (GridNote(start, _final_bass(here.bass, pad, "bass" in sounding), steps, 0.1),),
        "pad": tuple(GridNote(start, pitch, steps) for pitch in pad),
    }
    last = _last_melody(frame, melody, start)
    if last is not None:
        notes["melody"] = (GridNote(start, _resolution(frame, last), max(steps * 3 // 4, 1), -0.1),)
    if "arpeggio" in sounding:
        low, high = ROLE_RANGE["arpeggio"]
        pitch = nearest_pitch(max(here.pad, default=60) + 4, set(here.chord.pitch_classes), low, high)
        notes["arpeggio"] = (GridNote(start, pitch, steps, -0.2),)
    if "percussion" in sounding and request.bars[max(request.out_bar - 1, 0)].arousal >= LOUD_AROUSAL:
        notes["percussion"] = (GridNote(start, KICK, STEPS_PER_BEAT, 0.3),)
    return notes


def _telling(frame: Frame, pad: list[int]) -> list[int]:
    """A last chord with the tone that makes it what it is: a close's third, a hang's suspension."""
    request = frame.request
    chord = frame.at(out_tick(request) // TICKS_PER_STEP).chord
    tells = set(chord.pitch_classes) - {request.key_pc, (request.key_pc + 7) % 12}
    if request.ending == "rest" or not tells or any(note % 12 in tells for note in pad):
        return pad
    middle = sum(pad) / len(pad) if pad else PAD_MIDDLE
    low, high = frame.role_range("pad", min(request.out_bar, len(request.bars) - 1))
    return sorted({*pad, nearest_pitch(middle, tells, max(low, C3), high)})


def _final_bass(pitch: int, pad: Sequence[int], sounding: bool) -> int:
    """The last chord's bass; an octave up where no bass was heard before, so that it grounds and no more, but
    never over the pad, whose fifth would be heard as the bass."""
    raised = pitch + 12
    keeps = sounding or raised > ROLE_RANGE["bass"][1] or raised > min(pad, default=raised)
    return pitch if keeps else raised


def _last_melody(frame: Frame, melody: tuple[GridNote, ...], out: int) -> int | None:
    reach = MELODY_REACH_BARS * 4 * STEPS_PER_BEAT
    near = [note for note in melody if out - reach <= note.step < out]
    return near[-1].pitch if near else None


def _resolution(frame: Frame, last: int) -> int:
    """close: the tonic.  rest: tonic or fifth.  hang: the final chord's tone that is not the tonic."""
    request = frame.request
    chord = frame.at(out_tick(request) // TICKS_PER_STEP).chord
    tonic = request.key_pc
    tones = {
        "close": {tonic},
        "rest": {tonic, (tonic + 7) % 12} & set(chord.pitch_classes),
        "hang": set(chord.pitch_classes) - {tonic},
    }[request.ending]
    low, high = ROLE_RANGE["melody"]
    return nearest_pitch(last, tones or set(chord.pitch_classes), low, high)
