"""The demo film's places: skies, skylines, streets and water, painted as layers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from flows.demo_paint import Colour, Layer, Picture, Stage, clouds, disc, gradient, polygon, shaded, stroke

WIDE = 1.35
"""Layers are this much wider than the picture, so that a pan never finds their end."""
WARM_LIGHTS: Sequence[Colour] = (
    (96, 178, 244),
    (120, 196, 250),
    (150, 214, 250),
    (70, 150, 232),
    (210, 214, 190),
)

NIGHT_SKY = ((0.0, (46, 18, 8)), (0.45, (78, 40, 20)), (0.75, (110, 66, 46)), (1.0, (120, 84, 78)))
DAWN_SKY = (
    (0.0, (96, 52, 40)),
    (0.40, (140, 96, 104)),
    (0.62, (132, 140, 206)),
    (0.75, (120, 176, 246)),
    (1.0, (150, 200, 250)),
)
DAY_SKY = ((0.0, (206, 142, 78)), (0.5, (226, 188, 138)), (0.8, (238, 220, 196)), (1.0, (240, 230, 216)))
DUSK_SKY = ((0.0, (58, 30, 20)), (0.5, (86, 52, 60)), (0.8, (70, 84, 150)), (1.0, (60, 110, 190)))


@dataclass(frozen=True)
class Skyline:
    """How a row of buildings looks. Heights and widths on the plan; lit: share of windows with light."""

    ground: float
    height: tuple[float, float]
    width: tuple[float, float]
    colour: Colour
    lit: float = 0.0
    pane: float = 5.0
    dark_pane: Colour | None = None


def skyline(stage: Stage, rng: np.random.Generator, plan: Skyline) -> Layer:
    """A row of buildings with varied roofs and windows, standing on the plan's ground line."""
    width = round(stage.width * WIDE)
    colour = np.zeros((stage.height, width, 3), np.uint8)
    alpha = np.zeros((stage.height, width), np.uint8)
    x = -30.0
    while x < 1280 * WIDE + 30:
        size = rng.uniform(*plan.width)
        height = plan.height[0] + (plan.height[1] - plan.height[0]) * rng.beta(1.6, 2.4)
        shade = rng.uniform(0.86, 1.12)
        body: Colour = (plan.colour[0] * shade, plan.colour[1] * shade, plan.colour[2] * shade)
        outline = _outline(rng, x, plan.ground - height, size, plan.ground)
        polygon(colour, stage, outline, body)
        polygon(alpha, stage, outline, 255)
        _mast(colour, alpha, stage, rng, x + size / 2, plan.ground - height, body)
        _windows(colour, stage, rng, (x, plan.ground - height, size, plan.ground), plan)
        x += size + rng.uniform(-2, 10)
    bottom = round(plan.ground * stage.unit)
    alpha[bottom:] = 255
    colour[bottom:] = plan.colour
    top = max(0, round((plan.ground - plan.height[1] - 90) * stage.unit))
    return Layer.of(colour, alpha, top)


def _outline(
    rng: np.random.Generator, x: float, top: float, size: float, ground: float
) -> list[tuple[float, float]]:
    kind = rng.integers(0, 5)
    right, step = x + size, size * 0.18
    roofs = {
        0: [(x, top), (right, top)],
        1: [
            (x, top + step),
            (x + step, top + step),
            (x + step, top),
            (right - step, top),
            (right - step, top + step),
            (right, top + step),
        ],
        2: [(x, top + step * 1.6), (right, top)],
        3: [(x, top + step), (x + size / 2, top - step), (right, top + step)],
        4: [(x, top), (x + size * 0.6, top), (x + size * 0.6, top + step * 2), (right, top + step * 2)],
    }
    return [(x, ground), *roofs[int(kind)], (right, ground)]


def _mast(
    colour: Picture,
    alpha: NDArray[np.uint8],
    stage: Stage,
    rng: np.random.Generator,
    x: float,
    top: float,
    body: Colour,
) -> None:
    if rng.uniform() < 0.3:
        tall = rng.uniform(18, 60)
        for target, paint in ((colour, body), (alpha, 255.0)):
            stroke(target, stage, [(x, top + 14), (x, top - tall)], paint, 1.6)


