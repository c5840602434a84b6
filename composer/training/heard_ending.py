"""How a cue ends, from its notes and its clock alone: what is struck on the out, and what sounds after it."""

from composer.notes import CueNotes, Note
from composer.request import CueRequest

NEAR_TICKS = 60


def heard_ending(request: CueRequest, notes: CueNotes) -> str:
    """close: the tonic triad in root position, reached from another chord.  rest: tonic, or tonic and fifth.
    hang: anything else that rings.  stop or segue: all sound ends at the out; a segue's request says which.
    """
    out = request.tempo_map.bar_starts()[request.out_bar] * 960
    pitched = [note for note in notes.notes if notes.parts[note.part].role != "percussion"]
    after = [note for note in pitched if note.grid_tick >= out - 1]
    if not after:
        ends = max(note.tick + note.ticks for note in notes.notes)
        if abs(ends - out) > NEAR_TICKS:
            return "nothing"
        return "segue" if request.ending == "segue" else "stop"
    tonic = request.key_pc
    classes = {note.pitch % 12 for note in after}
    bass = min(after, key=lambda note: note.pitch).pitch % 12
    third = (tonic + (3 if request.mode in ("dorian", "aeolian", "phrygian") else 4)) % 12
    if bass == tonic and classes <= {tonic, (tonic + 7) % 12}:
        return "rest"
    if bass == tonic and classes <= {tonic, third, (tonic + 7) % 12} and third in classes:
        return "close" if _before(pitched, out) - {tonic, third, (tonic + 7) % 12} else "close, no cadence"
    return "hang"


def _before(pitched: list[Note], out: int) -> set[int]:
    """Pitch classes that sound in the four beats before the out."""
    return {note.pitch % 12 for note in pitched if note.tick < out and note.tick + note.ticks > out - 3840}
