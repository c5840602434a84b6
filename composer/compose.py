"""A cue from its request: chords, layers, melody, texture, instruments, hits, performance."""

from collections.abc import Mapping

from composer.endings import final_chord_notes
from composer.engine import Engine
from composer.expression import controls
from composer.frame import Frame
from composer.grid import GridNote, LayerPlan, slots
from composer.harmony import changes_in
from composer.hits import apply_stops, end_at_out, end_tick, ended_at_stops, out_tick, strike_hits
from composer.layers import plan_layers
from composer.notes import ChordSpan, CueNotes, Role
from composer.orchestration import TICKS_PER_STEP, Draft, orchestrate, seated
from composer.performance import perform
from composer.repair import repaired
from composer.request import STEPS_PER_BEAT, CueRequest
from composer.theory import Chord


def compose_cue(request: CueRequest, engine: Engine) -> CueNotes:
    """The notes of one cue: always legal, hits on their ticks, ending as asked.

    A pure function of the request and the engine's weights. What an engine left out or overdid is written
    by rule instead, and `findings` says so.
    """
    chords = engine.chords(request)
    plan = plan_layers(request)
    melody = engine.melody(request, chords)
    written = engine.texture(request, chords, plan)
    frame = Frame(request, chords)
    roles, findings = repaired(frame, plan, {"melody": melody, **written})
    drafts = _drafts(frame, plan, roles)
    players, drafts = seated(drafts)
    return CueNotes(
        uid=request.uid,
        id=request.id,
        engine=engine.name,
        tempo_map=request.tempo_map,
        parts=tuple(player.part() for player in players),
        notes=tuple(perform(frame, players, drafts)),
        controls=tuple(controls(frame, players)),
        chords=_spans(request, chords),
        findings=tuple(findings),
    )


def _drafts(frame: Frame, plan: LayerPlan, roles: Mapping[Role, tuple[GridNote, ...]]) -> list[Draft]:
    request = frame.request
    before_out = orchestrate(frame, _until_out(frame, roles))
    if request.ending in ("stop", "segue"):
        drafts = end_at_out(request, before_out)
    else:
        drafts = before_out + orchestrate(frame, final_chord_notes(frame, plan, roles["melody"]))
    drafts = apply_stops(request, drafts)
    drafts = _with_first_onset(frame, drafts)
    drafts = ended_at_stops(request, strike_hits(frame, drafts))
    last = end_tick(request)
    return [draft for draft in drafts if draft.tick < last]


def _until_out(frame: Frame, roles: Mapping[Role, tuple[GridNote, ...]]) -> dict[Role, tuple[GridNote, ...]]:
    """Nothing but the final chord begins at or sounds over the out."""
    out = out_tick(frame.request) // TICKS_PER_STEP
    return {
        role: tuple(
            GridNote(n.step, n.pitch, min(n.steps, out - n.step), n.stress) for n in notes if n.step < out
        )
        for role, notes in roles.items()
    }


def _with_first_onset(frame: Frame, drafts: list[Draft]) -> list[Draft]:
    """The cue begins with its first downbeat: where nothing does, the bass and pad of its chord."""
    if any(draft.tick == 0 for draft in drafts):
        return drafts
    here = frame.at(0)
    steps = max(min(here.end, STEPS_PER_BEAT * frame.request.tempo_map.bars[0]), 1)
    pad = tuple(GridNote(0, pitch, steps, -0.2) for pitch in here.pad)
    return drafts + orchestrate(frame, {"pad": pad})


def _spans(request: CueRequest, chords: tuple[Chord, ...]) -> tuple[ChordSpan, ...]:
    last = request.tempo_map.beat_at(request.length_s)
    found = changes_in(chords, slots(request.tempo_map))
    return tuple(
        ChordSpan(
            beat=start / STEPS_PER_BEAT,
            beats=(end - start) / STEPS_PER_BEAT,
            name=chord.name(),
            root_pc=chord.root,
            pitch_classes=chord.pitch_classes,
        )
        for start, end, chord in found
        if start / STEPS_PER_BEAT < last
    )
