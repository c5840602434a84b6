"""Made-up scenes that are hard to tell cuts in: layers in parallax, a camera that moves, things that cross.

A scene is a function of its frame number, so that a splice may leave frames out and a dissolve may run on
in both its pictures.  Everything follows from the generator given; sizes are shares of the picture.
"""

from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
Camera = Literal["still", "hand", "drift", "pan", "whip", "zoom", "shake"]

SIZE = (320, 180)
CANVAS = (960, 480)
"""Width and height of a painted layer; the camera sees a third of its width and wraps round."""


@dataclass(frozen=True)
class Place:
    """Somewhere to film: its colours and three painted layers, far to near, the nearer ones with holes."""

    layers: tuple[Pixels, ...]
    masks: tuple[Pixels, ...]
    depths: tuple[float, ...]


@dataclass(frozen=True)
class Thing:
    """Something that moves through the picture.

    at, speed: picture widths and widths a frame; size: of its height; sway: amplitude and frames a swing.
    """

    paint: Pixels
    mask: Pixels
    at: tuple[float, float]
    speed: tuple[float, float]
    size: float
    sway: tuple[float, float]
    growth: float = 0.0


@dataclass(frozen=True)
class Scene:
    """One camera set-up in a place."""

    place: Place
    angle: tuple[float, float, float]
    path: NDArray[np.float64]
    things: tuple[Thing, ...] = ()
    blur: bool = False
    light: NDArray[np.float64] = field(default_factory=lambda: np.ones(1))

    def frame(self, number: int) -> Pixels:
        """[180, 320, 3] float32 RGB, 0..255, at a frame of the scene; the path's end holds."""
        shown = self._still(number, 0.0)
        if self.blur:
            shown = np.asarray((shown + self._still(number, 0.5)) / 2, np.float32)
        return np.asarray(shown * self.light[min(number, len(self.light) - 1)], np.float32)

    def _still(self, number: int, part: float) -> Pixels:
        here, then = (self.path[min(number + step, len(self.path) - 1)] for step in (0, 1))
        x, y, zoom = (1 - part) * here + part * then
        shown: Pixels | None = None
        for layer, mask, depth in zip(self.place.layers, self.place.masks, self.place.depths, strict=True):
            view = self._view(x * depth, y * depth, 1 + (zoom - 1) * depth)
            painted = _seen(layer, view)
            if shown is None:
                shown = painted
                continue
            share = _seen(mask, view)[..., None]
            shown += share * (painted - shown)
        assert shown is not None
        for thing in self.things:
            _lay(shown, thing, number + part, x, y, zoom)
        return shown

    def _view(self, x: float, y: float, zoom: float) -> NDArray[np.float32]:
        """The affine map from picture to canvas."""
        left, top, wide = self.angle
        scale = wide / max(zoom, 0.05)
        middle = (
            left + x * SIZE[0] * wide + SIZE[0] * wide / 2,
            top + y * SIZE[0] * wide + SIZE[1] * wide / 2,
        )
        return np.array(
            [
                [scale, 0, middle[0] - scale * SIZE[0] / 2],
                [0, scale, middle[1] - scale * SIZE[1] / 2],
            ],
            np.float32,
        )


def _seen(layer: Pixels, view: NDArray[np.float32]) -> Pixels:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(layer, view, SIZE, flags=flags, borderMode=cv2.BORDER_WRAP), np.float32)


def _lay(shown: Pixels, thing: Thing, number: float, x: float, y: float, zoom: float) -> None:
    amplitude, swing = thing.sway
    size = thing.size * (1 + thing.growth * number) * zoom
    left = thing.at[0] + thing.speed[0] * number + amplitude * np.sin(2 * np.pi * number / swing) - 1.2 * x
    top = (
        thing.at[1] + thing.speed[1] * number + 0.3 * amplitude * np.cos(4 * np.pi * number / swing) - 1.2 * y
    )
    scale = max(size, 0.02) * SIZE[1] / thing.mask.shape[0]
    move = np.array([[scale, 0, left * SIZE[0]], [0, scale, top * SIZE[1]]], np.float32)
    share = cv2.warpAffine(thing.mask, move, SIZE, flags=cv2.INTER_LINEAR)
    if float(share.max()) <= 0:
        return
    painted = np.asarray(cv2.warpAffine(thing.paint, move, SIZE, flags=cv2.INTER_LINEAR), np.float32)
    shown += share[..., None] * (painted - shown)


