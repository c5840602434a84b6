"""Passages of held-out pieces, and the request that a cue would have to carry to be like each of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch

from composer.encoding.piano_roll import ROLE_SLICE
from composer.encoding.style_tag import TAG_OF_STYLE
from composer.encoding.time_step import FIRST_ONSET, LOWEST_PITCH, to_c
from composer.grid import LayerPlan
from composer.notes import PITCHED, Role
from composer.request import BarCondition, CueRequest
from composer.spotting import Ending, Mode, Style
from composer.tempo_map import TempoChange, TempoMap
from composer.tension_owed import TENSION_SPAN
from composer.theory import Chord, chord_of
from composer.training.analytic import features
from composer.training.dataset import BarData
from composer.training.excerpt import Excerpt
from composer.training.texture_bars import texture_bar
from vision.rejected import RejectedInput

PASSAGE_BARS = 16
WINDOW_BARS = 4
SECTION_BARS = 8
US_PER_BEAT = 600_000  # the prepared bars carry no tempo: 100 quarters a minute, a bar lasts 2.4 s
MOST_OF_ONE_STYLE = 0.34  # piano music is more than half of what is held out
_STYLE_OF_TAG: dict[int, Style] = {TAG_OF_STYLE[style]: style for style in get_args(Style)}
_MODES: tuple[Mode, ...] = get_args(Mode)
_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


@dataclass(frozen=True)
class Passage:
    """Sixteen bars of a held-out piece: as they are, and as a cue's request with its chords and its layers.

    The request ends by a stop after the last bar, so that nothing is asked which the piece does not have.
    """

    piece: int
    style: Style
    real: Excerpt
    request: CueRequest
    chords: tuple[Chord, ...]
    plan: LayerPlan

    def asked(self, seed: int, ending: Ending | None = None) -> CueRequest:
        """The request under another generation seed; with an ending it rings for two bars more."""
        if ending is None or ending in ("stop", "segue"):
            return self.request.model_copy(update={"seed": seed, "ending": ending or "stop"})
        tempo = _clock(PASSAGE_BARS + 2)
        ring = self.request.bars[-1].model_copy(update={"melody": "none"})
        return self.request.model_copy(
            update={
                "seed": seed, "ending": ending, "tempo_map": tempo, "length_s": tempo.length_s,
                "bars": (*self.request.bars, ring, ring),
            }
        )  # fmt: skip


def held_out_passages(data: BarData, split: str, most: int) -> list[Passage]:
    """At most `most` passages of a split, spread evenly over its runs; each begins its run.

    A run must be as long, sound throughout and have a style that can be asked for; no style has more than a
    third. Raises RejectedInput where there are too few to judge by.
    """
    firsts = _firsts(data, split)
    by_style: dict[int, list[int]] = {}
    for first in firsts:
        by_style.setdefault(int(data.style[first]), []).append(first)
    limit = max(int(MOST_OF_ONE_STYLE * most), 1)
    for tag, found in by_style.items():
        by_style[tag] = _spread(found, limit)
    chosen = _spread(sorted(first for found in by_style.values() for first in found), most)
    if len({int(data.piece[first]) for first in chosen}) < 2:
        reason = f"the {split} split holds no two pieces with {PASSAGE_BARS} bars that sound throughout"
        raise RejectedInput(reason, "prepare more pieces; a tenth each is kept for valid and test")
    return [passage_at(data, first) for first in chosen]


def _firsts(data: BarData, split: str) -> list[int]:
    starts = torch.nonzero(data.split_mask(split) & (data.run_start == torch.arange(len(data))))[:, 0]
    found = []
    for first in starts.tolist():
        index = torch.arange(first, min(first + PASSAGE_BARS, len(data)))
        whole = len(index) == PASSAGE_BARS and bool((data.run[index] == data.run[first]).all())
        if whole and int(data.style[first]) in _STYLE_OF_TAG:
            if bool(data.rolls[index].flatten(1).any(1).float().mean() > 0.9):
                found.append(first)
    return found


def _spread(values: list[int], most: int) -> list[int]:
    places = np.linspace(0, len(values) - 1, min(most, len(values))).round().astype(int)
    return [values[place] for place in places]


def passage_at(data: BarData, first: int, bars: int = PASSAGE_BARS) -> Passage:
    """`bars` bars of a run from its bar `first` on; a style that can't be asked for becomes chamber."""
    index = torch.arange(first, first + bars)
    tonic, mode = int(data.tonic[first]), int(data.mode[first])
    chords = data.chords[index].numpy()
    rolls = data.rolls[index].numpy().astype(np.bool_)
    real = Excerpt(chords, data.melody[index].numpy(), rolls, mode, tonic)
    style: Style = _STYLE_OF_TAG.get(int(data.style[first]), "chamber")
    plan = LayerPlan(tuple(_roles(real, bar) for bar in range(bars)))
    clock = _clock(bars)
    request = CueRequest(
        uid=f"held-out-{first}", id="1M01", take=1, seed=0, style=style, key=_NAMES[tonic], key_pc=tonic,
        mode=_MODES[mode], ending="stop", lead_in=False, tempo_map=clock, out_bar=bars,
        length_s=clock.length_s, bars=_conditions(data, index, real, plan), hits=(), theme=None,
        theme_use="none",
    )  # fmt: skip
    given = tuple(chord_of(int(chord), tonic) for chord in chords.reshape(-1))
    return Passage(int(data.piece[first]), style, real, request, given, plan)


