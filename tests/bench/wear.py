"""What film stock, light and lenses do to a picture: grade, grain, flicker, scratches, dust, weave, matte."""

from dataclasses import dataclass

import cv2
import numpy as np

from tests.bench.scenery import SIZE, Pixels


@dataclass(frozen=True)
class Wear:
    """How a film looks.  contrast, lift: about mid grey; grain, flicker: deviation in levels and as a share.

    weave: pixels; scratches, dust: how many a frame; matte: aspect ratio of the picture area or 0.
    """

    grey: bool = False
    contrast: float = 1.0
    lift: float = 0.0
    grain: float = 0.0
    flicker: float = 0.0
    weave: float = 0.0
    scratches: float = 0.0
    dust: float = 0.0
    soft: float = 0.0
    matte: float = 0.0


def worn(picture: Pixels, wear: Wear, random: np.random.Generator, flicker: float) -> Pixels:
    """One finished frame [180, 320, 3]; flicker: this frame's exposure, about 1."""
    shown = np.clip(picture, 0, 255)
    if wear.grey:
        shown = np.repeat((shown @ np.array([0.299, 0.587, 0.114], np.float32))[..., None], 3, axis=2)
    if wear.soft:
        shown = cv2.GaussianBlur(shown, (0, 0), wear.soft)
    shown = ((shown - 120) * wear.contrast + 120 + wear.lift) * flicker
    if wear.weave:
        x, y = random.normal(0, wear.weave, 2)
        move = np.array([[1, 0, x], [0, 1, y]], np.float32)
        shown = cv2.warpAffine(shown, move, SIZE, borderMode=cv2.BORDER_REPLICATE)
    shown = np.asarray(shown, np.float32)
    if wear.grain:
        grain = random.standard_normal((SIZE[1], SIZE[0], 1)).astype(np.float32)
        shown = shown + wear.grain * grain
    _scratch(shown, wear, random)
    if wear.matte:
        bar = round((SIZE[1] - SIZE[0] / wear.matte) / 2)
        shown[:bar] = 0
        shown[SIZE[1] - bar :] = 0
    return np.clip(shown, 0, 255)


def flicker_of(random: np.random.Generator, frames: int, deviation: float) -> Pixels:
    """[frames] exposure: some of it from frame to frame, some of it slow."""
    fast = random.standard_normal(frames)
    slow = np.convolve(random.standard_normal(frames + 8), np.ones(9) / 3, "valid")
    return np.asarray(np.clip(1 + deviation * (0.7 * fast + 0.7 * slow), 0.3, 1.8), np.float32)


def _scratch(shown: Pixels, wear: Wear, random: np.random.Generator) -> None:
    for _ in range(random.poisson(wear.scratches)):
        x, tone = int(random.integers(0, SIZE[0])), float(random.choice([20, 235]))
        lean = int(random.normal(0, 4))
        cv2.line(shown, (x, 0), (x + lean, SIZE[1]), (tone,) * 3, int(random.integers(1, 3)))
    for _ in range(random.poisson(wear.dust)):
        middle = (int(random.integers(0, SIZE[0])), int(random.integers(0, SIZE[1])))
        size = (int(random.integers(1, 14)), int(random.integers(1, 9)))
        tone = float(random.choice([10, 240]))
        cv2.ellipse(shown, middle, size, float(random.uniform(0, 180)), 0, 360, (tone,) * 3, -1)
