"""Which cue quotes which theme: full at the first open cue, the turn and the end, fragments between."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from composer.directions import Directions
from composer.draws import draw
from composer.places import Place
from composer.reading import Span, overlap
from composer.spotting import ThemeUse
from vision.rejected import RejectedInput

if TYPE_CHECKING:
    from composer.cue_character import Moods
    from composer.cue_draft import CuePlan

ONE_THEME_S = 600.0
TWO_THEMES_S = 5400.0
OPEN_SPEECH = 0.3
TITLED_SHARE = 0.5

Uses = dict[str, tuple[str | None, ThemeUse]]


def theme_count(programme_s: float) -> int:
    """One theme under ten minutes, two under an hour and a half, else three."""
    return 1 if programme_s < ONE_THEME_S else 2 if programme_s < TWO_THEMES_S else 3


def assign_themes(plans: Sequence["CuePlan"], moods: "Moods", directions: Directions) -> Uses:
    """(theme, use) by cue uid.

    Directions bind; elsewhere 30-50 % of the cues quote, those whose looks return before others, as far as
    they have room to sing.  Raises RejectedInput where directions name a cue that there is not.
    """
    uses: Uses = {plan.cue.uid: (None, "none") for plan in plans}
    if not plans:
        return uses
    bound = _bound([(plan.cue.id, plan.cue.uid) for plan in plans], directions)
    names = [name for name, _ in directions.themes]
    count = max(theme_count(moods.reading.length_s), len(names))
    themes = [*names, *(f"T{number + 1}" for number in range(len(names), count))]
    places = [plan.place for plan in plans]
    looks = _first_looks(moods, places)
    full = _full(moods, plans)
    chosen = _quoting(moods, plans, full, looks)
    for index, plan in enumerate(plans):
        use: ThemeUse = "full" if index in full else "fragment"
        if plan.cue.uid in bound:
            use = "full" if plan.can_sing("full") else "fragment"
            uses[plan.cue.uid] = (bound[plan.cue.uid], use)
        elif index in chosen:
            theme = themes[0] if index in full else themes[looks[index][0] % len(themes)]
            uses[plan.cue.uid] = (theme, use)
    return _given(uses, moods)


def _quoting(
    moods: "Moods", plans: Sequence["CuePlan"], full: set[int], looks: list[tuple[int, bool]]
) -> set[int]:
    """The cues that quote a theme: the full statements, then cues of returning looks up to the share."""
    lots = [draw(moods.seed, plan.cue.uid, "theme") for plan in plans]
    order = sorted(range(len(plans)), key=lambda i: (looks[i][1], lots[i]))
    able = [i for i in order if i not in full and plans[i].can_sing("fragment")]
    wanted = max(round(moods.settings.practice.theme_cue_share * len(plans)), 1)
    return full | set(able[: max(wanted - len(full), 0)])


def _given(uses: Uses, moods: "Moods") -> Uses:
    """What an edited spotting says of its themes, as it says it."""
    if moods.given is None:
        return uses
    return {**uses, **{cue.uid: (cue.theme, cue.theme_use) for cue in moods.given.cues if cue.uid in uses}}


def _bound(cues: Sequence[tuple[str, str]], directions: Directions) -> Mapping[str, str]:
    uid_of = dict(cues)
    bound: dict[str, str] = {}
    for name, ids in directions.themes:
        for cue_id in ids:
            if cue_id not in uid_of:
                _refuse(cue_id, uid_of, directions, f"theme {name}")
            bound[uid_of[cue_id]] = name
    return bound


def check_cue_ids(ids: Sequence[str], directions: Directions) -> None:
    """Raise RejectedInput where directions speak of a cue that there is not."""
    for cue_id in directions.cues:
        if cue_id not in ids:
            _refuse(cue_id, {known: known for known in ids}, directions, cue_id)


def _refuse(cue_id: str, known: Mapping[str, str], directions: Directions, word: str) -> None:
    there = ", ".join(known) if known else "no cues at all"
    where = directions.at(directions.lines.get(word, 0))
    raise RejectedInput(f"{where}: there is no cue {cue_id} in this film", f"there are {there}")


def _full(moods: "Moods", plans: Sequence["CuePlan"]) -> set[int]:
    """The cues with full statements: titles or the first open cue, the film's turn, the last one."""
    reading = moods.reading
    able = [i for i, plan in enumerate(plans) if plan.can_sing("full")]
    if not able:
        return set()
    places = [plan.place for plan in plans]
    open_cues = [i for i in able if reading.speech_share(places[i].start_s, places[i].out_s) < OPEN_SPEECH]
    full = {(open_cues or able)[0]}
    if len(plans) >= 3:
        titles = reading.regions("title", "credits")
        full |= {i for i in able if _titled(titles, places[i])}
        full.add(able[-1])
    if len(plans) >= 5:
        late = [i for i in open_cues if 0.45 <= _share(moods, places[i]) <= 0.9]
        energy = {i: reading.mean("arousal", places[i].start_s, places[i].out_s) for i in late}
        full |= {max(late, key=lambda i: (energy[i], -i))} if late else set()
    return full


def _titled(titles: Sequence[Span], place: Place) -> bool:
    """Whether titles or credits fill half of a cue, or half of them lie under it."""
    under = [(overlap((span,), place.start_s, place.out_s), span[1] - span[0]) for span in titles]
    whole = sum(seconds for seconds, _ in under) >= TITLED_SHARE * (place.out_s - place.start_s)
    return whole or any(seconds >= TITLED_SHARE * length for seconds, length in under)


def _share(moods: "Moods", place: Place) -> float:
    return (place.start_s - moods.reading.start_s) / max(moods.reading.length_s, 1e-9)


def _first_looks(moods: "Moods", places: Sequence[Place]) -> list[tuple[int, bool]]:
    """By cue: the number of its main look in order of first appearance, and whether it is seen only here."""
    main: list[int] = []
    for place in places:
        seen: dict[int, float] = {}
        for shot in moods.reading.shots:
            seconds = min(shot.end_s, place.out_s) - max(shot.start_s, place.start_s)
            if seconds > 0:
                look = shot.features.cluster
                seen[look] = seen.get(look, 0.0) + seconds
        main.append(max(seen, key=lambda look: (seen[look], -look)) if seen else -1)
    order = {look: number for number, look in enumerate(dict.fromkeys(main))}
    return [(order[look], main.count(look) == 1) for look in main]
