"""Which cue quotes which theme: full at the first open cue, the turn and the end, fragments between."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from composer.directions import Directions
from composer.draws import draw
from composer.places import Place
from composer.reading import overlap
from composer.spotting import ThemeUse
from vision.rejected import RejectedInput

if TYPE_CHECKING:
    from composer.cue_draft import Moods

ONE_THEME_S = 600.0
TWO_THEMES_S = 5400.0
OPEN_SPEECH = 0.3

Uses = dict[str, tuple[str | None, ThemeUse]]


def theme_count(programme_s: float) -> int:
    """One theme under ten minutes, two under an hour and a half, else three."""
    return 1 if programme_s < ONE_THEME_S else 2 if programme_s < TWO_THEMES_S else 3


def assign_themes(
    cues: Sequence[tuple[str, str]], moods: "Moods", places: Sequence[Place], directions: Directions
) -> Uses:
    """(theme, use) by cue uid; cues are (id, uid) in film order.

    Directions bind; elsewhere 30-50 % of the cues quote, those whose looks return before others.
    Raises RejectedInput where directions name a cue that there is not.
    """
    uses: Uses = {uid: (None, "none") for _, uid in cues}
    if not cues:
        return uses
    bound = _bound(cues, directions)
    names = [name for name, _ in directions.themes]
    count = max(theme_count(moods.reading.length_s), len(names))
    themes = [*names, *(f"T{number + 1}" for number in range(len(names), count))]
    full = _full(moods, places)
    looks = _first_looks(moods, places)
    quoting = max(round(moods.settings.practice.theme_cue_share * len(cues)), 1)
    order = sorted(
        range(len(cues)), key=lambda i: (i not in full, looks[i][1], draw(moods.seed, cues[i][1], "theme"))
    )
    chosen = set(order[: max(quoting, min(len(full), len(cues)))]) | full
    for index, (_, uid) in enumerate(cues):
        if uid in bound:
            uses[uid] = (bound[uid], "full" if index in full or moods.given is None else "fragment")
        elif index in chosen:
            theme = themes[0] if index in full else themes[looks[index][0] % len(themes)]
            uses[uid] = (theme, "full" if index in full else "fragment")
    return _given(uses, moods)


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
                _refuse(cue_id, uid_of, directions)
            bound[uid_of[cue_id]] = name
    return bound


def check_cue_ids(ids: Sequence[str], directions: Directions) -> None:
    """Raise RejectedInput where directions speak of a cue that there is not."""
    for cue_id in directions.cues:
        if cue_id not in ids:
            _refuse(cue_id, {known: known for known in ids}, directions)


def _refuse(cue_id: str, known: Mapping[str, str], directions: Directions) -> None:
    there = ", ".join(known) if known else "no cues at all"
    raise RejectedInput(f"{directions.name}: there is no cue {cue_id} in this film", f"there are {there}")


def _full(moods: "Moods", places: Sequence[Place]) -> set[int]:
    """The cues with full statements: first open one, the film's turning point, the last one."""
    reading = moods.reading
    open_cues = [i for i, p in enumerate(places) if reading.speech_share(p.start_s, p.out_s) < OPEN_SPEECH]
    first = open_cues[0] if open_cues else 0
    full = {first}
    if len(places) >= 3:
        titles = reading.regions("title")
        full |= {i for i, p in enumerate(places) if overlap(titles, p.start_s, p.out_s) > 0}
        full.add(len(places) - 1)
    if len(places) >= 5:
        late = [i for i, p in enumerate(places) if 0.45 <= _share(moods, p) <= 0.9 and i in open_cues]
        energy = [reading.mean("arousal", places[i].start_s, places[i].out_s) for i in late]
        full |= {late[energy.index(max(energy))]} if late else set()
    return full


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
