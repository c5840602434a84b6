"""Which cue sings which theme, when, and how it is changed: the facts of a film's theme map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from composer.phrases import cell_of, fragments_before, phrases, theme_phrase
from composer.request import CueRequest
from composer.spotting import Cue, Mode, ThemePart
from composer.theme_changes import change_at

OCTAVE = 12
MIDDLE_C = 60


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: film time of its first note and of its last one's end, in which cue and key.

    part: A, or B its answer.  full: four bars; else the head of it.  semitones: from the key of C in which it
    was written near middle C, octaves included.  written_in: its own mode, where the cue's is another; else
    None.  notes: how many of it are sung.
    """

    theme: str
    part: ThemePart
    cue: str
    time_s: float
    end_s: float
    bars: int
    full: bool
    key: str
    mode: Mode
    semitones: int
    written_in: Mode | None
    change: str | None
    notes: int


def theme_map(cues: Sequence[Cue], requests: Mapping[str, CueRequest]) -> tuple[Statement, ...]:
    """Every statement of a theme in film order; requests by cue uid, a cue without one is left out."""
    found: list[Statement] = []
    for cue in cues:
        request = requests.get(cue.uid)
        if request is not None and request.theme is not None and cue.theme is not None:
            found += _statements(cue, cue.theme, request)
    return tuple(sorted(found, key=lambda one: one.time_s))


def _statements(cue: Cue, name: str, request: CueRequest) -> list[Statement]:
    found: list[Statement] = []
    for phrase in phrases(request):
        if phrase.kind == "cell":
            continue
        cell, full = cell_of(request, phrase), phrase.kind == "theme"
        sung = theme_phrase(request, phrase)
        if not sung:
            continue
        first = min(cell.notes, key=lambda note: note.step)
        home = MIDDLE_C + first.semitone
        found.append(
            Statement(
                theme=name,
                part=cell.part,
                cue=cue.id,
                time_s=cue.start_s + request.tempo_map.time_s(sung[0].step / 4),
                end_s=cue.start_s + request.tempo_map.time_s(max(note.end for note in sung) / 4),
                bars=phrase.end - phrase.first,
                full=full,
                key=request.key,
                mode=request.mode,
                semitones=_transposition(sung[0].pitch - home, request.key_pc),
                written_in=None if cell.mode == request.mode else cell.mode,
                change=None if full else change_at(request, fragments_before(request, phrase)),
                notes=len(sung),
            )
        )
    return found


def _transposition(interval: int, key_pc: int) -> int:
    """The interval by which the tonic moved: a first note that another mode bends moves none of it."""
    return min((key_pc + OCTAVE * octave for octave in range(-3, 4)), key=lambda s: abs(s - interval))
