"""What the report is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from composer.notes import CueNotes
from composer.request import CueRequest
from composer.spotting import Spotting
from render.mix import MixFacts
from render.soundfont import FontFacts
from render.takes import Take
from vision.analysis import Analysis
from vision.curves import Curves


@dataclass(frozen=True)
class ReportFacts:
    """Everything that report.html tells; what is missing is left out of the page, never made up.

    film_name: the user's own name for the film, any text.  Mappings are by cue uid, of the chosen takes.
    findings: why a person should look, in plain words; none: the verdict is "Ready".
    figures: what verify measured, by name with the unit last (`peak_dbtp`); none: nothing was read back.
    commands: the command line that changes one cue.  takes: of cues that have several; chosen: the one that
    the film uses.
    engine, seed: how the music was made.  font, synth: what played it.
    preview: preview.mp4's name beside the report, None: no player.
    preview_note: why the preview's picture is not the film's own (a proxy, marks burnt in); empty: it is.
    """

    film_name: str
    analysis: Analysis
    curves: Curves
    spotting: Spotting
    requests: Mapping[str, CueRequest] = field(default_factory=dict)
    notes: Mapping[str, CueNotes] = field(default_factory=dict)
    mix: MixFacts | None = None
    preview: str | None = "preview.mp4"
    preview_note: str = ""
    findings: Sequence[str] = ()
    figures: Mapping[str, float | int | str | None] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)
    takes: Mapping[str, Sequence[Take]] = field(default_factory=dict)
    chosen: Mapping[str, int] = field(default_factory=dict)
    engine: str = ""
    seed: int | None = None
    font: FontFacts | None = None
    synth: str = "builtin"
