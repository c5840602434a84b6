"""The melodies of a prepared corpus as lines of notes, for the index of what was learnt from."""

import numpy as np

from composer.encoding.time_step import FIRST_ONSET, LOWEST_PITCH, STEPS_PER_BAR
from composer.originality import Tune
from composer.training.dataset import BarData


def corpus_tunes(data: BarData, split: str) -> list[Tune]:
    """(onset in 16ths, pitch) of each run of a split that sings; the pitch's tonic is moved to C."""
    tokens = data.melody.cpu().numpy()
    run = data.run.cpu().numpy()
    mask = data.split_mask(split).cpu().numpy()
    bars, steps = np.nonzero((tokens >= FIRST_ONSET) & mask[:, None])
    pitches = tokens[bars, steps] - FIRST_ONSET + LOWEST_PITCH
    onsets = bars * STEPS_PER_BAR + steps
    notes = np.stack([onsets, pitches], 1)
    cuts = np.flatnonzero(np.diff(run[bars])) + 1
    return [list(map(tuple, line)) for line in np.split(notes, cuts)] if len(notes) else []
