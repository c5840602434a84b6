"""How much of composed melodies and themes stands in the training melodies, beside held-out real ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from composer.engine import Engine
from composer.originality import Hashes, NgramIndex, Tune, build_index, ngrams, overlap, theme_tune
from composer.spotting import Mode, Style
from composer.training.excerpt import Excerpt

GRAMS = (4, 6, 8, 12)
THEMES: tuple[tuple[Mode, Style], ...] = (
    ("ionian", "orchestral"), ("aeolian", "chamber"), ("dorian", "folk_western"), ("aeolian", "noir_jazz"),
    ("ionian", "silent_piano"), ("phrygian", "electronic_tension"), ("lydian", "ambient"),
)  # fmt: skip


class Training:
    """The runs of steps of the training melodies."""

    def __init__(self, tunes: Sequence[Tune]) -> None:
        self._known = {n: np.unique(np.concatenate([ngrams(tune, n)[0] for tune in tunes])) for n in GRAMS}
        self._index: NgramIndex = build_index(tunes, "")

    def quoted(self, tunes: Sequence[Tune]) -> dict[str, Any]:
        """Share of (interval, inter-onset) n-grams found, one repeated cell exempt, and the longest match."""
        found: dict[str, Any] = {}
        for n in GRAMS:
            held = counted = 0
            for tune in tunes:
                grams, exempt = ngrams(tune, n)
                held += int((_among(grams, self._known[n]) & ~exempt).sum())
                counted += int((~exempt).sum())
            found[f"grams_{n}"] = held / counted if counted else None
            found[f"counted_{n}"] = counted
        return found | {"longest_match": overlap(tunes, self._index).longest}


def _among(grams: Hashes, known: Hashes) -> NDArray[np.bool_]:
    """Which of some hashes are among sorted ones; np.isin would sort half a million anew for every tune."""
    if not len(known):
        return np.zeros(len(grams), np.bool_)
    places = np.minimum(np.searchsorted(known, grams), len(known) - 1)
    return np.asarray(known[places] == grams)


def melodies(excerpts: Sequence[Excerpt]) -> list[Tune]:
    """Each excerpt's melody as a line."""
    return [[(note.step, note.pitch) for note in excerpt.melody_notes()] for excerpt in excerpts]


def themes(engine: Engine, styles: Sequence[tuple[Mode, Style]], seeds: Sequence[int]) -> list[Tune]:
    """A theme and its answer in each mode and style, as lines."""
    cells = [cell for seed in seeds for mode, style in styles for cell in engine.theme(mode, style, seed)]
    return [theme_tune(cell) for cell in cells]
