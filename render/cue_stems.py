"""A cue's own stems as others take them over: 24 bit, levelled, two bars of silence before the first note."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import numpy as np

from render.score_sound import Score
from render.stems import open_stem
from render.wav import RATE_HZ, day_samples, time_reference
from vision.analysis import Film
from vision.artifact import Frozen

BLOCK_SAMPLES = 10 * RATE_HZ


class CueStems(Frozen):
    """One cue's files below stems/, all alike: film sample of their first one (the lead-in may begin before
    the film), and how many they have."""

    first_sample: int
    samples: int
    files: tuple[str, ...]


def write_cue_stems(
    score: Score, leads: Mapping[str, int], folder: Path, film: Film, format: Literal["wav", "flac"]
) -> dict[str, CueStems]:
    """Write folder/CUE_ID/ROLE.wav (or .flac) a role and cue; returns what was written by cue uid.

    leads: samples of silence before the first note, by cue uid.  At their places the files sum to score.wav
    to the sample; a broadcast wave's time reference says the place, before midnight where the lead reaches
    back that far.
    """
    names = folder_names([sound.cue.id for sound in score.sounds])
    written: dict[str, CueStems] = {}
    for index, (sound, name) in enumerate(zip(score.sounds, names, strict=True)):
        lead, length = leads.get(sound.cue.uid, 0), max(sound.end - sound.start, 0)
        stamp = (time_reference(film) + sound.start - lead) % day_samples(film)
        with ExitStack() as stack:
            stems = {
                role: stack.enter_context(open_stem(folder / name, role, lead + length, stamp, format))
                for role in sound.stems
            }
            for stem in stems.values():
                for count in _counts(lead):
                    stem.write(np.zeros((count, 2)))
            for at, count in _blocks(sound.start, sound.end):
                for role, block in score.cue_block(index, at, count).items():
                    stems[role].write(block)
        files = tuple(f"{name}/{role}.{format}" for role in sound.stems)
        written[sound.cue.uid] = CueStems(
            first_sample=sound.start - lead, samples=lead + length, files=files
        )
    return written


def folder_names(ids: Sequence[str]) -> list[str]:
    """A folder's name for each cue id, in letters and digits, no two alike where case does not count."""
    names: list[str] = []
    taken: set[str] = set()
    for number, cue_id in enumerate(ids, 1):
        plain = re.sub(r"[^A-Za-z0-9_-]", "_", cue_id)[:40] or "cue"
        name = plain if plain.lower() not in taken else f"{plain}_{number}"
        taken.add(name.lower())
        names.append(name)
    return names


def _counts(samples: int) -> Iterator[int]:
    for _, count in _blocks(0, samples):
        yield count


def _blocks(start: int, end: int) -> Iterator[tuple[int, int]]:
    for at in range(start, end, BLOCK_SAMPLES):
        yield at, min(BLOCK_SAMPLES, end - at)
