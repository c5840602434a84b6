"""The demo film's quiet half: the city at night, a walk in the rain, two people talking, the last harbour."""

import cv2
import numpy as np
from numpy.typing import NDArray

from flows.demo_city import WIDE, Skyline, facades, lamp_post, night_sky, painted, skyline
from flows.demo_figures import CarLook, Walker, bun, car, draw_car, draw_walker, hat, profile, speed_of
from flows.demo_paint import (
    Layer,
    Picture,
    Point,
    Rain,
    Stage,
    beam,
    curve_through,
    disc,
    glow,
    paste,
    polygon,
    rectangle,
    reflect,
    shaded,
    shine,
    stroke,
)

FAR = Skyline(ground=520, height=(60, 250), width=(26, 70), colour=(92, 62, 48), lit=0.22, pane=3.0)
MIDDLE = Skyline(ground=545, height=(80, 330), width=(44, 96), colour=(58, 36, 26), lit=0.30, pane=4.2)
NEAR = Skyline(ground=575, height=(50, 190), width=(70, 150), colour=(24, 15, 11), lit=0.26, pane=6.0)


class NightCity:
    """A river, a skyline in three depths, the moon; the camera slides past."""

    def __init__(
        self, stage: Stage, rng: np.random.Generator, moon: tuple[float, float] = (905, 150)
    ) -> None:
        self._stage = stage
        self._sky = night_sky(stage, rng, moon)
        self._depths = [
            (skyline(stage, rng, plan), speed) for plan, speed in ((FAR, 9.0), (MIDDLE, 20.0), (NEAR, 40.0))
        ]
        self._lamp = glow(stage, 26, (120, 190, 250))
        self._lamps = rng.uniform(0, 1280 * WIDE, 22)
        self._plane = glow(stage, 12, (80, 80, 255))

    def draw(self, t: float) -> Picture:
        """The picture `t` seconds into the shot."""
        stage, frame = self._stage, self._sky.copy()
        if t % 1.2 < 0.12:
            shine(frame, self._plane, (260 + 26 * t) * stage.unit, (120 - 5 * t) * stage.unit)
        for layer, speed in self._depths:
            paste(frame, layer, -speed * t * stage.unit)
        for x in self._lamps:
            shine(frame, self._lamp, (x - 44 * t) * stage.unit, 568 * stage.unit, 0.9)
        reflect(frame, stage.px(578), t, stage, 0.62, (16, 8, 4), 5.0)
        return frame


class WetStreet:
    """Someone walks home under the lamps; rain, and a street that mirrors them."""

    GROUND = 590.0
    LAMPS = (40.0, 430.0, 820.0, 1210.0, 1600.0)

    def __init__(self, stage: Stage, rng: np.random.Generator, strength: float = 1.0) -> None:
        self._stage = stage
        self._front = facades(stage, rng, self.GROUND - 14, day=False, soft=3.2)
        self._posts = painted(stage, self._draw_posts)
        self._light = glow(stage, 330, (110, 190, 255), 0.10)
        self._pool = glow(stage, 190, (40, 78, 116), 0.6)
        self._rain = Rain(stage, rng, strength=1.5 * strength)
        self.walker = Walker(
            270, (74, 58, 50), (48, 40, 40), pace=0.92, umbrella=(46, 40, 150), coat_length=0.42
        )

    def _draw_posts(self, colour: Picture, alpha: NDArray[np.uint8]) -> None:
        for x in self.LAMPS:
            lamp_post(colour, alpha, self._stage, x, self.GROUND, 360, (16, 13, 12))

    def draw(self, t: float) -> Picture:
        """The picture `t` seconds into the shot; a heel lands at every half cycle of t * pace."""
        stage, u = self._stage, self._stage.unit
        frame = np.zeros((stage.height, stage.width, 3), np.uint8)
        pan = 46.0 * t
        paste(frame, self._front, -0.55 * pan * u)
        frame = np.asarray(cv2.multiply(frame, np.array([0.74, 0.62, 0.58, 0.0])), np.uint8)
        for x in self.LAMPS:
            shine(frame, self._light, (x + 79 - pan) * u, 234 * u)
        paste(frame, self._posts, -pan * u)
        x = 300 + (speed_of(self.walker) - 46.0) * t
        draw_walker(frame, stage, self.walker, x, self.GROUND, t * self.walker.pace)
        reflect(frame, stage.px(self.GROUND + 4), t, stage, 0.55, (14, 10, 8), 3.0)
        for lamp in self.LAMPS:
            shine(frame, self._pool, (lamp + 79 - pan) * u, (self.GROUND + 26) * u)
        self._rain.draw(frame, t)
        return frame


