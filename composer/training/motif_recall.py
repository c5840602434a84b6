"""A motif asked for again, more or less like itself: what singers make of the similarity asked."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from composer.encoding.time_step import FIRST_ONSET
from composer.frame import Frame
from composer.grid import GridNote
from composer.phrases import Phrase
from composer.request import CueRequest
from composer.singer import Singer
from composer.tempo_map import TempoChange, TempoMap
from composer.theory import Chord
from composer.training.excerpt import STEPS, written_excerpt
from composer.training.judged_windows import Window
from composer.training.passages import US_PER_BEAT, WINDOW_BARS, Passage
from composer.training.texture_bars import rank_correlation
from composer.voice import BarPlan, Voice

WANTED = (0.0, 0.25, 0.5, 0.75, 1.0)
NewVoice = Callable[[Frame], Voice]


class MotifSinger(Singer):
    """Sings a phrase after given bars, each to be as like its model as one number says."""

    def __init__(
        self, voice: Voice, frame: Frame, model: Sequence[tuple[int, ...]], similarity: float
    ) -> None:
        super().__init__(voice, frame)
        self.model, self.similarity = model, similarity

    def _plan(self, place: int, bar: int, reference: tuple[int, ...] | None) -> BarPlan:
        plan = super()._plan(place, bar, reference)
        return replace(plan, reference=self.model[place], similarity=self.similarity)


def recall(
    new_voice: NewVoice, passages: Sequence[Passage], windows: Sequence[Window], seed: int
) -> dict[str, Any]:
    """Spearman's rho of wanted and realised similarity over windows of four bars, and the mean realised.

    Each window is heard and then sung again under its own chords and requests, at every similarity.
    """
    pairs = [
        (wanted, sung_again(new_voice, passages[window.passage], window.first, wanted, seed))
        for window in windows
        for wanted in WANTED
    ]
    asked, got = (torch.tensor(column) for column in zip(*pairs, strict=True))
    means = {str(w): float(np.mean([g for a, g in pairs if a == w])) for w in WANTED}
    return {"windows": len(windows), "rho": float(rank_correlation(asked, got)), "realised": means}


def sung_again(new_voice: NewVoice, passage: Passage, first: int, wanted: float, seed: int) -> float:
    """How like four bars of a passage they come back when a likeness is asked for."""
    model = passage.real.part(first, first + WINDOW_BARS)
    request, chords = _twice(passage, first, seed)
    frame = Frame(request, chords)
    bars = [tuple(int(token) for token in bar) for bar in model.melody]
    singer = MotifSinger(new_voice(frame), frame, bars, wanted)
    singer.hear(model.melody_notes(), Phrase(0, WINDOW_BARS, "theme"))
    sung = singer.sing(Phrase(WINDOW_BARS, 2 * WINDOW_BARS, "cell"))
    ours = [GridNote(note.step - WINDOW_BARS * STEPS, note.pitch, note.steps) for note in sung]
    again = written_excerpt({"melody": ours}, chords[: 2 * WINDOW_BARS], model.mode, model.tonic)
    return alike(model.melody, again.melody)


def alike(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """2 x onsets equal in step and pitch / onsets of both, over some bars of tokens."""
    a, b = np.array(first), np.array(second)
    struck, other = a >= FIRST_ONSET, b >= FIRST_ONSET
    return 2 * float((struck & (a == b)).sum()) / max(int(struck.sum() + other.sum()), 1)


def _twice(passage: Passage, first: int, seed: int) -> tuple[CueRequest, tuple[Chord, ...]]:
    """A request for four bars of a passage two times over, and its chords."""
    bars = passage.request.bars[first : first + WINDOW_BARS] * 2
    clock = TempoMap(changes=(TempoChange(beat=0, us_per_beat=US_PER_BEAT),), bars=(4,) * len(bars))
    request = passage.request.model_copy(
        update={
            "seed": seed, "bars": bars, "tempo_map": clock, "out_bar": len(bars), "length_s": clock.length_s,
            "uid": f"{passage.request.uid}-{first}",
        }
    )  # fmt: skip
    return request, passage.chords[2 * first : 2 * (first + WINDOW_BARS)] * 2
