"""Spotting: where music goes and why, each cue's clock and what each of its bars is asked for."""

from collections.abc import Sequence
from itertools import pairwise

from composer.coverage import (
    Blocked,
    blocked,
    chosen,
    free_spans,
    runs,
    stretches,
    target_share,
)
from composer.cue_character import Moods
from composer.cue_draft import CuePlan, draft_cue
from composer.directions import Directions, directed
from composer.draws import opaque_uid
from composer.keys import key_chain
from composer.places import Place, find_places
from composer.playable import playable
from composer.reading import Reading, Span, read_film
from composer.request import CueRequest, Neighbour
from composer.scenes import Scene, scenes
from composer.score_plan import ScorePlan as ScorePlan
from composer.settings import ComposerSettings
from composer.silences import silences
from composer.spotting import Hit, Spotting
from composer.style_leanings import leaning
from composer.theme_uses import assign_themes, check_cue_ids
from composer.wishes import Wishes, resolve
from vision.analysis import Analysis
from vision.curves import Curves

SEGUE_S = 2.0  # between two cues, less than this is no silence
HAS_MUSIC = "this cut already has music"


def plan_score(
    analysis: Analysis,
    curves: Curves,
    settings: ComposerSettings,
    directions: Directions,
    seed: int,
    spotting: str = "",
    spotting_name: str = "the spotting file",
) -> ScorePlan:
    """Spot the film and draft every cue; a pure function of its arguments.

    spotting: the text of an edited spotting.json, whose cues and hits are then taken as they are and only
    their clocks made anew.  Raises RejectedInput for wishes that do not fit the film.
    """
    settings = directed(settings, directions)
    reading = read_film(analysis, curves, settings.range_s)
    wishes = resolve(directions, analysis.film, curves)
    found = scenes(reading, settings.practice.section_s) if reading.length_s > 0 else ()
    holes = blocked(reading, wishes.no_music, settings.existing_music, settings.practice)
    share = target_share(reading, settings.coverage, settings.practice) if found else 0.0
    if spotting:
        from composer.spotting_file import read_spotting

        given = read_spotting(spotting, spotting_name, analysis, curves)
        moods = Moods(reading, found, settings, seed, wishes, given)
        places = given.places()
    else:
        moods = Moods(reading, found, settings, seed, wishes, None)
        places = _places(reading, found, holes, share, wishes, settings)
    plans = _plans(places, moods, directions)
    missed = wishes.missed([(plan.place.start_s, plan.place.out_s) for plan in plans])
    return _score(reading, plans, holes, share, settings, missed)


def _places(
    reading: Reading,
    found: tuple[Scene, ...],
    holes: list[Blocked],
    share: float,
    wishes: Wishes,
    settings: ComposerSettings,
) -> list[Place]:
    """Where the cues go: the directed ones, then the stretches that want music most, refined."""
    if not found:
        return []
    asked = tuple(Blocked(p.start_s, p.ring_until_s, "directed") for p in wishes.places)
    free = free_spans(reading, sorted([*holes, *asked], key=lambda hole: (hole.start_s, hole.end_s)))
    musts = [hit.time_s for hit in wishes.hits]
    spans: list[Span] = []
    if free:
        practice = settings.practice
        least = practice.shortest_cue_s if reading.length_s > practice.shortest_cue_s else 0.0
        roomy = [f for f in free if f[1] - f[0] >= least or any(f[0] <= m < f[1] for m in musts)]
        used = sum(p.ring_until_s - p.start_s for p in wishes.places)
        candidates = stretches(reading, found, roomy, musts, practice)
        spans = runs(chosen(candidates, share * reading.length_s - used), roomy, found, practice)
        spans = [s for s in spans if s[1] - s[0] >= min(least, 8.0)]
    places = find_places(reading, spans, free, musts, settings.practice)
    return sorted([*places, *wishes.places], key=lambda place: place.start_s)