def noise(random: np.random.Generator, size: tuple[int, int], steep: float, coarsest: int) -> Pixels:
    """[height, width] several octaves of smooth noise, zero mean, unit deviation; steep: loss an octave."""
    width, height = size
    total = np.zeros((height, width), np.float32)
    cells, gain = coarsest, 1.0
    while cells < width // 2:
        rough = random.standard_normal((max(cells * height // width, 2), cells)).astype(np.float32)
        rough[:, -1] = rough[:, 0]
        total += gain * cv2.resize(rough, size, interpolation=cv2.INTER_CUBIC)
        cells, gain = cells * 2, gain * steep
    total -= total.mean()
    return np.asarray(total / max(float(total.std()), 1e-6), np.float32)


def place(random: np.random.Generator) -> Place:
    """A place of its own: sky or wall, then two nearer layers of patches, edges, windows and posts."""
    palette = random.uniform(10, 235, (6, 1)) + random.uniform(-45, 45, (6, 3))
    far = _painted(random, palette[:3])
    middle, near = _painted(random, palette[1:5]), _painted(random, palette[3:])
    return Place(
        (far, middle, near),
        (np.ones(CANVAS[::-1], np.float32), _holes(random, -0.2), _holes(random, 0.7)),
        (0.5, 0.8, 1.3),
    )


def _painted(random: np.random.Generator, colours: NDArray[np.float64]) -> Pixels:
    """A layer: patches of a few colours with hard borders, shaded, textured, with boxes and lines on it."""
    field = noise(random, CANVAS, random.uniform(0.35, 0.65), int(random.integers(3, 8)))
    number = np.digitize(field, np.quantile(field, np.linspace(0, 1, len(colours) + 1)[1:-1]))
    picture = colours.astype(np.float32)[number]
    for _ in range(int(random.integers(5, 40))):
        left, top = random.integers(0, CANVAS[0]), random.integers(0, CANVAS[1])
        wide, high = random.integers(6, 120), random.integers(6, 120)
        tone = tuple((colours[random.integers(len(colours))] + random.uniform(-60, 60)).tolist())
        corner = (int(left + wide), int(top + high))
        if random.random() < 0.6:
            cv2.rectangle(picture, (int(left), int(top)), corner, tone, -1)
        elif random.random() < 0.5:
            cv2.circle(picture, (int(left), int(top)), int(wide // 2), tone, -1)
        else:
            cv2.line(picture, (int(left), int(top)), corner, tone, int(random.integers(1, 6)))
    shade = noise(random, CANVAS, 0.5, 2)
    grit = noise(random, CANVAS, 0.8, 40)
    strength = random.uniform(2, 18)
    return np.asarray(picture + (14 * shade + strength * grit)[..., None], np.float32)


def _holes(random: np.random.Generator, least: float) -> Pixels:
    """Where a nearer layer covers what is behind it: ground below, patches above."""
    height = CANVAS[1]
    slope = np.linspace(-1.6, 1.6, height, dtype=np.float32)[:, None]
    shape = noise(random, CANVAS, 0.5, int(random.integers(4, 10))) + slope - least - 0.6
    return np.asarray(cv2.blur((shape > 0).astype(np.float32), (3, 3)), np.float32)


def angle(random: np.random.Generator) -> tuple[float, float, float]:
    """Where in a place the camera stands, and how wide it sees."""
    return (
        float(random.uniform(0, CANVAS[0])),
        float(random.uniform(0, CANVAS[1] - SIZE[1])),
        float(random.uniform(0.45, 1.1)),
    )


def camera(random: np.random.Generator, kind: Camera, frames: int, rate: float) -> NDArray[np.float64]:
    """[frames, 3] x, y in picture widths and zoom."""
    t = np.arange(frames) / rate
    path = np.zeros((frames, 3))
    path[:, 2] = 1
    side, up = random.choice([-1, 1]), random.uniform(-0.3, 0.3)
    speeds = {"drift": (0.02, 0.1), "pan": (0.12, 0.6), "whip": (0.8, 2.2)}
    if kind in speeds:
        speed = random.uniform(*speeds[kind])
        path[:, 0], path[:, 1] = side * speed * t, up * speed * t
    if kind == "zoom":
        path[:, 2] = np.exp(side * random.uniform(0.1, 0.9) * t)
    unrest = {"hand": 0.004, "shake": random.uniform(0.02, 0.055)}.get(kind, 0.0)
    if unrest:
        path[:, :2] += unrest * _unrest(random, frames, rate, 2.5 if kind == "hand" else random.uniform(4, 9))
        if kind == "shake":
            path[:, 0] += side * random.uniform(0, 0.4) * t
            path[:, 2] *= 1 + 0.6 * unrest * _unrest(random, frames, rate, 5)[:, 0]
    return path


def _unrest(random: np.random.Generator, frames: int, rate: float, hz: float) -> NDArray[np.float64]:
    """[frames, 2] unit noise up to about `hz`."""
    knots = max(int(frames / rate * hz * 1.5) + 4, 4)
    rough = random.standard_normal((knots, 2)).astype(np.float32)
    return np.asarray(cv2.resize(rough, (2, frames), interpolation=cv2.INTER_CUBIC), np.float64)


def walker(random: np.random.Generator) -> Thing:
    """Somebody in the picture who moves a little or walks on."""
    speed = random.uniform(-0.006, 0.006)
    return _thing(
        random,
        at=(random.uniform(0, 0.8), random.uniform(0.1, 0.6)),
        speed=(speed, 0.0),
        size=random.uniform(0.3, 0.9),
        sway=(random.uniform(0, 0.03), random.uniform(14, 50)),
    )


def crosser(random: np.random.Generator, starts: int, rate: float) -> Thing:
    """A car that crosses close by: half the picture or all of it, in .25 to 1.5 s."""
    size = random.uniform(0.7, 1.6)
    wide = size * SIZE[1] / SIZE[0] * random.uniform(1.2, 2.6)
    crossing_s = random.uniform(0.25, 1.5)
    speed = (1 + wide) / (crossing_s * rate)
    right = random.random() < 0.5
    from_x = -wide if right else 1.0
    step = speed if right else -speed
    return _thing(
        random,
        at=(from_x - step * starts, random.uniform(0.0, 0.35)),
        speed=(step, 0.0),
        size=size,
        sway=(0.0, 10.0),
        stretch=wide * SIZE[0] / (size * SIZE[1]),
    )


def _thing(
    random: np.random.Generator,
    at: tuple[float, float],
    speed: tuple[float, float],
    size: float,
    sway: tuple[float, float],
    stretch: float = 0.6,
) -> Thing:
    high = 120
    wide = max(int(high * stretch), 12)
    palette = random.uniform(5, 245, (3, 1)) + random.uniform(-50, 50, (3, 3))
    field = noise(random, (wide, high), 0.6, 3)
    paint = palette.astype(np.float32)[np.digitize(field, [-0.5, 0.6])]
    for _ in range(4):
        left, top = int(random.integers(0, wide)), int(random.integers(0, high))
        tone = tuple(random.uniform(0, 255, 3).tolist())
        cv2.rectangle(paint, (left, top), (left + wide // 4, top + high // 5), tone, -1)
    mask = np.zeros((high, wide), np.float32)
    if stretch > 1:
        cv2.rectangle(mask, (0, high // 4), (wide, high), 1.0, -1)
        cv2.ellipse(mask, (wide // 2, high // 3), (wide // 3, high // 3), 0, 0, 360, 1.0, -1)
    else:
        cv2.ellipse(mask, (wide // 2, high // 6), (wide // 3, high // 6), 0, 0, 360, 1.0, -1)
        cv2.ellipse(mask, (wide // 2, high * 2 // 3), (wide // 2, high // 2), 0, 0, 360, 1.0, -1)
    return Thing(paint, mask, at, speed, size, sway)
