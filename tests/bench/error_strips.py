"""A picture of every error: the frames round it in a row, numbered."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.container import probe
from vision.picture import PassRecord, read_frames
from vision.progress import silent

Pixels = NDArray[np.uint8]

FRAMES: Final = 13
WIDTH: Final = 160
CAPTION: Final = 16


def write_strips(film: Path, errors: Sequence[tuple[int, int, str]], folder: Path) -> list[Path]:
    """One PNG an error (first frame, last frame, what is wrong); one pass over the film for all."""
    wanted = {error: _numbers(error[0], error[1]) for error in errors}
    needed = {number for numbers in wanted.values() for number in numbers}
    shown = _frames(film, needed)
    written = []
    for (first, last, wrong), numbers in wanted.items():
        tiles = [
            _captioned(shown[number], str(number), first <= number <= last)
            for number in numbers
            if number in shown
        ]
        if not tiles:
            continue
        path = folder / f"{film.stem}-{first:06d}-{wrong.split()[0]}.png"
        title = np.full((CAPTION, WIDTH * len(tiles), 3), 20, np.uint8)
        _write(title, f"{film.name}  {wrong}")
        cv2.imwrite(str(path), np.concatenate([title, np.concatenate(tiles, axis=1)]))
        written.append(path)
    return written


def _numbers(first: int, last: int) -> list[int]:
    """Thirteen frames from a little before to a little after; every frame where the error is one frame."""
    margin = max((last - first) // 4, FRAMES // 2)
    return sorted(
        {round(number) for number in np.linspace(first - margin, last + margin, FRAMES) if number >= 0}
    )


def _frames(film: Path, needed: set[int]) -> dict[int, Pixels]:
    header, shown = probe(film), {}
    frames = read_frames(film, header, 1, silent, PassRecord(Fraction(header.time_base)))
    for number, frame in enumerate(frames):
        if number in needed:
            height = max(round(WIDTH * frame.height / frame.width / 2) * 2, 2)
            shown[number] = np.asarray(frame.to_ndarray(width=WIDTH, height=height, format="bgr24"))
    return shown


def _captioned(picture: Pixels, caption: str, wrong: bool) -> Pixels:
    strip = np.full((CAPTION, picture.shape[1], 3), (30, 30, 160) if wrong else 40, np.uint8)
    _write(strip, caption)
    return np.concatenate([picture, strip])


def _write(strip: Pixels, text: str) -> None:
    cv2.putText(strip, text, (4, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (240, 240, 240), 1, cv2.LINE_AA)
