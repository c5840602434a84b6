"""The learned engine: chord GRU, melody LSTM, texture GAN and drum GRU behind the engines' interface.

One thread and one cue a call, so that a cue's notes are the same whatever runs beside it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from composer.figures import Character
from composer.frame import Frame
from composer.grid import GridNote, LayerPlan
from composer.networks.chord_gru import ChordGRU
from composer.networks.drum_gru import DrumGRU
from composer.networks.melody_lstm import MelodyLSTM
from composer.networks.texture_gan import TextureGenerator
from composer.neural_chords import neural_chords
from composer.neural_drums import neural_drums
from composer.neural_melody import neural_melody
from composer.neural_texture import neural_texture
from composer.neural_theme import neural_theme
from composer.notes import EngineName, Role
from composer.request import CueRequest, ThemeCell
from composer.spotting import Mode, Style
from composer.theory import Chord


@contextmanager
def one_thread() -> Iterator[None]:
    """torch on one thread within, whatever it was on before: sums in one order, and faster step by step."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad():
            yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True)
class Networks:
    """The four networks in evaluation mode, and vetted latents [n, 64] by character (may be empty)."""

    chords: ChordGRU
    melody: MelodyLSTM
    texture: TextureGenerator
    drums: DrumGRU
    bank: Mapping[Character, torch.Tensor]


class NeuralEngine:
    """Networks decoded under the request's guarantees."""

    def __init__(self, networks: Networks, weights_sha256: str) -> None:
        self._networks = networks
        self._sha256 = weights_sha256

    @property
    def name(self) -> EngineName:
        """ "neural"."""
        return "neural"

    @property
    def weights_sha256(self) -> str:
        """Hash of the weights that it loaded."""
        return self._sha256

    def chords(self, request: CueRequest) -> tuple[Chord, ...]:
        """The chord GRU's, reweighted."""
        with one_thread():
            return neural_chords(self._networks.chords, request)

    def melody(self, request: CueRequest, chords: tuple[Chord, ...]) -> tuple[GridNote, ...]:
        """The melody LSTM's cells, and the request's theme."""
        with one_thread():
            return neural_melody(self._networks.melody, Frame(request, chords))

    def texture(
        self, request: CueRequest, chords: tuple[Chord, ...], plan: LayerPlan
    ) -> Mapping[Role, tuple[GridNote, ...]]:
        """The GAN's bass, pad and arpeggio, and the drum GRU's percussion."""
        frame = Frame(request, chords)
        with one_thread():
            written = neural_texture(self._networks.texture, self._networks.bank, frame, plan)
            return {**written, "percussion": neural_drums(self._networks.drums, frame, plan)}

    def theme(self, mode: Mode, style: Style, seed: int) -> tuple[ThemeCell, ThemeCell]:
        """The best of thirty-two, and its answer."""
        with one_thread():
            return neural_theme(self._networks.melody, mode, style, seed)
