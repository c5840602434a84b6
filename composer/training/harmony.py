"""Keys by profiles a bar, chords by templates a half bar, both smoothed by Viterbi; the mode of a key."""

import numpy as np
from numpy.typing import NDArray

from composer.encoding.chord import INTERVALS, MODE_SCALES, NO_CHORD, QUALITY_COUNT, ROOTS

Floats = NDArray[np.float64]
# Albrecht & Shanahan 2013, "The use of large corpora to train a new type of key-finding algorithm".
_MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)
_KEY_WEIGHT = 8.0  # how many independent notes a bar counts for
_KEY_CHANGE = 10.0  # nats; about three bars of clear evidence
_CHORD_CHANGE = 0.5
# Cost of each quality: rarer chords need more evidence, and each tone beyond a triad
# catches passing notes by chance (order of INTERVALS).
_QUALITY_COST = np.array(
    [0, 0, 0.6, 1.0, 0.8, 0.6, 0.8, 0.25, 0.7, 0.8, 0.5, 1.3, 1.8, 1.1, 0.2, 0.2]  # fmt: skip
)


def keys(chroma: Floats) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Tonic 0..11 and minor, [bars] each, of a run. chroma: [bars, 12], any scale."""
    share = chroma / np.maximum(chroma.sum(1, keepdims=True), 1e-9)
    profiles = np.log([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])
    path = viterbi(_KEY_WEIGHT * share @ profiles.T, _KEY_CHANGE)
    return path % 12, path >= 12


def chords(chroma: Floats, bass: NDArray[np.int64]) -> NDArray[np.int64]:
    """Absolute chords (root pitch class * 16 + quality, or NO_CHORD) of half bars.

    chroma: [H, 12] sounding weight.  bass: [H] lowest pitch class, -1 where nothing sounds.
    """
    weight = chroma.sum(1, keepdims=True)
    share = chroma / np.maximum(weight, 1e-9)
    inside = _templates()  # (192, 12)
    fit = 4 * (2 * share @ inside.T - 1)
    missing = (share[:, None, :] < 0.03) & (inside[None] > 0)  # (H, 192, 12)
    fit -= 0.45 * missing.sum(2) + np.tile(_QUALITY_COST, ROOTS)
    low = np.eye(12)[np.maximum(bass, 0)] * (bass >= 0)[:, None]
    fit += 0.3 * low @ inside.T + 0.5 * np.repeat(low, QUALITY_COUNT, axis=1)
    path = viterbi(np.where(weight > 0, fit, 0.0), _CHORD_CHANGE)
    return np.where(weight[:, 0] > 0, path, NO_CHORD)


def relative(absolute: NDArray[np.int64], tonic: int) -> NDArray[np.int64]:
    """Chord ids above the tonic from absolute ones; NO_CHORD stays."""
    root, quality = absolute // QUALITY_COUNT, absolute % QUALITY_COUNT
    return np.where(absolute == NO_CHORD, NO_CHORD, (root - tonic) % 12 * QUALITY_COUNT + quality)


def mode_of(chroma: Floats, tonic: int, minor: bool) -> int:
    """Index of the mode a stretch is in: of the three with its third, the one whose scale holds most of it.

    chroma: [12]. A mode other than Ionian or Aeolian must win by 1 % of the weight, so that leading notes and
    passing chromatics don't make a mode; raised sevenths in minor count for no mode.
    """
    share = np.roll(chroma, -tonic) / max(float(chroma.sum()), 1e-9)
    candidates = (3, 4, 5) if minor else (0, 1, 2)
    home = 4 if minor else 0
    gain = {m: float(share[list(MODE_SCALES[m])].sum()) - (0 if m == home else 0.01) for m in candidates}
    return max(gain, key=lambda m: gain[m])


def viterbi(emission: Floats, change: float) -> NDArray[np.int64]:
    """Best path [T] through emission [T, S] in nats, where any change of state costs `change`."""
    steps, states = emission.shape
    came = np.zeros((steps, states), np.int64)
    score = emission[0].copy()
    stay = np.arange(states)
    for t in range(1, steps):
        best = int(score.argmax())
        jump = score[best] - change
        came[t] = np.where(score >= jump, stay, best)
        score = np.maximum(score, jump) + emission[t]
    path = np.empty(steps, np.int64)
    path[-1] = score.argmax()
    for t in range(steps - 1, 0, -1):
        path[t - 1] = came[t, path[t]]
    return path


def _templates() -> Floats:
    inside = np.zeros((ROOTS * QUALITY_COUNT, 12))
    for root in range(ROOTS):
        for quality, intervals in enumerate(INTERVALS):
            inside[root * QUALITY_COUNT + quality, [(root + i) % 12 for i in intervals]] = 1
    return inside
