"""Chords from the GRU: its probabilities, the request's reweighting, one state carried over the cue."""

from collections.abc import Sequence

import numpy as np

from composer.chord_step import ChordNow, chord_stepper
from composer.encoding.chord import NO_CHORD
from composer.encoding.style_tag import TAG_OF_STYLE
from composer.grid import Slot, slots
from composer.harmony import Scores, decode_chords
from composer.networks.chord_gru import PHRASE, START, ChordGRU
from composer.networks.context import FAR_BARS, ChordContext, row
from composer.request import CueRequest
from composer.tension_owed import TENSION_SPAN
from composer.theory import Chord, mode_index


class ChordWriter:
    """Feeds the network the chords chosen so far, slot by slot, and hands out what it finds likely next."""

    def __init__(self, net: ChordGRU, request: CueRequest) -> None:
        self.net, self.request = chord_stepper(net), request
        self.grid = slots(request.tempo_map)
        self.state = self.net.start()
        self.fed = 0

    def __call__(self, chosen: Sequence[Chord], index: int) -> Scores:
        """Log probabilities [192] of the chord at a slot, given all chosen before it."""
        while self.fed <= index:
            before = chosen[self.fed - 1].id(self.request.key_pc) if self.fed else START
            self._step(before, self.fed)
            self.fed += 1
        logits = self.net.logits(self.state)[:NO_CHORD].astype(np.float64)
        most = logits.max()
        scores: Scores = logits - most - np.log(np.exp(logits - most).sum())
        return scores

    def _step(self, before: int, index: int) -> None:
        request = self.request
        now = ChordNow(before, index % PHRASE, mode_index(request.mode), TAG_OF_STYLE[request.style])
        context = row(chord_context(request, self.grid[index]))
        self.state = self.net.after(now, context, self.state)


def bars_to_hit(request: CueRequest, bar: int) -> float:
    """Bars from a bar to the next hit's bar, / 16 and at most 1, as the networks were told."""
    later = [request.tempo_map.bar_of(hit.beat)[0] - bar for hit in request.hits]
    return min(min((bars for bars in later if bars >= 0), default=99) / FAR_BARS, 1.0)


def bars_to_end(request: CueRequest, bar: int) -> float:
    """Bars from a bar to the out, / 16 and at most 1."""
    return min(max(request.out_bar - bar, 0) / FAR_BARS, 1.0)


def chord_context(request: CueRequest, slot: Slot) -> ChordContext:
    """What the chord network is told of a slot."""
    bar = request.bars[slot.bar]
    starts = slot.half == 0 and (slot.bar == 0 or request.bars[slot.bar - 1].section != bar.section)
    return ChordContext(
        tension=TENSION_SPAN * bar.tension,
        arousal=bar.arousal,
        harmonic_rhythm=min(bar.harmonic_rhythm / 2, 1.0),
        bars_to_end=bars_to_end(request, slot.bar),
        bars_to_hit=bars_to_hit(request, slot.bar),
        section_start=float(starts),
    )


def neural_chords(net: ChordGRU, request: CueRequest) -> tuple[Chord, ...]:
    """The cue's chords, one a slot."""
    return decode_chords(request, ChordWriter(net, request))
