"""A film whose sides look split (dialogue left, effects right), both in the middle for those who watch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from render.film_sound import FilmSound
from render.levels import KEEP_PEAK_DBTP
from render.limiter import MARGIN_DB, linear, peak_guard, samples_of
from render.wav import RATE_HZ, wav_file
from vision.true_peak import HEADROOM, PeakReader, Peaks

FOLDED = "dialogue and effects look split left and right: the preview plays both in the middle"
CEILING = linear(KEEP_PEAK_DBTP - MARGIN_DB)

Blocks = Callable[[], Iterator[NDArray[np.floating]]]  # the same [n, channels] blocks each time it is called


@contextmanager
def folded_mix(film: FilmSound, mix_wav: Path, static_gain_db: float, path: Path) -> Iterator[Path]:
    """Write the mix with the film's sides in the middle to `path`, gone afterwards; the score stays stereo.

    mix.wav itself leaves the film where the editor put it. Where two sides together come over -1 dBTP both
    are lowered for a moment, as the mix's own limiter would.
    """
    gain = linear(static_gain_db)

    def blocks() -> Iterator[NDArray[np.floating]]:
        with sf.SoundFile(mix_wav) as mix:
            for own, middle in zip(film.blocks(), film.folded().blocks(), strict=True):
                block = mix.read(len(own), dtype="float64", always_2d=True)
                yield block + gain * (middle.astype(np.float64) - own)

    try:
        with wav_file(path, film.film.length_samples, film.layout, "pcm24") as folded:
            for block in under_ceiling(blocks, film.channels):
                folded.write(block)
        yield path
    finally:
        path.unlink(missing_ok=True)


def under_ceiling(blocks: Blocks, channels: int) -> Iterator[NDArray[np.floating]]:
    """The blocks with their true peaks under -1 dBTP; what is nowhere near one goes through as it is."""
    line, at = peak_guard(_peaks(blocks(), channels), CEILING), 0
    for block in blocks():
        lowered = samples_of(line, at, len(block))
        yield block if lowered is None else block * lowered[:, None]
        at += len(block)


def _peaks(blocks: Iterator[NDArray[np.floating]], channels: int) -> Peaks:
    """[ms] of all channels; true peaks where they may matter."""
    reader, found = PeakReader(RATE_HZ, channels), [np.zeros(0, np.float32)]

    def feed(block: NDArray[np.floating], last: bool) -> None:
        window = reader.feed(block.astype(np.float32), last)
        peaks = window.sample_peaks()
        window.raise_where(peaks.max(axis=1, initial=0.0) * HEADROOM > CEILING, peaks)
        found.append(peaks.max(axis=1, initial=0.0))

    for block in blocks:
        feed(block, False)
    feed(np.zeros((0, channels)), True)
    return np.concatenate(found)
