"""From a decoded frame to three small planes, straight from the decoder's memory."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

from vision.container import Probe

Bytes = NDArray[np.uint8]
Levels = NDArray[np.unsignedinteger[Any]]

LUMA_SIZE = (96, 54)
CHROMA_SIZE = (48, 27)
LUMA_ROWS, CHROMA_ROWS = 4, 2
"""Rows read for each small row: 4 in 20 cost .13 ms a frame at 1080p, all of them .9 (bare decode: 3.9)."""
AREA = Interpolation.AREA
JPEG_RANGE = ColorRange.JPEG


@dataclass(frozen=True)
class Window:
    """The picture area inside the coded frame, as shares of its height and width."""

    top: float = 0.0
    bottom: float = 1.0
    left: float = 0.0
    right: float = 1.0


@dataclass(frozen=True)
class Planes:
    """luma [54, 96]; blue and red difference [27, 48]; uint8 in full range, upright as shown."""

    luma: Bytes
    blue: Bytes
    red: Bytes


class PlaneReader:
    """Cuts out the window, shrinks by area, fills what is masked, widens the range, turns it upright."""

    def __init__(self, probe: Probe, window: Window, masked: Sequence[Window] = ()) -> None:
        self._window = window
        self._masked = [_within(window, area) for area in masked]
        self._turns = probe.rotation // 90
        self._luma_table, self._chroma_table = _widened(16, 219, 16), _widened(128, 224, 128)
        self._luma_shrinker, self._chroma_shrinker = _Shrinker(), _Shrinker()
        self._cuts: tuple[_Cut, ...] = ()
        self._shape: tuple[int, int, str] | None = None

    def read(self, frame: VideoFrame) -> Planes:
        """The small planes of one frame; any pixel format."""
        name = frame.format.name
        if not _is_planar_yuv(name):
            frame = _as_yuv420(frame)
            name = "yuv420p"
        shape = (frame.width, frame.height, name)
        if shape != self._shape:
            self._shape, self._cuts = shape, self._seated(frame)
        planes = frame.planes
        luma = self._luma_shrinker.shrunk(self._cuts[0].of(planes[0]), self._turned(LUMA_SIZE))
        if len(self._cuts) == 1:
            blue = red = np.full(self._turned(CHROMA_SIZE)[::-1], 128, np.uint8)
        else:
            blue, red = self._chroma(planes)
        if self._masked:
            luma, blue, red = (_filled(plane, self._masked) for plane in (luma, blue, red))
        if frame.color_range != JPEG_RANGE and not name.startswith("yuvj"):
            luma = np.asarray(cv2.LUT(luma, self._luma_table), np.uint8)
            blue = np.asarray(cv2.LUT(blue, self._chroma_table), np.uint8)
            red = np.asarray(cv2.LUT(red, self._chroma_table), np.uint8)
        if self._turns:
            luma, blue, red = (np.ascontiguousarray(np.rot90(p, self._turns)) for p in (luma, blue, red))
        return Planes(luma, blue, red)

    def _chroma(self, planes: Sequence[VideoPlane]) -> tuple[Bytes, Bytes]:
        """Both chroma planes, stacked and shrunk by one call: each gives whole rows to each small row."""
        read = [cut.of(plane) for cut, plane in zip(self._cuts[1:], planes[1:3], strict=True)]
        width, height = self._turned(CHROMA_SIZE)
        small = self._chroma_shrinker.shrunk(np.concatenate(read), (width, 2 * height))
        return small[:height], small[height:]

    def _turned(self, size: tuple[int, int]) -> tuple[int, int]:
        """The size before the picture is turned upright."""
        return size if self._turns % 2 == 0 else size[::-1]

    def _seated(self, frame: VideoFrame) -> tuple["_Cut", ...]:
        """What to read of each plane of frames of this size and format."""
        return tuple(self._cut(frame, number) for number in range(min(len(frame.planes), 3)))

    def _cut(self, frame: VideoFrame, number: int) -> "_Cut":
        stored, window = frame.planes[number], self._window
        top, bottom = round(window.top * stored.height), round(window.bottom * stored.height)
        left, right = round(window.left * stored.width), round(window.right * stored.width)
        each, size = (CHROMA_ROWS, CHROMA_SIZE) if number else (LUMA_ROWS, LUMA_SIZE)
        count = self._turned(size)[1] * each
        rows = top + ((np.arange(count) + 0.5) * (bottom - top) / count).astype(np.intp)
        area = slice(left, right)
        if number == 0:
            step = max((bottom - top) // count, 1)
            return _Cut(stored.height, slice(top + step // 2, bottom, step), area, _bits(frame, number))
        return _Cut(stored.height, rows, area, _bits(frame, number))


@dataclass(frozen=True)
class _Cut:
    """What is read of a plane of `height` rows: which rows, and a span of columns."""

    height: int
    rows: slice | NDArray[np.intp]
    columns: slice
    bits: int

    def of(self, stored: VideoPlane) -> Bytes:
        """In 8 bits; where rows is a slice, a view where the plane has 8 bits already."""
        return _in_8_bits(_levels(stored, self.bits)[self.rows, self.columns], self.bits)


class _Shrinker:
    """Shrinks planes to the mean of each small pixel's area.

    libswscale's area filter reads an 800x332 plane in .05 ms where OpenCV's takes .5; both round alike (.30
    and .29 levels RMS off the exact mean).  OpenCV's exact one stays for whole steps, where it is as fast,
    and for pictures smaller than the result.
    """

    def __init__(self) -> None:
        self._scaler = VideoReformatter()

    def shrunk(self, plane: Bytes, size: tuple[int, int]) -> Bytes:
        """[size[1], size[0]] from a view with any row step; good until the next call."""
        rows, columns = plane.shape
        width, height = size
        if columns < width or rows < height or (columns % width == 0 and rows % height == 0):
            return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)
        frame = VideoFrame.from_numpy_buffer(plane, "gray8")
        small = self._scaler.reformat(frame, width, height, interpolation=AREA, threads=1).planes[0]
        return np.frombuffer(memoryview(small), np.uint8).reshape(height, -1)[:, :width]


def _within(window: Window, area: Window) -> Window:
    """An area of the frame as shares of the window."""
    high, wide = window.bottom - window.top, window.right - window.left
    return Window(
        max((area.top - window.top) / high, 0.0),
        min((area.bottom - window.top) / high, 1.0),
        max((area.left - window.left) / wide, 0.0),
        min((area.right - window.left) / wide, 1.0),
    )


def _filled(plane: Bytes, areas: Sequence[Window]) -> Bytes:
    """The plane with each area replaced by the even way from the row above it to the row below it.

    Whatever counts pixels, follows them or compares them then needs no mask: the area moves as its
    surroundings do, and an overlay of 3 % of the picture changes no mean by more than its surroundings would.
    """
    filled = plane.copy()
    rows, columns = filled.shape
    for area in areas:
        top, bottom = math.floor(area.top * rows), math.ceil(area.bottom * rows)
        across = slice(math.floor(area.left * columns), math.ceil(area.right * columns))
        above, below = max(top - 1, 0), min(bottom, rows - 1)
        first = filled[above if top > 0 else below, across].astype(np.float32)
        last = filled[below if bottom < rows else above, across].astype(np.float32)
        share = np.linspace(0, 1, bottom - top + 2, dtype=np.float32)[1:-1, None]  # (rows of the area, 1)
        filled[top:bottom, across] = np.rint(first + share * (last - first)).astype(np.uint8)
    return filled


def _bits(frame: VideoFrame, number: int) -> int:
    return frame.format.components[number].bits


def _levels(stored: VideoPlane, bits: int) -> Levels:
    """[height, line] as stored; lines may be longer than the picture is wide."""
    if bits == 8:
        return np.frombuffer(memoryview(stored), np.uint8).reshape(stored.height, -1)
    return np.frombuffer(memoryview(stored), np.uint16).reshape(stored.height, -1)


def luma_plane(frame: VideoFrame) -> Bytes:
    """[height, width] luma in 8 bits as coded, in the frame's own range."""
    frame = frame if _is_planar_yuv(frame.format.name) else _as_yuv420(frame)
    stored, bits = frame.planes[0], _bits(frame, 0)
    return _in_8_bits(_levels(stored, bits)[:, : stored.width], bits)


