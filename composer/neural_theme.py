"""The melody LSTM as a singer of themes."""

from collections.abc import Sequence

import numpy as np

from composer.encoding.style_tag import TAG_OF_STYLE
from composer.melody_step import MelodyNow, stepper
from composer.networks.context import MelodyContext, row
from composer.networks.melody_lstm import START, MelodyLSTM
from composer.originality import NgramIndex
from composer.request import ThemeCell
from composer.sampling import Array
from composer.spotting import Mode, Style
from composer.theme_singer import BARS, CENTRE, LANES, STEPS, ThemeStep, sung_theme
from composer.theory import mode_index


class LstmThemeVoice:
    """Thirty-two lanes of the network, from its empty state."""

    def __init__(self, net: MelodyLSTM) -> None:
        self.net = stepper(net, LANES, rhythm_recalled=False)
        self.state = self.net.start()

    def logits(self, tokens: Sequence[Sequence[int]], at: ThemeStep) -> Array:
        """Logits [32, 63] of one 16th."""
        bar, offset = divmod(at.step, STEPS)
        now = MelodyNow(
            previous=np.array([lane[-1] if lane else START for lane in tokens]),
            reference=np.array(at.references),
            reference_next=np.array(at.following),
            position=offset,
            chord=at.chord.id(0),
            next_chord=at.next_chord.id(0),
            mode=mode_index(at.mode),
            instrument=0,
            style=TAG_OF_STYLE[at.style],
        )
        context = MelodyContext(
            density=at.onsets / STEPS,
            register=(CENTRE - 66) / 12,
            similarity=at.similarity,
            bars_to_end=(BARS - bar) / 16,
        )
        self.state = self.net.after(now, np.repeat(row(context)[None], LANES, 0), self.state)
        return self.net.logits(self.state).astype(np.float64)


def neural_theme(
    net: MelodyLSTM, mode: Mode, style: Style, seed: int, known: NgramIndex | None = None
) -> tuple[ThemeCell, ThemeCell]:
    """Cells A and B, the best of thirty-two each; known: melodies that they must not quote."""
    return sung_theme(lambda: LstmThemeVoice(net), mode, style, seed, known)
