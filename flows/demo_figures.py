"""Who moves in the demo film: people walking, two faces talking, cars."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from flows.demo_paint import (
    Colour,
    Layer,
    Picture,
    Point,
    Stage,
    curve_through,
    disc,
    polygon,
    shaded,
    stroke,
)


@dataclass(frozen=True)
class Walker:
    """A person of `height` plan units; pace in full walking cycles a second (a step is half of one)."""

    height: float
    coat: Colour
    trousers: Colour
    skin: Colour = (96, 128, 176)
    pace: float = 0.95
    hat: bool = False
    umbrella: Colour | None = None
    coat_length: float = 0.30


def speed_of(walker: Walker) -> float:
    """Plan units a second at which the feet don't slip: four fifths of the height a cycle."""
    return walker.height * 0.80 * walker.pace


def draw_walker(
    frame: Picture, stage: Stage, walker: Walker, x: float, ground: float, phase: float, facing: float = 1.0
) -> None:
    """Draw one person with the hip over x; at whole and half cycles of phase a heel lands."""
    h = walker.height
    swing = 2 * np.pi * (phase + 0.25)
    hip = (x, ground - (0.499 - 0.027 * np.sin(swing) ** 2) * h)  # legs of fixed length lower a wide stance
    neck = (x + facing * 0.02 * h, hip[1] - 0.33 * h)
    for part in (np.pi, 0.0):
        _leg(frame, stage, walker, hip, ground, swing + part, facing, 0.8 if part else 1.0)
    _arm(frame, stage, walker, neck, swing, facing, 0.75)
    _coat(frame, stage, walker, hip, neck, swing, facing)
    _arm(frame, stage, walker, neck, swing + np.pi, facing, 1.15)
    head = (neck[0] + facing * 0.012 * h, neck[1] - 0.085 * h)
    disc(frame, stage, head, 0.058 * h, walker.skin)
    disc(
        frame,
        stage,
        (head[0] - facing * 0.014 * h, head[1] - 0.012 * h),
        0.056 * h,
        shaded(walker.coat, 0.55),
    )
    if walker.hat:
        brim = [(head[0] - 0.09 * h, head[1] - 0.03 * h), (head[0] + 0.09 * h, head[1] - 0.03 * h)]
        stroke(frame, stage, brim, shaded(walker.coat, 0.5), 0.018 * h)
        crown = [
            (head[0] - 0.055 * h, head[1] - 0.03 * h),
            (head[0] - 0.045 * h, head[1] - 0.10 * h),
            (head[0] + 0.05 * h, head[1] - 0.10 * h),
            (head[0] + 0.06 * h, head[1] - 0.03 * h),
        ]
        polygon(frame, stage, crown, shaded(walker.coat, 0.6))
    if walker.umbrella is not None:
        _umbrella(frame, stage, walker.umbrella, neck, h, facing)


def _leg(
    frame: Picture,
    stage: Stage,
    walker: Walker,
    hip: Point,
    ground: float,
    swing: float,
    facing: float,
    light: float,
) -> None:
    """Thigh and shin by two angles; the foot never goes under the ground."""
    h = walker.height
    thigh = 0.42 * np.sin(swing)
    bend = 0.15 + 0.75 * max(0.0, float(np.cos(swing + 0.35))) ** 2
    knee = (hip[0] + facing * 0.245 * h * np.sin(thigh), hip[1] + 0.245 * h * np.cos(thigh))
    shin = thigh - bend
    ankle = (
        knee[0] + facing * 0.245 * h * np.sin(shin),
        min(ground - 0.012 * h, knee[1] + 0.245 * h * np.cos(shin)),
    )
    colour = shaded(walker.trousers, light)
    stroke(frame, stage, [hip, knee], colour, 0.075 * h)
    stroke(frame, stage, [knee, ankle], colour, 0.055 * h)
    toe = (ankle[0] + facing * 0.06 * h, min(ground, ankle[1] + 0.012 * h))
    stroke(frame, stage, [(ankle[0] - facing * 0.012 * h, ankle[1]), toe], shaded(colour, 0.6), 0.036 * h)


