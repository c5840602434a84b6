"""Made-up films with hard transitions, each of a kind, the same for the same seed.

    film = made_film("action", seed=3)
    film.rows        truth: (start_frame, end_frame, kind), as truth files of films have it
    write_film(film, Path("action-3.mp4"))

Kinds are what detectors fail on: see KINDS.  A film has about fourteen transitions of its kind.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from tests.bench.scenery import (
    SIZE,
    Camera,
    Pixels,
    Place,
    Scene,
    angle,
    camera,
    crosser,
    place,
    walker,
)
from tests.bench.wear import Wear, flicker_of, worn
from tests.films import encode

Truth = tuple[int, int, str]
TRANSITIONS: Final = 14
DISSOLVES: Final = (6, 8, 10, 12, 16, 20, 24, 30, 40, 50, 60)


@dataclass(frozen=True)
class Shown:
    """How one frame is put together: scenes by (take, its frame, share), then light and what lies on top.

    through, faded: a flat level and its share.  iris: radius of the hole in black, None for no iris.
    flash: added levels; spot: whether only one side of the picture catches it.  title: its share.
    """

    parts: tuple[tuple[int, int, float], ...]
    through: float = 0.0
    faded: float = 0.0
    iris: float | None = None
    flash: float = 0.0
    spot: bool = False
    title: float = 0.0


@dataclass
class MadeFilm:
    """A film before it is drawn: its takes, its frames, its truth."""

    kind: str
    seed: int
    rate: Fraction
    wear: Wear
    crf: int
    takes: list[Scene] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    rows: list[Truth] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.seed}"

    def frames(self) -> Iterator[Pixels]:
        """Each finished frame [180, 320, 3], 0..255."""
        random = np.random.default_rng([self.seed, 77])
        flicker = flicker_of(random, len(self.shown), self.wear.flicker)
        for number, shown in enumerate(self.shown):
            yield worn(self._together(shown), self.wear, random, float(flicker[number]))

    def _together(self, shown: Shown) -> Pixels:
        picture = np.zeros((SIZE[1], SIZE[0], 3), np.float32)
        for take, number, share in shown.parts:
            picture += share * self.takes[take].frame(number)
        if shown.flash:
            lit = np.linspace(1, 0.1, SIZE[0], dtype=np.float32)[None, :, None] if shown.spot else 1.0
            picture = picture * (1 + lit * shown.flash / 200) + lit * shown.flash
        if shown.iris is not None:
            hole = np.zeros((SIZE[1], SIZE[0]), np.float32)
            cv2.circle(hole, (SIZE[0] // 2, SIZE[1] // 2), max(round(shown.iris), 0), 1.0, -1)
            picture = picture * cv2.blur(hole, (5, 5))[..., None] * (shown.iris > 1)
        if shown.title:
            letters = _lettering(self.seed)
            picture = picture + shown.title * (letters - picture * (letters > 0))
        return np.asarray(picture + shown.faded * (shown.through - picture), np.float32)


def _lettering(seed: int) -> Pixels:
    letters = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    for line, text in enumerate(("THE LONG WAY", "HOME AGAIN", f"PART {seed % 9 + 1}")):
        cv2.putText(letters, text, (60, 70 + 36 * line), cv2.FONT_HERSHEY_DUPLEX, 0.9, (235,) * 3, 2)
    return letters.astype(np.float32)


@dataclass(frozen=True)
class Kind:
    """What a film of a kind is made of.

    ways: transitions and their weights; cameras likewise; lengths: shots in frames, transition apart.
    room: chance that a shot stays in the place of the one before last, as conversations do.
    again: chance that a cut returns to the take before last, as from an insert.
    events: what happens within shots, with the chance a shot.
    """

    ways: dict[str, float]
    cameras: dict[Camera, float]
    lengths: tuple[int, int]
    wear: Callable[[np.random.Generator], Wear]
    room: float = 0.2
    again: float = 0.15
    events: dict[str, float] = field(default_factory=dict)
    rates: tuple[str, ...] = ("24", "25", "24000/1001", "30000/1001")
    dissolve_cameras: dict[Camera, float] | None = None


def _clean(random: np.random.Generator) -> Wear:
    return Wear(
        contrast=random.uniform(0.8, 1.2),
        grain=random.uniform(0, 3),
        flicker=random.choice([0, 0.01, 0.02]),
        soft=random.choice([0, 0.7]),
    )


def _action(random: np.random.Generator) -> Wear:
    return Wear(contrast=random.uniform(0.8, 1.2), lift=random.uniform(-40, 10), grain=random.uniform(1, 6))


def _silent(random: np.random.Generator) -> Wear:
    return Wear(
        grey=True,
        contrast=random.uniform(0.5, 1.1),
        grain=random.uniform(4, 14),
        flicker=random.uniform(0.03, 0.14),
        weave=random.uniform(0.3, 2.5),
        scratches=random.uniform(0.2, 2),
        dust=random.uniform(0.5, 5),
        soft=random.choice([0.7, 1.2]),
    )


def _foggy(random: np.random.Generator) -> Wear:
    return Wear(
        contrast=random.uniform(0.10, 0.3),
        lift=random.uniform(-70, 40),
        grain=random.uniform(0, 3),
        matte=float(random.choice([1.85, 2.0, 2.39, 2.39])),
    )


def _night(random: np.random.Generator) -> Wear:
    return Wear(
        contrast=random.uniform(0.15, 0.4), lift=random.uniform(-100, -80), grain=random.uniform(1, 4)
    )


STEADY: Final[dict[Camera, float]] = {"still": 2, "hand": 2, "drift": 2, "zoom": 0.5}
LIVELY: Final[dict[Camera, float]] = {"hand": 1, "drift": 1, "pan": 3, "zoom": 1, "shake": 1}
ROUGH: Final[dict[Camera, float]] = {"shake": 6, "whip": 1, "pan": 1}

KINDS: Final[dict[str, Kind]] = {
    "drama": Kind({"cut": 8, "dissolve": 2}, STEADY, (14, 60), _clean, room=0.7, events={"walk": 0.8}),
    "pan": Kind({"cut": 7, "dissolve": 3}, {"pan": 4, "whip": 2, "zoom": 1}, (12, 50), _clean),
    "action": Kind(
        {"cut": 1},
        ROUGH,
        (8, 18),
        _action,
        room=0.5,
        again=0.35,
        events={"flash": 0.15, "cross": 0.2, "walk": 0.5},
    ),
    "silent": Kind(
        {"cut": 7, "dissolve": 1.5, "fade": 1.5, "iris": 1.5, "card": 1},
        {"still": 3, "hand": 1, "drift": 1, "pan": 0.5},
        (24, 80),
        _silent,
        room=0.4,
        events={"splice": 0.7, "walk": 0.9},
        rates=("18", "24", "25"),
    ),
    "fog": Kind(
        {"cut": 8, "dissolve": 2, "fade": 1}, STEADY | {"pan": 1}, (10, 50), _foggy, events={"walk": 0.6}
    ),
    "cars": Kind(
        {"cut": 1},
        {"still": 3, "hand": 2, "pan": 1},
        (16, 70),
        _clean,
        events={"cross": 0.9, "walk": 0.3},
        rates=("24000/1001",),
    ),
    "flash": Kind(
        {"cut": 8, "dissolve": 1},
        STEADY | {"pan": 1, "shake": 1},
        (16, 60),
        _clean,
        events={"flash": 0.9, "lamp": 0.3, "walk": 0.3},
    ),
    "fade": Kind(
        {"fade": 5, "white": 2, "cut": 1, "blackcut": 2, "outcut": 1},
        STEADY | {"pan": 1},
        (20, 60),
        _clean,
        events={"walk": 0.4},
    ),
    "dissolve": Kind({"dissolve": 1}, STEADY, (22, 60), _clean, events={"walk": 0.4}),
    "moving-dissolve": Kind({"dissolve": 1}, LIVELY, (22, 60), _clean, events={"walk": 0.4}),
    "night": Kind(
        {"cut": 8, "dissolve": 2, "fade": 1}, STEADY | {"pan": 1}, (10, 50), _night, events={"walk": 0.7}
    ),
    "titles": Kind(
        {"cut": 6, "dissolve": 2, "fade": 2},
        STEADY,
        (24, 70),
        _clean,
        events={"title": 0.6, "walk": 0.3},
    ),
}


def made_film(kind: str, seed: int, transitions: int = TRANSITIONS) -> MadeFilm:
    """The film of a kind and a seed, ready to be drawn."""
    recipe = KINDS[kind]
    random = np.random.default_rng([seed, *kind.encode()])
    rate = Fraction(str(random.choice(recipe.rates)))
    film = MadeFilm(kind, seed, rate, recipe.wear(random), int(random.choice([16, 20, 24, 28, 32, 36])))
    places: list[Place] = []
    for number in range(transitions + 1):
        stays = len(places) > 1 and random.random() < recipe.room
        places.append(places[-2] if stays else place(random))
        length = int(random.integers(recipe.lengths[0], recipe.lengths[1] + 1))
        how = _drawn(random, recipe.ways) if number else "start"
        _add_take(film, recipe, places[-1], length, how, random)
    return film


def _drawn(random: np.random.Generator, weights: dict[str, float]) -> str:
    names = list(weights)
    total = np.array(list(weights.values()), np.float64)
    return names[int(random.choice(len(names), p=total / total.sum()))]


def _add_take(
    film: MadeFilm, recipe: Kind, where: Place, length: int, how: str, random: np.random.Generator
) -> None:
    """Append a transition and a take of `length` frames of its own."""
    if how == "card":
        _cut(film)
        film.shown += [Shown((), title=1.0)] * length
        where_to_cut = len(film.shown)
        film.rows.append((where_to_cut - 1, where_to_cut, "cut"))
        how = "start"
    over = int(random.choice(DISSOLVES)) if how == "dissolve" else int(random.integers(5, 40))
    if how == "cut" and len(film.takes) > 1 and random.random() < recipe.again:
        _return(film, length)
        return
    kind: Camera = _drawn(random, recipe.cameras)  # type: ignore[arg-type, assignment]
    reach = length + 300
    path = camera(random, kind, reach, float(film.rate))
    happenings = [name for name, chance in recipe.events.items() if random.random() < chance]
    things = [walker(random) for _ in range(int(random.integers(1, 4)))] if "walk" in happenings else []
    if "cross" in happenings:
        things.append(crosser(random, int(random.integers(0, max(length - 6, 1))), float(film.rate)))
    light = np.ones(reach)
    if "lamp" in happenings:
        start = int(random.integers(2, max(length - 2, 3)))
        light[start:] = random.choice([0.45, 0.6, 1.5])
    blurred = kind in ("whip", "shake", "pan") and random.random() < 0.6
    take = len(film.takes)
    film.takes.append(Scene(where, angle(random), path, tuple(things), blurred, light))
    own = _ENTRIES[how](film, take, over, random)
    body = [Shown(((take, own + n, 1.0),)) for n in range(length)]
    film.shown += _happening(film, body, happenings, random)


def _return(film: MadeFilm, length: int) -> None:
    """Cut back to the take before last, which has gone on meanwhile."""
    shown = [frame.parts[-1][0] for frame in film.shown if frame.parts]
    take = next((each for each in reversed(shown) if each != shown[-1]), shown[-1])
    left = max(number for frame in film.shown for each, number, _ in frame.parts if each == take)
    _cut(film)
    film.shown += [Shown(((take, left + 12 + n, 1.0),)) for n in range(length)]


def _last(film: MadeFilm) -> tuple[int, int]:
    """The take shown last and the number of its next frame."""
    take, number, _ = film.shown[-1].parts[-1] if film.shown[-1].parts else (-1, 0, 0.0)
    return take, number + 1


def _cut(film: MadeFilm) -> None:
    film.rows.append((len(film.shown) - 1, len(film.shown), "cut"))


def _enter_start(film: MadeFilm, take: int, over: int, random: np.random.Generator) -> int:
    return 0


def _enter_cut(film: MadeFilm, take: int, over: int, random: np.random.Generator) -> int:
    _cut(film)
    return 0


def _enter_dissolve(film: MadeFilm, take: int, over: int, random: np.random.Generator) -> int:
    before, number = _last(film)
    start = len(film.shown)
    for n in range(over):
        share = (n + 1) / (over + 1)
        film.shown.append(Shown(((before, number + n, 1 - share), (take, n, share))))
    film.rows.append((start - 1, start + over, "dissolve"))
    return over


def _enter_fade(film: MadeFilm, take: int, over: int, random: np.random.Generator) -> int:
    return _through(film, take, over, random, 0.0, "fade_out", "fade_in")


def _enter_white(film: MadeFilm, take: int, over: int, random: np.random.Generator) -> int:
    return _through(film, take, over, random, 255.0, "fade_white", "fade_white")


def _through(
    film: MadeFilm, take: int, over: int, random: np.random.Generator, level: float, out: str, back: str
) -> int:
    before, number = _last(film)
    start = len(film.shown)
    film.shown += [Shown(((before, number + n, 1.0),), level, (n + 1) / (over + 1)) for n in range(over)]
    film.rows.append((start - 1, start + over, out))
    film.shown += [Shown((), level, 1.0)] * int(random.integers(1, 16))
    start, again = len(film.shown), int(random.integers(5, 40))
    film.shown += [Shown(((take, n, 1.0),), level, 1 - (n + 1) / (again + 1)) for n in range(again)]
    film.rows.append((start - 1, start + again, back))
    return again


def _enter_blackcut(film: MadeFilm, take: int, over: int, random: np.random.Generator) -> int:
    """A cut to black that is held for a while, then a fade or a cut in."""
    film.rows.append((len(film.shown) - 1, len(film.shown), "black_cut"))
    film.shown += [Shown((), 0.0, 1.0)] * int(random.integers(10, 30))
    start = len(film.shown)
    if random.random() < 0.5:
        film.rows.append((start - 1, start, "cut"))
        return 0
    film.shown += [Shown(((take, n, 1.0),), 0.0, 1 - (n + 1) / (over + 1)) for n in range(over)]
    film.rows.append((start - 1, start + over, "fade_in"))
    return over


def _enter_outcut(film: MadeFilm, take: int, over: int, random: np.random.Generator) -> int:
    """A fade to black, then a cut in after a black long enough to be told from the fade."""
    before, number = _last(film)
    start = len(film.shown)
    film.shown += [Shown(((before, number + n, 1.0),), 0.0, (n + 1) / (over + 1)) for n in range(over)]
    film.rows.append((start - 1, start + over, "fade_out"))
    film.shown += [Shown((), 0.0, 1.0)] * int(random.integers(12, 30))
    _cut(film)
    return 0


def _enter_iris(film: MadeFilm, take: int, over: int, random: np.random.Generator) -> int:
    before, number = _last(film)
    over, again = max(over, 10), int(random.integers(10, 40))
    start = len(film.shown)
    widest = float(np.hypot(*SIZE)) / 2
    film.shown += [
        Shown(((before, number + n, 1.0),), iris=widest * (1 - (n + 1) / (over + 1))) for n in range(over)
    ]
    film.rows.append((start - 1, start + over, "iris"))
    film.shown += [Shown((), 0.0, 1.0)] * int(random.integers(2, 14))
    start = len(film.shown)
    film.shown += [Shown(((take, n, 1.0),), iris=widest * (n + 1) / (again + 1)) for n in range(again)]
    film.rows.append((start - 1, start + again, "iris"))
    return again


_ENTRIES: Final[dict[str, Callable[[MadeFilm, int, int, np.random.Generator], int]]] = {
    "start": _enter_start,
    "cut": _enter_cut,
    "dissolve": _enter_dissolve,
    "fade": _enter_fade,
    "white": _enter_white,
    "blackcut": _enter_blackcut,
    "outcut": _enter_outcut,
    "iris": _enter_iris,
}


def _happening(
    film: MadeFilm, body: list[Shown], happenings: list[str], random: np.random.Generator
) -> list[Shown]:
    """What happens within a shot: flashes, frames lost at a splice, titles that come and go."""
    start, length = len(film.shown), len(body)
    if "flash" in happenings:
        for _ in range(int(random.integers(1, 4))):
            body = _flashed(body, int(random.integers(0, length)), random)
    if "splice" in happenings and length > 20:
        for _ in range(int(random.integers(1, 3))):
            at = int(random.integers(8, length - 8))
            lost = int(random.integers(2, 24))
            body = [
                shown if n < at else replace(shown, parts=tuple((t, f + lost, s) for t, f, s in shown.parts))
                for n, shown in enumerate(body)
            ]
            film.rows.append((start + at - 1, start + at, "jump"))
            if random.random() < 0.4:
                body[at] = replace(body[at], flash=float(random.choice([-120, 60, 200])))
    if "title" in happenings and length > 24:
        first, last = int(random.integers(4, length // 2)), int(random.integers(length // 2 + 4, length - 2))
        ramp = int(random.choice([0, 0, 6, 15]))
        for n in range(length):
            share = min((n - first + 1) / (ramp + 1), (last - n) / (ramp + 1), 1.0)
            if share > 0:
                body[n] = replace(body[n], title=share)
        kind = "title_fade" if ramp else "title_cut"
        film.rows.append((start + first - 1, start + first + ramp, kind))
        film.rows.append((start + last - ramp - 1, start + last, kind))
    return body


def _flashed(body: list[Shown], at: int, random: np.random.Generator) -> list[Shown]:
    """A flash of light: up at once, one to four frames long, perhaps with an afterglow."""
    level, glow = float(random.uniform(50, 230)), float(random.choice([0, 0.4, 0.7]))
    spot, held = bool(random.random() < 0.4), int(random.integers(1, 4))
    lit = list(body)
    for n in range(at, len(lit)):
        strength = level if n < at + held else level * glow ** (n - at - held + 1) if glow else 0.0
        if strength < 4:
            break
        lit[n] = replace(lit[n], flash=strength, spot=spot)
    return lit


def write_film(film: MadeFilm, path: Path) -> None:
    """Encode in H.264 at the film's own quality, the same bytes each time."""
    options = {"crf": str(film.crf), "preset": "veryfast"}
    pictures = (np.rint(picture).astype(np.uint8) for picture in film.frames())
    encode(path, pictures, film.rate, SIZE, "libx264", "yuv420p", options, None, "aac", None, None)


def write_truth(film: MadeFilm, path: Path) -> None:
    """The truth as a CSV of start_frame, end_frame, type."""
    rows = [f"{start},{end},{kind}\n" for start, end, kind in sorted(film.rows)]
    path.write_text("start_frame,end_frame,type\n" + "".join(rows))
