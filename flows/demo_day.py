"""The demo film's busy day: streets, a crowd, a crossing from above and from below."""

from collections.abc import Sequence

import cv2
import numpy as np

from flows.demo_city import facades
from flows.demo_figures import CarLook, Walker, car, draw_car, draw_walker, speed_of
from flows.demo_paint import (
    Colour,
    Layer,
    Picture,
    Point,
    Stage,
    disc,
    paste,
    polygon,
    rectangle,
    shaded,
)

COATS: Sequence[Colour] = (
    (70, 60, 170),
    (150, 96, 60),
    (60, 130, 170),
    (110, 140, 80),
    (90, 80, 76),
    (170, 160, 150),
    (50, 90, 200),
    (120, 70, 120),
)
TROUSERS: Sequence[Colour] = ((70, 56, 48), (50, 44, 44), (96, 84, 72), (110, 120, 130))


class BusyStreet:
    """Shops, traffic both ways and passers-by, in full sun; near: how close the camera stands (1: wide)."""

    def __init__(self, stage: Stage, rng: np.random.Generator, near: bool) -> None:
        self._stage = stage
        self._near = near
        self._front = facades(stage, rng, 545, day=True, soft=4.0 if near else 0.6)
        self._looks = [
            CarLook(330, colour)
            for colour in ((60, 60, 190), (170, 150, 130), (60, 170, 215), (110, 110, 60))
        ]
        self._cars = [car(stage, look) for look in self._looks]
        heights = (430.0, 520.0) if near else (180.0, 215.0)
        self._people = [
            (
                Walker(
                    rng.uniform(*heights),
                    COATS[int(rng.integers(0, 8))],
                    TROUSERS[int(rng.integers(0, 4))],
                    pace=rng.uniform(0.85, 1.15),
                    coat_length=rng.uniform(0.05, 0.34),
                ),
                float(rng.uniform(-300, 1500)),
                float(rng.choice([-1.0, 1.0])),
                float(rng.uniform(0, 1)),
            )
            for _ in range(7 if near else 15)
        ]
        self._shade = _sun_bands(stage)

    def draw(self, t: float) -> Picture:
        """The picture `t` seconds into the shot."""
        stage, u = self._stage, self._stage.unit
        frame = np.zeros((stage.height, stage.width, 3), np.uint8)
        pan = 40.0 * t
        paste(frame, self._front, -(0.5 * pan + (180 if self._near else 0)) * u)
        self._ground(frame)
        order = sorted(self._people, key=lambda person: person[0].height)
        for walker, start, facing, phase in order[: len(order) // 2]:
            self._walk(frame, walker, start, facing, phase, t, 0.0, pan)
        if not self._near:
            self._traffic(frame, t, pan)
        for walker, start, facing, phase in order[len(order) // 2 :]:
            self._walk(frame, walker, start, facing, phase, t, 1.0, pan)
        cv2.add(frame, self._shade, frame)
        return frame

    def _ground(self, frame: Picture) -> None:
        stage = self._stage
        polygon(frame, stage, [(0, 540), (1280, 540), (1280, 720), (0, 720)], (150, 158, 164))
        if not self._near:
            polygon(frame, stage, [(0, 575), (1280, 575), (1280, 668), (0, 668)], (92, 92, 92))
            for x in range(0, 1280, 120):
                polygon(frame, stage, [(x, 620), (x + 60, 620), (x + 58, 624), (x - 2, 624)], (190, 200, 204))
            polygon(frame, stage, [(0, 573), (1280, 573), (1280, 578), (0, 578)], (180, 186, 190))

    def _walk(
        self,
        frame: Picture,
        walker: Walker,
        start: float,
        facing: float,
        phase: float,
        t: float,
        front: float,
        pan: float,
    ) -> None:
        x = start + facing * speed_of(walker) * t - pan * (0.6 + 0.6 * front)
        ground = (700 + 190 * front if self._near else 572 + 124 * front) + 4 * phase
        shadow = [
            (x - 0.1 * walker.height, ground),
            (x + 0.12 * walker.height, ground),
            (x + 0.42 * walker.height, ground + 12),
            (x + 0.3 * walker.height, ground + 14),
        ]
        polygon(frame, self._stage, shadow, (70, 72, 74))
        draw_walker(frame, self._stage, walker, x, ground, t * walker.pace + phase, facing)

    def _traffic(self, frame: Picture, t: float, pan: float) -> None:
        for k, (look, sprite) in enumerate(zip(self._looks, self._cars, strict=True)):
            x = -420 + k * 520 + 300 * t - 0.7 * pan
            polygon(
                frame,
                self._stage,
                [(x + 10, 636), (x + 335, 636), (x + 380, 650), (x + 40, 650)],
                (48, 48, 50),
            )
            draw_car(frame, self._stage, sprite, look, x, 644, x / 22)


def _sun_bands(stage: Stage) -> Picture:
    """Warm light that falls in from the upper left."""
    y, x = np.mgrid[0 : 1 : stage.height * 1j, 0 : 1 : stage.width * 1j]
    fall = np.clip(1.1 - np.hypot(x - 0.1, y + 0.1), 0, 1) ** 2
    return np.asarray(np.clip(fall[..., None] * np.array([26, 44, 58]), 0, 255), np.uint8)


ASPHALT: Colour = (86, 84, 82)
PAINT: Colour = (204, 212, 214)
ROOFS: Sequence[tuple[tuple[float, float, float, float], float]] = (
    ((-20, -20, 540, 150), 120),
    ((930, -20, 1500, 160), 150),
    ((-20, 600, 560, 900), 138),
    ((920, 610, 1500, 900), 112),
)


class FromAbove:
    """A crossing seen from a roof: lanes, zebra stripes, cars with long shadows, trees."""

    def __init__(self, stage: Stage, rng: np.random.Generator) -> None:
        self._stage = stage
        self._map = self._paint_map(rng)
        colours: Sequence[Colour] = (
            (60, 60, 200),
            (210, 210, 210),
            (70, 170, 220),
            (150, 100, 60),
            (60, 60, 64),
            (130, 150, 110),
        )
        self._cars = [
            (lane, 425.0 * place + float(rng.uniform(0, 240)), colours[int(rng.integers(0, 6))])
            for lane in range(4)
            for place in range(4)
        ]
        self._people = rng.uniform(0, 1, (26, 4))

    def _paint_map(self, rng: np.random.Generator) -> Layer:
        stage = self._stage
        size = (round(stage.height * 1.1), round(stage.width * 1.1), 3)
        ground = np.full(size, (140, 150, 154), np.uint8)
        polygon(ground, stage, rectangle(-10, 230, 1500, 530), ASPHALT)
        polygon(ground, stage, rectangle(620, -10, 840, 900), ASPHALT)
        self._markings(ground)
        for place, tone in ROOFS:
            self._roof(ground, rng, place, tone)
        for _ in range(26):
            at = (rng.uniform(0, 1380), float(rng.choice([190.0, 566.0])) + rng.uniform(-8, 8))
            if not 580 < at[0] < 880:
                self._tree(ground, rng, at)
        return Layer.of(ground, np.full(ground.shape[:2], 255, np.uint8))

    def _markings(self, ground: Picture) -> None:
        for x in range(-20, 1500, 90):
            if not 560 < x < 860:
                polygon(ground, self._stage, rectangle(x, 377, x + 46, 383), PAINT)
        for k in range(9):
            for x in (545, 860):
                polygon(ground, self._stage, rectangle(x, 240 + 33 * k, x + 55, 257 + 33 * k), PAINT)

    def _roof(
        self, ground: Picture, rng: np.random.Generator, place: tuple[float, float, float, float], tone: float
    ) -> None:
        left, top, right, bottom = place
        polygon(ground, self._stage, rectangle(left + 40, top + 40, right + 40, bottom + 40), (90, 96, 100))
        polygon(ground, self._stage, rectangle(*place), shaded((tone, tone * 1.15, tone * 1.5), 0.8))
        for _ in range(7):
            x, y = rng.uniform(left + 20, right - 60), rng.uniform(top + 20, bottom - 50)
            polygon(
                ground, self._stage, rectangle(x + 5, y + 5, x + 47, y + 31), shaded((tone, tone, tone), 0.6)
            )
            polygon(ground, self._stage, rectangle(x, y, x + 42, y + 26), (150, 152, 154))

    def _tree(self, ground: Picture, rng: np.random.Generator, at: Point) -> None:
        disc(ground, self._stage, (at[0] + 10, at[1] + 10), 24, (84, 92, 92))
        for _ in range(7):
            leaf = (at[0] + rng.uniform(-10, 10), at[1] + rng.uniform(-10, 10))
            disc(ground, self._stage, leaf, rng.uniform(9, 15), (60, 110 + rng.uniform(-14, 30), 76))

    def draw(self, t: float) -> Picture:
        """The picture `t` seconds into the shot."""
        stage, u = self._stage, self._stage.unit
        frame = np.zeros((stage.height, stage.width, 3), np.uint8)
        paste(frame, self._map, (-50 - 18 * t) * u, (-20 - 8 * t) * u)
        shift = (-50.0 - 18 * t, -20.0 - 8 * t)
        for lane, start, colour in self._cars:
            direction = 1.0 if lane < 2 else -1.0
            x = (start + direction * (150 + 22 * lane) * t) % 1700 - 160
            self._vehicle(frame, (x + shift[0], 262 + 76 * lane + shift[1]), direction, colour)
        for a, b, c, d in self._people:
            x = (430 + 620 * a) if d > 0.5 else (560 + 30 * c)
            y = (
                (212 if b > 0.5 else 548)
                if d > 0.5
                else 230 + ((300 * b + 46 * t * (1 if c > 0.5 else -1)) % 300)
            )
            x += 40 * t * (1 if c > 0.5 else -1) if d > 0.5 else 0
            self._passer(frame, (x + shift[0], y + shift[1]), COATS[int(a * 7.99)])
        return frame

    def _vehicle(self, frame: Picture, at: Point, direction: float, colour: Colour) -> None:
        def box(
            x0: float, y0: float, x1: float, y1: float, paint: Colour, dx: float = 0, dy: float = 0
        ) -> None:
            corners = [
                (x0, y0 + 4),
                (x0 + 5, y0),
                (x1 - 6, y0),
                (x1, y0 + 7),
                (x1, y1 - 7),
                (x1 - 6, y1),
                (x0 + 5, y1),
                (x0, y1 - 4),
            ]
            polygon(
                frame, self._stage, [(at[0] + dx + direction * x, at[1] + dy + y) for x, y in corners], paint
            )

        box(-50, -21, 50, 21, (50, 50, 52), 16, 16)
        box(-50, -21, 50, 21, colour)
        box(-28, -17, 26, 17, (60, 52, 46))
        box(
            -20,
            -16,
            12,
            16,
            (min(255.0, colour[0] * 1.12), min(255.0, colour[1] * 1.12), min(255.0, colour[2] * 1.12)),
        )

    def _passer(self, frame: Picture, at: Point, colour: Colour) -> None:
        polygon(
            frame,
            self._stage,
            [(at[0] - 4, at[1]), (at[0] + 4, at[1]), (at[0] + 26, at[1] + 22), (at[0] + 20, at[1] + 24)],
            (76, 80, 82),
        )
        disc(frame, self._stage, at, 8, colour)
        disc(frame, self._stage, at, 4, (40, 48, 60))


class Crossing:
    """Feet over a zebra crossing, seen from just above the street."""

    def __init__(self, stage: Stage, rng: np.random.Generator) -> None:
        self._stage = stage
        self._back = facades(stage, rng, 470, day=True, soft=9.0)
        self._people = [
            (
                Walker(
                    rng.uniform(900, 1100),
                    COATS[int(rng.integers(0, 8))],
                    TROUSERS[k % 4],
                    pace=rng.uniform(0.95, 1.15),
                    coat_length=0.1,
                ),
                float(-500 + 470 * k),
                1.0 if k % 2 else -1.0,
                float(rng.uniform(0, 1)),
            )
            for k in range(5)
        ]

    def draw(self, t: float) -> Picture:
        """The picture `t` seconds into the shot."""
        stage, u = self._stage, self._stage.unit
        frame = np.zeros((stage.height, stage.width, 3), np.uint8)
        paste(frame, self._back, -(20 + 10 * t) * u)
        polygon(frame, stage, [(0, 440), (1280, 440), (1280, 720), (0, 720)], (96, 96, 98))
        for k in range(-3, 9):
            near, far = 640 + (k - 2.5) * 330, 640 + (k - 2.5) * 190
            polygon(
                frame, stage, [(far, 470), (far + 84, 470), (near + 150, 720), (near, 720)], (206, 212, 214)
            )
        for k, (walker, start, facing, phase) in enumerate(self._people):
            x = start + (700 if facing < 0 else 0) + facing * 0.8 * speed_of(walker) * t
            ground = 600 + 22 * k
            polygon(
                frame,
                stage,
                [
                    (x - 120, ground - 6),
                    (x + 160, ground - 6),
                    (x + 420, ground + 26),
                    (x + 140, ground + 30),
                ],
                (70, 70, 72),
            )
            draw_walker(frame, stage, walker, x, ground, t * walker.pace + phase, facing)
        return frame
