"""What a person asks of a score: cues moved, added, taken out, done again; and the settings that do it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

import yaml

from composer.inheritance import Inheritance, KeptCue
from composer.request import CueRequest
from composer.spotting import Cue, Ending, Hit, Mode, Spotting, Style
from composer.spotting_file import read_spotting
from composer.themes import Themes
from flows.review.decisions import held_cues
from flows.review.record import Event
from flows.review.results import Results, Version
from flows.review.visitor import Denied
from flows.settings import JobSettings
from vision.analysis import Analysis
from vision.artifact import Frozen, read_json
from vision.curves import Curves, load_curves

Do = Literal["move", "add", "remove", "ending", "theme", "hit", "again", "take"]
How = Literal["busier", "calmer", "darker", "brighter", "style", "seed"]
# Bright to dark (Temperley & Tan 2013, as the composer's ladder of modes).
LADDER: Final[tuple[Mode, ...]] = ("ionian", "mixolydian", "lydian", "dorian", "aeolian", "phrygian")
ENERGY: Final = {-2: "much calmer", -1: "calmer", 0: "", 1: "busier", 2: "much busier"}
SHORTEST_S: Final = 3.0
MOST_CHANGES: Final = 200
RING_S: Final = 1.5


class Change(Frozen):
    """One wish.

    move, add: first and last frames of the cue's in and out.  remove: the cue, or its part between first
    and last.  ending, theme, take: value.  hit: on or off at frame `first`.  again: how, and value for a
    style or a seed.
    """

    do: Do
    cue: str = ""
    first: int | None = None
    last: int | None = None
    how: How | None = None
    value: str = ""
    on: bool = True


@dataclass
class Desk:
    """A version's score being changed. touched: uids of cues that will be composed anew."""

    version: Version
    analysis: Analysis
    curves: Curves
    settings: JobSettings
    cues: list[Cue]
    hits: list[Hit]
    held: dict[str, str]
    touched: set[str] = field(default_factory=set)
    said: list[str] = field(default_factory=list)

    def cue(self, uid: str) -> Cue:
        """A cue that may be changed; raises Denied (404, or 409 for one that is held)."""
        found = next((cue for cue in self.cues if uid in (cue.uid, cue.id)), None)
        if found is None:
            raise Denied(404, "there is no such cue in this version")
        if found.uid in self.held:
            raise Denied(
                409, f"{found.id} is {self.held[found.uid]}", "withdraw that first: it never changes"
            )
        return found

    def put(self, before: Cue, **update: object) -> None:
        """Put a changed cue in its old place."""
        self.cues[self.cues.index(before)] = before.model_copy(update=update)
        self.touched.add(before.uid)

    def time(self, frame: int | None) -> float:
        """When a frame is shown; the film's length is its end. Raises Denied (422)."""
        film = self.analysis.film
        if frame is None or not 0 <= frame <= film.frames:
            raise Denied(422, f"frame {frame} is not in this film", f"it has frames 0 to {film.frames - 1}")
        return film.duration_s if frame == film.frames else float(self.curves.time_s[frame])


def open_desk(results: Results, version: Version, events: Sequence[Event], settings: JobSettings) -> Desk:
    """A finished version's score to be changed; raises Denied (409)."""
    analysis, spotting = results.analysis(version), results.spotting(version)
    if not version.finished or analysis is None or spotting is None:
        raise Denied(409, "this version is not finished", "change it when it is")
    curves = load_curves(version.folder / "curves.npz")
    hits = [hit for hit in spotting.hits if hit.bar > 0]
    return Desk(version, analysis, curves, settings, list(spotting.cues), hits, held_cues(events))


