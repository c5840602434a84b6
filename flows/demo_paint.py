"""Paint and light for the demo film: layers, glows, rain, water, grain and grade, all in 8 bits.

A Stage is the picture's size and its unit: everything is laid out as if the frame were 1280 by 720, then
scaled, so that a test can draw the same film at 160 by 90.  Colours are BGR, as OpenCV's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]  # [H, W, 3]
Colour = tuple[float, float, float]
Point = tuple[float, float]
SHIFT = 4  # OpenCV draws to 1/16 pixel
GRAIN_TILES = 6


@dataclass(frozen=True)
class Stage:
    """The picture: width and height in pixels, `unit` pixels to one 720th of the height."""

    width: int
    height: int

    @property
    def unit(self) -> float:
        return self.height / 720.0

    def px(self, value: float) -> int:
        """A length on the 1280 x 720 plan in whole pixels, at least 1."""
        return max(1, round(value * self.unit))

    def fixed(self, points: Sequence[Point]) -> NDArray[np.int32]:
        """Plan points as OpenCV fixed-point pixels."""
        return np.round(np.array(points, np.float64) * self.unit * (1 << SHIFT)).astype(np.int32)


@dataclass(frozen=True)
class Layer:
    """Something painted once and pasted often: premultiplied colour and three-channel cover, same size."""

    paint: Picture
    uncover: Picture
    top: int

    @staticmethod
    def of(colour: Picture, alpha: NDArray[np.uint8], top: int = 0) -> "Layer":
        """From straight colour and alpha [H, W]; rows above `top` are the sky's and are cut off."""
        cover = cv2.merge([alpha, alpha, alpha])
        paint = cv2.multiply(colour, cover, scale=1 / 255)
        return Layer(np.asarray(paint[top:], np.uint8), np.asarray(255 - cover[top:], np.uint8), top)


def rectangle(left: float, top: float, right: float, bottom: float) -> list[Point]:
    """Corners on the plan."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def shaded(colour: Sequence[float], light: float) -> Colour:
    """A colour made darker (light below 1) or brighter."""
    blue, green, red = (min(255.0, float(part) * light) for part in colour)
    return (blue, green, red)


def polygon(target: Picture, stage: Stage, points: Sequence[Point], colour: Colour | float) -> None:
    """Fill an outline with smooth edges."""
    cv2.fillPoly(target, [stage.fixed(points)], colour, cv2.LINE_AA, SHIFT)


def stroke(
    target: Picture, stage: Stage, points: Sequence[Point], colour: Colour | float, width: float
) -> None:
    """Draw a line through points, `width` on the plan."""
    cv2.polylines(target, [stage.fixed(points)], False, colour, stage.px(width), cv2.LINE_AA, SHIFT)


def disc(target: Picture, stage: Stage, centre: Point, radius: float, colour: Colour | float) -> None:
    """Fill a circle."""
    x, y = stage.fixed([centre])[0]
    cv2.circle(
        target, (int(x), int(y)), round(radius * stage.unit * (1 << SHIFT)), colour, -1, cv2.LINE_AA, SHIFT
    )


def curve_through(points: Sequence[Point], steps: int = 8) -> list[Point]:
    """A closed smooth outline through points (Catmull & Rom 1974)."""
    known = np.array(points, np.float64)
    p0, p1, p2, p3 = (np.roll(known, shift, axis=0) for shift in (1, 0, -1, -2))
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    path = 0.5 * (
        2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
    ordered = path.transpose(1, 0, 2).reshape(-1, 2)  # (points, steps, 2) -> (points * steps, 2)
    return [(float(x), float(y)) for x, y in ordered]


def gradient(stage: Stage, stops: Sequence[tuple[float, Colour]], rows: int | None = None) -> Picture:
    """Colours from top (0) to bottom (1) of the picture, blended in linear steps with ordered dither."""
    height = rows or stage.height
    along = np.linspace(0, 1, height)
    places = [place for place, _ in stops]
    column = np.stack([np.interp(along, places, [colour[k] for _, colour in stops]) for k in range(3)], 1)
    bayer = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16.0
    tile = np.tile(bayer, (height // 4 + 1, stage.width // 4 + 1))[:height, : stage.width]
    return np.asarray(np.clip(column[:, None, :] + tile[:, :, None], 0, 255), np.uint8)


def paste(frame: Picture, layer: Layer, dx: float, dy: float = 0.0, zoom: float = 1.0) -> None:
    """Lay a layer over the frame at a sub-pixel place (pixels); zoom about the frame's centre."""
    height, width = frame.shape[:2]
    if zoom == 1.0 and dx <= 0.0 and dy == 0.0 and layer.paint.shape[1] + dx >= width + 1:
        _slide(frame, layer, -dx)
        return
    top = max(0, int(np.floor((layer.top - height / 2) * zoom + height / 2 + dy)))
    if top >= height:
        return
    offset = ((1 - zoom) * width / 2 + dx, (1 - zoom) * height / 2 + dy + layer.top * zoom - top)
    place = np.array([[zoom, 0, offset[0]], [0, zoom, offset[1]]], np.float64)
    size = (width, height - top)
    paint = cv2.warpAffine(layer.paint, place, size, flags=cv2.INTER_LINEAR, borderValue=(0, 0, 0))
    uncover = cv2.warpAffine(layer.uncover, place, size, flags=cv2.INTER_LINEAR, borderValue=(255, 255, 255))
    below = frame[top:]
    cv2.multiply(below, uncover, below, scale=1 / 255)
    cv2.add(below, paint, below)


