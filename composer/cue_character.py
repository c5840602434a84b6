"""A cue's character before its clock: style, key, mode, ending and how much its picture stirs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from composer.conditioning import lifted
from composer.directions import CueDirections
from composer.draws import draw
from composer.exits import ending_of
from composer.keys import mode_of
from composer.places import Place
from composer.reading import Reading
from composer.scenes import Scene
from composer.settings import ComposerSettings
from composer.spotting import Cue, Ending, Mode, Style
from composer.wishes import Wishes

if TYPE_CHECKING:
    from composer.spotting_file import GivenSpotting

LEAST_RING_S = 0.3
ROOM_FOR_RING_S = 2.0
NEXT_SCENE_S = 20.0
STOP_CONTRAST = 0.3
DRIVE = 0.6
# Of cues that run on, how many do so without a last chord; the others ring into the next one's first bar.
SEGUE_SHARE = 0.3
CHAPTER_SHARE, CHAPTER_REACH_S, LEAST_SCENES = 0.26, 6.0, 8


@dataclass(frozen=True)
class Moods:
    """Everything that a cue is drafted from beside its place. given: an edited spotting to be kept."""

    reading: Reading
    scenes: tuple[Scene, ...]
    settings: ComposerSettings
    seed: int
    wishes: Wishes
    given: "GivenSpotting | None"

    def given_cue(self, ordinal: int) -> Cue | None:
        """The cue that an edited spotting has there."""
        return None if self.given is None else self.given.cues[ordinal]

    def moved(self, place: Place, cue_id: str, before: Sequence[Place], after: Sequence[Place]) -> Place:
        """The place where the cue's directions want it, inside what its neighbours leave."""
        low = before[0].out_s if before else 0.0
        high = after[0].start_s if after else self.reading.analysis.film.duration_s
        return self.wishes.moved(place, cue_id, (low, high))


@dataclass(frozen=True, slots=True)
class Character:
    """place: the cue's, its out moved where the ending needs room to ring.  lift: added to arousal by
    energy and directions.  next_arousal: of the 20 s that follow, None at the picture's end.
    """

    place: Place
    style: Style
    key: str
    mode: Mode
    ending: Ending
    lift: float
    arousal: float
    pleasure: float
    next_arousal: float | None


def character_of(
    moods: Moods, place: Place, last: bool, uid: str, key: str, wish: CueDirections, given: Cue | None
) -> Character:
    """What a cue is like: the film's say, over it the settings', an edited spotting's and directions'."""
    reading, settings, practice = moods.reading, moods.settings, moods.settings.practice
    span = (place.start_s, place.out_s)
    lift = practice.energy_weight * settings.energy + wish.calmer
    arousal, pleasure = lifted(reading.mean("arousal", *span), lift), reading.mean("pleasure", *span)
    saturation, share = reading.mean("saturation", *span), draw(moods.seed, uid, "mode")
    seen = mode_of(pleasure, saturation, settings.tone, share, practice)
    ending, following = _ending(moods, place, last, arousal, uid)
    wanted = wish.ending or (given.ending if given else ending)
    place, wanted = _with_room(reading, place, wanted)
    return Character(
        place=place,
        style=wish.style or (given.style if given else settings.style),
        key=wish.key or (given.key if given else key),
        mode=wish.mode or (given.mode if given else settings.mode) or seen,
        ending=wanted,
        lift=lift,
        arousal=arousal,
        pleasure=pleasure,
        next_arousal=following,
    )


def _ending(moods: Moods, place: Place, last: bool, arousal: float, uid: str) -> tuple[Ending, float | None]:
    """The ending by what comes after: the next cue, the next scene, or nothing."""
    reading, share = moods.reading, draw(moods.seed, uid, "ending")
    after = (place.out_s, min(place.out_s + NEXT_SCENE_S, reading.end_s))
    following = reading.mean("arousal", *after) if after[1] - after[0] > 1.0 else None
    if place.runs_on and draw(moods.seed, uid, "segue") < SEGUE_SHARE:
        falls = following is not None and arousal - following >= STOP_CONTRAST and arousal >= DRIVE
        return ("stop" if falls and share < 0.5 else "segue"), following
    final = place.last or (last and following is None)
    titled = any(a - 1 <= place.out_s <= b + 1 for a, b in reading.regions("title", "credits"))
    comic = moods.settings.tone == "comic"
    chapter = not place.runs_on and _ends_chapter(moods, place)
    return ending_of(arousal, following, final or titled, comic, chapter, share), following


def _ends_chapter(moods: Moods, place: Place) -> bool:
    """Whether a chapter of the film ends with a cue: near a change of scene among its greatest quarter."""
    changes = sorted((scene.novelty for scene in moods.scenes[1:]), reverse=True)
    if len(changes) < LEAST_SCENES:
        return False
    great = changes[int(len(changes) * CHAPTER_SHARE)]
    near = [s for s in moods.scenes[1:] if abs(s.start_s - place.out_s) <= CHAPTER_REACH_S]
    return any(scene.novelty >= great for scene in near)


def _with_room(reading: Reading, place: Place, ending: Ending) -> tuple[Place, Ending]:
    """A place whose last chord can ring where its ending wants it, else an ending that needs no room."""
    if ending in ("stop", "segue") or place.ring_until_s - place.out_s >= LEAST_RING_S:
        return place, ending
    out = place.out_s - ROOM_FOR_RING_S
    if out - place.start_s >= 2 * ROOM_FOR_RING_S and reading.word_at(out) is None:
        reason = "rings into the next cue" if place.runs_on else place.out_reason
        return replace(place, out_s=out, ring_until_s=place.out_s, runs_on=False, out_reason=reason), ending
    return place, "segue" if place.runs_on else "stop"
