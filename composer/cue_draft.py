"""One cue from its place: character, hits, clock, sections and bars, for the engine and the editor."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from composer.conditioning import CueShape, condition_bars, lifted, sections
from composer.cue_clock import CueClock, clock_cue
from composer.directions import CueDirections
from composer.draws import draw
from composer.exits import ending_of
from composer.hit_wishes import HitWish, hit_wishes
from composer.keys import mode_of, tonic_pc
from composer.melody_plan import plan_melody
from composer.places import Place
from composer.reading import Reading
from composer.request import CueRequest
from composer.scenes import Scene
from composer.settings import ComposerSettings
from composer.spotting import Cue, Ending, Hit, ThemeUse
from composer.wishes import Wishes

if TYPE_CHECKING:
    from composer.spotting_file import GivenSpotting

LEAST_RING_S = 0.3


@dataclass(frozen=True)
class Moods:
    """Everything that a cue is drafted from beside its place. given: an edited spotting to be kept."""

    reading: Reading
    scenes: tuple[Scene, ...]
    settings: ComposerSettings
    seed: int
    wishes: Wishes
    given: "GivenSpotting | None"

    def id_of(self, ordinal: int) -> str | None:
        """The display id that an edited spotting gave."""
        return None if self.given is None else self.given.cues[ordinal].id

    def uid_of(self, ordinal: int) -> str | None:
        """The uid that an edited spotting gave."""
        return None if self.given is None else self.given.cues[ordinal].uid

    def moved(self, place: Place, cue_id: str, before: Sequence[Place], after: Sequence[Place]) -> Place:
        """The place where the cue's directions want it, inside what its neighbours leave."""
        low = before[0].out_s if before else 0.0
        high = after[0].start_s if after else self.reading.analysis.film.duration_s
        return self.wishes.moved(place, self.wishes_of(cue_id), (low, high))

    def wishes_of(self, cue_id: str) -> CueDirections:
        """Directions for a cue."""
        return self.wishes.cues.get(cue_id, CueDirections())


@dataclass(frozen=True)
class CuePlan:
    """A drafted cue. demoted: hits that could not be kept, in words."""

    place: Place
    cue: Cue
    hits: tuple[Hit, ...]
    request: CueRequest
    demoted: tuple[str, ...]
    melody: bool
    settings: ComposerSettings

    def can_sing(self, use: ThemeUse) -> bool:
        """Whether the cue has room for a full statement, or for a fragment."""
        sung = plan_melody(self.request.bars, self.request.out_bar, use, self.settings.practice)
        return self.melody and any(kind in ("theme", "fragment") for kind in sung.values())

    def with_theme(self, theme: str | None, use: ThemeUse) -> "CuePlan":
        """The cue quoting a theme: its melody is planned anew."""
        request = self.request
        plain = [bar.model_copy(update={"melody": "none"}) for bar in request.bars]
        sung = plan_melody(plain, request.out_bar, use, self.settings.practice) if self.melody else {}
        if theme is not None and not any(kind in ("theme", "fragment") for kind in sung.values()):
            theme, use = None, "none"
        bars = tuple(
            bar.model_copy(update={"melody": sung[index]}) if index in sung else bar
            for index, bar in enumerate(plain)
        )
        return replace(
            self,
            cue=self.cue.model_copy(update={"theme": theme, "theme_use": use}),
            request=request.model_copy(update={"theme_use": use, "bars": bars}),
        )


