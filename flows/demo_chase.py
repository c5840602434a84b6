"""The demo film's chase: two cars through the wet city at night, cut fast."""

import cv2
import numpy as np
from numpy.typing import NDArray

from flows.demo_city import WIDE, Skyline, facades, night_sky, painted, skyline
from flows.demo_figures import CarLook, car, draw_car, draw_wheel
from flows.demo_paint import (
    Layer,
    Picture,
    Rain,
    Stage,
    beam,
    disc,
    glow,
    gradient,
    paste,
    polygon,
    reflect,
    shine,
    stroke,
)

HUNTED = CarLook(430, (40, 30, 110))
HUNTER = CarLook(450, (52, 46, 44), light_bar=True)
GROUND = 600.0


class SideChase:
    """A car alongside the camera, the street a blur behind it; hunter: the one with the blue light."""

    def __init__(self, stage: Stage, rng: np.random.Generator, hunter: bool) -> None:
        self._stage = stage
        self._hunter = hunter
        self._look = HUNTER if hunter else HUNTED
        self._sprite = car(stage, self._look)
        self._speed = 1500.0
        self._front = _streaked(facades(stage, rng, GROUND - 40, day=False), stage)
        self._beam = beam(stage, 620, 130, (150, 190, 205))
        self._tail = glow(stage, 130, (40, 40, 235))
        self._lamp = np.asarray(
            cv2.blur(glow(stage, 210, (110, 180, 245), 0.10), (stage.px(150), 1)), np.uint8
        )
        self._blue = glow(stage, 330, (235, 110, 40), 0.08)
        self._red = glow(stage, 330, (60, 50, 225), 0.08)
        self._rain = Rain(stage, rng, slant=1.6, strength=1.3)
        self._shake = rng.uniform(0, 6, 4)

    def draw(self, t: float) -> Picture:
        """The picture `t` seconds into the shot."""
        stage, u = self._stage, self._stage.unit
        frame = np.zeros((stage.height, stage.width, 3), np.uint8)
        self._scroll(frame, t)
        for k in range(4):
            x = 1700 - (self._speed * 1.25 * t + 620 * k) % 2480
            shine(frame, self._lamp, x * u, 150 * u)
        a, b, _, _ = self._shake
        bob = 2.4 * np.sin(31 * t + a) + 1.6 * np.sin(47 * t + b)
        x = 400 + 46 * np.sin(1.3 * t + a) + (60 * t if self._hunter else -24 * t)
        reflect(frame, stage.px(GROUND + 8), t, stage, 0.5, (14, 10, 9), 2.0)
        self._dashes(frame, t)
        draw_car(frame, stage, self._sprite, self._look, x, GROUND + 30, self._speed * t / 24, bob)
        shine(frame, self._beam, (x + 0.97 * self._look.length) * u, (GROUND - 22 + bob) * u)
        shine(frame, self._tail, (x + 6) * u, (GROUND - 26 + bob) * u, 0.9)
        if self._hunter:
            turn = 0.5 + 0.5 * np.sin(2 * np.pi * 2.2 * t)
            shine(frame, self._blue, (x + 0.40 * 450) * u, (GROUND - 112) * u, 0.25 + 0.75 * turn)
            shine(frame, self._red, (x + 0.47 * 450) * u, (GROUND - 112) * u, 1.0 - 0.75 * turn)
        self._spray(frame, x, t)
        self._rain.draw(frame, t)
        return frame

    def _scroll(self, frame: Picture, t: float) -> None:
        stage, width = self._stage, self._front.shape[1]
        left = round(self._speed * t * stage.unit) % width
        wrapped = np.concatenate([self._front[:, left:], self._front[:, :left]], axis=1)
        frame[:] = wrapped[:, : stage.width]

    def _dashes(self, frame: Picture, t: float) -> None:
        for k in range(5):
            x = 1600 - (self._speed * 1.5 * t + 420 * k) % 2100
            polygon(
                frame, self._stage, [(x, 676), (x + 250, 676), (x + 238, 683), (x - 14, 683)], (74, 84, 88)
            )

    def _spray(self, frame: Picture, x: float, t: float) -> None:
        rng = np.random.default_rng(int(t * 24) + 17)
        for wheel in (0.185, 0.80):
            for dx, dy in zip(rng.gamma(2.0, 34.0, 22), rng.gamma(1.6, 11.0, 22), strict=True):
                shade = max(20.0, 120 - dx * 0.5)
                at = (x + wheel * self._look.length - dx, GROUND + 26 - dy)
                stroke(
                    frame,
                    self._stage,
                    [at, (at[0] - 14, at[1] + 1)],
                    (shade, shade * 0.92, shade * 0.84),
                    1.3,
                )