def _clock(bars: int) -> TempoMap:
    return TempoMap(changes=(TempoChange(beat=0, us_per_beat=US_PER_BEAT),), bars=(4,) * bars)


def _roles(real: Excerpt, bar: int) -> tuple[Role, ...]:
    """The texture roles with a note in a bar, sounding in or begun there."""
    return tuple(role for role in PITCHED if real.rolls[bar, :, ROLE_SLICE[role]].any())


def _conditions(
    data: BarData, index: torch.Tensor, real: Excerpt, plan: LayerPlan
) -> tuple[BarCondition, ...]:
    found = features(data.rolls[index].float(), texture_bar(data, index, None).previous)
    texture: Mapping[str, list[float]] = {name: values.tolist() for name, values in found.items()}
    chords = data.chords[index].reshape(-1)
    changed = torch.cat([torch.ones(1), (chords[1:] != chords[:-1]).float()]).reshape(-1, 2).sum(1)
    shift = to_c(real.tonic)
    conditions = []
    for place, bar in enumerate(index.tolist()):
        sung = real.melody[place]
        pitches = sung[sung >= FIRST_ONSET] - FIRST_ONSET + LOWEST_PITCH - shift
        sounding = float(data.register[bar]) != 0
        four = slice(place - place % WINDOW_BARS, place - place % WINDOW_BARS + WINDOW_BARS)
        conditions.append(
            BarCondition(
                arousal=float(data.arousal[bar]),
                valence=0.5,
                tension=min(float(data.tension[bar].mean()) / TENSION_SPAN, 1.0),
                dynamics=float(data.dynamics[bar]) if bool(data.known_dynamics[bar]) else 0.5,
                density=4 * texture["density"][place],
                register=12 * float(data.register[bar]) + 60 if sounding else 60.0,
                polyphony=8 * texture["polyphony"][place],
                harmonic_rhythm=min(max(float(changed[four].mean()), 0.5), 2.0),
                layers=max(len(plan.bars[place]), 1),
                speech=0.0,
                section=place // SECTION_BARS,
                melody="cell" if len(pitches) else "none",
                melody_density=len(pitches) / 4,
                melody_register=float(pitches.mean()) if len(pitches) else 72.0,
            )
        )
    return tuple(conditions)
