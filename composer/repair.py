"""What an engine wrote, made playable: nothing missing, nothing endless, nothing outside the scale."""

from collections.abc import Mapping, Sequence
from math import isfinite

from composer.frame import Frame
from composer.grid import STEPS_PER_BAR, GridNote, LayerPlan, sorted_notes
from composer.notes import ROLES, Role
from composer.phrases import phrases
from composer.rules_texture import rules_texture
from composer.theory import chord_scale, nearest_pitch

MOST_VOICES: dict[Role, int] = {"melody": 1, "bass": 2, "pad": 6, "arpeggio": 4, "percussion": 6}
LONGEST_STEPS = 64


def repaired(
    frame: Frame, plan: LayerPlan, roles: Mapping[Role, Sequence[GridNote]]
) -> tuple[dict[Role, tuple[GridNote, ...]], list[str]]:
    """Every role's notes made legal, and what had to be done, in words.

    A role that sounds in the plan but has no note, or more at once than players could hold, is written by
    rule; where the rules have nothing for it either, what is unplayable rests. Pitches outside the sounding
    chord's scale move to the nearest inside; notes outside the cue go.
    """
    findings: list[str] = []
    found: dict[Role, tuple[GridNote, ...]] = {}
    spare: Mapping[Role, tuple[GridNote, ...]] | None = None
    for role in ROLES:
        raw = roles.get(role, ())
        notes = _legal(frame, role, raw)
        sick = _stuck(raw) or _crowded(role, notes)
        fault = sick or _fault(frame, plan, role, notes)
        if fault and role != "melody":
            spare = spare or rules_texture(frame.request, frame.chords, plan)
            if spare[role]:
                findings.append(f"{role}: {fault}; written by rule instead")
                notes = list(spare[role])
            elif sick:
                findings.append(f"{role}: {fault}; it rests")
                notes = []
        elif fault:
            findings.append(f"melody: {fault}; it rests")
            notes = []
        found[role] = sorted_notes(notes)
    return found, findings


def _legal(frame: Frame, role: Role, notes: Sequence[GridNote]) -> list[GridNote]:
    end = frame.starts[-1]
    kept: list[GridNote] = []
    for note in notes:
        if not 0 <= note.step < end or note.steps <= 0:
            continue
        pitch = min(max(note.pitch, 0), 127)
        if role != "percussion":
            scale = chord_scale(frame.steps[note.step], frame.request.key_pc, frame.request.mode)
            pitch = nearest_pitch(pitch, scale)
        steps = min(note.steps, LONGEST_STEPS, end - note.step)
        kept.append(GridNote(note.step, pitch, steps, note.stress))
    return kept


def _stuck(notes: Sequence[GridNote]) -> str | None:
    if any(note.steps > LONGEST_STEPS for note in notes):
        return f"a note longer than {LONGEST_STEPS // STEPS_PER_BAR} bars"
    if len({(note.step, note.pitch) for note in notes}) < len(notes):
        return "the same note twice at once"
    if not all(isfinite(note.stress) for note in notes):
        return "a stress that is no number"
    return None


def _fault(frame: Frame, plan: LayerPlan, role: Role, notes: Sequence[GridNote]) -> str | None:
    if role == "melody" and not notes:
        return "asked for, but none was written" if phrases(frame.request) else None
    spans = [span for span in plan.spans(role) if span[0] < frame.request.out_bar]
    silent = [span for span in spans if not _within(frame, notes, span)]
    if silent and role != "percussion":
        return f"silent in bars {silent[0][0] + 1} to {silent[0][1]}"
    return None


def _crowded(role: Role, notes: Sequence[GridNote]) -> str | None:
    starts: dict[int, int] = {}
    for note in notes:
        starts[note.step] = starts.get(note.step, 0) + 1
    if starts and max(starts.values()) > MOST_VOICES[role]:
        return f"{max(starts.values())} notes at once"
    return None


def _within(frame: Frame, notes: Sequence[GridNote], span: tuple[int, int]) -> bool:
    first, end = frame.starts[span[0]], frame.starts[span[1]]
    return any(note.step < end and note.end > first for note in notes)