def _streaked(front: Layer, stage: Stage) -> Picture:
    """Opaque fronts blurred as a fast pan blurs them, made to wrap."""
    picture = cv2.multiply(front.paint, np.array([0.85, 0.75, 0.72, 0.0]))
    tripled = np.concatenate([picture, picture, picture], axis=1)
    blurred = cv2.blur(tripled, (stage.px(110), stage.px(3)))
    width = picture.shape[1]
    return np.asarray(blurred[:, width : 2 * width], np.uint8)


class Road:
    """Down the road from the driver's seat, lamps rushing past; cabin: with the dashboard in front."""

    HORIZON = 350.0

    def __init__(self, stage: Stage, rng: np.random.Generator, bend: float, cabin: bool, ahead: bool) -> None:
        self._stage = stage
        self._bend = bend
        self._cabin = cabin
        self._ahead = ahead
        self._sky = night_sky(stage, rng, None, 120)
        plan = Skyline(ground=352, height=(20, 170), width=(22, 70), colour=(62, 40, 32), lit=0.34, pane=3.2)
        self._city = skyline(stage, rng, plan)
        self._lamps = [glow(stage, size, (120, 195, 250), 0.10) for size in (14, 30, 60, 110, 190)]
        self._tail = [glow(stage, size, (46, 46, 240), 0.12) for size in (30, 60)]
        self._asphalt = gradient(
            stage,
            [(0.0, (34, 26, 22)), (0.2, (40, 34, 32)), (1.0, (22, 20, 20))],
            stage.height - stage.px(self.HORIZON),
        )
        self._rain = Rain(stage, rng, slant=-0.02, strength=1.1)

    def _at(self, side: float, height: float, depth: float) -> tuple[float, float, float]:
        """Plan point of something `side` m right, `height` m up and `depth` m ahead, and its scale."""
        scale = 420.0 / depth
        curve = self._bend * (depth / 60.0) ** 2 * 60.0
        return 640 + side * scale + curve * scale / 4.2, self.HORIZON + (1.35 - height) * scale, scale

    def draw(self, t: float) -> Picture:
        """The picture `t` seconds into the shot."""
        stage, u = self._stage, self._stage.unit
        frame = self._sky.copy()
        paste(frame, self._city, (-90 - self._bend * 130 * t) * u)
        frame[stage.px(self.HORIZON) :] = self._asphalt[: stage.height - stage.px(self.HORIZON)]
        travelled = 34.0 * t
        self._lines(frame, travelled)
        self._kerb(frame)
        for k in range(11, -1, -1):
            depth = k * 14.0 + 14.0 - travelled % 14.0
            for side in (-7.5, 7.5):
                self._lamp(frame, side, depth)
        if self._ahead:
            self._leader(frame, t)
        self._rain.draw(frame, t)
        if self._cabin:
            self._dashboard(frame, t)
        return frame

    def _lines(self, frame: Picture, travelled: float) -> None:
        for k in range(16, -1, -1):
            near = k * 8.0 + 3.2 - travelled % 8.0
            if near < 2.0:
                continue
            corners = [
                self._at(side, 0, depth)[:2]
                for side, depth in ((-0.09, near + 3.4), (0.09, near + 3.4), (0.09, near), (-0.09, near))
            ]
            polygon(frame, self._stage, corners, (150, 160, 162))

    def _kerb(self, frame: Picture) -> None:
        for side in (-5.6, 5.6):
            for depth in (3.0, 4.0, 5.5, 8.0, 12.0, 20.0, 40.0, 80.0):
                a, b = self._at(side, 0, depth), self._at(side, 0, depth * 1.45)
                stroke(frame, self._stage, [a[:2], b[:2]], (66, 70, 72), max(1.0, a[2] * 0.05))

    def _lamp(self, frame: Picture, side: float, depth: float) -> None:
        stage, u = self._stage, self._stage.unit
        foot, head = self._at(side, 0, depth), self._at(side * 0.78, 6.4, depth)
        top = self._at(side, 6.2, depth)
        stroke(frame, stage, [foot[:2], top[:2], head[:2]], (20, 17, 16), max(1.0, foot[2] * 0.09))
        size = int(np.clip(np.log2(max(foot[2], 1.0)), 0, 4))
        shine(frame, self._lamps[size], head[0] * u, head[1] * u)
        wet = self._at(side * 0.74, -0.5, depth)
        shine(frame, self._lamps[max(0, size - 1)], wet[0] * u, wet[1] * u, 0.35)

    def _leader(self, frame: Picture, t: float) -> None:
        u = self._stage.unit
        depth = 15.0 - 2.6 * t
        drift = 1.1 * np.sin(2.1 * t)
        x, y, scale = self._at(drift, 0.0, depth)
        half, tall = 0.92 * scale, 1.35 * scale
        polygon(
            frame,
            self._stage,
            [
                (x - half, y),
                (x - half, y - 0.55 * tall),
                (x - 0.72 * half, y - tall),
                (x + 0.72 * half, y - tall),
                (x + half, y - 0.55 * tall),
                (x + half, y),
            ],
            (30, 24, 70),
        )
        polygon(
            frame,
            self._stage,
            [
                (x - 0.74 * half, y - 0.60 * tall),
                (x - 0.6 * half, y - 0.93 * tall),
                (x + 0.6 * half, y - 0.93 * tall),
                (x + 0.74 * half, y - 0.60 * tall),
            ],
            (26, 22, 20),
        )
        for side in (-0.78, 0.78):
            shine(frame, self._tail[1], (x + side * half) * u, (y - 0.42 * tall) * u)
            shine(frame, self._tail[0], (x + side * half) * u, (y + 0.2 * tall) * u, 0.4)

    def _dashboard(self, frame: Picture, t: float) -> None:
        stage = self._stage
        polygon(frame, stage, [(0, 0), (90, 0), (0, 420)], (10, 9, 9))
        polygon(frame, stage, [(1280, 0), (1190, 0), (1280, 420)], (10, 9, 9))
        polygon(
            frame,
            stage,
            [(-10, 730), (-10, 610), (260, 575), (700, 566), (1290, 600), (1290, 730)],
            (13, 12, 12),
        )
        turn = 0.5 * np.sin(1.9 * t) * self._bend
        rim = [
            (395 + 190 * np.cos(a + turn), 730 + 170 * np.sin(a + turn))
            for a in np.linspace(0, 2 * np.pi, 48)
        ]
        stroke(frame, stage, rim, (24, 22, 22), 20)
        stroke(frame, stage, rim, (44, 40, 40), 3)
        for hand in (-2.35, -0.8):
            disc(
                frame,
                stage,
                (395 + 190 * np.cos(hand + turn), 730 + 170 * np.sin(hand + turn)),
                27,
                (52, 60, 82),
            )
        for x in (330.0, 450.0):
            disc(frame, stage, (x, 616), 21, (40, 60, 50))
            disc(frame, stage, (x, 616), 17, (16, 16, 16))
            stroke(
                frame,
                stage,
                [(x, 616), (x + 14 * np.cos(2.4 + t * 1.4), 616 + 14 * np.sin(2.4 + t * 1.4))],
                (70, 90, 230),
                2,
            )
        sweep = -2.45 + 1.5 * abs(np.sin(np.pi * 1.15 * t))
        stroke(
            frame, stage, [(640, 596), (640 + 520 * np.cos(sweep), 596 + 470 * np.sin(sweep))], (9, 9, 9), 9
        )