def _windows(
    colour: Picture,
    stage: Stage,
    rng: np.random.Generator,
    box: tuple[float, float, float, float],
    plan: Skyline,
) -> None:
    """Panes in floors; whole floors may be dark or lit, as offices are."""
    x, top, size, ground = box
    pane = plan.pane
    for row in np.arange(top + pane * 3, ground - pane, pane * 2.3):
        floor = rng.uniform(0.3, 1.7)
        for column in np.arange(x + pane * 1.2, x + size - pane * 1.8, pane * 1.9):
            lit = rng.uniform() < plan.lit * floor
            if not lit and plan.dark_pane is None:
                continue
            light = WARM_LIGHTS[int(rng.integers(0, len(WARM_LIGHTS)))] if lit else plan.dark_pane
            strength = rng.uniform(0.45, 1.0) if lit else rng.uniform(0.9, 1.1)
            _pane(colour, stage, column, row, pane, tuple(strength * c for c in light or (0, 0, 0)))


def _pane(colour: Picture, stage: Stage, x: float, y: float, pane: float, light: Sequence[float]) -> None:
    u = stage.unit
    x0, x1 = round(x * u), max(round(x * u) + 1, round((x + pane) * u))
    y0, y1 = round(y * u), max(round(y * u) + 1, round((y + pane * 1.35) * u))
    if x0 >= 0 and y0 >= 0:
        colour[y0:y1, x0:x1] = np.clip(light, 0, 255)


def night_sky(
    stage: Stage, rng: np.random.Generator, moon: tuple[float, float] | None, stars: int = 420
) -> Picture:
    """Stars of many brightnesses, thin cloud, and a moon with its seas and a wide halo."""
    sky = gradient(stage, NIGHT_SKY)
    field = np.zeros_like(sky)
    for x, y, size in zip(
        rng.uniform(0, 1280, stars), rng.uniform(0, 470, stars), rng.pareto(2.2, stars), strict=True
    ):
        light = min(235.0, 60 + 70 * size) * (1 - y / 620)
        tone = rng.uniform(0.8, 1.0)
        disc(field, stage, (x, y), min(0.55 + 0.25 * size, 1.5), (light, light * 0.97, light * tone))
    sky = np.asarray(cv2.add(sky, field), np.uint8)
    if moon is not None:
        _add_moon(sky, stage, rng, moon)
    veil = clouds(rng, stage.width, stage.height) ** 2 * 0.30
    pale = np.full_like(sky, (112, 84, 70))
    return np.asarray(sky * (1 - veil[..., None]) + pale * veil[..., None], np.uint8)


def _add_moon(sky: Picture, stage: Stage, rng: np.random.Generator, at: tuple[float, float]) -> None:
    y, x = np.mgrid[0 : stage.height, 0 : stage.width]
    far = np.hypot(x - at[0] * stage.unit, y - at[1] * stage.unit) / stage.unit
    halo = 70 * np.exp(-far / 60) + 34 * np.exp(-far / 190)
    lit = sky + halo[..., None] * np.array([1.0, 0.92, 0.84])
    sky[:] = np.clip(lit, 0, 255).astype(np.uint8)
    disc(sky, stage, at, 34, (214, 232, 240))
    seas = np.zeros(sky.shape[:2], np.uint8)
    for dx, dy, size in ((-9, -8, 11), (6, -12, 8), (8, 6, 9), (-6, 9, 7), (-15, 3, 6)):
        disc(seas, stage, (at[0] + dx + rng.uniform(-1, 1), at[1] + dy), size, 90)
    soft = cv2.GaussianBlur(seas, (0, 0), max(0.6, 3 * stage.unit)).astype(np.float32)[..., None] / 255
    inside = (far < 33)[..., None]
    sky[:] = np.where(inside, sky * (1 - 0.42 * soft), sky).astype(np.uint8)


def day_sky(
    stage: Stage, rng: np.random.Generator, stops: Sequence[tuple[float, Colour]], cover: float, light: Colour
) -> Picture:
    """A gradient with soft clouds lit by `light`; cover: 0 clear, 1 overcast."""
    sky = gradient(stage, stops)
    mass = np.clip(clouds(rng, stage.width, stage.height, 4.0) - (1 - cover), 0, 1) / max(cover, 1e-3)
    down = np.linspace(1.0, 0.25, stage.height)[:, None]
    share = np.clip(mass * 1.3 * down, 0, 0.85)[..., None]
    return np.asarray(sky * (1 - share) + np.full_like(sky, light) * share, np.uint8)


def lamp_post(
    target: Picture,
    alpha: NDArray[np.uint8],
    stage: Stage,
    x: float,
    ground: float,
    height: float,
    colour: Colour,
) -> None:
    """A street lamp with a curved arm to the right, its head at (x + .22 height, ground - height)."""
    arm = [
        (x, ground),
        (x, ground - height * 0.9),
        (x + height * 0.05, ground - height * 0.98),
        (x + height * 0.2, ground - height),
    ]
    head = [
        (x + height * 0.17, ground - height * 1.0),
        (x + height * 0.27, ground - height * 1.0),
        (x + height * 0.25, ground - height * 0.975),
        (x + height * 0.19, ground - height * 0.975),
    ]
    for canvas, paint in ((target, colour), (alpha, 255.0)):
        stroke(canvas, stage, arm, paint, max(2.0, height * 0.014))
        polygon(canvas, stage, head, paint)


