"""A made-up film frame by frame: what is shown, and how its pixels are put together."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import cv2
import numpy as np

from tests.bench.scenery import SIZE, Pixels, Scene
from tests.bench.wear import Wear, flicker_of, worn

Truth = tuple[int, int, str]


@dataclass(frozen=True)
class Shown:
    """How one frame is put together: scenes by (take, its frame, share), then light and what lies on top.

    through, faded: a flat level and its share.  iris: radius of the hole in black, None for no iris.
    flash: added levels; spot: whether only one side of the picture catches it.  title: its share.
    """

    parts: tuple[tuple[int, int, float], ...]
    through: float = 0.0
    faded: float = 0.0
    iris: float | None = None
    flash: float = 0.0
    spot: bool = False
    title: float = 0.0


@dataclass
class MadeFilm:
    """A film before it is drawn: its takes, its frames, its truth."""

    kind: str
    seed: int
    rate: Fraction
    wear: Wear
    crf: int
    takes: list[Scene] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    rows: list[Truth] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.seed}"

    def frames(self) -> Iterator[Pixels]:
        """Each finished frame [180, 320, 3], 0..255."""
        random = np.random.default_rng([self.seed, 77])
        flicker = flicker_of(random, len(self.shown), self.wear.flicker)
        for number, shown in enumerate(self.shown):
            yield worn(self._together(shown), self.wear, random, float(flicker[number]))

    def _together(self, shown: Shown) -> Pixels:
        picture = np.zeros((SIZE[1], SIZE[0], 3), np.float32)
        for take, number, share in shown.parts:
            picture += share * self.takes[take].frame(number)
        if shown.flash:
            lit = np.linspace(1, 0.1, SIZE[0], dtype=np.float32)[None, :, None] if shown.spot else 1.0
            picture = picture * (1 + lit * shown.flash / 200) + lit * shown.flash
        if shown.iris is not None:
            hole = np.zeros((SIZE[1], SIZE[0]), np.float32)
            cv2.circle(hole, (SIZE[0] // 2, SIZE[1] // 2), max(round(shown.iris), 0), 1.0, -1)
            picture = picture * cv2.blur(hole, (5, 5))[..., None] * (shown.iris > 1)
        if shown.title:
            letters = _lettering(self.seed)
            picture = picture + shown.title * (letters - picture * (letters > 0))
        return np.asarray(picture + shown.faded * (shown.through - picture), np.float32)


def _lettering(seed: int) -> Pixels:
    letters = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    for line, text in enumerate(("THE LONG WAY", "HOME AGAIN", f"PART {seed % 9 + 1}")):
        cv2.putText(letters, text, (60, 70 + 36 * line), cv2.FONT_HERSHEY_DUPLEX, 0.9, (235,) * 3, 2)
    return letters.astype(np.float32)
