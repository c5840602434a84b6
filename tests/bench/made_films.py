"""Made-up films with hard transitions, each of a kind, the same for the same seed.

    film = made_film("action", seed=3)
    film.rows        truth: (start_frame, end_frame, kind), as truth files of films have it
    write_film(film, Path("action-3.mp4"))

Kinds are what detectors fail on: see KINDS.  A film has about fourteen transitions of its kind.
"""

from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np

from tests.bench.film_kinds import KINDS, Kind
from tests.bench.film_transitions import ENTRIES, cut_here, with_happenings
from tests.bench.scenery import (
    SIZE,
    Camera,
    Place,
    Scene,
    angle,
    camera,
    crosser,
    place,
    walker,
)
from tests.bench.shown_frames import MadeFilm, Shown
from tests.films import encode

TRANSITIONS: Final = 14
DISSOLVES: Final = (6, 8, 10, 12, 16, 20, 24, 30, 40, 50, 60)


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
        cut_here(film)
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
    own = ENTRIES[how](film, take, over, random)
    body = [Shown(((take, own + n, 1.0),)) for n in range(length)]
    film.shown += with_happenings(film, body, happenings, random)


def _return(film: MadeFilm, length: int) -> None:
    """Cut back to the take before last, which has gone on meanwhile."""
    shown = [frame.parts[-1][0] for frame in film.shown if frame.parts]
    take = next((each for each in reversed(shown) if each != shown[-1]), shown[-1])
    left = max(number for frame in film.shown for each, number, _ in frame.parts if each == take)
    cut_here(film)
    film.shown += [Shown(((take, left + 12 + n, 1.0),)) for n in range(length)]


def write_film(film: MadeFilm, path: Path) -> None:
    """Encode in H.264 at the film's own quality, the same bytes each time."""
    options = {"crf": str(film.crf), "preset": "veryfast"}
    pictures = (np.rint(picture).astype(np.uint8) for picture in film.frames())
    encode(path, pictures, film.rate, SIZE, "libx264", "yuv420p", options, None, "aac", None, None)


def write_truth(film: MadeFilm, path: Path) -> None:
    """The truth as a CSV of start_frame, end_frame, type."""
    rows = [f"{start},{end},{kind}\n" for start, end, kind in sorted(film.rows)]
    path.write_text("start_frame,end_frame,type\n" + "".join(rows))
