"""analysis.png: the whole analysis at a glance, curves under a strip of shots with regions and sound."""

from collections.abc import Mapping
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.analysis import Analysis, Film, RegionKind, Shot, SoundFacts
from vision.curves import Curve, Curves, Times
from vision.timecode import counting_rate, format_timecode, parse_timecode

Canvas = NDArray[np.uint8]
Colour = tuple[int, int, int]

WIDTH, LEFT, RIGHT = 1800, 150, 24
HEAD, STRIP, BARCODE, BAND, SOUND, LANE, GAP, AXIS, FOOT = 52, 108, 16, 24, 20, 72, 10, 30, 34
PAPER, INK, PALE, FAINT = (252, 252, 252), (40, 40, 40), (244, 244, 244), (222, 222, 222)
"""Blue, green, red, as OpenCV has them; light, since it is printed and mailed."""
SOFT: Final[Colour] = (60, 60, 200)
"""A dissolve's or fade's edge; a cut's is INK."""
LANES: Final[tuple[tuple[str, str, float | None, Colour], ...]] = (
    ("arousal", "arousal", 1.0, (60, 60, 200)),
    ("pleasure", "pleasure", 1.0, (200, 140, 40)),
    ("cut_rate_hz", "cuts a second", None, (60, 60, 60)),
    ("motion", "motion, widths/s", None, (90, 140, 60)),
    ("brightness", "brightness", 1.0, (60, 160, 220)),
    ("saturation", "saturation", 1.0, (140, 90, 200)),
)
"""Curve, label, top of its scale (None: the film's 99th percentile) and colour."""
SOUNDS: Final[tuple[tuple[str, Colour], ...]] = (
    ("speech", (60, 140, 235)),
    ("music", (180, 110, 60)),
    ("effects", (110, 170, 90)),
)
KINDS: Final[dict[RegionKind, Colour]] = {
    "bars": (150, 190, 235),
    "slate": (160, 215, 225),
    "leader": (190, 190, 190),
    "pop": (60, 60, 200),
    "black": (90, 90, 90),
    "logo": (215, 170, 130),
    "title": (200, 150, 205),
    "credits": (180, 130, 170),
    "scene_missing": (110, 110, 235),
    "burn_in": (120, 200, 240),
}
TICKS_S = (1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600)
MOST_TICKS = 13
NARROW, SLOT = 42, 127
"""Columns a shot on average under which pictures stand at even places instead of one a shot."""
QUIET_LUFS, LOUD_LUFS = -50.0, -10.0


def draw_analysis(analysis: Analysis, curves: Curves, stills: Mapping[int, Canvas]) -> bytes:
    """PNG of the film's analysis; the same analysis, the same bytes.

    stills: a picture [height, width, 3] (blue, green, red) by shot index; shots without one stay plain.
    """
    lanes_top = HEAD + STRIP + BARCODE + BAND + (len(SOUNDS) + 1) * SOUND + 4 * GAP
    axis = lanes_top + len(LANES) * (LANE + GAP)
    canvas = np.full((axis + AXIS + FOOT, WIDTH, 3), PAPER, np.uint8)
    film = analysis.film
    _head(canvas, analysis)
    _strip(canvas, analysis, stills, HEAD)
    y = HEAD + STRIP
    _barcode(canvas, analysis, stills, y)
    y += BARCODE + GAP
    _programme(canvas, film, y)
    y += BAND + GAP
    _sounds(canvas, curves, analysis.sound, film.duration_s, y)
    for place, lane in enumerate(LANES):
        top = lanes_top + place * (LANE + GAP)
        _lane(canvas, curves.time_s, getattr(curves, lane[0]), lane[1:], film.duration_s, top)
    _axis(canvas, film, HEAD + STRIP + BARCODE, axis)
    _legend(canvas, film, axis + AXIS)
    done, data = cv2.imencode(".png", canvas)
    if not done:
        raise RuntimeError("the analysis could not be written as PNG")
    return data.tobytes()


def _x(time_s: float, duration_s: float) -> int:
    return LEFT + round((WIDTH - LEFT - RIGHT) * min(time_s / max(duration_s, 1e-9), 1.0))


def _head(canvas: Canvas, analysis: Analysis) -> None:
    film, sound = analysis.film, analysis.sound
    minutes, seconds = divmod(film.duration_s, 60)
    length = f"{minutes:.0f} min {seconds:.0f} s" if minutes else f"{seconds:.1f} s"
    rate = f"{float(film.rate):.3f}".rstrip("0").rstrip(".")
    drop = " drop-frame" if film.drop_frame else ""
    _text(canvas, f"{len(analysis.shots)} shots in {length}", (LEFT, 24), 0.7)
    facts = [f"{film.width}x{film.height}", f"{rate} frames a second{drop}", f"from {film.start_timecode}"]
    if sound.loudness_lufs is None:
        facts.append("no sound")
    else:
        shares = f"speech {sound.speech_share:.0%}, music {sound.music_share:.0%}"
        facts += [f"{sound.loudness_lufs:.1f} LUFS", shares]
    _text(canvas, "   ".join(facts), (LEFT, 44), 0.45, (110, 110, 110))


