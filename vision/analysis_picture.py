"""analysis.png: the whole analysis at a glance, curves over a strip of shots with regions and sound."""

from collections.abc import Mapping
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.analysis import Analysis
from vision.curves import Curve, Curves, Times

Canvas = NDArray[np.uint8]
Colour = tuple[int, int, int]

WIDTH, LEFT, RIGHT = 1800, 130, 20
STRIP, LANE, BAND, GAP, HEAD, AXIS = 96, 84, 22, 8, 40, 34
PAPER, INK, FAINT = (250, 250, 250), (40, 40, 40), (222, 222, 222)
"""Blue, green, red, as OpenCV has them; light, since it is printed and mailed."""
LANES: Final[tuple[tuple[str, str, float | None, Colour], ...]] = (
    ("brightness", "brightness", 1.0, (60, 160, 220)),
    ("saturation", "saturation", 1.0, (140, 90, 200)),
    ("motion", "motion, widths/s", None, (90, 140, 60)),
    ("cut_rate_hz", "cuts a second", None, (60, 60, 60)),
    ("arousal", "arousal", 1.0, (60, 60, 200)),
    ("pleasure", "pleasure", 1.0, (200, 140, 40)),
)
"""Curve, label, top of its scale (None: the film's 99th percentile) and colour."""
SOUNDS: Final[tuple[tuple[str, Colour], ...]] = (
    ("speech", (60, 140, 235)),
    ("music", (180, 110, 60)),
    ("effects", (110, 170, 90)),
)
TICKS_S = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800)
MOST_TICKS = 14


def draw_analysis(analysis: Analysis, curves: Curves, stills: Mapping[int, Canvas]) -> bytes:
    """PNG of the film's analysis; the same analysis, the same bytes.

    stills: a picture [height, width, 3] (blue, green, red) by shot index; shots without one stay plain.
    """
    height = HEAD + STRIP + 2 * (BAND + GAP) + len(LANES) * (LANE + GAP) + AXIS + GAP
    canvas = np.full((height, WIDTH, 3), PAPER, np.uint8)
    film = analysis.film
    length = f"{film.duration_s:.1f} s at {float(film.rate):.3f} a second"
    head = f"{len(analysis.shots)} shots, {length} from {film.start_timecode}"
    _text(canvas, head, (LEFT, 26), 0.6)
    y = HEAD
    _shots(canvas, analysis, stills, y)
    y += STRIP + GAP
    _regions(canvas, analysis, y)
    y += BAND + GAP
    _sounds(canvas, curves, film.duration_s, y)
    y += BAND + GAP
    for name, label, top, colour in LANES:
        _lane(canvas, curves.time_s, getattr(curves, name), (label, top, colour), film.duration_s, y)
        y += LANE + GAP
    _axis(canvas, film.duration_s, y)
    done, data = cv2.imencode(".png", canvas)
    if not done:
        raise RuntimeError("the analysis could not be written as PNG")
    return data.tobytes()


def _x(time_s: float, duration_s: float) -> int:
    return LEFT + round((WIDTH - LEFT - RIGHT) * min(time_s / max(duration_s, 1e-9), 1.0))