def painted(
    stage: Stage, draw: Callable[[Picture, NDArray[np.uint8]], None], wide: float = WIDE, top: int = 0
) -> Layer:
    """A layer that `draw` fills: it gets a colour canvas and an alpha canvas."""
    width = round(stage.width * wide)
    colour = np.zeros((stage.height, width, 3), np.uint8)
    alpha = np.zeros((stage.height, width), np.uint8)
    draw(colour, alpha)
    return Layer.of(colour, alpha, top)


def facades(stage: Stage, rng: np.random.Generator, ground: float, day: bool, soft: float = 0.0) -> Layer:
    """Shop fronts at eye level: walls, tall windows, awnings, doors and signs."""
    width = round(stage.width * WIDE)
    colour = np.zeros((stage.height, width, 3), np.uint8)
    alpha = np.full((stage.height, width), 255, np.uint8)
    walls: Sequence[Colour] = (
        (120, 150, 178),
        (150, 170, 186),
        (112, 128, 164),
        (158, 162, 160),
        (128, 156, 150),
    )
    x = -20.0
    while x < 1280 * WIDE:
        size = rng.uniform(170, 260)
        wall = walls[int(rng.integers(0, len(walls)))]
        dim = 1.0 if day else 0.20
        polygon(
            colour,
            stage,
            [(x, 0), (x + size, 0), (x + size, ground), (x, ground)],
            shaded(wall, dim),
        )
        _front(colour, stage, rng, (x, size, ground), day)
        x += size
    if soft > 0:
        colour = np.asarray(cv2.GaussianBlur(colour, (0, 0), max(0.6, soft * stage.unit)), np.uint8)
    return Layer.of(colour, alpha)


def _front(
    colour: Picture, stage: Stage, rng: np.random.Generator, box: tuple[float, float, float], day: bool
) -> None:
    x, size, ground = box
    glass: Colour = (150, 128, 104) if day else (34, 24, 16)
    trim: Colour = (84, 92, 104) if day else (18, 16, 16)
    for row in (60.0, 190.0):
        for k in range(3):
            left = x + size * (0.10 + 0.30 * k)
            lit = not day and rng.uniform() < 0.35
            pane: Colour = (92, 168, 232) if lit else glass
            _framed(colour, stage, (left, row, left + size * 0.20, row + 92), pane, trim)
    inside: Sequence[Colour] = (
        (84, 160, 226),
        (60, 110, 170),
        (40, 34, 34),
        (150, 150, 120),
        (70, 76, 180),
        (34, 28, 26),
    )
    shop: Colour = (130, 140, 150) if day else inside[int(rng.integers(0, len(inside)))]
    _framed(colour, stage, (x + 16, ground - 178, x + size * 0.66, ground - 40), shop, trim)
    _framed(
        colour,
        stage,
        (x + size * 0.72, ground - 170, x + size - 16, ground),
        (64, 58, 62) if day else (26, 22, 22),
        trim,
    )
    hue = rng.uniform(0, 180)
    sat, value = (118, 190) if day else (120, 70)
    awning = cv2.cvtColor(np.array([[[hue, sat, value]]], np.uint8), cv2.COLOR_HSV2BGR)[0, 0]
    for k in range(10):
        a, b = x + 8 + (size - 16) * k / 10, x + 8 + (size - 16) * (k + 1) / 10
        shade = awning if k % 2 else np.minimum(awning * 0.35 + (165 if day else 40), 255)
        polygon(
            colour,
            stage,
            [(a + 6, ground - 212), (b + 6, ground - 212), (b, ground - 176), (a, ground - 176)],
            shaded(shade, 1.0),
        )


def _framed(
    colour: Picture, stage: Stage, box: tuple[float, float, float, float], pane: Colour, trim: Colour
) -> None:
    x0, y0, x1, y1 = box
    polygon(colour, stage, [(x0 - 4, y0 - 4), (x1 + 4, y0 - 4), (x1 + 4, y1 + 4), (x0 - 4, y1 + 4)], trim)
    polygon(colour, stage, [(x0, y0), (x1, y0), (x1, y1), (x0, y1)], pane)
    bright: Colour = (min(255, pane[0] * 1.22), min(255, pane[1] * 1.2), min(255, pane[2] * 1.16))
    polygon(
        colour, stage, [(x0, y0 + (y1 - y0) * 0.55), (x0 + (x1 - x0) * 0.6, y0), (x1, y0), (x0, y1)], bright
    )