def _strip(canvas: Canvas, analysis: Analysis, stills: Mapping[int, Canvas], y: int) -> None:
    """A picture a shot where shots are wide enough, else at even places one of the longest shot there."""
    _text(canvas, "shots", (10, y + STRIP // 2), 0.5)
    film, shots = analysis.film, analysis.shots
    canvas[y : y + STRIP, LEFT : WIDTH - RIGHT] = (236, 236, 236)
    if (WIDTH - LEFT - RIGHT) / len(shots) < NARROW:
        _even_strip(canvas, film, shots, stills, y)
        return
    for shot in shots:
        start, end = _x(shot.start_s, film.duration_s), _x(shot.end_s, film.duration_s)
        if shot.index in stills and end - start > 2:
            _picture(canvas, stills[shot.index], start, end - 1, y)
        colour = SOFT if shot.transition_in in ("dissolve", "fade") else INK
        cv2.line(canvas, (start, y), (start, y + STRIP), colour, 1 if colour == INK else 2)
        if end - start > 26:
            cv2.rectangle(
                canvas, (start + 1, y), (start + 9 + 7 * len(str(shot.index + 1)), y + 14), PAPER, -1
            )
            _text(canvas, str(shot.index + 1), (start + 4, y + 11), 0.36)


def _even_strip(
    canvas: Canvas, film: Film, shots: tuple[Shot, ...], stills: Mapping[int, Canvas], y: int
) -> None:
    count = (WIDTH - LEFT - RIGHT) // SLOT
    for place in range(count):
        start_s, end_s = (film.duration_s * edge / count for edge in (place, place + 1))
        inside = [s for s in shots if s.index in stills and start_s <= (s.start_s + s.end_s) / 2 < end_s]
        if inside:
            longest = max(inside, key=lambda shot: shot.end_s - shot.start_s)
            _picture(
                canvas, stills[longest.index], _x(start_s, film.duration_s), _x(end_s, film.duration_s) - 2, y
            )


def _picture(canvas: Canvas, still: Canvas, start: int, end: int, y: int) -> None:
    """The still in columns [start, end), its middle where it is wider."""
    wide = max(round(still.shape[1] * STRIP / still.shape[0]), 1)
    small = np.asarray(cv2.resize(still, (wide, STRIP), interpolation=cv2.INTER_AREA))
    shown = min(wide, end - start)
    skip = (wide - shown) // 2
    canvas[y : y + STRIP, start : start + shown] = small[:, skip : skip + shown]


def _barcode(canvas: Canvas, analysis: Analysis, stills: Mapping[int, Canvas], y: int) -> None:
    """Every shot as a bar of its own mean colour, so that cuts and scenes show in the longest film."""
    for shot in analysis.shots:
        start, end = (_x(each, analysis.film.duration_s) for each in (shot.start_s, shot.end_s))
        still = stills.get(shot.index)
        plain = FAINT if shot.index % 2 else (206, 206, 206)
        colour = plain if still is None else tuple(int(c) for c in still.reshape(-1, 3).mean(0))
        canvas[y : y + BARCODE, start : max(end, start + 1)] = colour
        if end - start > 3:
            canvas[y : y + BARCODE, start] = PAPER


def _programme(canvas: Canvas, film: Film, y: int) -> None:
    """The programme as a bar from FFOA to LFOA; regions in it and round it by colour, wide ones by name."""
    _text(canvas, "programme", (10, y + 16), 0.5)
    canvas[y : y + BAND, LEFT : WIDTH - RIGHT] = PALE
    start, end = (_x(each, film.duration_s) for each in (film.programme.start_s, film.programme.end_s))
    canvas[y : y + BAND, start:end] = (214, 232, 206)
    for region in film.regions:
        start, end = _x(region.start_s, film.duration_s), _x(region.end_s, film.duration_s)
        end = max(end, start + 3)
        if region.area is not None:
            canvas[y + BAND - 4 : y + BAND, start:end] = KINDS[region.kind]
            continue
        canvas[y : y + BAND, start:end] = KINDS[region.kind]
        name = region.kind.replace("_", " ")
        if end - start > 8 * len(name):
            light = sum(KINDS[region.kind]) < 360
            _text(canvas, name, (start + 4, y + 16), 0.42, PAPER if light else INK)


def _sounds(canvas: Canvas, curves: Curves, facts: SoundFacts, duration_s: float, y: int) -> None:
    """A row for each class, dark where it is sure, loud effects as ticks, and how loud it is below them."""
    for place, (name, colour) in enumerate(SOUNDS):
        level = _columns(curves.sound_time_s, getattr(curves, name), duration_s)[None, :, None]
        top, ground = y + place * SOUND, np.array(PALE, np.float32)
        mixed = ground + np.clip(level, 0, 1) * (np.array(colour, np.float32) - ground)
        canvas[top : top + SOUND - 3, LEFT : WIDTH - RIGHT] = np.rint(mixed).astype(np.uint8)
        _text(canvas, name, (10, top + 14), 0.5, colour)
    top = y + 2 * SOUND
    for moment in facts.loud_effects_s:
        cv2.line(canvas, (x := _x(moment, duration_s), top), (x, top + SOUND - 4), (30, 80, 30), 2)
    top = y + len(SOUNDS) * SOUND
    loud = _columns(curves.loudness_time_s, curves.loudness_lufs, duration_s)
    heights = np.clip((loud - QUIET_LUFS) / (LOUD_LUFS - QUIET_LUFS), 0, 1) * (SOUND - 3)
    for column, height in enumerate(np.rint(heights).astype(int).tolist()):
        if height:
            canvas[top + SOUND - 3 - height : top + SOUND - 3, LEFT + column] = (150, 150, 150)
    _text(canvas, "loudness", (10, top + 14), 0.5, (110, 110, 110))


def _lane(
    canvas: Canvas, time_s: Times, curve: Curve, how: tuple[str, float | None, Colour], end_s: float, y: int
) -> None:
    label, top, colour = how
    scale = top or max(float(np.percentile(curve, 99)), 1e-6)
    values = np.clip(_columns(time_s, curve, end_s) / scale, 0, 1)
    cv2.rectangle(canvas, (LEFT, y), (WIDTH - RIGHT - 1, y + LANE), PALE, -1)
    heights = y + LANE - np.rint(values * (LANE - 2)).astype(np.int32)
    points = np.stack([np.arange(LEFT, WIDTH - RIGHT), heights], 1).astype(np.int32)
    corners = np.array([[WIDTH - RIGHT - 1, y + LANE], [LEFT, y + LANE]], np.int32)
    pale: Colour = tuple(int(245 - (245 - part) * 0.35) for part in colour)  # type: ignore[assignment]
    cv2.fillPoly(canvas, [np.concatenate([points, corners])], pale)
    cv2.polylines(canvas, [points], False, colour, 1, cv2.LINE_AA)
    _text(canvas, label, (10, y + LANE // 2 + 4), 0.5, colour)
    _text(canvas, f"{scale:.2g}", (LEFT - 32, y + 10), 0.36, (110, 110, 110))
    _text(canvas, "0", (LEFT - 12, y + LANE), 0.36, (110, 110, 110))


def _axis(canvas: Canvas, film: Film, top: int, y: int) -> None:
    """Timecode below, and a hair line up through everything under the strip."""
    step = next((step for step in TICKS_S if film.duration_s / step <= MOST_TICKS), TICKS_S[-1])
    for moment in range(0, int(film.duration_s) + 1, step):
        x = _x(moment, film.duration_s)
        canvas[top : y - GAP, x] = canvas[top : y - GAP, x] // 2 + np.array((95, 95, 95), np.uint8)
        cv2.line(canvas, (x, y - GAP), (x, y - 2), INK, 1)
        text = _timecode(film, moment)
        _text(canvas, text, (min(x - 4, WIDTH - 8 * len(text)), y + 14), 0.42)


def _timecode(film: Film, moment_s: int) -> str:
    try:
        start = parse_timecode(film.start_timecode, film.rate, film.drop_frame)
    except ValueError:
        start = 0
    frame = round(moment_s * film.rate)
    text = format_timecode(start + frame, film.rate, film.drop_frame)
    whole = film.duration_s > 60 * TICKS_S[0] and (start + frame) % counting_rate(film.rate) == 0
    return text[:8] if whole and not film.drop_frame else text


def _legend(canvas: Canvas, film: Film, y: int) -> None:
    """What the colours of edges and of this film's regions mean."""
    x = LEFT
    present = {region.kind for region in film.regions}
    regions = [(kind.replace("_", " "), colour) for kind, colour in KINDS.items() if kind in present]
    for name, colour in (("cut", INK), ("dissolve or fade", SOFT), ("programme", (214, 232, 206)), *regions):
        cv2.rectangle(canvas, (x, y + 4), (x + 12, y + 16), colour, -1)
        _text(canvas, name, (x + 18, y + 15), 0.42)
        x += 40 + 8 * len(name)


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