def _shots(canvas: Canvas, analysis: Analysis, stills: Mapping[int, Canvas], y: int) -> None:
    _text(canvas, "shots", (10, y + STRIP // 2), 0.45)
    for shot in analysis.shots:
        start, end = (_x(each, analysis.film.duration_s) for each in (shot.start_s, shot.end_s))
        canvas[y : y + STRIP, start:end] = FAINT if shot.index % 2 else (236, 236, 236)
        still = stills.get(shot.index)
        if still is not None and end - start > 2:
            wide = max(round(still.shape[1] * STRIP / still.shape[0]), 1)
            small = np.asarray(cv2.resize(still, (wide, STRIP), interpolation=cv2.INTER_AREA))
            shown = min(wide, end - start - 1)
            skip = (wide - shown) // 2
            canvas[y : y + STRIP, start : start + shown] = small[:, skip : skip + shown]
        colour = (60, 60, 200) if shot.transition_in in ("dissolve", "fade") else INK
        cv2.line(canvas, (start, y), (start, y + STRIP), colour, 1)


def _regions(canvas: Canvas, analysis: Analysis, y: int) -> None:
    """The programme as a bar, regions in it and round it by name."""
    _text(canvas, "programme", (10, y + 16), 0.45)
    film = analysis.film
    for start_s, end_s, colour, name in (
        (film.programme.start_s, film.programme.end_s, (214, 228, 206), ""),
        *((r.start_s, r.end_s, (150, 190, 235), r.kind.replace("_", " ")) for r in film.regions),
    ):
        start, end = _x(start_s, film.duration_s), _x(end_s, film.duration_s)
        if name == "burn in":
            cv2.rectangle(canvas, (start, y + BAND - 3), (end, y + BAND), colour, -1)
            continue
        cv2.rectangle(canvas, (start, y), (end, y + BAND), colour, -1)
        if end - start > 9 * len(name):
            _text(canvas, name, (start + 4, y + 16), 0.42)


def _sounds(canvas: Canvas, curves: Curves, duration_s: float, y: int) -> None:
    """A row of half seconds for each class that is heard, dark where it is sure."""
    high = BAND // len(SOUNDS)
    for place, (name, colour) in enumerate(SOUNDS):
        level = _columns(curves.sound_time_s, getattr(curves, name), duration_s)[None, :, None]
        top = y + place * high
        ground = np.array(PAPER, np.float32)
        mixed = ground + np.clip(level, 0, 1) * (np.array(colour, np.float32) - ground)
        canvas[top : top + high, LEFT : WIDTH - RIGHT] = np.rint(mixed).astype(np.uint8)
        _text(canvas, name, (10, top + 7), 0.3, colour)


def _lane(
    canvas: Canvas, time_s: Times, curve: Curve, how: tuple[str, float | None, Colour], end_s: float, y: int
) -> None:
    label, top, colour = how
    scale = top or max(float(np.percentile(curve, 99)), 1e-6)
    values = np.clip(_columns(time_s, curve, end_s) / scale, 0, 1)
    cv2.rectangle(canvas, (LEFT, y), (WIDTH - RIGHT, y + LANE), (242, 242, 242), -1)
    heights = y + LANE - np.rint(values * (LANE - 2)).astype(np.int32)
    points = np.stack([np.arange(LEFT, WIDTH - RIGHT), heights], 1).astype(np.int32)
    corners = np.array([[WIDTH - RIGHT - 1, y + LANE], [LEFT, y + LANE]], np.int32)
    pale: Colour = tuple(int(245 - (245 - part) * 0.35) for part in colour)  # type: ignore[assignment]
    cv2.fillPoly(canvas, [np.concatenate([points, corners])], pale)
    cv2.polylines(canvas, [points], False, colour, 1, cv2.LINE_AA)
    _text(canvas, label, (10, y + LANE // 2), 0.42)
    _text(canvas, f"{scale:.2g}", (LEFT - 34, y + 10), 0.35)


def _axis(canvas: Canvas, duration_s: float, y: int) -> None:
    step = next((step for step in TICKS_S if duration_s / step <= MOST_TICKS), 3600)
    for moment in range(0, int(duration_s) + 1, step):
        x = _x(moment, duration_s)
        cv2.line(canvas, (x, y - GAP), (x, y), INK, 1)
        _text(canvas, f"{moment // 60}:{moment % 60:02d}", (x - 12, y + 16), 0.42)


def _columns(time_s: Times, curve: Curve, duration_s: float) -> NDArray[np.float32]:
    """The curve's value at the middle of every column; the mean of its rows where they are closer."""
    count = WIDTH - LEFT - RIGHT
    middles = (np.arange(count) + 0.5) * duration_s / count
    if len(curve) <= count:
        return np.asarray(np.interp(middles, time_s, curve), np.float32)
    sums = np.concatenate([[0.0], np.cumsum(curve, dtype=np.float64)])
    edges = np.searchsorted(time_s, np.arange(count + 1) * duration_s / count)
    edges[1:] = np.maximum(edges[1:], edges[:-1] + 1)
    edges = np.minimum(edges, len(curve))
    held = np.maximum(edges[1:] - edges[:-1], 1)
    return np.asarray((sums[edges[1:]] - sums[edges[:-1]]) / held, np.float32)


def _text(canvas: Canvas, text: str, place: tuple[int, int], size: float, colour: Colour = INK) -> None:
    cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
