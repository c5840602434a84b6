"""The film's curves: a row a frame for the picture, a row a hop for the sound."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vision.artifact import part_file

Curve = NDArray[np.float32]
Times = NDArray[np.float64]


@dataclass(frozen=True)
class Curves:
    """Everything in curves.npz but the duck, which the mix adds.

    Picture, each [T] with T = film.frames: time_s (presentation time of the frame), brightness,
    saturation and colourfulness (0..1), motion (frame widths a second), difference (0..1), cut_rate_hz,
    arousal and pleasure (0..1, affect as tempered for scoring).
    Sound classes, each [N] at a hop of 0.5 s: sound_time_s (centre), speech, music, effects, silence (0..1).
    speech_time_s, speech_probability: the speech detector's own hop of 32 ms.
    loudness_time_s, loudness_lufs: momentary (400 ms) loudness every 100 ms, floored at -70.
    A film without sound has sound classes of silence 1 and loudness -70.
    """

    time_s: Times
    brightness: Curve
    saturation: Curve
    colourfulness: Curve
    motion: Curve
    difference: Curve
    cut_rate_hz: Curve
    arousal: Curve
    pleasure: Curve
    sound_time_s: Times
    speech: Curve
    music: Curve
    effects: Curve
    silence: Curve
    speech_time_s: Times
    speech_probability: Curve
    loudness_time_s: Times
    loudness_lufs: Curve


def save_curves(path: Path, curves: Curves, **more: NDArray[np.float32] | Times) -> None:
    """Write an npz whose bytes depend on the values alone (zip dates are fixed by numpy)."""
    arrays = {field.name: getattr(curves, field.name) for field in fields(Curves)}
    with part_file(path) as part, part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays, **more)


def load_curves(path: Path) -> Curves:
    """Read what save_curves wrote; arrays beside the named ones are left alone."""
    with np.load(path, allow_pickle=False) as stored:
        return Curves(**{field.name: stored[field.name] for field in fields(Curves)})
