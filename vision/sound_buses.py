"""Which streams and channels are dialogue, music, effects or the full mix, and how each folds to one ear."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.analysis import AudioStream, TrackRole
from vision.loudness_meter import channel_names, channel_weights
from vision.rejected import RejectedInput
from vision.soundtrack import seated_layout

JOINED_LAYOUTS = {2: "stereo", 6: "5.1", 8: "5.1"}
"""What a row of mono streams is by trade habit: left and right, or L R C LFE Ls Rs, then a stereo fold."""
FOLD = {"FC": 1.0, "FL": 0.7, "FR": 0.7, "LFE": 0.0, "LFE2": 0.0}
FOLD_SURROUND = 0.35
"""Speech sits in the centre and its room in the surrounds: weights lean the same way."""


@dataclass(frozen=True)
class Bus:
    """One role's sound. fold: [channels of all streams together] weights that make it mono."""

    role: TrackRole
    fold: NDArray[np.float32]


@dataclass(frozen=True)
class Routing:
    """buses: one a role that is there.  loudness: [channels of all streams] BS.1770 weights.

    pair: columns of a lone stereo stream's left and right, where it might be a split pair.
    """

    buses: tuple[Bus, ...]
    loudness: NDArray[np.float64]
    pair: tuple[int, int] | None


def route(streams: Sequence[AudioStream], tracks: Sequence[TrackRole] | None) -> Routing:
    """Decide the buses; columns are the streams' channels one after the other.

    tracks: a role for each stream, or for each channel of all streams where an editor splits a pair.
    Raises RejectedInput where it is neither.  Several full mixes are versions of each other: all are
    listened to, the first gives the loudness.  Stems count as uncorrelated, so their energies add.
    """
    roles = channel_roles(streams, tracks)
    names = _names(streams, roles)
    columns = [
        (name, role)
        for stream, role_row in zip(names, roles, strict=True)
        for name, role in zip(stream, role_row, strict=True)
    ]
    order: tuple[TrackRole, ...] = ("full", "dx", "mx", "fx")
    present = [role for role in order if any(role == r for _, r in columns)]
    buses = tuple(Bus(role, _fold(columns, role)) for role in present)
    return Routing(buses, _loudness(names, roles), (0, 1) if _may_be_split(streams, tracks) else None)


def channel_roles(
    streams: Sequence[AudioStream], tracks: Sequence[TrackRole] | None
) -> list[list[TrackRole]]:
    """A role for each channel of each stream; raises RejectedInput where `tracks` fits neither count."""
    counts = [len(_seats(stream)) for stream in streams]
    if tracks is None:
        return [[stream.role] * count for stream, count in zip(streams, counts, strict=True)]
    if len(tracks) == len(streams):
        return [[role] * count for role, count in zip(tracks, counts, strict=True)]
    if len(tracks) == sum(counts):
        ends = np.cumsum(counts)
        return [list(tracks[end - count : end]) for end, count in zip(ends, counts, strict=True)]
    raise RejectedInput(
        f"{len(tracks)} track roles were given for {len(streams)} sound streams of {sum(counts)} channels",
        f"give {len(streams)} roles, one a stream"
        + (f", or {sum(counts)}, one a channel" * (sum(counts) > 1)),
    )


def _names(streams: Sequence[AudioStream], roles: Sequence[Sequence[TrackRole]]) -> list[tuple[str, ...]]:
    """Speaker names by stream; mono streams of full mix, two or more, take the seats of a joined layout."""
    own = [_seats(stream) for stream in streams]
    if not _discrete(own, roles):
        return own
    seats = channel_names(JOINED_LAYOUTS.get(len(own), "mono"))
    fold_down = ("LFE",) * len(own)  # beyond the layout: a fold-down of the same sound, counted nowhere
    taken = seats if len(seats) > 1 else ("FC",) * len(own)
    return [(name,) for name in (*taken, *fold_down)[: len(own)]]


def _discrete(names: Sequence[tuple[str, ...]], roles: Sequence[Sequence[TrackRole]]) -> bool:
    return len(names) > 1 and all(len(n) == 1 for n in names) and all(r[0] == "full" for r in roles)


def _fold(columns: Sequence[tuple[str, TrackRole]], role: TrackRole) -> NDArray[np.float32]:
    weights = np.array([FOLD.get(name, FOLD_SURROUND) if r == role else 0.0 for name, r in columns])
    if not weights.any():
        weights = np.array([1.0 if r == role else 0.0 for _, r in columns])
    return np.asarray(weights / weights.max() / np.sqrt((weights > 0).sum()), np.float32)


def _loudness(names: Sequence[tuple[str, ...]], roles: Sequence[Sequence[TrackRole]]) -> NDArray[np.float64]:
    versions = all(r == "full" for row in roles for r in row) and not _discrete(names, roles)
    weights = [channel_weights_of(row) * float(index == 0 or not versions) for index, row in enumerate(names)]
    return np.concatenate(weights)


def _seats(stream: AudioStream) -> tuple[str, ...]:
    return channel_names(seated_layout(stream.layout, stream.channels))


def channel_weights_of(names: Sequence[str]) -> NDArray[np.float64]:
    """[channels] BS.1770 weights by speaker name."""
    return np.array([channel_weights(name)[0] for name in names], np.float64)


def _may_be_split(streams: Sequence[AudioStream], tracks: Sequence[TrackRole] | None) -> bool:
    return tracks is None and len(streams) == 1 and len(channel_names(streams[0].layout)) == 2
