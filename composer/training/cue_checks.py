"""What must hold in every finished cue, counted: the ending asked for, and notes in the sounding scale."""

from collections.abc import Sequence
from itertools import cycle
from typing import Any

from composer.compose import compose_cue
from composer.encoding.chord import QUALITIES
from composer.engine import Engine
from composer.notes import CueNotes
from composer.request import CueRequest
from composer.spotting import Ending
from composer.tempo_map import TICKS_PER_BEAT
from composer.theory import Chord, chord_scale
from composer.training.heard_ending import heard_ending
from composer.training.passages import Passage

ENDINGS: tuple[Ending, ...] = ("close", "rest", "hang", "stop", "segue")


def checked(engine: Engine, passages: Sequence[Passage], seed: int) -> dict[str, Any]:
    """Shares over whole cues, endings going round: endings heard as asked, texture and melody notes in the
    scale of the chord that sounds as they begin."""
    kept, inside, notes = 0, {"texture": 0, "melody": 0}, {"texture": 0, "melody": 0}
    missed: list[str] = []
    for passage, ending in zip(passages, cycle(ENDINGS)):
        request = passage.asked(seed, ending)
        cue = compose_cue(request, engine)
        heard = heard_ending(request, cue)
        kept += heard == ending
        missed += [f"{ending} heard as {heard}"] if heard != ending else []
        for kind, found in in_scale(request, cue).items():
            inside[kind] += sum(found)
            notes[kind] += len(found)
    shares = {f"{kind}_in_scale": inside[kind] / max(notes[kind], 1) for kind in notes}
    return {"cues": len(passages), "endings": kept / max(len(passages), 1), "missed": missed, **shares}


def in_scale(request: CueRequest, cue: CueNotes) -> dict[str, list[bool]]:
    """For each note of melody and of pitched texture, whether the chord at its onset has it in its scale."""
    found: dict[str, list[bool]] = {"texture": [], "melody": []}
    spans = sorted(cue.chords, key=lambda span: span.beat)
    for note in cue.notes:
        role = cue.parts[note.part].role
        beat = note.grid_tick / TICKS_PER_BEAT
        here = [span for span in spans if span.beat <= beat + 1e-6]
        if role == "percussion" or not here:
            continue
        chord = _chord(here[-1].root_pc, here[-1].pitch_classes)
        scale = chord_scale(chord, request.key_pc, request.mode) | {request.key_pc}
        found["melody" if role == "melody" else "texture"].append(note.pitch % 12 in scale)
    return found


def _chord(root: int, classes: tuple[int, ...]) -> Chord:
    same = (Chord(root, quality) for quality in QUALITIES)
    return next(chord for chord in same if set(chord.pitch_classes) == set(classes))
