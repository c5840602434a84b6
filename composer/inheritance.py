"""What a version takes over from the one it was made from: cues as they are, and the themes they share.

A cue is planned from its neighbours' keys and tempi; a changed cue would change what the ones beside it were
asked. Kept cues therefore keep their requests word for word, whatever happens around them.
"""

from composer.request import CueRequest
from composer.score_plan import ScorePlan
from composer.spotting import Cue, Hit
from composer.themes import Theme, Themes
from vision.artifact import Artifact, Frozen


class KeptCue(Frozen):
    """A cue with its hits and the requests of all its takes, themes in them."""

    cue: Cue
    hits: tuple[Hit, ...]
    requests: tuple[CueRequest, ...]


class Inheritance(Artifact):
    """cues: by uid.  files: sha256 of what lies in their folders, by path in the job's folder."""

    cues: dict[str, KeptCue]
    themes: tuple[Theme, ...]
    files: dict[str, str]


def inherited(text: str) -> Inheritance:
    """An inheritance from the text in a job's settings; empty text: nothing is kept."""
    if not text:
        return Inheritance(cues={}, themes=(), files={})
    return Inheritance.model_validate_json(text)


def with_kept_cues(plan: ScorePlan, kept: Inheritance) -> ScorePlan:
    """The plan with every kept cue as it was: its entry, its hits, its requests."""
    cues = tuple(kept.cues[cue.uid].cue if cue.uid in kept.cues else cue for cue in plan.spotting.cues)
    ids = {cue.id for cue in cues if cue.uid in kept.cues}
    planned = [hit for hit in plan.spotting.hits if hit.cue not in ids]
    here = {cue.uid for cue in cues}
    hits = planned + [hit for uid, one in kept.cues.items() if uid in here for hit in one.hits]
    drafts = [draft for draft in plan.drafts if draft.uid not in kept.cues]
    drafts += [request for uid, one in kept.cues.items() if uid in here for request in one.requests]
    place = {cue.uid: index for index, cue in enumerate(cues)}
    spotting = plan.spotting.model_copy(
        update={"cues": cues, "hits": tuple(sorted(hits, key=lambda hit: (hit.time_s, hit.cue)))}
    )
    drafts.sort(key=lambda draft: (place[draft.uid], draft.take))
    return plan.model_copy(update={"spotting": spotting, "drafts": tuple(drafts)})


def with_kept_themes(frozen: Themes, kept: Inheritance) -> Themes:
    """Themes of a name that was there before sound as they did, whoever quotes them now."""
    before = {theme.name: theme for theme in kept.themes}
    return Themes(
        themes=tuple(
            before[theme.name].model_copy(update={"used_by": theme.used_by, "clusters": theme.clusters})
            if theme.name in before
            else theme
            for theme in frozen.themes
        )
    )


def with_kept_requests(requests: tuple[CueRequest, ...], kept: Inheritance) -> tuple[CueRequest, ...]:
    """Requests with those of kept cues word for word."""
    known = {(one.uid, one.take): one for cue in kept.cues.values() for one in cue.requests}
    return tuple(known.get((request.uid, request.take), request) for request in requests)