def changed_settings(results: Results, desk: Desk, changes: Sequence[Change], who: str) -> JobSettings:
    """The settings of the version that follows; raises Denied or RejectedInput for what can't be done."""
    if not changes:
        raise Denied(422, "nothing was changed", "move a cue, or ask for one to be done again")
    if len(changes) > MOST_CHANGES:
        raise Denied(422, "that is too much at once", f"send at most {MOST_CHANGES} changes")
    for change in changes:
        CHANGERS[change.do](desk, change, who)
    desk.cues.sort(key=lambda cue: cue.start_s)
    here = {cue.uid for cue in desk.cues}
    old = results.spotting(desk.version)
    assert old is not None
    spotting = Spotting(
        cues=tuple(desk.cues), hits=tuple(desk.hits), silences=old.silences, coverage=old.coverage
    )
    text = spotting.model_dump_json()
    read_spotting(text, "the spotting by hand", desk.analysis, desk.curves)
    kept = [cue for cue in old.cues if cue.uid in here and cue.uid not in desk.touched]
    return desk.settings.model_copy(
        update={
            "spotting": text,
            "inherited": _inheritance(results, desk, kept).model_dump_json(),
            "static_gain_db": _gain(results, desk),
        }
    )


def _inheritance(results: Results, desk: Desk, kept: Sequence[Cue]) -> Inheritance:
    folder, manifest = desk.version.folder, results.manifest(desk.version)
    themes = results.read(folder / "themes.json", Themes)
    spotting = results.spotting(desk.version)
    assert spotting is not None and manifest is not None
    cues = {}
    for cue in kept:
        takes = sorted((folder / "cues" / cue.uid).glob("*/request.json"), key=lambda p: int(p.parent.name))
        hits = tuple(hit for hit in spotting.hits if hit.cue in (cue.id, cue.uid))
        requests = tuple(read_json(path, CueRequest) for path in takes)
        cues[cue.uid] = KeptCue(cue=cue, hits=hits, requests=requests)
    files = {
        name: sha
        for name, sha in manifest.files.items()
        if name.startswith("cues/") and name.split("/")[1] in cues and not name.endswith(".musicxml")
    }
    return Inheritance(cues=cues, themes=themes.themes if themes else (), files=files)


def _gain(results: Results, desk: Desk) -> float | None:
    """A loudness target's one gain is inherited: what did not change stays equal."""
    mix = results.mix(desk.version)
    return None if desk.settings.render.loudness == "keep" or mix is None else mix.static_gain_db


def _move(desk: Desk, change: Change, who: str) -> None:
    cue = desk.cue(change.cue)
    start = cue.start_s if change.first is None else desk.time(change.first)
    out = cue.out_s if change.last is None else desk.time(change.last)
    if out - start < SHORTEST_S:
        raise Denied(422, f"{cue.id} would last {out - start:.1f} s", f"give it {SHORTEST_S:.0f} s or more")
    rings = cue.ending not in ("stop", "segue")
    end = min(
        out + (cue.end_s - cue.out_s if cue.out_s < cue.end_s else RING_S), desk.analysis.film.duration_s
    )
    moved = "; ".join(
        word
        for word, was, now in (("in", cue.start_s, start), ("out", cue.out_s, out))
        if abs(was - now) > 1e-6
    )
    words = f"{cue.reason} By hand: {moved or 'kept'} ({who})."
    desk.put(cue, start_s=start, out_s=out, end_s=end if rings else out, entry="directed", reason=words)
    desk.hits = [
        hit
        for hit in desk.hits
        if hit.cue not in (cue.id, cue.uid) or (hit.kind not in ("in", "out") and start < hit.time_s < out)
    ]
    _say(desk, cue.id, drop=("in", "out"))


def _add(desk: Desk, change: Change, who: str) -> None:
    start, out = desk.time(change.first), desk.time(change.last)
    if out - start < SHORTEST_S:
        raise Denied(
            422, f"the new cue would last {out - start:.1f} s", f"give it {SHORTEST_S:.0f} s or more"
        )
    near = min(desk.cues, key=lambda cue: abs(cue.start_s - start), default=None)
    before = [cue.id for cue in desk.cues if cue.start_s <= start]
    name = _free_id(desk, before[-1] if before else None)
    uid = hashlib.sha256(f"{name}|{change.first}|{desk.version.name}".encode()).hexdigest()[:12]
    composer = desk.settings.composer
    cue = Cue(
        uid=uid,
        id=name,
        start_s=start,
        out_s=out,
        end_s=min(out + RING_S, desk.analysis.film.duration_s),
        key=near.key if near else composer.key or "C",
        mode=near.mode if near else "dorian",
        style=near.style if near else composer.style,
        tempo_qpm=near.tempo_qpm if near else 84.0,
        theme=None,
        theme_use="none",
        entry="directed",
        ending="rest",
        arousal=near.arousal if near else 0.4,
        valence=near.valence if near else 0.5,
        reason=f"By hand ({who}).",
    )
    desk.cues.append(cue)
    desk.touched.add(uid)


