"""The score as cues' stems on the film's clock: placed to the sample, levelled a cue, ducked a cue."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from composer.notes import ROLES, Role
from composer.spotting import Cue
from render.duck import DuckPoint, gain_at
from vision.artifact import Frozen
from vision.loudness_meter import Energies, LoudnessMeter

RATE_HZ = 48_000
READ_SAMPLES = 10 * RATE_HZ
FADE_S = 0.75  # a tail that outlasts the programme is gone by its end
FULL_SCALE_24 = 2.0**23
GAIN_STEP = 48  # lines are straight between milliseconds

Sound = NDArray[np.float32]  # [n, 2]
Wide = NDArray[np.float64]  # [n, 2] where sums are formed


@dataclass(frozen=True)
class CueSound:
    """A cue's stems on disk: [start, end) in film samples, fade_end where its tail must be gone."""

    cue: Cue
    stems: Mapping[Role, Path]
    start: int
    end: int
    fade_end: int

    def blocks(self) -> Iterator[Sound]:
        """All stems summed, faded but without gain, in blocks from the cue's start."""
        for at in range(self.start, self.end, READ_SAMPLES):
            count = min(READ_SAMPLES, self.end - at)
            yield sum(self.read(role, at, count) for role in self.stems) + np.zeros((count, 2), np.float32)

    def read(self, role: Role, start: int, count: int) -> Sound:
        """[count, 2] of a stem at film samples start..start + count; silence outside it."""
        block = np.zeros((count, 2), np.float32)
        first, last = max(start, self.start), min(start + count, self.end)
        if role in self.stems and last > first:
            with sf.SoundFile(self.stems[role]) as file:
                if first - self.start < file.frames:
                    file.seek(first - self.start)
                    piece = file.read(last - first, dtype="float32", always_2d=True)
                    block[first - start : first - start + len(piece)] = piece
        return self._faded(block, start)

    def _faded(self, block: Sound, start: int) -> Sound:
        if self.end < self.fade_end or start + len(block) <= self.fade_end - int(FADE_S * RATE_HZ):
            return block
        left = (self.fade_end - np.arange(start, start + len(block))) / (FADE_S * RATE_HZ)
        faded: Sound = block * (np.clip(left, 0.0, 1.0) ** 2).astype(np.float32)[:, None]
        return faded


def cue_sounds(
    cues: Sequence[Cue], folders: Mapping[str, Path], length_samples: int, programme_end_s: float
) -> tuple[CueSound, ...]:
    """Where each cue's stems lie in the film; what would sound after the film's last sample is cut."""
    fade_end = min(round(programme_end_s * RATE_HZ), length_samples)
    sounds = []
    for cue in cues:
        stems = {r: folders[cue.uid] / f"{r}.wav" for r in ROLES if (folders[cue.uid] / f"{r}.wav").is_file()}
        start = round(cue.start_s * RATE_HZ)
        longest = max((sf.info(path).frames for path in stems.values()), default=0)
        sounds.append(CueSound(cue, stems, start, min(start + longest, fade_end), fade_end))
    return tuple(sounds)


def measure_cue(sound: CueSound) -> tuple[Energies, float]:
    """Of the whole cue in stereo at unity gain: loudness energies every 100 ms, and its largest sample."""
    meter, peak = LoudnessMeter(RATE_HZ, (1.0, 1.0)), 0.0
    for block in sound.blocks():
        meter.feed(block)
        peak = max(peak, float(np.abs(block).max(initial=0.0)))
    return meter.energies(), peak


class PlacedCue(Frozen):
    """A cue's level in the film: gain of everything it plays, the fader's ride, and its own duck line."""

    gain_db: float
    ride: tuple[DuckPoint, ...]
    line: tuple[DuckPoint, ...]

    def level(self, start: int, count: int) -> Wide:
        """[count, 1] gain of everything it plays, ducking apart."""
        level: Wide = _gain(self.ride, start, count) * 10.0 ** (self.gain_db / 20.0)
        return level


@dataclass(frozen=True)
class Score:
    """All cues with their levels; the same samples however it is read."""

    sounds: tuple[CueSound, ...]
    placed: tuple[PlacedCue, ...]

    def roles(self) -> tuple[Role, ...]:
        """Roles that any cue plays, in their fixed order."""
        return tuple(role for role in ROLES if any(role in sound.stems for sound in self.sounds))

    def block(self, start: int, count: int) -> tuple[dict[Role, Wide], Wide]:
        """(unducked stems by role, ducked sum), each [count, 2], at film samples start..start + count.

        Each cue's stems lie on the 24-bit grid, so sums of them are exact in a file of that width.
        """
        stems: dict[Role, Wide] = {role: np.zeros((count, 2), np.float64) for role in self.roles()}
        ducked: Wide = np.zeros((count, 2), np.float64)
        for sound, level, duck in self._sounding(start, count):
            pieces = {role: sound.read(role, start, count) * level for role in sound.stems}
            for role, piece in pieces.items():
                stems[role] += _on_grid(piece)
            ducked += sum(pieces.values()) * duck
        return stems, ducked

    def cue_block(self, index: int, start: int, count: int) -> dict[Role, Wide]:
        """One cue's share of the unducked stems at film samples start..start + count."""
        sound, level = self.sounds[index], self.placed[index].level(start, count)
        return {role: _on_grid(sound.read(role, start, count) * level) for role in sound.stems}

    def ducked(self, start: int, count: int) -> Wide:
        """The ducked sum of `block` alone, the same to the last bit."""
        ducked: Wide = np.zeros((count, 2), np.float64)
        for sound, level, duck in self._sounding(start, count):
            ducked += sum(sound.read(role, start, count) * level for role in sound.stems) * duck
        return ducked

    def _sounding(self, start: int, count: int) -> Iterator[tuple[CueSound, Wide, Wide]]:
        """Cues that sound there, with the gain of all they play and that of their duck, each [count, 1]."""
        for sound, placed in zip(self.sounds, self.placed, strict=True):
            if sound.stems and sound.start < start + count and sound.end > start:
                yield sound, placed.level(start, count), _gain(placed.line, start, count)


def _on_grid(sound: Wide) -> Wide:
    rounded: Wide = np.rint(sound * FULL_SCALE_24) / FULL_SCALE_24
    return rounded


def _gain(line: Sequence[DuckPoint], start: int, count: int) -> NDArray[np.float64]:
    """[count, 1] gain, from its values each millisecond; 1 exactly where nothing moves."""
    at = np.arange(start, start + count + GAIN_STEP, GAIN_STEP)
    gains = gain_at(line, at / RATE_HZ)
    if float(gains.min()) == 1.0:
        return np.ones((count, 1))
    return np.interp(np.arange(start, start + count), at, gains)[:, None]
