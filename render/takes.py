"""Takes of one cue to listen to one after another: a file each, and how far to turn it down to be fair."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from composer.notes import CueNotes
from render.aac import aac_file
from vision.artifact import Artifact, Frozen
from vision.loudness_meter import LoudnessMeter, integrated_lufs

RATE_HZ: Final = 48_000
BLOCK_SAMPLES: Final = RATE_HZ
MEDIA: Final = "take.m4a"

Sound = NDArray[np.float32]  # [n, 2]


class Take(Frozen):
    """One take. lufs: as it was played, before the film's levels; None where nothing passes the gate.

    gain_db: at most 0; with it all takes of the cue are as loud as the quietest.  onsets_a_minute: moments
    at which something is struck.  low, high: MIDI pitches, None where only drums play.
    """

    take: int
    lufs: float | None
    gain_db: float
    notes: int
    onsets_a_minute: float
    low: int | None
    high: int | None


class Takes(Artifact):
    """Every cue that has more than one take, by uid."""

    cues: dict[str, tuple[Take, ...]]


def write_takes(folders: Mapping[int, Path], notes: Mapping[int, CueNotes]) -> tuple[Take, ...]:
    """Write take.m4a (all roles together, from the first downbeat) into each take's folder; compare them."""
    measured = {take: _written(folder) for take, folder in sorted(folders.items())}
    heard = [lufs for lufs in measured.values() if lufs is not None]
    quietest = min(heard, default=0.0)
    return tuple(
        _take(take, lufs, 0.0 if lufs is None else quietest - lufs, notes[take])
        for take, lufs in measured.items()
    )


def _take(take: int, lufs: float | None, gain_db: float, notes: CueNotes) -> Take:
    pitches = [note.pitch for note in notes.notes if not notes.parts[note.part].drums]
    onsets = len({note.grid_tick for note in notes.notes})
    return Take(
        take=take,
        lufs=None if lufs is None else round(lufs, 1),
        gain_db=round(gain_db, 2),
        notes=len(notes.notes),
        onsets_a_minute=round(60 * onsets / notes.tempo_map.length_s, 1),
        low=min(pitches, default=None),
        high=max(pitches, default=None),
    )


def _written(folder: Path) -> float | None:
    """Write folder/take.m4a, a second of silence where there are no roles; its loudness."""
    meter = LoudnessMeter(RATE_HZ, (1.0, 1.0))
    stems = sorted(folder.glob("*.wav"))
    longest = max((sf.info(path).frames for path in stems), default=RATE_HZ)
    with aac_file(folder / MEDIA, "stereo", 2, longest) as writer:
        for block in _summed(stems, longest):
            meter.feed(block)
            writer.write(block)
    return integrated_lufs(meter.energies())


def _summed(stems: list[Path], longest: int) -> Iterator[Sound]:
    """All roles together, in blocks, `longest` samples in all."""
    for at in range(0, longest, BLOCK_SAMPLES):
        block = np.zeros((min(BLOCK_SAMPLES, longest - at), 2), np.float32)
        for path in stems:
            with sf.SoundFile(path) as file:
                if at < file.frames:
                    file.seek(at)
                    piece = file.read(len(block), dtype="float32", always_2d=True)
                    block[: len(piece)] += piece
        yield block