class Wheel:
    """A wheel fills the frame, throwing water."""

    def __init__(self, stage: Stage, rng: np.random.Generator) -> None:
        self._stage = stage
        self._front = _streaked(facades(stage, rng, 430, day=False), stage)
        self._rain = Rain(stage, rng, slant=1.9, strength=1.3)
        self._light = glow(stage, 420, (60, 90, 120), 0.2)

    def draw(self, t: float) -> Picture:
        """The picture `t` seconds into the shot."""
        stage, u = self._stage, self._stage.unit
        left = round(2600 * t * u) % (self._front.shape[1] - stage.width)
        frame = self._front[:, left : left + stage.width].copy()
        reflect(frame, stage.px(560), t, stage, 0.5, (14, 11, 10), 2.0)
        jolt = 4 * np.sin(53 * t)
        polygon(
            frame,
            stage,
            [
                (-10, 80 + jolt),
                (1290, 130 + jolt),
                (1290, 455 + jolt),
                (980, 470 + jolt),
                (300, 470 + jolt),
                (-10, 440 + jolt),
            ],
            (40, 30, 110),
        )
        polygon(
            frame,
            stage,
            [(-10, 130 + jolt), (1290, 176 + jolt), (1290, 196 + jolt), (-10, 152 + jolt)],
            (70, 56, 170),
        )
        polygon(
            frame,
            stage,
            [(-10, 400 + jolt), (1290, 420 + jolt), (1290, 460 + jolt), (-10, 446 + jolt)],
            (22, 16, 56),
        )
        disc(frame, stage, (640, 430 + jolt), 262, (10, 9, 10))
        draw_wheel(frame, stage, (640, 436 + jolt), 196, t * 19.0)
        shine(frame, self._light, 560 * u, 300 * u, 0.7)
        rng = np.random.default_rng(int(t * 24) + 3)
        for dx, dy in zip(rng.gamma(2.0, 120.0, 90), rng.gamma(1.5, 46.0, 90), strict=True):
            shade = max(30.0, 170 - 0.25 * dx)
            at = (600 - dx, 650 - dy)
            stroke(frame, stage, [at, (at[0] - 40, at[1] + 5)], (shade, shade * 0.92, shade * 0.84), 2.0)
        self._rain.draw(frame, t)
        return frame