def draft_cue(
    moods: Moods,
    place: Place,
    following: Place | None,
    ordinal: int,
    cue_id: str,
    uid: str,
    key: str,
    wish: CueDirections,
) -> CuePlan:
    """A cue's plan. Raises RejectedInput only through its directions."""
    reading, settings, practice = moods.reading, moods.settings, moods.settings.practice
    given = None if moods.given is None else moods.given.cues[ordinal]
    style = wish.style or (given.style if given else settings.style)
    lift = practice.energy_weight * settings.energy + wish.calmer
    arousal = lifted(reading.mean("arousal", place.start_s, place.out_s), lift)
    pleasure = reading.mean("pleasure", place.start_s, place.out_s)
    saturation = reading.mean("saturation", place.start_s, place.out_s)
    share = draw(moods.seed, uid, "mode")
    mode = mode_of(pleasure, saturation, settings.tone, share, practice)
    mode = wish.mode or (given.mode if given else settings.mode) or mode
    key = wish.key or (given.key if given else key)
    ending, following_arousal = _ending(moods, place, following, arousal, uid)
    ending = wish.ending or (given.ending if given else ending)
    if place.ring_until_s - place.out_s < LEAST_RING_S and ending not in ("stop", "segue"):
        ending = "segue" if place.runs_on else "stop"
    hits = _wishes(moods, place, wish, style)
    tempo = wish.tempo_qpm or (given.tempo_qpm if given else settings.tempo_qpm)
    clock = clock_cue(reading, place, hits, ending, lift, tempo, draw(moods.seed, uid, "tempo"), practice)
    shape = CueShape(
        start_s=place.start_s,
        tempo_map=clock.tempo_map,
        out_bar=clock.out_bar,
        ending=ending,
        theme_use="none",
        lift=lift,
        melody=wish.melody,
        lead_in=place.entry == "fade_in",
        hits=clock.requested,
    )
    changes = [scene.start_s for scene in moods.scenes if place.start_s < scene.start_s < place.out_s]
    changes += [
        place.start_s + clock.tempo_map.time_s(hit.beat) for hit in clock.requested if hit.kind == "turn"
    ]
    bars = condition_bars(reading, shape, sections(reading, shape, changes, practice), practice)
    tempo_qpm = round(60 * clock.out_beat / (place.out_s - place.start_s), 3)
    end_s = place.out_s if ending in ("stop", "segue") else place.start_s + clock.tempo_map.length_s
    cue = Cue(
        uid=uid,
        id=cue_id,
        start_s=place.start_s,
        out_s=place.out_s,
        end_s=end_s,
        key=key,
        mode=mode,
        style=style,
        tempo_qpm=tempo_qpm,
        theme=None,
        theme_use="none",
        entry=place.entry,
        ending=ending,
        arousal=round(arousal, 4),
        valence=round(pleasure, 4),
        reason=_reason(place, ending, arousal, following_arousal),
    )
    request = CueRequest(
        uid=uid,
        id=cue_id,
        take=1,
        seed=moods.seed if wish.seed is None else wish.seed,
        style=style,
        key=key,
        key_pc=tonic_pc(key),
        mode=mode,
        ending=ending,
        lead_in=place.entry == "fade_in",
        tempo_map=clock.tempo_map,
        out_bar=clock.out_bar,
        length_s=end_s - place.start_s,
        bars=bars,
        hits=clock.requested,
        theme=None,
        theme_use="none",
        drums=wish.drums,
        directions=wish.words,
    )
    demoted = tuple(f"{cue_id}: {words}" for words in clock.demoted)
    return CuePlan(place, cue, _hits(cue_id, clock), request, demoted, wish.melody, settings)


def _ending(
    moods: Moods, place: Place, following: Place | None, arousal: float, uid: str
) -> tuple[Ending, float | None]:
    """The ending by what comes after: the next cue, the next scene, or nothing."""
    reading, share = moods.reading, draw(moods.seed, uid, "ending")
    after = (place.out_s, min(place.out_s + 20.0, reading.end_s))
    next_arousal = reading.mean("arousal", *after) if after[1] - after[0] > 1.0 else None
    if place.runs_on:
        falls = next_arousal is not None and arousal - next_arousal >= 0.3 and arousal >= 0.6
        return ("stop" if falls and share < 0.5 else "segue"), next_arousal
    last = place.last or (following is None and next_arousal is None)
    credits = any(a - 1 <= place.out_s <= b + 1 for a, b in reading.regions("credits"))
    return ending_of(
        arousal, next_arousal, last or credits, moods.settings.tone == "comic", share
    ), next_arousal


def _wishes(moods: Moods, place: Place, wish: CueDirections, style: str) -> list[HitWish]:
    directed = [h for h in moods.wishes.hits if place.start_s <= h.time_s <= place.out_s]
    if moods.given is not None:
        return sorted([*directed, *moods.given.hits_within(place)], key=lambda h: h.time_s)
    return hit_wishes(
        moods.reading,
        place.start_s,
        place.out_s,
        directed,
        moods.settings.hits,
        wish.style or moods.settings.style,
        moods.settings.practice,
    )


def _reason(place: Place, ending: Ending, arousal: float, following: float | None) -> str:
    energy = "rests" if arousal < 0.22 else "runs" if arousal >= 0.62 else "moves"
    words = {
        "close": "closes: the picture ends here",
        "rest": "comes to rest",
        "hang": "left hanging for what comes",
        "segue": "runs on",
        "stop": "stops dead",
    }[ending]
    after = "" if following is None else f" (arousal {arousal:.2f}, then {following:.2f})"
    return f"In: {place.in_reason}. The picture {energy}. Out: {place.out_reason}; {words}{after}."


def _hits(cue_id: str, clock: CueClock) -> tuple[Hit, ...]:
    return tuple(hit.model_copy(update={"cue": cue_id}) for hit in clock.hits)
