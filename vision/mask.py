"""Areas that a person names because something is burnt in there: `--mask X,Y,W,H` or an area's name."""

from collections.abc import Sequence
from typing import Final

from vision.container import Probe
from vision.planes import Window
from vision.rejected import RejectedInput

BAND, CORNER = 1 / 8, 1 / 3
NAMED: Final = {
    "top": (0.0, 0.0, 1.0, BAND),
    "bottom": (0.0, 1 - BAND, 1.0, BAND),
    "top-left": (0.0, 0.0, CORNER, BAND),
    "top-right": (1 - CORNER, 0.0, CORNER, BAND),
    "bottom-left": (0.0, 1 - BAND, CORNER, BAND),
    "bottom-right": (1 - CORNER, 1 - BAND, CORNER, BAND),
}
"""x, y, width and height as shares: an eighth of the height holds a line of timecode with room to spare."""
MOST_AREA = 0.5
REMEDY = f"give X,Y,W,H in pixels or as shares of 0 to 1, or one of {', '.join(NAMED)}"


def given_masks(texts: Sequence[str], probe: Probe) -> tuple[Window, ...]:
    """The areas as shares of the coded frame; the texts speak of the picture as it is shown.

    Raises RejectedInput for what is no area, lies outside the picture, or leaves under half of it.
    """
    boxes = [_box(text, probe) for text in texts]
    if sum(width * height for _, _, width, height in boxes) > MOST_AREA:
        raise RejectedInput("--mask covers more than half of the picture", "mask only what is burnt in")
    return tuple(_as_coded(box, probe.rotation // 90) for box in boxes)


def _box(text: str, probe: Probe) -> tuple[float, float, float, float]:
    """x, y, width, height as shares of the shown picture."""
    name = text.strip().lower().replace(" ", "-").replace("_", "-")
    if name in NAMED:
        return NAMED[name]
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError as error:
        raise RejectedInput(f"--mask {text!r} is no area", REMEDY) from error
    if max(x, y, width, height) > 1:
        x, width = x / probe.width, width / probe.width
        y, height = y / probe.height, height / probe.height
    inside = 0 <= x < 1 and 0 <= y < 1 and x + width <= 1.001 and y + height <= 1.001
    if not inside or width <= 0 or height <= 0:
        raise RejectedInput(
            f"--mask {text!r} lies outside the picture of {probe.width}x{probe.height}", REMEDY
        )
    return x, y, min(width, 1 - x), min(height, 1 - y)


def _as_coded(box: tuple[float, float, float, float], turns: int) -> Window:
    """A box of the shown picture before that is turned `turns` quarters counter-clockwise."""
    x, y, width, height = box
    left, top, right, bottom = x, y, x + width, y + height
    for _ in range(turns % 4):
        left, top, right, bottom = 1 - bottom, left, 1 - top, right
    return Window(top, bottom, left, right)
