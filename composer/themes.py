"""The film's themes: written once before any cue, kept in themes.json, quoted by the cues."""

from typing import TYPE_CHECKING

from composer.draws import draw, opaque_uid
from composer.request import CueRequest, ThemeCell
from composer.score_plan import ScorePlan
from composer.spotting import Mode
from vision.artifact import Artifact, Frozen

if TYPE_CHECKING:
    from composer.engine import Engine


class Theme(Frozen):
    """name: as spotting and directions call it ("T1", "Anna").  cells: A and B.  clusters: the looks it
    stands for, a suggestion.  used_by: display ids of the cues that quote it.
    """

    uid: str
    name: str
    seed: int
    mode: Mode
    cells: tuple[ThemeCell, ThemeCell]
    clusters: tuple[int, ...]
    used_by: tuple[str, ...]


class Themes(Artifact):
    """The whole of themes.json."""

    themes: tuple[Theme, ...]

    def named(self, name: str) -> Theme:
        """A theme by its name."""
        return next(theme for theme in self.themes if theme.name == name)


def freeze_themes(plan: ScorePlan, engine: "Engine", seed: int) -> Themes:
    """Write every theme that a cue quotes; it depends on its name, mode, style and the job's seed only."""
    names = dict.fromkeys(cue.theme for cue in plan.spotting.cues if cue.theme is not None)
    return Themes(themes=tuple(_theme(plan, engine, seed, name) for name in names))


def _theme(plan: ScorePlan, engine: "Engine", seed: int, name: str) -> Theme:
    users = [cue for cue in plan.spotting.cues if cue.theme == name]
    mode, style = users[0].mode, users[0].style
    own = int(draw(seed, "theme", name) * 2**53)
    uid = opaque_uid(seed, "theme", name)
    first, second = engine.theme(mode, style, own)
    cells = (
        first.model_copy(update={"uid": uid, "part": "A"}),
        second.model_copy(update={"uid": uid, "part": "B"}),
    )
    looks = [look for cue in users for look in plan.cue_clusters.get(cue.uid, ())[:2]]
    return Theme(
        uid=uid,
        name=name,
        seed=own,
        mode=mode,
        cells=cells,
        clusters=tuple(dict.fromkeys(looks)),
        used_by=tuple(cue.id for cue in users),
    )


def complete_requests(plan: ScorePlan, themes: Themes) -> tuple[CueRequest, ...]:
    """Every draft with its theme's notes: cell A, and B for every third quotation of a theme; a cue that
    states it in full has B besides, to answer with."""
    quoted = {cue.uid: cue.theme for cue in plan.spotting.cues}
    order: dict[str, list[str]] = {}
    for cue in plan.spotting.cues:
        if cue.theme is not None:
            order.setdefault(cue.theme, []).append(cue.uid)
    completed: list[CueRequest] = []
    for draft in plan.drafts:
        name = quoted[draft.uid]
        cell = None if name is None else _cell(themes, name, order[name].index(draft.uid), draft)
        full = name is not None and draft.theme_use == "full"
        answer = themes.named(name).cells[1] if full and name is not None else None
        completed.append(draft.model_copy(update={"theme": cell, "answer": answer}))
    return tuple(completed)


def _cell(themes: Themes, name: str, place: int, draft: CueRequest) -> ThemeCell:
    first, second = themes.named(name).cells
    return second if draft.theme_use == "fragment" and place % 3 == 2 else first