class Talk:
    """One of two people at a table by the window; mouth: [n] openness, 100 a second."""

    def __init__(
        self, stage: Stage, rng: np.random.Generator, left: bool, mouth: NDArray[np.float64]
    ) -> None:
        self._stage = stage
        self._left = left
        self._mouth = mouth
        self._room = _bokeh(stage, rng, left)
        self._steam = [glow(stage, 46, (30, 34, 38), 0.9) for _ in range(3)]
        self._listener = self._shoulder()
        self._phase = float(rng.uniform(0, 6))

    def draw(self, t: float) -> Picture:
        """The picture `t` seconds into the shot."""
        stage, u = self._stage, self._stage.unit
        frame = np.zeros((stage.height, stage.width, 3), np.uint8)
        paste(frame, self._room, (-60 + 10 * t) * u, 0.0, 1.02)
        facing = 1.0 if self._left else -1.0
        x = 470.0 if self._left else 810.0
        sway = 5 * np.sin(0.9 * t + self._phase)
        mouth = float(np.interp(t * 100, np.arange(len(self._mouth)), self._mouth))
        nod = 0.035 * np.sin(1.7 * t + self._phase) + 0.02 * mouth
        place = (330.0, x + sway, 320.0, facing)
        hair = [hat(*place, nod)] if self._left else bun(*place, nod)
        self._head(frame, [profile(*place, mouth, nod), *hair], facing)
        self._cup(frame, t)
        paste(frame, self._listener, (6 * np.sin(0.7 * t)) * u)
        return frame

    def _head(self, frame: Picture, outlines: list[list[Point]], facing: float) -> None:
        """Silhouette with warm light from the table lamp in front and cool light from the window behind."""
        stage = self._stage
        mask = np.zeros(frame.shape[:2], np.uint8)
        for outline in outlines:
            polygon(mask, stage, outline, 255)
        frame[:] = _lit(frame, mask, stage, facing)

    def _cup(self, frame: Picture, t: float) -> None:
        stage, u = self._stage, self._stage.unit
        x = 800 if self._left else 480
        polygon(frame, stage, [(0, 668), (1280, 668), (1280, 720), (0, 720)], (18, 22, 34))
        stroke(frame, stage, [(0, 668), (1280, 668)], (46, 74, 110), 2)
        polygon(frame, stage, [(x - 46, 600), (x + 46, 600), (x + 36, 672), (x - 36, 672)], (120, 142, 160))
        polygon(frame, stage, [(x - 46, 600), (x - 16, 600), (x - 14, 672), (x - 36, 672)], (66, 84, 104))
        for k, puff in enumerate(self._steam):
            rise = (t * 0.35 + k / 3) % 1.0
            shine(frame, puff, (x + 14 * np.sin(5 * rise + k)) * u, (590 - 150 * rise) * u, 0.8 * (1 - rise))

    def _shoulder(self) -> Layer:
        """The listener's shoulder and cheek, out of focus at the edge."""
        stage = self._stage
        alpha = np.zeros((stage.height, stage.width), np.uint8)
        edge = [
            (1010, 800),
            (1040, 560),
            (1110, 470),
            (1180, 430),
            (1170, 300),
            (1200, 190),
            (1300, 130),
            (1400, 140),
            (1400, 800),
        ]
        points = edge if self._left else [(1280 - x, y) for x, y in edge]
        polygon(alpha, stage, curve_through(points), 255)
        alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), max(1.0, 16 * stage.unit)), np.uint8)
        colour = np.full((stage.height, stage.width, 3), (12, 11, 14), np.uint8)
        return Layer.of(colour, alpha)


