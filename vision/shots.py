"""Shots with their features, and which of them look alike."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vision.analysis import Shot, ShotFeatures
from vision.curves import Curve, Curves, Times
from vision.detector import Boundary
from vision.measures import MOTION_S, Rows

LOOK_ALIKE = 20.0
"""RMS distance of mean thumbnails in 8-bit levels (chroma counted double): returns to a camera position read
4 to 15, different set-ups in one room 25 up (bbb_1080p25, sintel_trailer)."""
CHROMA_WEIGHT = 2.0


def shots_of(
    boundaries: Sequence[Boundary], time_s: Times, end_s: float, curves: Curves, rows: Rows
) -> tuple[Shot, ...]:
    """Shots that cover the film without gap or overlap."""
    starts = [0, *(boundary.frame for boundary in boundaries)]
    ends = [*starts[1:], len(time_s)]
    kinds = ["start", *(boundary.kind for boundary in boundaries)]
    edges = [*(float(time_s[start]) for start in starts), end_s]
    clusters = look_alikes([mean_look(rows, start, end) for start, end in zip(starts, ends, strict=True)])
    return tuple(
        Shot(
            index=index,
            start_frame=start,
            end_frame=end,
            start_s=edges[index],
            end_s=edges[index + 1],
            transition_in=kinds[index],
            features=_features(curves, slice(start, end), edges[index], edges[index + 1], clusters[index]),
        )
        for index, (start, end) in enumerate(zip(starts, ends, strict=True))
    )


def motion_within_shots(motion: Curve, time_s: Times, starts: Sequence[int]) -> Curve:
    """Motion at every frame, without the jumps: until 1/12 s after a cut it compares two shots.

    motion: [T], NaN where it was not measured.  Straight lines join a shot's own values and its ends hold
    them; a shot too short for one reads 0, and so does the film's first frame, which has none before it.
    """
    whole = np.zeros(len(motion), np.float32)
    ends = [*starts[1:], len(time_s)]
    known = ~np.isnan(motion)
    for start, end in zip(starts, ends, strict=True):
        clean = known[start:end] & (time_s[start:end] >= time_s[start] + MOTION_S - 1e-6)
        if clean.any():
            times = time_s[start:end]
            whole[start:end] = np.interp(times, times[clean], motion[start:end][clean])
    whole[:1] = 0.0
    return whole


def mean_look(rows: Rows, start: int, end: int) -> NDArray[np.float64]:
    """Mean thumbnail of the middle half of a shot, weighted for distance."""
    quarter = (end - start) // 4
    look = rows.thumbs[start + quarter : end - quarter].astype(np.float64).mean(0)  # (9, 16, 3)
    return np.asarray(look * (1.0, CHROMA_WEIGHT, CHROMA_WEIGHT)).ravel()


def look_alikes(looks: Sequence[NDArray[np.float64]]) -> list[int]:
    """A cluster id for each shot, numbered by first appearance; -1 for a shot like no other.

    In order of the film each shot joins the nearest cluster's first shot within LOOK_ALIKE.
    """
    leaders = np.empty((len(looks), len(looks[0])))
    count = 0
    joined: list[int] = []
    for look in looks:
        apart = np.sqrt(((leaders[:count] - look) ** 2).mean(1))
        nearest = int(np.argmin(apart)) if count else -1
        if nearest < 0 or apart[nearest] > LOOK_ALIKE:
            leaders[count] = look
            nearest, count = count, count + 1
        joined.append(nearest)
    members = np.bincount(joined)
    numbers = np.where(members > 1, np.cumsum(members > 1) - 1, -1)
    return [int(numbers[leader]) for leader in joined]


def _features(curves: Curves, frames: slice, start_s: float, end_s: float, cluster: int) -> ShotFeatures:
    def mean(curve: Curve) -> float:
        return round(float(curve[frames].mean(dtype=np.float64)), 6)

    def heard(curve: Curve) -> float:
        return round(_mean_over(curves.sound_time_s, curve, start_s, end_s), 6)

    return ShotFeatures(
        cut_rate_hz=mean(curves.cut_rate_hz),
        brightness=mean(curves.brightness),
        saturation=mean(curves.saturation),
        colourfulness=mean(curves.colourfulness),
        motion=mean(curves.motion),
        loudness_lufs=_loudness(curves, start_s, end_s),
        speech=heard(curves.speech),
        music=heard(curves.music),
        effects=heard(curves.effects),
        arousal=mean(curves.arousal),
        pleasure=mean(curves.pleasure),
        cluster=cluster,
    )


def _mean_over(time_s: Times, curve: Curve, start_s: float, end_s: float) -> float:
    """Mean within [start_s, end_s); the nearest value where no row's centre lies inside."""
    inside = (time_s >= start_s) & (time_s < end_s)
    if inside.any():
        return float(curve[inside].mean(dtype=np.float64))
    nearest = int(np.argmin(np.abs(time_s - (start_s + end_s) / 2)))
    return float(curve[nearest])


def _loudness(curves: Curves, start_s: float, end_s: float) -> float | None:
    """Energy mean of momentary loudness; None for a silent shot."""
    inside = (curves.loudness_time_s >= start_s) & (curves.loudness_time_s < end_s)
    levels = curves.loudness_lufs[inside].astype(np.float64)
    if not len(levels) or levels.max() <= -70:
        return None
    return round(float(10 * np.log10(np.mean(10 ** (levels / 10)))), 3)
