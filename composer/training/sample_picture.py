"""Samples as a picture to look at: piano rolls side by side in one PNG."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.artifact import write_bytes

CELL = 6  # pixels a step and a row
GAP = 8
PAPER, HELD, STRUCK = 250, 150, 20  # grey values


def write_rolls(path: Path, rolls: NDArray[np.float32], columns: int = 8) -> None:
    """Write rolls [count, rows, steps] (0 silent, 1 struck, between: held) as one PNG, high rows on top."""
    tiles = [_tile(roll) for roll in rolls]
    height, width = tiles[0].shape
    lines = -(-len(tiles) // columns)
    sheet = np.full((lines * (height + GAP) + GAP, columns * (width + GAP) + GAP), 255, np.uint8)
    for index, tile in enumerate(tiles):
        top, left = (
            GAP + place * (size + GAP) for place, size in zip(divmod(index, columns), tile.shape, strict=True)
        )
        sheet[top : top + height, left : left + width] = tile
    done, data = cv2.imencode(".png", sheet)
    if not done:
        raise OSError(f"{path}: the picture could not be encoded")
    write_bytes(path, data.tobytes())


def _tile(roll: NDArray[np.float32]) -> NDArray[np.uint8]:
    grey = np.where(roll >= 1, STRUCK, np.where(roll > 0, HELD, PAPER)).astype(np.uint8)
    return np.kron(grey[::-1], np.ones((CELL, CELL), np.uint8))
