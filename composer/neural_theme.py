"""The melody LSTM as a singer of themes."""

from collections.abc import Sequence

import numpy as np
import torch

from composer.encoding.style_tag import TAG_OF_STYLE
from composer.exact import Array
from composer.melody_step import stepper
from composer.networks.context import MelodyContext, row
from composer.networks.melody_lstm import START, MelodyLSTM, MelodyStep
from composer.originality import NgramIndex
from composer.request import ThemeCell
from composer.spotting import Mode, Style
from composer.theme_singer import BARS, CENTRE, LANES, STEPS, ThemeStep, sung_theme
from composer.theory import mode_index


class LstmThemeVoice:
    """Thirty-two lanes of the network, from its empty state."""

    def __init__(self, net: MelodyLSTM) -> None:
        self.net = stepper(net)
        self.state = self.net.start(LANES)

    def logits(self, tokens: Sequence[Sequence[int]], at: ThemeStep) -> Array:
        """Logits [32, 63] of one 16th."""
        bar, offset = divmod(at.step, STEPS)
        full = torch.full((LANES,), 0)
        inputs = MelodyStep(
            previous=torch.tensor([lane[-1] if lane else START for lane in tokens]),
            position=full + offset,
            chord=full + at.chord.id(0),
            next_chord=full + at.next_chord.id(0),
            reference=torch.tensor(at.references),
            reference_next=torch.tensor(at.following),
            mode=full + mode_index(at.mode),
            instrument=full,
            style=full + TAG_OF_STYLE[at.style],
        )
        context = MelodyContext(
            density=at.onsets / STEPS,
            register=(CENTRE - 66) / 12,
            similarity=at.similarity,
            bars_to_end=(BARS - bar) / 16,
        )
        rows = torch.from_numpy(np.repeat(row(context)[None], LANES, 0))
        logits, self.state = self.net.step(inputs, rows, self.state)
        found: Array = logits.double().numpy()
        return found


def neural_theme(
    net: MelodyLSTM, mode: Mode, style: Style, seed: int, known: NgramIndex | None = None
) -> tuple[ThemeCell, ThemeCell]:
    """Cells A and B, the best of thirty-two each; known: melodies that they must not quote."""
    return sung_theme(lambda: LstmThemeVoice(net), mode, style, seed, known)