def _slide(frame: Picture, layer: Layer, left: float) -> None:
    """paste() sideways only: two whole-pixel shifts mixed, a fifth of the time of a warp."""
    whole, part = int(left), left - int(left)
    width, below = frame.shape[1], frame[layer.top :]
    near, next_ = slice(whole, whole + width), slice(whole + 1, whole + 1 + width)
    uncover = cv2.addWeighted(layer.uncover[:, near], 1 - part, layer.uncover[:, next_], part, 0)
    paint = cv2.addWeighted(layer.paint[:, near], 1 - part, layer.paint[:, next_], part, 0)
    cv2.multiply(below, uncover, below, scale=1 / 255)
    cv2.add(below, paint, below)


def shine(frame: Picture, light: Picture, x: float, y: float, strength: float = 1.0) -> None:
    """Add a light centred on (x, y) pixels, cut at the frame's edges."""
    height, width = light.shape[:2]
    left, top = round(x - width / 2), round(y - height / 2)
    x0, y0, x1, y1 = (
        max(0, left),
        max(0, top),
        min(frame.shape[1], left + width),
        min(frame.shape[0], top + height),
    )
    if x0 >= x1 or y0 >= y1 or strength <= 0:
        return
    part, piece = frame[y0:y1, x0:x1], light[y0 - top : y1 - top, x0 - left : x1 - left]
    if strength >= 0.999:
        cv2.add(part, piece, part)
    else:
        cv2.addWeighted(part, 1.0, piece, strength, 0.0, part)


def glow(stage: Stage, radius: float, colour: Colour, core: float = 0.06) -> Picture:
    """A round light that falls off as real ones do: a small core and a wide, faint halo."""
    size = max(2, stage.px(radius))
    y, x = np.mgrid[-size : size + 1, -size : size + 1] / size
    far = np.sqrt(x * x + y * y)
    fall = np.clip(1 - far, 0, 1) ** 2 * (0.35 + 0.65 / (1 + (far / core) ** 2))
    return np.asarray(np.clip(fall[:, :, None] * np.array(colour), 0, 255), np.uint8)


def beam(stage: Stage, length: float, spread: float, colour: Colour) -> Picture:
    """A headlight's cone to the right of its centre, softening with distance."""
    size, half = stage.px(length), stage.px(spread)
    y, x = np.mgrid[-half : half + 1, -size : size + 1].astype(np.float64)
    along = np.clip(x / size, 0, 1)
    across = np.abs(y) / (2 + along * half)
    fall = np.where(x > 0, (1 - along) ** 1.5 * np.exp(-2.2 * across**2), 0.0)
    return np.asarray(np.clip(fall[:, :, None] * np.array(colour), 0, 255), np.uint8)


def clouds(rng: np.random.Generator, width: int, height: int, stretch: float = 3.0) -> NDArray[np.float32]:
    """[height, width] fractal noise of 0..1, longer than tall, that wraps from right to left."""
    total = np.zeros((height, width), np.float32)
    for octave in range(5):
        rows = max(2, round(3 * 2**octave * height / width * stretch))
        grid = rng.random((rows, 3 * 2**octave), dtype=np.float32)
        wrapped = np.concatenate([grid, grid[:, :1]], axis=1)
        total += cv2.resize(wrapped, (width, height), interpolation=cv2.INTER_CUBIC) * 0.5**octave
    low, high = np.percentile(total, (2, 98))
    return np.asarray(np.clip((total - low) / (high - low), 0, 1), np.float32)