def _arm(
    frame: Picture, stage: Stage, walker: Walker, neck: Point, swing: float, facing: float, light: float
) -> None:
    h = walker.height
    shoulder = (neck[0], neck[1] + 0.035 * h)
    angle = 0.35 * np.sin(swing)
    if walker.umbrella is not None and light > 1:
        elbow = (shoulder[0] + facing * 0.05 * h, shoulder[1] + 0.14 * h)
        hand = (shoulder[0] + facing * 0.10 * h, shoulder[1] + 0.04 * h)
    else:
        elbow = (shoulder[0] + facing * 0.155 * h * np.sin(angle), shoulder[1] + 0.155 * h * np.cos(angle))
        hand = (
            elbow[0] + facing * 0.15 * h * np.sin(angle + 0.25),
            elbow[1] + 0.15 * h * np.cos(angle + 0.25),
        )
    stroke(frame, stage, [shoulder, elbow, hand], shaded(walker.coat, light), 0.048 * h)
    disc(frame, stage, hand, 0.022 * h, walker.skin)


def _coat(
    frame: Picture, stage: Stage, walker: Walker, hip: Point, neck: Point, swing: float, facing: float
) -> None:
    h = walker.height
    flare = 0.02 * h * np.sin(swing) * walker.coat_length / 0.3
    low = hip[1] + walker.coat_length * 0.55 * h
    outline = [
        (neck[0] - facing * 0.065 * h, neck[1] + 0.01 * h),
        (neck[0] + facing * 0.055 * h, neck[1] + 0.005 * h),
        (hip[0] + facing * 0.075 * h, hip[1] - 0.10 * h),
        (hip[0] + facing * 0.085 * h + flare, low),
        (hip[0] - facing * 0.10 * h + flare, low),
        (hip[0] - facing * 0.08 * h, hip[1] - 0.12 * h),
    ]
    polygon(frame, stage, outline, walker.coat)
    back = [
        outline[0],
        ((outline[0][0] + outline[1][0]) / 2 - facing * 0.02 * h, outline[0][1]),
        (hip[0] - facing * 0.03 * h, low),
        outline[4],
        outline[5],
    ]
    polygon(frame, stage, back, shaded(walker.coat, 0.78))


def _umbrella(frame: Picture, stage: Stage, colour: Colour, neck: Point, h: float, facing: float) -> None:
    hand = (neck[0] + facing * 0.10 * h, neck[1] + 0.07 * h)
    top = (hand[0] + facing * 0.01 * h, hand[1] - 0.42 * h)
    stroke(frame, stage, [hand, top], (30, 30, 34), 0.012 * h)
    arc = [
        (top[0] + 0.30 * h * np.cos(a), top[1] + 0.15 * h - 0.16 * h * np.sin(a))
        for a in np.linspace(0, np.pi, 18)
    ]
    scallops = [
        (top[0] + 0.30 * h * s, top[1] + 0.15 * h - 0.018 * h * (1 - abs((s * 3) % 1 * 2 - 1)))
        for s in np.linspace(-1, 1, 19)
    ]
    polygon(frame, stage, [*arc, *scallops], colour)
    shade = [(p[0], p[1]) for p in arc[9:]]
    polygon(frame, stage, [*shade, (top[0], top[1] + 0.14 * h)], shaded(colour, 0.72))


# A head in profile facing right, in head heights from the ear; clockwise from the crown.
_PROFILE: Sequence[Point] = (
    (0.0, -0.50),
    (0.20, -0.46),
    (0.33, -0.34),
    (0.365, -0.20),
    (0.375, -0.08),
    (0.355, -0.01),
    (0.40, 0.07),
    (0.465, 0.155),
    (0.455, 0.195),
    (0.385, 0.21),
)
_LIPS_AND_CHIN: Sequence[Point] = (
    (0.405, 0.262),
    (0.372, 0.285),
    (0.392, 0.315),
    (0.352, 0.358),
    (0.366, 0.43),
    (0.315, 0.485),
    (0.19, 0.47),
)
_NECK_AND_BACK: Sequence[Point] = (
    (0.075, 0.42),
    (0.06, 0.60),
    (0.16, 0.72),
    (0.44, 0.84),
    (0.66, 1.30),
    (-1.05, 1.30),
    (-0.86, 0.92),
    (-0.50, 0.74),
    (-0.33, 0.58),
    (-0.34, 0.36),
    (-0.45, 0.12),
    (-0.48, -0.14),
    (-0.38, -0.38),
    (-0.19, -0.49),
)