def _remove(desk: Desk, change: Change, who: str) -> None:
    """The whole cue; with frames, the part of it between them."""
    cue = desk.cue(change.cue)
    if change.first is None and change.last is None:
        desk.cues.remove(cue)
        desk.hits = [hit for hit in desk.hits if hit.cue not in (cue.id, cue.uid)]
        _say(desk, cue.id, drop=None)
        return
    start, end = desk.time(change.first), desk.time(change.last)
    film = desk.analysis.film
    frame_of = {  # the cue's own frames, for a part that touches one of its ends
        True: round(cue.start_s * float(film.rate)),
        False: round(cue.out_s * float(film.rate)),
    }
    if start - cue.start_s < SHORTEST_S:
        _move(desk, Change(do="move", cue=cue.uid, first=change.last, last=frame_of[False]), who)
    elif cue.out_s - end < SHORTEST_S:
        _move(desk, Change(do="move", cue=cue.uid, first=frame_of[True], last=change.first), who)
    else:
        _move(desk, Change(do="move", cue=cue.uid, first=frame_of[True], last=change.first), who)
        _add(desk, Change(do="add", first=change.last, last=frame_of[False]), who)


def _ending(desk: Desk, change: Change, who: str) -> None:
    cue = desk.cue(change.cue)
    if change.value not in get_args(Ending):
        raise Denied(
            422, f"there is no ending {change.value!r}", f"it is one of {', '.join(get_args(Ending))}"
        )
    rings = change.value not in ("stop", "segue")
    end = max(cue.end_s, min(cue.out_s + RING_S, desk.analysis.film.duration_s)) if rings else cue.out_s
    desk.put(cue, ending=change.value, end_s=end)
    _say(desk, cue.id, drop=("ending",))


def _theme(desk: Desk, change: Change, who: str) -> None:
    cue = desk.cue(change.cue)
    name = change.value.strip()[:40] or None
    desk.put(cue, theme=name, theme_use="fragment" if name else "none")


def _hit(desk: Desk, change: Change, who: str) -> None:
    cue = desk.cue(change.cue)
    time = desk.time(change.first)
    assert change.first is not None
    there = [
        hit
        for hit in desk.hits
        if hit.frame == change.first and hit.cue in (cue.id, cue.uid) and hit.kind not in ("in", "out")
    ]
    if not change.on:
        if not there:
            raise Denied(404, "there is no such hit in this cue")
        desk.hits = [hit for hit in desk.hits if hit not in there]
    else:
        if not cue.start_s < time < cue.out_s:
            raise Denied(
                422, f"frame {change.first} is not inside {cue.id}", "choose one between its in and out"
            )
        desk.hits = [hit for hit in desk.hits if hit not in there]
        desk.hits.append(
            Hit(
                time_s=time,
                frame=change.first,
                kind="accent",
                strength=1.0,
                required=True,
                directed=True,
                cue=cue.id,
                bar=1,
                beat=1.0,
                realised_s=time,
                error_ms=0.0,
                error_frames=0.0,
                reason=f"asked by {who}",
            )
        )
    desk.touched.add(cue.uid)