def _plans(places: Sequence[Place], moods: Moods, directions: Directions) -> list[CuePlan]:
    """Every cue with its clock and bars; ids of omitted cues are not used again."""
    reel = _reel(moods.reading)
    gaps = [after.start_s - before.ring_until_s for before, after in pairwise(places)]
    near = [gap < SEGUE_S for gap in gaps] + [False] * (len(places) > 0)
    keys = key_chain(near, moods.seed, moods.settings.key)
    ids = [_given_name(moods, ordinal, "id") or f"{reel}M{ordinal + 1:02}" for ordinal in range(len(places))]
    check_cue_ids(ids, directions)
    plans: list[CuePlan] = []
    for ordinal, (place, cue_id) in enumerate(zip(places, ids, strict=True)):
        wish = directions.of(cue_id)
        if wish.omit:
            continue
        uid = _given_name(moods, ordinal, "uid") or opaque_uid(moods.seed, "cue", ordinal)
        place = moods.moved(place, cue_id, places[ordinal - 1 : ordinal], places[ordinal + 1 : ordinal + 2])
        last = ordinal + 1 == len(places)
        plans.append(draft_cue(moods, place, last, ordinal, cue_id, uid, keys[ordinal], wish))
    uses = assign_themes(plans, moods, directions)
    return [plan.with_theme(*uses[plan.cue.uid]) for plan in plans]


def _given_name(moods: Moods, ordinal: int, what: str) -> str | None:
    """The id or uid that an edited spotting gave."""
    cue = moods.given_cue(ordinal)
    return None if cue is None else str(getattr(cue, what))


def _reel(reading: Reading) -> int:
    """The reel by the hour of the film's first picture, as reels are striped; 1 where that says nothing."""
    film = reading.analysis.film
    hours, minutes, seconds = (int(part) for part in film.start_timecode.replace(";", ":").split(":")[:3])
    hour = int((hours * 3600 + minutes * 60 + seconds + film.programme.start_s + 1) // 3600)
    return hour if 1 <= hour <= 9 else 1


def _score(
    reading: Reading,
    plans: Sequence[CuePlan],
    holes: list[Blocked],
    share: float,
    settings: ComposerSettings,
    missed: Sequence[str],
) -> ScorePlan:
    cues = tuple(plan.cue for plan in plans)
    hits: tuple[Hit, ...] = tuple(hit for plan in plans for hit in plan.hits)
    scored = sum(cue.end_s - cue.start_s for cue in cues)
    warnings = [*_warnings(reading, settings), *missed]
    spotting = Spotting(
        cues=cues,
        hits=tuple(sorted(hits, key=lambda hit: (hit.time_s, hit.cue))),
        silences=tuple(silences(reading, cues, holes, share)),
        coverage=round(scored / reading.length_s, 4) if reading.length_s else 0.0,
        demoted=tuple(words for plan in plans for words in plan.demoted),
        warnings=tuple(warnings),
    )
    drafts: list[CueRequest] = []
    for index, plan in enumerate(plans):
        before = _neighbour(plans[index - 1]) if index else None
        after = _neighbour(plans[index + 1]) if index + 1 < len(plans) else None
        for take in range(1, settings.takes + 1):
            update = {"before": before, "after": after, "take": take}
            drafts.append(playable(leaning(plan.request.model_copy(update=update))))
    return ScorePlan(
        spotting=spotting,
        drafts=tuple(drafts),
        programme_s=reading.length_s,
        cue_clusters={plan.cue.uid: _clusters(reading, plan.place) for plan in plans},
    )


def _neighbour(plan: CuePlan) -> Neighbour:
    return Neighbour(key=plan.cue.key, mode=plan.cue.mode, tempo_qpm=plan.cue.tempo_qpm)


def _clusters(reading: Reading, place: Place) -> tuple[int, ...]:
    """Looks under a cue, the longest seen first."""
    seen: dict[int, float] = {}
    for shot in reading.shots:
        seconds = min(shot.end_s, place.out_s) - max(shot.start_s, place.start_s)
        if seconds > 0 and shot.features.cluster >= 0:
            seen[shot.features.cluster] = seen.get(shot.features.cluster, 0.0) + seconds
    return tuple(sorted(seen, key=lambda cluster: (-seen[cluster], cluster)))


def _warnings(reading: Reading, settings: ComposerSettings) -> list[str]:
    sound = reading.analysis.sound
    found = [HAS_MUSIC] if sound.music_share >= settings.practice.music_film_share else []
    separate = any("mx" in stream.roles for stream in reading.analysis.film.audio_streams)
    if settings.existing_music == "replace" and not separate:
        found.append("replacing music wants a separate music track: the old music stays in the film's sound")
    return found
