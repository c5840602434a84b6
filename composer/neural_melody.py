"""The melody LSTM as a voice: what each 16th of a cue tells it."""

from collections.abc import Sequence

import numpy as np
import torch

from composer.encoding.style_tag import TAG_OF_STYLE, instrument_class
from composer.encoding.time_step import NO_TOKEN, to_c
from composer.exact import Array
from composer.frame import Frame
from composer.grid import STEPS_PER_BAR
from composer.melody_step import MelodyState, stepper
from composer.networks.context import MelodyContext, row
from composer.networks.melody_lstm import START, MelodyLSTM, MelodyStep
from composer.neural_chords import bars_to_end, bars_to_hit
from composer.singer import LANES, BarPlan
from composer.styles import STYLES
from composer.theory import mode_index


class LstmVoice:
    """Four lanes of the network with one recurrent state over the cue's phrases."""

    def __init__(self, net: MelodyLSTM, frame: Frame) -> None:
        self.net, self.frame = stepper(net), frame
        self.request = frame.request
        self.state = self.net.start(LANES)
        self.shift = to_c(self.request.key_pc)
        table = STYLES[self.request.style].roles["melody"]
        self.instrument = instrument_class(table[0].programme)

    def keep(self, lane: int) -> None:
        """Go on from one lane's state in all of them."""
        self.state = self.state.of([lane] * LANES)

    def bookmark(self) -> MelodyState:
        """The recurrent state and the past."""
        return self.state

    def turn_back(self, bookmark: MelodyState) -> None:
        """Go on from there."""
        self.state = bookmark

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
        steps = self.frame.starts[bar + 1] - self.frame.starts[bar]
        request = self.request
        asked = request.bars[bar]
        now = self.frame.steps[step].id(request.key_pc)
        following = self.frame.steps[min(step + 8, len(self.frame.steps) - 1)].id(request.key_pc)
        references = [_at(plan.reference, offset) for plan in plans]
        next_references = [_at(plan.reference, offset + 1) for plan in plans]
        contexts = [
            row(
                MelodyContext(
                    density=None if left is None else plan.onsets / STEPS_PER_BAR,
                    register=(asked.melody_register + self.shift - 66) / 12,
                    tension=asked.tension,
                    arousal=asked.arousal,
                    onsets_left=None if left is None else left[i] / max(steps - offset, 1),
                    register_left=(asked.melody_register + self.shift - 66) / 12,
                    similarity=plan.similarity,
                    bars_to_end=bars_to_end(request, bar),
                    bars_to_hit=bars_to_hit(request, bar),
                )
            )
            for i, plan in enumerate(plans)
        ]
        full = torch.full((LANES,), 0)
        inputs = MelodyStep(
            previous=torch.tensor([lane[-1] if lane else START for lane in tokens]),
            position=full + offset % STEPS_PER_BAR,
            chord=full + now,
            next_chord=full + following,
            reference=torch.tensor(references),
            reference_next=torch.tensor(next_references),
            mode=full + mode_index(request.mode),
            instrument=full + self.instrument,
            style=full + TAG_OF_STYLE[request.style],
        )
        logits, self.state = self.net.step(inputs, torch.from_numpy(np.stack(contexts)), self.state)
        found: Array = logits.double().numpy()
        return found


def _at(reference: tuple[int, ...] | None, offset: int) -> int:
    return reference[offset] if reference is not None and offset < len(reference) else NO_TOKEN
