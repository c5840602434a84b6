"""The demo film's long take: a sunrise over the hills."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from flows.demo_city import DAWN_SKY, DAY_SKY, DUSK_SKY, WIDE, Skyline, day_sky, painted, skyline
from flows.demo_figures import Walker, draw_walker, speed_of
from flows.demo_paint import Colour, Picture, Stage, disc, glow, paste, polygon, shine, stroke

Painter = Callable[[Picture, NDArray[np.uint8]], None]


class Sunrise:
    """The long take: night's last blue turns to morning over the hills, the camera rising with the sun."""

    def __init__(self, stage: Stage, rng: np.random.Generator, length_s: float) -> None:
        self._stage = stage
        self._length_s = length_s
        skies = (
            (DUSK_SKY, 0.35, (96, 90, 150)),
            (DAWN_SKY, 0.5, (170, 190, 250)),
            (DAY_SKY, 0.55, (250, 250, 250)),
        )
        self._skies = [
            day_sky(stage, np.random.default_rng(11), stops, cover, light) for stops, cover, light in skies
        ]
        self._sun = glow(stage, 620, (120, 200, 255), 0.05)
        city = Skyline(
            ground=470, height=(20, 150), width=(18, 60), colour=(150, 128, 132), lit=0.06, pane=3.0
        )
        self._city = skyline(stage, rng, city)
        self._hills = [
            painted(stage, self._hill(rng, base, tall, tone), WIDE)
            for base, tall, tone in ((500, 46, (116, 104, 92)), (560, 60, (84, 84, 62)))
        ]
        self._front = painted(stage, self._meadow(rng), WIDE)
        self._walker = Walker(120, (44, 36, 60), (34, 30, 34), pace=0.85, hat=True)
        self._birds = rng.uniform(0, 1, (9, 3))

    def _hill(self, rng: np.random.Generator, base: float, tall: float, tone: Colour) -> Painter:
        a, b, c = rng.uniform(0, 6, 3)

        def draw(colour: Picture, alpha: NDArray[np.uint8]) -> None:
            ridge = [
                (
                    float(x),
                    base
                    - tall
                    * (0.6 * np.sin(x / 310 + a) + 0.3 * np.sin(x / 127 + b) + 0.1 * np.sin(x / 41 + c)),
                )
                for x in range(-10, 1760, 12)
            ]
            for target, paint in ((colour, tone), (alpha, 255.0)):
                polygon(target, self._stage, [*ridge, (1760, 900), (-10, 900)], paint)

        return draw

    def _meadow(self, rng: np.random.Generator) -> Painter:
        def draw(colour: Picture, alpha: NDArray[np.uint8]) -> None:
            stage = self._stage
            for target, paint in ((colour, (38, 44, 30)), (alpha, 255.0)):
                polygon(
                    target,
                    stage,
                    [(-10, 640), (500, 612), (1000, 606), (1760, 640), (1760, 900), (-10, 900)],
                    paint,
                )
                _tree(target, stage, np.random.default_rng(5), 1010.0, 612.0, 300.0, paint)
                _tree(target, stage, np.random.default_rng(9), 150.0, 632.0, 170.0, paint)
            for _ in range(900):
                x, tall, lean = rng.uniform(-10, 1750), rng.uniform(8, 30), rng.uniform(-8, 8)
                ground = 640 - 30 * np.sin(np.clip(x / 1750, 0, 1) * np.pi)
                for target, paint in ((colour, (36, 46, 32)), (alpha, 255.0)):
                    stroke(target, stage, [(x, ground + 6), (x + lean, ground - tall)], paint, 1.4)

        return draw

    def draw(self, t: float) -> Picture:
        """The picture `t` seconds into the take."""
        stage, u = self._stage, self._stage.unit
        done = float(np.clip(t / self._length_s, 0, 1))
        place = done * 2
        low = min(int(place), 1)
        frame = np.asarray(
            cv2.addWeighted(self._skies[low], 1 - (place - low), self._skies[low + 1], place - low, 0),
            np.uint8,
        )
        rise = 16 * t
        sun_y = 560 - 330 * done**1.1 + rise * 0.12
        shine(frame, self._sun, 700 * u, sun_y * u, 0.35 + 0.55 * min(1.0, 2.5 * done))
        disc(frame, stage, (700, sun_y), 27, (205, 236, 255))
        paste(frame, self._city, -(30 + 5 * t) * u, rise * 0.16 * u)
        self._draw_birds(frame, t)
        for hill, speed in zip(self._hills, (0.22, 0.40), strict=True):
            paste(frame, hill, -(30 + 22 * speed * t) * u, rise * speed * u)
        warm = np.array([0.62 + 0.34 * done, 0.70 + 0.32 * done, 0.80 + 0.25 * done, 0.0])
        frame = np.asarray(cv2.multiply(frame, warm), np.uint8)
        draw_walker(
            frame,
            stage,
            self._walker,
            250 + speed_of(self._walker) * t * 0.8,
            622 + rise * 0.62 - 16 * np.sin(np.pi * min(1.0, (250 + 66 * t) / 1300)),
            t * self._walker.pace,
        )
        paste(frame, self._front, -(30 + 18 * t) * u, rise * 0.62 * u)
        return frame

    def _draw_birds(self, frame: Picture, t: float) -> None:
        for k, (a, b, c) in enumerate(self._birds):
            x, y = -60 + 240 * a + (105 + 14 * b) * t, 210 + 70 * b + 12 * np.sin(t + 6 * c) - 4 * t
            flap = np.sin(2 * np.pi * (2.6 + 0.4 * b) * t + k)
            stroke(
                frame,
                self._stage,
                [(x - 9, y - 4 * flap), (x - 3, y - 1), (x, y), (x + 3, y - 1), (x + 9, y - 4 * flap)],
                (40, 34, 40),
                1.6,
            )


def _tree(
    target: Picture,
    stage: Stage,
    rng: np.random.Generator,
    x: float,
    ground: float,
    tall: float,
    paint: Colour | float,
) -> None:
    stroke(target, stage, [(x, ground + 8), (x + tall * 0.01, ground - tall * 0.5)], paint, tall * 0.055)
    for _ in range(46):
        angle, far = rng.uniform(0, 2 * np.pi), rng.beta(2.0, 1.6)
        at = (x + tall * 0.30 * far * np.cos(angle), ground - tall * 0.66 + tall * 0.30 * far * np.sin(angle))
        disc(target, stage, at, tall * rng.uniform(0.04, 0.10), paint)
        stroke(target, stage, [(x, ground - tall * 0.42), at], paint, tall * 0.012)
