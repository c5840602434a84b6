"""One cue from its place: character, hits, clock, sections and bars, for the engine and the editor."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.conditioning import CueShape, condition_bars, sections
from composer.cue_character import Character, Moods, character_of
from composer.cue_clock import CueClock, clock_cue
from composer.directions import CueDirections
from composer.draws import draw
from composer.exits import RINGING
from composer.hit_wishes import HitWish, contrast_at, hit_wishes
from composer.keys import tonic_pc
from composer.melody_plan import plan_melody, with_melody
from composer.places import Place
from composer.reading import Reading
from composer.request import BarCondition, CueRequest
from composer.settings import ComposerSettings
from composer.spotting import Cue, Hit, ThemeUse

# A tempo written to three decimals and fitted again differs by less; a person changes it by more.
UNTOUCHED_TEMPO = 0.002


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
        bars = with_melody(plain, sung)
        return replace(
            self,
            cue=self.cue.model_copy(update={"theme": theme, "theme_use": use}),
            request=request.model_copy(update={"theme_use": use, "bars": bars}),
        )


def draft_cue(
    moods: Moods, place: Place, last: bool, ordinal: int, cue_id: str, uid: str, key: str, wish: CueDirections
) -> CuePlan:
    """A cue's plan, its theme not yet chosen. Raises RejectedInput only through its directions."""
    given = moods.given_cue(ordinal)
    nature = character_of(moods, place, last, uid, key, wish, given)
    hits = _wishes(moods, nature)
    clock = _clock(moods, nature, hits, wish, given, draw(moods.seed, uid, "tempo"))
    cue = _cue(nature, clock, cue_id, uid, given)
    request = CueRequest(
        uid=uid,
        id=cue_id,
        take=1,
        seed=moods.seed if wish.seed is None else wish.seed,
        style=nature.style,
        key=nature.key,
        key_pc=tonic_pc(nature.key),
        mode=nature.mode,
        ending=nature.ending,
        lead_in=place.entry == "fade_in",
        tempo_map=clock.tempo_map,
        out_bar=clock.out_bar,
        length_s=cue.end_s - cue.start_s,
        bars=_bars(moods, nature, clock, wish),
        hits=clock.requested,
        theme=None,
        theme_use="none",
        drums=wish.drums,
        directions=wish.words,
    )
    demoted = tuple(f"{cue_id}: {words}" for words in clock.demoted)
    marked = tuple(hit.model_copy(update={"cue": cue_id}) for hit in clock.hits)
    return CuePlan(nature.place, cue, marked, request, demoted, wish.melody, moods.settings)


def _clock(
    moods: Moods,
    nature: Character,
    hits: Sequence[HitWish],
    wish: CueDirections,
    given: Cue | None,
    share: float,
) -> CueClock:
    """The cue's clock. A tempo in an edited spotting counts where it is not the one we would choose."""

    def fitted(asked: float | None) -> CueClock:
        return clock_cue(
            moods.reading,
            nature.place,
            hits,
            nature.ending,
            nature.lift,
            asked,
            share,
            moods.settings.practice,
        )

    clock = fitted(wish.tempo_qpm or moods.settings.tempo_qpm)
    if given is None or wish.tempo_qpm is not None:
        return clock
    same = abs(_mean_qpm(nature.place, clock) / given.tempo_qpm - 1.0) < UNTOUCHED_TEMPO
    return clock if same else fitted(given.tempo_qpm)


def _mean_qpm(place: Place, clock: CueClock) -> float:
    return 60 * clock.out_beat / (place.out_s - place.start_s)


def _bars(moods: Moods, nature: Character, clock: CueClock, wish: CueDirections) -> tuple[BarCondition, ...]:
    place, practice = nature.place, moods.settings.practice
    shape = CueShape(
        start_s=place.start_s,
        tempo_map=clock.tempo_map,
        out_bar=clock.out_bar,
        ending=nature.ending,
        theme_use="none",
        lift=nature.lift,
        melody=wish.melody,
        hits=clock.requested,
    )
    turns = [hit.beat for hit in clock.requested if hit.kind == "turn"]
    changes = [scene.start_s for scene in moods.scenes if place.start_s < scene.start_s < place.out_s]
    changes += [place.start_s + clock.tempo_map.time_s(beat) for beat in turns]
    found = sections(moods.reading, shape, changes, practice)
    return condition_bars(moods.reading, shape, found, practice)


def _cue(nature: Character, clock: CueClock, cue_id: str, uid: str, given: Cue | None) -> Cue:
    place = nature.place
    rings = nature.ending not in ("stop", "segue")
    # Whole microseconds make a clock up to .1 ms long; nothing sounds past what the place allows.
    rung_s = min(place.start_s + clock.tempo_map.length_s, max(place.ring_until_s, place.out_s))
    return Cue(
        uid=uid,
        id=cue_id,
        start_s=place.start_s,
        out_s=place.out_s,
        end_s=rung_s if rings else place.out_s,
        key=nature.key,
        mode=nature.mode,
        style=nature.style,
        tempo_qpm=round(_mean_qpm(place, clock), 3),
        theme=None,
        theme_use="none",
        entry=place.entry,
        ending=nature.ending,
        arousal=round(nature.arousal, 4),
        valence=round(nature.pleasure, 4),
        reason=given.reason if given else _reason(nature),
    )


def _wishes(moods: Moods, nature: Character) -> list[HitWish]:
    place = nature.place
    directed = [h for h in moods.wishes.hits if place.start_s <= h.time_s <= place.out_s]
    if moods.given is not None:
        given = [_contrasted(moods.reading, hit) for hit in moods.given.hits_within(place)]
        times = {hit.time_s for hit in given}
        return sorted([*given, *(h for h in directed if h.time_s not in times)], key=lambda h: h.time_s)
    return hit_wishes(
        moods.reading,
        place.start_s,
        place.out_s,
        directed,
        moods.settings.hits,
        nature.style,
        moods.settings.practice,
    )


def _contrasted(reading: Reading, hit: HitWish) -> HitWish:
    """A given hit with what the picture does there, so that a turn keeps its new tempo."""
    return replace(hit, contrast=contrast_at(reading, hit.time_s))


def _reason(nature: Character) -> str:
    place, arousal, following = nature.place, nature.arousal, nature.next_arousal
    energy = "rests" if arousal < 0.22 else "runs" if arousal >= 0.62 else "moves"
    words = {
        "close": "closes: the picture ends here" if place.last else "closes",
        "rest": "comes to rest",
        "hang": "left hanging for what comes",
        "segue": "no ending of its own",
        "stop": "stops dead",
    }[nature.ending]
    after = "" if following is None or place.last else f" (arousal {arousal:.2f}, then {following:.2f})"
    out = place.out_reason.removesuffix(RINGING) if nature.ending == "stop" else place.out_reason
    return f"In: {place.in_reason}. The picture {energy}. Out: {out}; {words}{after}."
