"""The film's own sound as the mix carries it: the layout kept, on the film's clock, block by block."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vision.analysis import AudioStream, Film, TrackRole
from vision.loudness_meter import channel_names
from vision.progress import silent
from vision.soundtrack import BLOCK_SAMPLES, RATE_HZ, read_soundtrack

JOINED_BLOCKS = 8  # half seconds: less of Python for each sample
JOINED = {2: "stereo", 6: "5.1", 8: "5.1"}  # what rows of discrete mono tracks are by trade habit
Sound = NDArray[np.float32]  # [n, channels]


@dataclass(frozen=True)
class Feed:
    """One stream and how its channels go to the mix: matrix [stream channels, mix channels]."""

    stream: AudioStream
    matrix: Sound


@dataclass(frozen=True)
class FilmSound:
    """feeds is empty for a film without sound; layout is what mix.wav will have."""

    path: Path
    film: Film
    layout: str
    feeds: tuple[Feed, ...]

    @property
    def channels(self) -> int:
        """Channels of the mix."""
        return len(channel_names(self.layout))

    def folded(self) -> "FilmSound":
        """Both sides of a stereo sound in the middle, each as loud as it was; other layouts as they are."""
        if self.layout != "stereo":
            return self
        feeds = tuple(Feed(f.stream, np.repeat(f.matrix.sum(1, keepdims=True), 2, 1)) for f in self.feeds)
        return replace(self, feeds=feeds)

    def blocks(self) -> Iterator[Sound]:
        """Blocks of some seconds, [n, channels], that cover exactly film.length_samples.

        A channel that goes straight through keeps its decoded samples bit for bit.
        """
        if not self.feeds:
            yield from _silence(self.film.length_samples, self.channels)
            return
        zero_s = self.film.first_pts * Fraction(self.film.time_base)
        duration_s = self.film.length_samples / RATE_HZ
        streams = [feed.stream for feed in self.feeds]
        folded = (self._fold(p) for p in read_soundtrack(self.path, streams, zero_s, duration_s, silent))
        while joined := list(islice(folded, JOINED_BLOCKS)):
            yield np.concatenate(joined)

    def _fold(self, parts: Sequence[Sound]) -> Sound:
        if len(parts) == 1 and np.array_equal(self.feeds[0].matrix, np.eye(self.channels)):
            return parts[0]
        block = np.zeros((len(parts[0]), self.channels), np.float32)
        for feed, part in zip(self.feeds, parts, strict=True):
            for source, target in zip(*np.nonzero(feed.matrix), strict=True):
                block[:, target] += part[:, source] * feed.matrix[source, target]
        return block


def film_sound(path: Path, film: Film, without: frozenset[TrackRole] = frozenset()) -> FilmSound:
    """Which streams are heard and where: separate dialogue, music and effects summed, discrete mono tracks
    joined, otherwise the best full mix. `without` leaves roles out (a temp score that is replaced).
    Mono and no sound become stereo; a stream with a role a side is heard in the middle, each side as loud
    as it was.
    """
    split = [s for s in film.audio_streams if s.roles != {"full"}]
    if split:
        return _summed(path, film, [s for s in split if s.roles - without], without)
    if _discrete(film.audio_streams):
        return _joined(path, film)
    return _summed(path, film, _best(film.audio_streams))


def _best(streams: Sequence[AudioStream]) -> list[AudioStream]:
    """The first full mix, or one of its layout at a higher rate (a film may carry a preview's sound too)."""
    return sorted(streams, key=lambda s: (s.layout != streams[0].layout, -s.sample_rate_hz))[:1]


def _discrete(streams: Sequence[AudioStream]) -> bool:
    return len(streams) > 1 and all(len(channel_names(s.layout)) == 1 for s in streams)


def _summed(
    path: Path, film: Film, streams: list[AudioStream], without: frozenset[TrackRole] = frozenset()
) -> FilmSound:
    layouts = ["stereo" if s.sides else s.layout for s in streams]
    widest = max(layouts, key=lambda name: len(channel_names(name)), default="mono")
    layout = "stereo" if len(channel_names(widest)) == 1 else widest
    seated = (_by_role(s, layout, without) if s.sides else _matrix(s.layout, layout) for s in streams)
    return FilmSound(path, film, layout, tuple(map(Feed, streams, seated)))


def _by_role(stream: AudioStream, target: str, without: frozenset[TrackRole]) -> Sound:
    """Each role's channels as the mono or stereo track that they are; nothing of the roles left out."""
    names = channel_names(target)
    matrix = np.zeros((len(stream.sides), len(names)), np.float32)
    for role in stream.roles - without:
        seats = [place for place, each in enumerate(stream.sides) if each == role]
        own = _matrix("mono" if len(seats) == 1 else "stereo", target)
        for place, row in zip(seats, own, strict=False):
            matrix[place] = row
    return matrix


def _joined(path: Path, film: Film) -> FilmSound:
    layout = JOINED.get(len(film.audio_streams))
    if layout is None:  # no habit names these tracks: all of them on both sides, energies kept
        share = 1.0 / np.sqrt(len(film.audio_streams))
        feeds = [Feed(s, np.full((1, 2), share, np.float32)) for s in film.audio_streams]
        return FilmSound(path, film, "stereo", tuple(feeds))
    seats = np.eye(len(channel_names(layout)), dtype=np.float32)
    return FilmSound(
        path,
        film,
        layout,
        tuple(Feed(s, row[None]) for s, row in zip(film.audio_streams, seats, strict=False)),
    )


def _matrix(source: str, target: str) -> Sound:
    """Same names to same names; a single channel to both front sides at its own level."""
    sources, targets = channel_names(source), channel_names(target)
    if len(sources) == 1:
        return np.array([[float(name in ("FL", "FR")) for name in targets]], np.float32)
    if source == target:
        return np.eye(len(sources), dtype=np.float32)
    return np.array([[float(s == t) for t in targets] for s in sources], np.float32)


def _silence(samples: int, channels: int) -> Iterator[Sound]:
    for start in range(0, samples, BLOCK_SAMPLES):
        yield np.zeros((min(BLOCK_SAMPLES, samples - start), channels), np.float32)
