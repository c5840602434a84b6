"""What is written into the burn-in preview, composited by MoviePy over the running picture."""

from bisect import bisect_right

import numpy as np
from moviepy import CompositeVideoClip, ImageClip, VideoClip
from numpy.typing import NDArray

from composer.spotting import Cue, Hit, HitKind, Spotting
from render.lettering import INK, Colour, columns, fitted, plate
from render.timecode import frame_at, timecode
from vision.analysis import Analysis

Pixels = NDArray[np.uint8]

# White on .78 of near-black keeps 4.5:1 over a white picture (WCAG 2.2, 1.4.3): grey 64 against 255 is 10:1.
GROUND_OPACITY = 0.78
FLASH_S = 0.3  # seven frames at 24: long enough to see, short enough not to hide the next cut
HIT_COLOURS: dict[HitKind, Colour] = {
    "in": (110, 231, 160),
    "out": (255, 178, 102),
    "turn": (125, 190, 255),
    "accent": (255, 221, 87),
    "stop": (255, 128, 128),
}


class MarkedPicture:
    """The running picture with its marks; `compose` gives one finished frame."""

    def __init__(self, analysis: Analysis, spotting: Spotting, size: tuple[int, int]) -> None:
        self._analysis = analysis
        self._starts = [shot.start_s for shot in analysis.shots]
        self._size = size
        self._letter_px = max(min(size) // 26, 9)
        self._picture: Pixels = np.zeros((size[1], size[0], 3), np.uint8)
        self._band: Pixels = self._band_at(0, 0.0)
        self._composite = CompositeVideoClip(
            [
                VideoClip(lambda _: self._picture),
                *self._flashes(spotting),
                *self._cue_plates(spotting),
                self._running_band(),
            ],
            use_bgclip=True,
        )

    def compose(self, picture: Pixels, number: int, time_s: float, duration_s: float) -> Pixels:
        """Frame `number` ([h, w, 3]), shown from `time_s` for `duration_s`, with its marks.

        A mark shows on the frame during which its moment falls: marks are looked up mid-frame.
        """
        self._picture, self._band = picture, self._band_at(number, time_s)
        return np.asarray(self._composite.get_frame(time_s + duration_s / 2), dtype=np.uint8)

    def _band_at(self, number: int, time_s: float) -> Pixels:
        film = self._analysis.film
        shot = max(bisect_right(self._starts, time_s + 0.5 / float(film.rate)), 1)
        counted = frame_at(film, time_s) if film.variable_rate else number
        texts = (timecode(film, counted), f"shot {shot} of {len(self._starts)}", f"frame {number}")
        return columns(texts, self._size[0], self._letter_px)

    def _running_band(self) -> VideoClip:
        height = self._band.shape[0]
        band = VideoClip(lambda _: self._band)
        mask = VideoClip(lambda _: _opacity(self._band), is_mask=True)
        return band.with_mask(mask).with_position((0, self._size[1] - height))

    def _cue_plates(self, spotting: Spotting) -> list[VideoClip]:
        return [self._cue_plate(cue) for cue in spotting.cues]

    def _cue_plate(self, cue: Cue) -> VideoClip:
        text = f"{cue.id}  {cue.key} {cue.mode}  {cue.tempo_qpm:.0f} qpm"
        drawn = plate(fitted(text, self._letter_px, self._size[0] // 2), self._letter_px)
        gap = self._letter_px // 2
        return _still(drawn, cue.start_s, cue.end_s).with_position((gap, gap))

    def _flashes(self, spotting: Spotting) -> list[VideoClip]:
        kept = [hit for hit in spotting.hits if hit.bar > 0]
        frames = {kind: self._frame_of(colour) for kind, colour in HIT_COLOURS.items()}
        ends = [min(a.time_s + FLASH_S, b.time_s) for a, b in zip(kept, kept[1:], strict=False)]
        ends += [kept[-1].time_s + FLASH_S] if kept else []
        shown = [(hit, end) for hit, end in zip(kept, ends, strict=True) if end > hit.time_s]
        return [
            clip
            for hit, end in shown
            for clip in (_between(frames[hit.kind], hit.time_s, end), self._hit_plate(hit, end))
        ]

    def _hit_plate(self, hit: Hit, end_s: float) -> VideoClip:
        drawn = plate(f"{hit.kind} {hit.error_ms:+.1f} ms", self._letter_px, INK, HIT_COLOURS[hit.kind])
        gap = self._letter_px // 2
        corner = (self._size[0] - drawn.shape[1] - gap, gap)
        return _between(ImageClip(drawn), hit.time_s, end_s).with_position(corner)

    def _frame_of(self, colour: Colour) -> ImageClip:
        width, height = self._size
        line = max(self._letter_px // 4, 2)
        edge = np.ones((height, width))
        edge[line:-line, line:-line] = 0
        picture = np.broadcast_to(np.array(colour, np.uint8), (height, width, 3))
        return ImageClip(np.ascontiguousarray(picture)).with_mask(ImageClip(edge, is_mask=True))


def _still(drawn: Pixels, start_s: float, end_s: float) -> VideoClip:
    """A plate whose ground lets the picture through."""
    return _between(ImageClip(drawn).with_mask(ImageClip(_opacity(drawn), is_mask=True)), start_s, end_s)


def _between(clip: VideoClip, start_s: float, end_s: float) -> VideoClip:
    return clip.with_start(start_s).with_duration(end_s - start_s)


def _opacity(drawn: Pixels) -> NDArray[np.float64]:
    """[h, w] mask: letters whole, their ground at GROUND_OPACITY."""
    opacity: NDArray[np.float64] = GROUND_OPACITY + (1 - GROUND_OPACITY) * drawn.max(axis=2) / 255
    return opacity
