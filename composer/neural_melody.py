"""The melody LSTM as a voice: what each 16th of a cue tells it."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from composer.encoding.style_tag import TAG_OF_STYLE, instrument_class
from composer.encoding.time_step import NO_TOKEN, to_c, token_pitch
from composer.frame import Frame
from composer.grid import STEPS_PER_BAR
from composer.melody_step import MelodyNow, MelodyState, stepper
from composer.networks.context import MelodyContext, row
from composer.networks.melody_lstm import START, MelodyLSTM
from composer.networks.packed_linear import Floats
from composer.neural_chords import bars_to_end, bars_to_hit
from composer.rhythm_lean import lean
from composer.sampling import Array
from composer.singer import REGISTER_REACH
from composer.styles import STYLES
from composer.tension_owed import TENSION_SPAN
from composer.theory import mode_index
from composer.voice import BarPlan

MIDDLE = 66  # the pitch from which registers are told, in octaves (MelodyContext)
COLUMN = {field.name: place for place, field in enumerate(fields(MelodyContext))}


class LstmVoice:
    """The network with one recurrent state over the cue's phrases."""

    def __init__(self, net: MelodyLSTM, frame: Frame) -> None:
        self.net, self.frame = stepper(net, 1, rhythm_recalled=False), frame
        self.request = frame.request
        self.state = self.net.start()
        self.shift = to_c(self.request.key_pc)
        table = STYLES[self.request.style].roles["melody"]
        self.instrument = instrument_class(table[0].programme)
        self.mode, self.style = mode_index(self.request.mode), TAG_OF_STYLE[self.request.style]
        self.bars: dict[int, Floats] = {}
        self.chords = [chord.id(self.request.key_pc) for chord in frame.steps]

    def bookmark(self) -> MelodyState:
        """The recurrent state and the past."""
        return self.state.copy()

    def turn_back(self, bookmark: MelodyState) -> None:
        """Go on from there."""
        self.state = bookmark.copy()

    def logits(self, tokens: Sequence[int], plan: BarPlan, step: int, left: int | None) -> Array:
        """Logits [63] of one 16th."""
        self.hear(tokens, plan, step, left)
        heard = self.net.unrecalled if left == 0 else self.net.logits
        found: Array = heard(self.state)[0].astype(np.float64)
        if left is not None:
            lean(found, tokens, plan.onsets, step - self.frame.starts[plan.bar], left)
        return found

    def hear(self, tokens: Sequence[int], plan: BarPlan, step: int, left: int | None) -> None:
        """One 16th of which nothing need be known."""
        start, end = self.frame.starts[plan.bar], self.frame.starts[plan.bar + 1]
        offset = step - start
        now = MelodyNow(
            previous=np.array([tokens[-1] if tokens else START]),
            reference=np.array([_at(plan.reference, offset)]),
            reference_next=np.array([_at(plan.reference, offset + 1)]),
            position=offset % STEPS_PER_BAR,
            chord=self.chords[step],
            next_chord=self.chords[min(step + 8, len(self.chords) - 1)],
            mode=self.mode,
            instrument=self.instrument,
            style=self.style,
        )
        told = self._bar(plan.bar).copy()
        _tell(told, "similarity", plan.similarity)
        if left is not None:
            asked = self.request.bars[plan.bar].melody_register + self.shift
            wanted = still_wanted(asked, tokens[len(tokens) - offset :], left)
            _tell(told, "density", plan.onsets / STEPS_PER_BAR)
            _tell(told, "onsets_left", left / (end - step))
            _tell(told, "register_left", (wanted - MIDDLE) / 12)
        self.state = self.net.after(now, told[None], self.state)

    def _bar(self, bar: int) -> Floats:
        """What is told of a bar at each of its steps."""
        if bar not in self.bars:
            asked = self.request.bars[bar]
            register = (asked.melody_register + self.shift - MIDDLE) / 12
            self.bars[bar] = row(
                MelodyContext(
                    register=register,
                    tension=TENSION_SPAN * asked.tension,
                    arousal=asked.arousal,
                    register_left=register,
                    bars_to_end=bars_to_end(self.request, bar),
                    bars_to_hit=bars_to_hit(self.request, bar),
                )
            )
        return self.bars[bar]


def still_wanted(asked: float, tokens: Sequence[int], left: int) -> float:
    """The mean pitch that the `left` onsets to come must have for their bar's mean to be `asked`.

    tokens: of the bar so far.
    """
    if left <= 0 or not tokens:
        return asked
    sung = [pitch for token in tokens if (pitch := token_pitch(token)) is not None]
    wanted = (asked * (len(sung) + left) - sum(sung)) / left
    return min(max(wanted, asked - REGISTER_REACH), asked + REGISTER_REACH)


def _tell(told: Floats, name: str, value: float | None) -> None:
    if value is not None:
        at = COLUMN[name]
        told[at], told[at + len(COLUMN)] = value, 1.0


def _at(reference: tuple[int, ...] | None, offset: int) -> int:
    return reference[offset] if reference is not None and offset < len(reference) else NO_TOKEN
