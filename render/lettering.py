"""Words on a picture, drawn with the scalable font that Pillow carries: no system font is ever needed."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
INK: Colour = (12, 13, 16)


@cache
def font(size_px: int) -> ImageFont.FreeTypeFont:
    """Pillow's built-in Aileron at a size; Pillow without FreeType has only a fixed one, which is refused."""
    loaded = ImageFont.load_default(size_px)
    if not isinstance(loaded, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType: reinstall the pillow wheel")
    return loaded


def text_width(text: str, size_px: int) -> int:
    """Width of a line of text in pixels."""
    return round(font(size_px).getlength(text))


def fitted(text: str, size_px: int, width_px: int) -> str:
    """`text`, cut with an ellipsis to fit into `width_px`."""
    if text_width(text, size_px) <= width_px:
        return text
    while text and text_width(text + "…", size_px) > width_px:
        text = text[:-1]
    return text.rstrip() + "…"


def plate(text: str, size_px: int, ink: Colour = WHITE, ground: Colour = INK) -> Pixels:
    """[h, w, 3] RGB: one line of text on a plain plate with room around it."""
    pad = size_px // 2
    picture = Image.new("RGB", (text_width(text, size_px) + 2 * pad, size_px + pad), ground)
    ImageDraw.Draw(picture).text((pad, picture.height / 2), text, fill=ink, font=font(size_px), anchor="lm")
    return np.asarray(picture)


def columns(texts: tuple[str, ...], width_px: int, size_px: int) -> Pixels:
    """[h, width, 3] RGB: a band with the texts in equal columns, each figure at a fixed place.

    Digits are drawn one by one in cells as wide as the widest, so that running counters don't tremble.
    """
    band = Image.new("RGB", (width_px, size_px + size_px // 2), INK)
    draw = ImageDraw.Draw(band)
    column = width_px / len(texts)
    for place, text in enumerate(texts):
        left = size_px // 2 + place * column
        _figures(draw, fitted(text, size_px, int(column) - size_px // 2), left, band.height / 2, size_px)
    return np.asarray(band)


def _figures(draw: ImageDraw.ImageDraw, text: str, left: float, middle: float, size_px: int) -> None:
    cell = max(font(size_px).getlength(digit) for digit in "0123456789")
    for character in text:
        width = cell if character.isdigit() else font(size_px).getlength(character)
        draw.text((left + width / 2, middle), character, fill=WHITE, font=font(size_px), anchor="mm")
        left += width
