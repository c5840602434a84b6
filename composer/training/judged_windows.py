"""Four-bar windows of passages, real and composed side by side, before a classifier and MMD."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from composer.frame import Frame
from composer.training import texture_judge
from composer.training.excerpt import Excerpt
from composer.training.melody_features import described, sings
from composer.training.passages import PASSAGE_BARS, WINDOW_BARS, Passage

Floats = NDArray[np.float64]
Describe = Callable[[Sequence[Excerpt]], Floats]
THIRD = 4  # semitones
FOLDS = 5


@dataclass(frozen=True)
class Window:
    """Bars [first, first + 4) of a passage, by its number."""

    passage: int
    first: int

    def of(self, excerpts: Sequence[Excerpt]) -> Excerpt:
        """The window in one excerpt a passage."""
        return excerpts[self.passage].part(self.first, self.first + WINDOW_BARS)


@dataclass(frozen=True)
class Judge:
    """Windows that are judged, what of them, and which windows of an engine count."""

    windows: Sequence[Window]
    passages: Sequence[Passage]
    describe: Describe
    counts: Callable[[Excerpt], bool]

    def floor(self) -> dict[str, Any]:
        """Real against real: two halves of the windows, of different pieces."""
        real = self.describe([window.of(self._real()) for window in self.windows])
        first, second, both = texture_judge.halves(real, self._piece(self.windows))
        return _compared(first, second, both)

    def judged(self, ours: Sequence[Excerpt]) -> dict[str, Any]:
        """Classifier and MMD of an engine's excerpts, one a passage, against the real ones."""
        kept = [window for window in self.windows if self.counts(window.of(ours))]
        theirs = self.describe([window.of(self._real()) for window in kept])
        own = self.describe([window.of(ours) for window in kept])
        return _compared(theirs, own, self._piece(kept))

    def _real(self) -> list[Excerpt]:
        return [passage.real for passage in self.passages]

    def _piece(self, windows: Sequence[Window]) -> Floats:
        return np.array([float(self.passages[window.passage].piece) for window in windows])


def _compared(real: Floats, other: Floats, piece: Floats) -> dict[str, Any]:
    """Classifier and MMD, None where fewer than five pieces are left to make folds of."""
    if len(set(piece.tolist())) < FOLDS:
        return {"windows": len(real), "classifier": None, "mmd": None}
    return {
        "windows": len(real),
        "classifier": texture_judge.classifier_accuracy(real, other, piece),
        "mmd": texture_judge.mmd(real, other),
    }


def melody_judge(passages: Sequence[Passage]) -> Judge:
    """Windows that sing enough, where the register asked lies a third inside the player's range."""
    windows = [
        w for w in _windows(passages) if sings(_real(passages, w)) and _singable(passages[w.passage], w)
    ]
    return Judge(windows, passages, lambda excerpts: described(excerpts)[0], sings)


def texture_judge_of(passages: Sequence[Passage], bars: int = WINDOW_BARS) -> Judge:
    """Windows whose texture sounds, over four bars or by the first bar alone."""

    def describe(excerpts: Sequence[Excerpt]) -> Floats:
        rolls = np.stack([excerpt.rolls[:bars] for excerpt in excerpts])
        return texture_judge.describe(torch.from_numpy(rolls).float())

    def sounds(excerpt: Excerpt) -> bool:
        return bool(excerpt.rolls[:bars].any())

    windows = [w for w in _windows(passages) if sounds(_real(passages, w))]
    return Judge(windows, passages, describe, sounds)


def _windows(passages: Sequence[Passage]) -> list[Window]:
    firsts = range(0, PASSAGE_BARS, WINDOW_BARS)
    return [Window(number, first) for number in range(len(passages)) for first in firsts]


def _real(passages: Sequence[Passage], window: Window) -> Excerpt:
    return passages[window.passage].real.part(window.first, window.first + WINDOW_BARS)


def _singable(passage: Passage, window: Window) -> bool:
    """A cello's tune asked of a flute would be known by its octave alone."""
    frame = Frame(passage.request, passage.chords)
    for bar in range(window.first, window.first + WINDOW_BARS):
        asked = passage.request.bars[bar]
        low, high = frame.role_range("melody", bar)
        if asked.melody != "none" and not low + THIRD <= asked.melody_register <= high - THIRD:
            return False
    return True
