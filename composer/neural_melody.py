"""The melody LSTM as a voice: what each 16th of a cue tells it."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from composer.encoding.style_tag import TAG_OF_STYLE, instrument_class
from composer.encoding.time_step import NO_TOKEN, to_c
from composer.exact import Array
from composer.frame import Frame
from composer.grid import STEPS_PER_BAR
from composer.melody_step import MelodyNow, MelodyState, stepper
from composer.networks.context import MelodyContext, row
from composer.networks.melody_lstm import START, MelodyLSTM
from composer.networks.packed_linear import Floats
from composer.neural_chords import bars_to_end, bars_to_hit
from composer.singer import LANES, BarPlan
from composer.styles import STYLES
from composer.theory import mode_index

COLUMN = {field.name: place for place, field in enumerate(fields(MelodyContext))}


class LstmVoice:
    """Four lanes of the network with one recurrent state over the cue's phrases."""

    def __init__(self, net: MelodyLSTM, frame: Frame) -> None:
        self.net, self.frame = stepper(net, LANES), frame
        self.request = frame.request
        self.state = self.net.start()
        self.shift = to_c(self.request.key_pc)
        table = STYLES[self.request.style].roles["melody"]
        self.instrument = instrument_class(table[0].programme)
        self.mode, self.style = mode_index(self.request.mode), TAG_OF_STYLE[self.request.style]
        self.bars: dict[int, Floats] = {}
        self.chords = [chord.id(self.request.key_pc) for chord in frame.steps]

    def keep(self, lane: int) -> None:
        """Go on from one lane's state in all of them."""
        self.state = self.state.of([lane] * LANES)

    def bookmark(self) -> MelodyState:
        """The recurrent state and the past."""
        return self.state.copy()

    def turn_back(self, bookmark: MelodyState) -> None:
        """Go on from there."""
        self.state = bookmark.copy()

    def logits(
        self,
        tokens: Sequence[Sequence[int]],
        plans: Sequence[BarPlan],
        step: int,
        left: Sequence[int] | None,
    ) -> Array:
        """Logits [4, 63] of one 16th."""
        bar = plans[0].bar
        offset = step - self.frame.starts[bar]
        now = MelodyNow(
            previous=np.array([lane[-1] if lane else START for lane in tokens]),
            reference=np.array([_at(plan.reference, offset) for plan in plans]),
            reference_next=np.array([_at(plan.reference, offset + 1) for plan in plans]),
            position=offset % STEPS_PER_BAR,
            chord=self.chords[step],
            next_chord=self.chords[min(step + 8, len(self.chords) - 1)],
            mode=self.mode,
            instrument=self.instrument,
            style=self.style,
        )
        context = np.repeat(self._bar(bar)[None], LANES, 0)
        for told, plan in zip(context, plans, strict=True):
            _tell(told, "similarity", plan.similarity)
        if left is not None:
            steps_left = max(self.frame.starts[bar + 1] - step, 1)
            for told, plan, onsets in zip(context, plans, left, strict=True):
                _tell(told, "density", plan.onsets / STEPS_PER_BAR)
                _tell(told, "onsets_left", onsets / steps_left)
        logits, self.state = self.net.step(now, context, self.state)
        return logits.astype(np.float64)

    def _bar(self, bar: int) -> Floats:
        """What every lane is told of a bar at each of its steps."""
        if bar not in self.bars:
            asked = self.request.bars[bar]
            register = (asked.melody_register + self.shift - 66) / 12
            self.bars[bar] = row(
                MelodyContext(
                    register=register,
                    tension=asked.tension,
                    arousal=asked.arousal,
                    register_left=register,
                    bars_to_end=bars_to_end(self.request, bar),
                    bars_to_hit=bars_to_hit(self.request, bar),
                )
            )
        return self.bars[bar]


def _tell(told: Floats, name: str, value: float | None) -> None:
    if value is not None:
        at = COLUMN[name]
        told[at], told[at + len(COLUMN)] = value, 1.0


def _at(reference: tuple[int, ...] | None, offset: int) -> int:
    return reference[offset] if reference is not None and offset < len(reference) else NO_TOKEN
