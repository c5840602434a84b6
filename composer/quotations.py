"""Nothing sung is learnt by heart: what a line would quote of the training melodies, while it is sung."""

from collections.abc import Sequence

from composer.encoding.time_step import token_pitch
from composer.originality import GRAMS, NgramIndex, Tune, ngrams

LONG = max(GRAMS)  # steps of a quotation that must not be
DRAWS = 1 + 8  # of a bar that quotes: once, and up to eight times again


def long_quotations(tune: Tune, index: NgramIndex | None) -> int:
    """How many runs of 12 steps of a line the training melodies hold; one cell repeated is no quotation."""
    if index is None:
        return 0
    hashes, exempt = ngrams(tune, LONG)
    return int((index.holds(LONG, hashes) & ~exempt).sum())


def line_of(tokens: Sequence[int], start: int = 0) -> list[tuple[int, int]]:
    """(onset in 16ths, pitch) of the onsets among tokens, the first of which stands at `start`."""
    pitches = ((start + offset, token_pitch(token)) for offset, token in enumerate(tokens))
    return [(onset, pitch) for onset, pitch in pitches if pitch is not None]