class Bridge:
    """Both cars cross the bridge, small under the lamps and the moon."""

    def __init__(self, stage: Stage, rng: np.random.Generator) -> None:
        self._stage = stage
        self._sky = night_sky(stage, rng, (260, 120), 260)
        self._city = skyline(
            stage,
            rng,
            Skyline(ground=505, height=(30, 200), width=(24, 70), colour=(70, 46, 36), lit=0.3, pane=3.2),
        )
        self._deck = painted(stage, self._draw_deck, WIDE)
        self._looks = (CarLook(150, (40, 30, 110)), CarLook(156, (52, 46, 44), light_bar=True))
        self._cars = [car(stage, look) for look in self._looks]
        self._beam = beam(stage, 260, 46, (150, 190, 205))
        self._lamp = glow(stage, 80, (110, 185, 245), 0.08)
        self._blue, self._red = glow(stage, 120, (235, 110, 40)), glow(stage, 120, (60, 50, 225))
        self._rain = Rain(stage, rng, slant=0.3, strength=0.9)

    def _draw_deck(self, colour: Picture, alpha: NDArray[np.uint8]) -> None:
        stage = self._stage
        for target, paint in ((colour, (22, 15, 13)), (alpha, 255.0)):
            polygon(target, stage, [(-10, 452), (1760, 452), (1760, 480), (-10, 480)], paint)
            for tower in (300.0, 1060.0):
                polygon(
                    target,
                    stage,
                    [(tower - 15, 120), (tower + 15, 120), (tower + 20, 640), (tower - 20, 640)],
                    paint,
                )
                for side in (-1.0, 1.0):
                    cable = [
                        (tower + side * x, 130 + 316 * (1 - (1 - x / 380) ** 2)) for x in range(0, 381, 20)
                    ]
                    stroke(target, stage, cable, paint, 5)
                    for x, y in cable[1::2]:
                        stroke(target, stage, [(x, y), (x, 454)], paint, 1.6)
            for x in range(0, 1760, 150):
                stroke(target, stage, [(x, 454), (x, 396)], paint, 3)

    def draw(self, t: float) -> Picture:
        """The picture `t` seconds into the shot."""
        stage, u = self._stage, self._stage.unit
        frame = self._sky.copy()
        paste(frame, self._city, -(30 + 10 * t) * u)
        pan = 20 + 60 * t
        for k, (look, sprite) in enumerate(zip(self._looks, self._cars, strict=True)):
            x = 420 - 300 * k + 520 * t
            shine(frame, self._beam, (x + look.length) * u, 432 * u)
            draw_car(frame, stage, sprite, look, x, 456, x / 10)
            if k:
                turn = 0.5 + 0.5 * np.sin(2 * np.pi * 2.2 * t)
                shine(frame, self._blue, (x + 62) * u, 406 * u, 0.2 + 0.8 * turn)
                shine(frame, self._red, (x + 74) * u, 406 * u, 1.0 - 0.8 * turn)
        paste(frame, self._deck, -pan * u)
        for x in range(0, 1760, 150):
            shine(frame, self._lamp, (x - pan) * u, 394 * u)
        reflect(frame, stage.px(540), t, stage, 0.6, (15, 8, 5), 6.0)
        self._rain.draw(frame, t)
        return frame