class Rain:
    """Two sheets of falling streaks; `draw` adds them to a frame."""

    def __init__(
        self, stage: Stage, rng: np.random.Generator, slant: float = 0.12, strength: float = 1.0
    ) -> None:
        self._stage = stage
        self._sheets = [
            self._sheet(rng, slant, count, length, light * strength)
            for count, length, light in ((260, 26, 26), (110, 58, 40))
        ]

    def _sheet(
        self, rng: np.random.Generator, slant: float, count: int, length: float, light: float
    ) -> Picture:
        stage = self._stage
        sheet = np.zeros((stage.height, stage.width, 3), np.uint8)
        for x, y, part in zip(
            rng.uniform(-80, 1360, count), rng.uniform(0, 720, count), rng.uniform(0.5, 1, count), strict=True
        ):
            shade = light * part
            for wrap in (0, -720):
                stroke(
                    sheet,
                    stage,
                    [(x, y + wrap), (x - length * slant, y + wrap + length)],
                    (shade, shade * 0.95, shade * 0.88),
                    1.2,
                )
        return sheet

    def draw(self, frame: Picture, t: float) -> None:
        """Add the rain of second `t`."""
        for sheet, speed in zip(self._sheets, (1500.0, 2300.0), strict=True):
            shift = round(t * speed * self._stage.unit) % self._stage.height
            height = self._stage.height
            cv2.add(frame[shift:], sheet[: height - shift], frame[shift:])
            if shift:
                cv2.add(frame[:shift], sheet[height - shift :], frame[:shift])


def reflect(
    frame: Picture, horizon: int, t: float, stage: Stage, dim: float, tint: Colour, ripple: float
) -> None:
    """Turn everything under row `horizon` into wet ground or water that mirrors what stands above it."""
    rows = frame.shape[0] - horizon
    mirror = cv2.flip(frame[max(0, horizon - rows) : horizon], 0)
    if len(mirror) < rows:
        mirror = cv2.copyMakeBorder(mirror, 0, rows - len(mirror), 0, 0, cv2.BORDER_REPLICATE)
    mirror = cv2.blur(mirror, (stage.px(3), stage.px(22)))
    y = np.arange(rows, dtype=np.float32)[:, None]
    depth = y / rows
    sway = ripple * stage.unit * (0.3 + depth) * np.sin(y / (3 + 9 * depth) / stage.unit + t * 5.0)
    x = np.arange(frame.shape[1], dtype=np.float32)[None, :] + sway.astype(np.float32)
    moved = cv2.remap(
        mirror,
        x,
        np.broadcast_to(y, x.shape).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )
    flat = np.empty_like(moved)
    flat[:] = tint
    frame[horizon:] = cv2.addWeighted(moved, dim, flat, 1.0, 0.0)


class Finish:
    """What makes drawn frames one film: lens vignette, print curve, grain."""

    def __init__(self, stage: Stage, rng: np.random.Generator) -> None:
        y, x = np.mgrid[-1 : 1 : stage.height * 1j, -1 : 1 : stage.width * 1j]
        dark = 1 - 0.30 * np.clip((x * x * 0.75 + y * y * 0.55), 0, 1.3) ** 1.4
        self._vignette = np.asarray(np.repeat((dark * 255)[:, :, None], 3, 2), np.uint8)
        self._grain = [_grain_tile(stage, rng) for _ in range(GRAIN_TILES)]
        self._order = rng.integers(0, GRAIN_TILES, 4096)

    def apply(self, frame: Picture, index: int, curve: NDArray[np.uint8]) -> Picture:
        """Graded copy of `frame`; curve: a [256, 1, 3] look-up table."""
        graded = cv2.LUT(cv2.multiply(frame, self._vignette, scale=1 / 255), curve)
        more, less = self._grain[int(self._order[index % 4096])]
        return np.asarray(cv2.subtract(cv2.add(graded, more), less), np.uint8)


def _grain_tile(stage: Stage, rng: np.random.Generator) -> tuple[Picture, Picture]:
    fine = rng.normal(0, 1, (stage.height, stage.width)).astype(np.float32)
    soft = cv2.GaussianBlur(fine, (0, 0), 0.8 * max(stage.unit, 0.5))
    noise = soft / soft.std() * 1.5
    tint = np.stack([noise * 1.1, noise, noise * 0.95], 2)
    return np.asarray(np.clip(tint, 0, 255), np.uint8), np.asarray(np.clip(-tint, 0, 255), np.uint8)


def print_curve(
    warm: float, gamma: float = 1.0, contrast: float = 1.0, lift: float = 4.0
) -> NDArray[np.uint8]:
    """Look-up table of a soft S with lifted blacks; warm > 0 pushes lights to orange, shades to teal."""
    x = (np.arange(256) / 255.0) ** gamma
    s = x + contrast * 0.22 * np.sin(2 * np.pi * (x - 0.5)) / (2 * np.pi) * 2
    toned = [s - warm * 0.05 * (x - 0.35), s, s + warm * 0.06 * (x - 0.35)]
    table = np.stack([lift + np.clip(channel, 0, 1) * (252 - lift) for channel in toned], 1)
    return np.asarray(np.clip(table, 0, 255), np.uint8)[:, None, :]
