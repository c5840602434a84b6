"""The learned engine: chord GRU, melody LSTM, texture GAN and drum GRU behind the engines' interface.

One thread and one cue a call, so that a cue's notes are the same whatever runs beside it.
"""

from collections.abc import Mapping
from pathlib import Path

import torch

from composer.exact_strokes import exact_strokes
from composer.frame import Frame
from composer.grid import GridNote, LayerPlan
from composer.neural_chords import neural_chords
from composer.neural_drums import neural_drums
from composer.neural_melody import LstmVoice
from composer.neural_texture import neural_texture
from composer.neural_theme import neural_theme
from composer.notes import EngineName, Role
from composer.one_thread import one_thread
from composer.originality import NgramIndex, load_index
from composer.request import CueRequest, ThemeCell
from composer.rules_texture import rules_texture
from composer.singer import sung_melody
from composer.spotting import Mode, Style
from composer.theory import Chord
from composer.weights_dir import WEIGHTS_DIR
from composer.weights_file import Networks, load_networks

# The corpus has no jazz: noir's walking bass, comping and brushes are by rule, its chords and tune learned.
# Nor has it a cinema's pianist: the left hand's stride is by rule, what the right hand plays is learned.
BY_RULE: dict[Style, tuple[Role, ...]] = {
    "noir_jazz": ("bass", "pad", "percussion"),
    "silent_piano": ("bass", "pad"),
}


class NeuralEngine:
    """Networks decoded under the request's guarantees. known: training melodies that it must not quote."""

    def __init__(self, networks: Networks, known: NgramIndex | None = None) -> None:
        self._networks, self._known = networks, known

    @property
    def name(self) -> EngineName:
        """ "neural"."""
        return "neural"

    @property
    def weights_sha256(self) -> str:
        """Hash of the weights that it loaded."""
        return self._networks.sha256

    def chords(self, request: CueRequest) -> tuple[Chord, ...]:
        """The chord GRU's, reweighted."""
        with torch.no_grad(), one_thread():
            return neural_chords(self._networks.chord, request)

    def melody(self, request: CueRequest, chords: tuple[Chord, ...]) -> tuple[GridNote, ...]:
        """The melody LSTM's cells, and the request's theme."""
        with torch.no_grad(), one_thread():
            frame = Frame(request, chords)
            return sung_melody(LstmVoice(self._networks.melody, frame), frame, self._known)

    def texture(
        self, request: CueRequest, chords: tuple[Chord, ...], plan: LayerPlan
    ) -> Mapping[Role, tuple[GridNote, ...]]:
        """The GAN's bass, pad and arpeggio, and the drum GRU's percussion."""
        frame = Frame(request, chords)
        by_rule = BY_RULE.get(request.style, ())
        figures = rules_texture(request, chords, plan) if by_rule else {}
        given = {role: figures[role] for role in by_rule}
        with torch.no_grad(), one_thread():
            written = neural_texture(self._networks.texture, self._networks.bank, frame, plan, given)
            written["percussion"] = neural_drums(self._networks.drum, frame, plan)
        written |= given
        return exact_strokes(frame, written)

    def theme(self, mode: Mode, style: Style, seed: int) -> tuple[ThemeCell, ThemeCell]:
        """The best of thirty-two, and its answer."""
        with torch.no_grad(), one_thread():
            return neural_theme(self._networks.melody, mode, style, seed, self._known)


def load_neural_engine(weights: Path | None) -> NeuralEngine:
    """The engine with a folder's weights, or with those that ship.

    Raises RejectedInput where a file is missing, broken, of another architecture, or not finite.
    """
    folder = weights or WEIGHTS_DIR
    return NeuralEngine(load_networks(folder), load_index(folder))
