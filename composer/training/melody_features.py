"""Four-bar windows of melody as rows of named numbers: what a critic of melodies could count."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from composer.encoding.chord import MODE_SCALES
from composer.encoding.time_step import FIRST_ONSET, HOLD, LOWEST_PITCH, REST
from composer.theory import chord_of
from composer.training.excerpt import STEPS, Excerpt

Floats = NDArray[np.float64]
LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16)  # 16ths
LEAST_ONSETS = 6  # of a window that can be called a melody
_MOVES = {"repeat": (0, 0), "step": (1, 2), "third": (3, 4), "leap": (5, 7), "jump": (8, 99)}


def described(windows: Sequence[Excerpt]) -> tuple[Floats, list[str]]:
    """Features [W, F] of windows that sing, and their names."""
    rows = [window_features(window) for window in windows]
    names = list(rows[0]) if rows else []
    return np.array([[row[name] for name in names] for row in rows]).reshape(len(rows), -1), names


def sings(window: Excerpt) -> bool:
    """Whether a window has enough of a melody to be judged."""
    return int((window.melody >= FIRST_ONSET).sum()) >= LEAST_ONSETS


def window_features(window: Excerpt) -> dict[str, float]:
    """Rhythm, lengths, intervals, place in the scale and over the chord, and how the bars are alike."""
    tokens = window.melody
    flat = tokens.reshape(-1)
    onset = flat >= FIRST_ONSET
    at = np.flatnonzero(onset)
    pitches = (flat[at] - FIRST_ONSET + LOWEST_PITCH).astype(float)
    found = {"onsets": float(len(at)), "rests": float(np.mean(flat == REST))}
    found |= {f"onset_{s}": float(v) for s, v in enumerate(onset.reshape(-1, STEPS).mean(0))}
    found |= _rhythm(flat, at) | _line(pitches) | _harmony(window, at, pitches) | _form(tokens)
    return found


def _rhythm(flat: NDArray[np.int64], at: NDArray[np.int64]) -> dict[str, float]:
    lengths = np.array([1 + _run(flat[i + 1 :] == HOLD) for i in at], float)
    waits = np.diff(at).astype(float)
    found = {"length_mean": lengths.mean(), "length_sd": lengths.std(), "wait_sd": waits.std()}
    edges = [0.5, *(np.add(LENGTHS[:-1], LENGTHS[1:]) / 2), 999]
    for name, values in (("length", lengths), ("wait", waits)):
        shares = np.histogram(values, edges)[0] / max(len(values), 1)
        found |= {f"{name}_{n}": float(share) for n, share in zip(LENGTHS, shares, strict=True)}
    silent = flat == REST
    begins = silent & ~np.concatenate([[False], silent[:-1]])
    found["breaths"] = float(begins.sum())
    found["gaps"] = float((waits > lengths[:-1]).mean()) if len(waits) else 0.0
    found["same_wait"] = float((waits[1:] == waits[:-1]).mean()) if len(waits) > 1 else 0.0
    return found


def _line(pitches: Floats) -> dict[str, float]:
    moves = np.diff(pitches)
    size = np.abs(moves)
    found = {
        "pitch_mean": pitches.mean(), "pitch_sd": pitches.std(), "span": float(np.ptp(pitches)),
        "kinds": len(set(pitches.tolist())) / len(pitches), "move_mean": size.mean(),
        "rise": float((moves > 0).mean()), "peak": float(pitches.argmax()) / len(pitches),
    }  # fmt: skip
    found |= {name: float(((size >= a) & (size <= b)).mean()) for name, (a, b) in _MOVES.items()}
    turned = np.sign(moves[1:]) * np.sign(moves[:-1])
    found["turns"] = float((turned < 0).mean())
    found["runs_on"] = float((turned > 0).mean())
    found["back"] = float((pitches[2:] == pitches[:-2]).mean())
    leapt = size[:-1] > 4
    found["leap_answered"] = float((leapt & (turned < 0)).sum() / max(leapt.sum(), 1))
    found["three_alike"] = float(((size[1:] == 0) & (size[:-1] == 0)).mean())
    found |= {f"pc_{pc}": float((pitches % 12 == pc).mean()) for pc in range(12)}
    return found


def _harmony(window: Excerpt, at: NDArray[np.int64], pitches: Floats) -> dict[str, float]:
    """Chord tones on the beat and off it, by the chords that the window goes with; tones of the mode."""
    chords = window.chords.reshape(-1)
    tone = np.array(
        [
            int(p) % 12 in chord_of(int(chords[i // 8]), 0).pitch_classes
            for i, p in zip(at, pitches, strict=True)
        ]
    )
    beat = at % 4 == 0
    scale = MODE_SCALES[window.mode]
    return {
        "tone_on_beat": float(tone[beat].mean()) if beat.any() else 0.5,
        "tone_off_beat": float(tone[~beat].mean()) if (~beat).any() else 0.5,
        "in_mode": float(np.isin(pitches % 12, scale).mean()),
    }  # fmt: skip


def _form(tokens: NDArray[np.int64]) -> dict[str, float]:
    onset = tokens >= FIRST_ONSET
    found: dict[str, float] = {}
    for a, b in ((0, 1), (0, 2), (0, 3), (1, 3), (2, 3)):
        found[f"rhythm_{a}{b}"] = float((onset[a] == onset[b]).mean())
        equal = (onset[a] & (tokens[a] == tokens[b])).sum()
        found[f"alike_{a}{b}"] = 2 * float(equal) / max(int(onset[a].sum() + onset[b].sum()), 1)
    counts = onset.sum(1)
    found |= {f"onsets_bar_{i}": float(n) for i, n in enumerate(counts)}
    found |= {f"rests_bar_{i}": float(n) for i, n in enumerate((tokens == REST).mean(1))}
    found["kinds_of_bar"] = len({row.tobytes() for row in onset}) / len(onset)
    return found


def _run(values: NDArray[np.bool_]) -> int:
    stops = np.flatnonzero(~values)
    return int(stops[0]) if len(stops) else len(values)