def profile(size: float, x: float, y: float, facing: float, mouth: float, nod: float) -> list[Point]:
    """Outline of a head and shoulders in profile; mouth: 0 closed to 1 open; nod: radians forward."""
    chin = [(px - 0.02 * mouth, py + 0.055 * mouth * (k > 1)) for k, (px, py) in enumerate(_LIPS_AND_CHIN)]
    if mouth > 0.05:
        chin.insert(2, (0.338, 0.292 + 0.028 * mouth))
    outline = [_nodded(point, nod) for point in (*_PROFILE, *chin, *_NECK_AND_BACK)]
    return curve_through([(x + facing * px * size, y + py * size) for px, py in outline], 6)


def hat(size: float, x: float, y: float, facing: float, nod: float) -> list[Point]:
    """A felt hat to go with profile()."""
    shape = [
        (0.66, -0.30),
        (0.40, -0.345),
        (0.34, -0.40),
        (0.31, -0.60),
        (0.18, -0.70),
        (-0.02, -0.66),
        (-0.20, -0.69),
        (-0.36, -0.58),
        (-0.42, -0.36),
        (-0.66, -0.24),
        (-0.70, -0.19),
        (-0.45, -0.215),
        (0.0, -0.29),
        (0.40, -0.275),
    ]
    return curve_through(
        [(x + facing * px * size, y + py * size) for px, py in (_nodded(p, nod) for p in shape)], 6
    )


def bun(size: float, x: float, y: float, facing: float, nod: float) -> list[list[Point]]:
    """Pinned-up hair to go with profile(): the mass and the knot."""
    mass = [
        (0.30, -0.36),
        (0.22, -0.52),
        (0.0, -0.60),
        (-0.26, -0.56),
        (-0.48, -0.38),
        (-0.55, -0.10),
        (-0.46, 0.14),
        (-0.30, 0.22),
        (-0.14, 0.10),
        (-0.02, -0.14),
        (0.16, -0.26),
    ]
    knot = [(-0.44, -0.40), (-0.56, -0.46), (-0.70, -0.40), (-0.74, -0.25), (-0.66, -0.13), (-0.50, -0.14)]
    return [
        curve_through(
            [(x + facing * px * size, y + py * size) for px, py in (_nodded(p, nod) for p in part)], 6
        )
        for part in (mass, knot)
    ]


def _nodded(point: Point, nod: float) -> Point:
    """Turn about the neck joint, the head wholly, the shoulders not at all."""
    px, py = point
    angle = nod * float(np.clip((0.62 - py) / 0.2, 0, 1))
    dx, dy = px + 0.1, py - 0.5
    return (dx * np.cos(angle) - dy * np.sin(angle) - 0.1, dx * np.sin(angle) + dy * np.cos(angle) + 0.5)


@dataclass(frozen=True)
class CarLook:
    """A car `length` plan units long, facing right."""

    length: float
    body: Colour
    glass: Colour = (70, 56, 44)
    light_bar: bool = False


