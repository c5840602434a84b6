"""The mix of a film whose sides look split (dialogue left, effects right), for people who only watch it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile as sf

from render.film_sound import FilmSound
from render.limiter import linear
from render.wav import wav_file

FOLDED = "dialogue and effects look split left and right: the preview plays both in the middle"


@contextmanager
def folded_mix(film: FilmSound, mix_wav: Path, static_gain_db: float, path: Path) -> Iterator[Path]:
    """Write the mix with the film's sides in the middle to `path`, gone afterwards; the score stays stereo.

    mix.wav itself leaves the film where the editor put it. What two sides together bring over full scale is
    clipped: this is for the preview's ears alone.
    """
    gain = linear(static_gain_db)
    try:
        with sf.SoundFile(mix_wav) as mix, wav_file(path, mix.frames, film.layout, "pcm24") as folded:
            for own, middle in zip(film.blocks(), film.folded().blocks(), strict=True):
                block = mix.read(len(own), dtype="float64", always_2d=True)
                folded.write(block + gain * (middle.astype(np.float64) - own))
        yield path
    finally:
        path.unlink(missing_ok=True)
