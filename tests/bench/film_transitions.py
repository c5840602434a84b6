"""How one take of a made-up film follows another, and what happens within it, with its truth."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from tests.bench.scenery import SIZE
from tests.bench.shown_frames import MadeFilm, Shown


def cut_here(film: MadeFilm) -> None:
    film.rows.append((len(film.shown) - 1, len(film.shown), "cut"))


def _last(film: MadeFilm) -> tuple[int, int]:
    """The take shown last and the number of its next frame."""
    take, number, _ = film.shown[-1].parts[-1] if film.shown[-1].parts else (-1, 0, 0.0)
    return take, number + 1


def _enter_start(film: MadeFilm, take: int, over: int, random: np.random.Generator) -> int:
    return 0


def _enter_cut(film: MadeFilm, take: int, over: int, random: np.random.Generator) -> int:
    cut_here(film)
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
    cut_here(film)
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


ENTRIES: Final[dict[str, Callable[[MadeFilm, int, int, np.random.Generator], int]]] = {
    "start": _enter_start,
    "cut": _enter_cut,
    "dissolve": _enter_dissolve,
    "fade": _enter_fade,
    "white": _enter_white,
    "blackcut": _enter_blackcut,
    "outcut": _enter_outcut,
    "iris": _enter_iris,
}


def with_happenings(
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