def car(stage: Stage, look: CarLook) -> Layer:
    """Sprite of a car without wheels: canvas as large as 1.2 lengths by .5, its ground at .4 lengths."""
    n = look.length
    width, height = stage.px(n * 1.2), stage.px(n * 0.5)
    colour = np.zeros((height, width, 3), np.uint8)
    alpha = np.zeros((height, width), np.uint8)

    def at(points: Sequence[Point]) -> list[Point]:
        return [(n * (0.1 + px), n * (0.4 - py)) for px, py in points]

    shell = at(
        curve_through(
            [
                (0.0, 0.09),
                (0.0, 0.15),
                (0.03, 0.185),
                (0.16, 0.20),
                (0.28, 0.285),
                (0.42, 0.305),
                (0.56, 0.295),
                (0.70, 0.205),
                (0.86, 0.185),
                (0.965, 0.15),
                (0.985, 0.10),
                (0.975, 0.06),
                (0.88, 0.055),
                (0.5, 0.05),
                (0.1, 0.055),
                (0.01, 0.06),
            ],
            6,
        )
    )
    polygon(colour, stage, shell, look.body)
    polygon(alpha, stage, shell, 255)
    sill = at([(0.0, 0.055), (0.985, 0.055), (0.98, 0.10), (0.0, 0.10)])
    polygon(colour, stage, sill, shaded(look.body, 0.55))
    polygon(
        colour,
        stage,
        at(
            [
                (0.02, 0.176),
                (0.17, 0.193),
                (0.72, 0.196),
                (0.93, 0.16),
                (0.9, 0.168),
                (0.7, 0.186),
                (0.17, 0.183),
            ]
        ),
        shaded(look.body, 1.55),
    )
    polygon(colour, stage, at([(0.205, 0.205), (0.295, 0.272), (0.42, 0.288), (0.425, 0.205)]), look.glass)
    polygon(colour, stage, at([(0.44, 0.205), (0.44, 0.288), (0.545, 0.28), (0.655, 0.205)]), look.glass)
    polygon(
        colour,
        stage,
        at([(0.24, 0.215), (0.31, 0.268), (0.35, 0.275), (0.28, 0.215)]),
        shaded(look.glass, 1.5),
    )
    stroke(colour, stage, at([(0.432, 0.20), (0.425, 0.07)]), shaded(look.body, 0.6), n * 0.004)
    if look.light_bar:
        bar = at([(0.36, 0.30), (0.50, 0.30), (0.49, 0.325), (0.37, 0.325)])
        polygon(colour, stage, bar, (60, 60, 66))
        polygon(alpha, stage, bar, 255)
    polygon(
        colour, stage, at([(0.945, 0.155), (0.982, 0.13), (0.984, 0.105), (0.95, 0.118)]), (225, 240, 250)
    )
    polygon(colour, stage, at([(0.0, 0.15), (0.022, 0.155), (0.022, 0.115), (0.0, 0.115)]), (40, 40, 225))
    return Layer.of(colour, alpha)


def draw_car(
    frame: Picture,
    stage: Stage,
    sprite: Layer,
    look: CarLook,
    x: float,
    ground: float,
    turned: float,
    bob: float = 0.0,
) -> None:
    """Put a car with its rear at x (plan); turned: wheel angle in radians."""
    n = look.length
    _put(frame, sprite, (x - 0.1 * n) * stage.unit, (ground - 0.4 * n + bob) * stage.unit)
    for wheel in (0.185, 0.80):
        draw_wheel(frame, stage, (x + wheel * n, ground - 0.062 * n), 0.064 * n, turned)


def draw_wheel(frame: Picture, stage: Stage, centre: Point, radius: float, turned: float) -> None:
    """Tyre, rim and five spokes."""
    disc(frame, stage, centre, radius * 1.18, (14, 13, 13))
    disc(frame, stage, centre, radius, (24, 23, 23))
    disc(frame, stage, centre, radius * 0.66, (120, 118, 116))
    disc(frame, stage, centre, radius * 0.58, (52, 50, 50))
    for k in range(5):
        angle = turned + k * 2 * np.pi / 5
        tip = (centre[0] + 0.6 * radius * np.cos(angle), centre[1] + 0.6 * radius * np.sin(angle))
        stroke(frame, stage, [centre, tip], (140, 138, 136), radius * 0.14)
    disc(frame, stage, centre, radius * 0.14, (150, 148, 146))


def _put(frame: Picture, sprite: Layer, x: float, y: float) -> None:
    height, width = sprite.paint.shape[:2]
    left, top = int(np.floor(x)), int(np.floor(y))
    place = np.array([[1, 0, x - left], [0, 1, y - top]], np.float64)
    paint = cv2.warpAffine(sprite.paint, place, (width + 1, height + 1), borderValue=(0, 0, 0))
    uncover = cv2.warpAffine(sprite.uncover, place, (width + 1, height + 1), borderValue=(255, 255, 255))
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(frame.shape[1], left + width + 1), min(frame.shape[0], top + height + 1)
    if x0 >= x1 or y0 >= y1:
        return
    rows, columns = slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
    below = frame[y0:y1, x0:x1]
    frame[y0:y1, x0:x1] = cv2.add(
        cv2.multiply(below, uncover[rows, columns], scale=1 / 255), paint[rows, columns]
    )
