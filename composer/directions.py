"""What a director wrote: the film's wishes, each cue's, themes, hits and where there is to be no music."""

from composer.moments import Moment
from composer.settings import ComposerSettings, HitBudget, Tone
from composer.spotting import Ending, HitKind, Mode, Style
from vision.artifact import Frozen


class DirectedHit(Frozen):
    """A hit that must be met. words: as written, for reasons and warnings.  line: of the file, from 1."""

    at: Moment
    kind: HitKind = "accent"
    words: str
    line: int = 0


class DirectedSpan(Frozen):
    """A span as written: no music, or a cue's own in and out."""

    start: Moment
    end: Moment
    words: str
    line: int = 0


class CueDirections(Frozen):
    """Wishes for one cue by its display id. calmer: added to arousal. words: the wishes as written."""

    style: Style | None = None
    key: str | None = None
    mode: Mode | None = None
    tempo_qpm: float | None = None
    ending: Ending | None = None
    calmer: float = 0.0
    drums: bool = True
    melody: bool = True
    seed: int | None = None
    omit: bool = False
    hits: tuple[DirectedHit, ...] = ()
    start: Moment | None = None
    out: Moment | None = None
    words: tuple[str, ...] = ()


class Directions(Frozen):
    """Everything a directions file may say. name: the file's, for messages.

    themes: cue ids by the theme's name, in the order written.  cues: by display id ("1M02").
    lines: the line of the file, from 1, on which each of its words ("style", "1M02", "theme Anna") stands.
    """

    name: str = ""
    style: Style | None = None
    tone: Tone | None = None
    energy: float | None = None
    coverage: float | None = None
    hits: HitBudget | None = None
    key: str | None = None
    mode: Mode | None = None
    tempo_qpm: float | None = None
    hit_list: tuple[DirectedHit, ...] = ()
    no_music: tuple[DirectedSpan, ...] = ()
    spans: tuple[DirectedSpan, ...] = ()
    themes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    cues: dict[str, CueDirections] = {}
    lines: dict[str, int] = {}

    def of(self, cue_id: str) -> CueDirections:
        """The wishes for one cue, empty where there are none."""
        return self.cues.get(cue_id, CueDirections())

    def at(self, line: int) -> str:
        """The file and a line of it, for messages; the file alone where the line is not known."""
        return f"{self.name or 'directions'} line {line}" if line else self.name or "directions"


def directed(settings: ComposerSettings, directions: Directions) -> ComposerSettings:
    """Settings with the film-wide directions laid over them."""
    names = ("style", "tone", "energy", "coverage", "hits", "key", "mode", "tempo_qpm")
    wishes = {name: getattr(directions, name) for name in names}
    return settings.model_copy(update={name: value for name, value in wishes.items() if value is not None})


def read_directions(text: str, name: str) -> Directions:
    """Directions from YAML text (see composer.directions_file for the schema). Empty text: no wishes.

    Raises RejectedInput naming the file, the line, what stands there and what may.
    """
    from composer.directions_file import parse

    return parse(text, name or "directions")
