"""What the review page plays under the picture: score.m4a, film.m4a, temp.m4a, and peaks.json beside them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from render.aac import aac_file
from render.film_sound import FilmSound, film_sound
from render.folded_mix import under_ceiling
from render.peaks import PeakBins, peaks_of, write_peaks
from vision.analysis import Film, TrackRole

BLOCK_SAMPLES = 24_000

Sound = NDArray[np.floating]


def write_page_sound(
    film_path: Path,
    film: Film,
    out_dir: Path,
    without: frozenset[TrackRole] = frozenset(),
    folded: bool = False,
) -> tuple[Path, ...]:
    """Write the page's sounds beside out_dir's score.wav and mix.wav, each on the film's clock.

    film.m4a is the film's sound as the preview plays it (`folded`: both sides in the middle); temp.m4a the
    film with the music that the score takes the place of, written only where `without` leaves a track out.
    Same sound, same bytes.
    """
    score = _wav_blocks(out_dir / "score.wav")
    peaks = {
        "mix": peaks_of(_wav_blocks(out_dir / "mix.wav")),
        "score": _encoded(out_dir / "score.m4a", score, "stereo", 2, film.length_samples),
        "film": _encoded_film(out_dir / "film.m4a", film_sound(film_path, film, without), folded),
    }
    written = [out_dir / "score.m4a", out_dir / "film.m4a", out_dir / "peaks.json"]
    temp = out_dir / "temp.m4a"
    if any(without & stream.roles for stream in film.audio_streams):
        peaks["temp"] = _encoded_film(temp, film_sound(film_path, film), folded)
        written.append(temp)
    write_peaks(out_dir / "peaks.json", peaks)
    return tuple(written)


def _encoded_film(path: Path, sound: FilmSound, folded: bool) -> str:
    blocks = under_ceiling(sound.folded().blocks, sound.channels) if folded else sound.blocks()
    return _encoded(path, blocks, sound.layout, sound.channels, sound.film.length_samples)


def _encoded(path: Path, blocks: Iterator[Sound], layout: str, channels: int, samples: int) -> str:
    bins = PeakBins()
    with aac_file(path, layout, channels, samples) as writer:
        for block in blocks:
            writer.write(block)
            bins.feed(block)
    return bins.text()


def _wav_blocks(path: Path) -> Iterator[Sound]:
    with soundfile.SoundFile(path) as wav:
        yield from wav.blocks(BLOCK_SAMPLES, dtype="float32", always_2d=True)