@cache
def _is_planar_yuv(name: str) -> bool:
    """Planar YUV or grey of 8 to 16 bits, little-endian: its planes can be read as they lie."""
    planes = len({component.plane for component in VideoFormat(name).components})
    return (name.startswith(("yuv", "gray")) and "be" not in name and not name.startswith("yuyv")) and (
        planes in (1, 3, 4) and name not in ("gray10le", "grayf32le")
    )


def _as_yuv420(frame: VideoFrame) -> VideoFrame:
    """Anything else by libswscale, at most 384 wide."""
    width = min(frame.width, 384)
    height = max(round(frame.height * width / frame.width / 2) * 2, 2)
    return frame.reformat(
        width=max(width // 2 * 2, 2),
        height=height,
        format="yuv420p",
        interpolation="AREA",
        dst_color_range="MPEG",
    )


def _in_8_bits(plane: Levels, bits: int) -> Bytes:
    """The 8 upper bits, rounded; 8-bit planes as they lie."""
    if bits == 8:
        return np.asarray(plane, np.uint8)
    return np.asarray(cv2.convertScaleAbs(plane, alpha=0.5 ** (bits - 8)), np.uint8)


def _widened(zero: int, span: int, anchor: int) -> Bytes:
    """Table from video range to full range: 16..235 to 0..255, 16..240 round 128."""
    values = np.arange(256, dtype=np.float64)
    full = (values - zero) * 255 / span + (0 if anchor == 16 else 128)
    return np.clip(np.rint(full), 0, 255).astype(np.uint8)