def _again(desk: Desk, change: Change, who: str) -> None:
    cue = desk.cue(change.cue)
    desk.touched.add(cue.uid)
    if change.how in ("busier", "calmer"):
        _energy(desk, cue.id, 1 if change.how == "busier" else -1)
    elif change.how in ("darker", "brighter"):
        step = 1 if change.how == "darker" else -1
        place = LADDER.index(cue.mode) + step
        if not 0 <= place < len(LADDER):
            raise Denied(
                422, f"{cue.id} is {cue.mode}: nothing is {change.how}", "ask for another style or seed"
            )
        desk.put(cue, mode=LADDER[place])
        _say(desk, cue.id, drop=("mode",))
    elif change.how == "style":
        if change.value not in get_args(Style):
            raise Denied(
                422, f"there is no style {change.value!r}", f"styles are {', '.join(get_args(Style))}"
            )
        desk.put(cue, style=change.value)
        _say(desk, cue.id, drop=("style",))
    elif change.how == "seed":
        seeds = desk.settings.cue_seeds
        seed = int(change.value) if change.value.isdecimal() else seeds.get(cue.uid, desk.settings.seed) + 1
        desk.settings = desk.settings.model_copy(update={"cue_seeds": {**seeds, cue.uid: seed % 2**53}})
    else:
        raise Denied(422, "say how to do it again", f"it is one of {', '.join(get_args(How))}")


def _take(desk: Desk, change: Change, who: str) -> None:
    """Use another take of a cue that is there; nothing is composed."""
    cue = desk.cue(change.cue)
    folder = desk.version.folder / "cues" / cue.uid
    if not change.value.isdecimal() or not (folder / str(int(change.value))).is_dir():
        raise Denied(404, f"{cue.id} has no take {change.value!r}")
    chosen = {**desk.settings.chosen_takes, cue.uid: int(change.value)}
    desk.settings = desk.settings.model_copy(update={"chosen_takes": chosen})


CHANGERS: Final = {
    "move": _move,
    "add": _add,
    "remove": _remove,
    "ending": _ending,
    "theme": _theme,
    "hit": _hit,
    "again": _again,
    "take": _take,
}


def _free_id(desk: Desk, before: str | None) -> str:
    """`1M02A` after 1M02, or the first free letter; an id never comes twice."""
    spotting_ids = {cue.id for cue in desk.cues}
    stem = (before or "1M00").rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    stem = stem if "M" in stem else f"{stem}M01"
    return next(
        f"{stem}{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if f"{stem}{letter}" not in spotting_ids
    )


def _energy(desk: Desk, cue_id: str, step: int) -> None:
    words = _directions(desk).get(cue_id, [])
    now = next((level for level, word in ENERGY.items() if word and word in words), 0)
    level = now + step
    if level not in ENERGY:
        raise Denied(422, f"{cue_id} is {ENERGY[now]} already", "ask for another style or seed")
    _say(desk, cue_id, drop=tuple(word for word in ENERGY.values() if word), add=ENERGY[level])


def _directions(desk: Desk) -> dict[str, list[str]]:
    """The film's directions as written, each cue's as a list of words."""
    loaded = yaml.load(desk.settings.directions, yaml.BaseLoader) if desk.settings.directions else {}
    return {key: _words(value) if _is_cue(key) else value for key, value in (loaded or {}).items()}


def _is_cue(key: str) -> bool:
    return key[:1].isdigit() and "M" in key


def _words(value: object) -> list[str]:
    """A cue's directions, written in a row, as a list or as a mapping."""
    if isinstance(value, dict):
        return [key if word in ("true", "yes") else f"{key} {word}" for key, word in value.items()]
    texts = value if isinstance(value, list) else str(value).split(",")
    return [" ".join(str(text).split()) for text in texts if str(text).strip()]


def _say(desk: Desk, cue_id: str, drop: tuple[str, ...] | None, add: str = "") -> None:
    """Take a cue's directions that begin with a word of `drop` out (None: all of them) and add one."""
    said = _directions(desk)
    words = said.pop(cue_id, [])
    if drop is not None:
        words = [w for w in words if w not in drop and w.split()[0] not in drop]
        words += [add] if add else []
        if words:
            said[cue_id] = words
    text = yaml.safe_dump(said, sort_keys=False, allow_unicode=True) if said else ""
    desk.settings = desk.settings.model_copy(update={"directions": text})