def _lit(frame: Picture, mask: NDArray[np.uint8], stage: Stage, facing: float) -> Picture:
    """`frame` with the masked shape lit from two sides, as the mask's shifted edges give it."""
    front = _edge(mask, stage, facing * 26, -8, 15).astype(np.uint16)
    back = _edge(mask, stage, -facing * 12, -6, 5).astype(np.uint16)
    cover = cv2.merge([mask, mask, mask])
    body = np.zeros_like(frame)
    for channel, (base, warm, cool) in enumerate(((24, 77, 154), (22, 133, 108), (28, 220, 77))):
        body[:, :, channel] = np.minimum(base + (front * warm + back * cool) // 256, 255)
    kept = cv2.multiply(frame, cv2.bitwise_not(cover), scale=1 / 255)
    return np.asarray(cv2.add(kept, cv2.multiply(body, cover, scale=1 / 255)), np.uint8)


def _edge(mask: NDArray[np.uint8], stage: Stage, dx: float, dy: float, soft: float) -> NDArray[np.uint8]:
    place = np.array([[1, 0, -dx * stage.unit], [0, 1, -dy * stage.unit]], np.float64)
    shifted = cv2.warpAffine(mask, place, (mask.shape[1], mask.shape[0]), borderMode=cv2.BORDER_REPLICATE)
    size = 2 * stage.px(soft) + 1
    return np.asarray(cv2.blur(cv2.blur(cv2.subtract(mask, shifted), (size, size)), (size, size)), np.uint8)


def _bokeh(stage: Stage, rng: np.random.Generator, left: bool) -> Layer:
    """A room out of focus: window frame, street lights as soft discs."""
    room = np.zeros((stage.height, round(stage.width * 1.12), 3), np.uint8)
    room[:] = (30, 28, 40) if left else (40, 26, 26)
    polygon(room, stage, rectangle(200, 0, 1240, 560), (66, 42, 34) if left else (40, 40, 66))
    _soften(room, stage, 30)
    cv2.add(room, _street_lights(room, stage, rng), room)
    for x in (250.0, 760.0, 1290.0):
        stroke(room, stage, [(x, 0), (x, 600)], (22, 20, 24), 16)
    _soften(room, stage, 5)
    return Layer.of(room, np.full(room.shape[:2], 255, np.uint8))


def _street_lights(room: Picture, stage: Stage, rng: np.random.Generator) -> Picture:
    lights = np.zeros_like(room)
    colours = ((70, 150, 235), (110, 200, 250), (90, 90, 235), (190, 150, 90), (120, 210, 160))
    for _ in range(34):
        spot = np.zeros_like(room)
        colour = shaded(colours[int(rng.integers(0, len(colours)))], rng.uniform(0.2, 0.75))
        disc(spot, stage, (rng.uniform(120, 1400), rng.uniform(60, 540)), rng.uniform(14, 46), colour)
        cv2.add(lights, spot, lights)
    _soften(lights, stage, 3)
    return lights


def _soften(picture: Picture, stage: Stage, size: float) -> None:
    cv2.GaussianBlur(picture, (0, 0), max(0.8, size * stage.unit), picture)


class LastHarbour:
    """The car has stopped by the water; its driver looks over at the city. The camera draws back."""

    GROUND = 640.0

    def __init__(self, stage: Stage, rng: np.random.Generator) -> None:
        self._stage = stage
        self._city = NightCity(stage, rng, moon=(350, 190))
        self._look = CarLook(360, (40, 30, 96))
        self._car = car(stage, self._look)
        self._tail = glow(stage, 90, (40, 40, 230))
        self._head = beam(stage, 420, 90, (120, 150, 160))
        self._person = Walker(205, (86, 116, 146), (60, 60, 66), hat=True, pace=0.9)
        self._quay = painted(stage, self._draw_quay)

    def _draw_quay(self, colour: Picture, alpha: NDArray[np.uint8]) -> None:
        for target, paint in ((colour, (15, 11, 10)), (alpha, 255.0)):
            polygon(target, self._stage, [(-10, 628), (1800, 628), (1800, 730), (-10, 730)], paint)
            for x in range(60, 1800, 190):
                stroke(target, self._stage, [(x, 632), (x, 590)], paint, 9)
            stroke(target, self._stage, [(-10, 598), (1800, 598)], paint, 4)

    def draw(self, t: float) -> Picture:
        """The picture `t` seconds into the shot; lights go out at 1.1 s, the door shuts at 1.8 s."""
        stage, u = self._stage, self._stage.unit
        frame = self._city.draw(0.25 * t)
        paste(frame, self._quay, -6 * t * u)
        rear = 330 + 170 * (1 - np.exp(-2.6 * t)) - 6 * t
        draw_car(frame, stage, self._car, self._look, rear, self.GROUND, rear / 22)
        on = float(np.clip((1.1 - t) / 0.15, 0, 1))
        shine(frame, self._head, (rear + 352) * u, (self.GROUND - 46) * u, on)
        shine(frame, self._tail, (rear + 6) * u, (self.GROUND - 48) * u, 0.35 + 0.65 * on)
        if t > 1.5:
            walked = min(t - 1.5, 1.7)
            phase = walked * self._person.pace if walked < 1.7 else 0.0
            draw_walker(
                frame,
                stage,
                self._person,
                rear + 240 + speed_of(self._person) * walked,
                self.GROUND - 4,
                phase + 0.25 * (walked >= 1.7),
            )
        return frame
