"""The Markov engine: Witten-Bell chains for chords and melody, a chain of columns for texture.

It has the same guarantees as the others; between them it knows no more than the last few tokens.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from composer.encoding.chord import NO_CHORD
from composer.encoding.piano_roll import RollNote, decode, role_of_row, row_pitch
from composer.frame import Frame
from composer.grid import STEPS_PER_BAR, GridNote, LayerPlan, sorted_notes
from composer.harmony import Scores, decode_chords
from composer.layers import sections
from composer.markov import WittenBell
from composer.markov_columns import ColumnChain
from composer.notes import PITCHED, EngineName, Role
from composer.originality import NgramIndex, load_index
from composer.request import CueRequest, ThemeCell, stage_seed
from composer.rules_texture import rules_texture
from composer.sampling import Array
from composer.singer import sung_melody
from composer.spotting import Mode, Style
from composer.styles import ROLE_RANGE
from composer.theme_singer import ThemeStep, sung_theme
from composer.theory import Chord, chord_scale, mode_index, nearest_pitch
from composer.voice import BarPlan
from composer.weights_dir import WEIGHTS_DIR
from composer.weights_file import load_chain, load_markov

LEAST = 1e-12


class ChainVoice:
    """A melody chain that sings; it remembers nothing but the tokens of the phrase."""

    def __init__(self, chain: WittenBell) -> None:
        self.chain = chain

    def logits(self, tokens: Sequence[int], plan: BarPlan, step: int, left: int | None) -> Array:
        """Log probabilities [63]."""
        found: Array = chain_logits(self.chain, [tokens])[0]
        return found

    def hear(self, tokens: Sequence[int], plan: BarPlan, step: int, left: int | None) -> None:
        """There is no state."""

    def bookmark(self) -> None:
        """There is no state."""

    def turn_back(self, bookmark: None) -> None:
        """There is no state."""


class ChainThemeVoice:
    """The same chain, singing themes."""

    def __init__(self, chain: WittenBell) -> None:
        self.chain = chain

    def logits(self, tokens: Sequence[Sequence[int]], at: ThemeStep) -> Array:
        """Log probabilities [32, 63]."""
        return chain_logits(self.chain, tokens)


def chain_logits(chain: WittenBell, tokens: Sequence[Sequence[int]]) -> Array:
    """Log probabilities [lanes, vocabulary] after each lane's tokens."""
    recent = [list(lane)[-chain.order :] if len(lane) >= chain.order else list(lane) for lane in tokens]
    return np.log(np.stack([chain.distribution(lane) for lane in recent]) + LEAST)


class MarkovEngine:
    """The chains of one weights file."""

    def __init__(
        self, chords: WittenBell, melody: WittenBell, columns: ColumnChain, sha256: str,
        known: NgramIndex | None,
    ) -> None:  # fmt: skip
        self._chords, self._melody, self._columns, self._sha256 = chords, melody, columns, sha256
        self._known = known

    @property
    def name(self) -> EngineName:
        """ "markov"."""
        return "markov"

    @property
    def weights_sha256(self) -> str:
        """Hash of the chains that it loaded."""
        return self._sha256

    def chords(self, request: CueRequest) -> tuple[Chord, ...]:
        """The chord chain's, reweighted as for every engine."""

        def likely(chosen: Sequence[Chord], _index: int) -> Scores:
            history = [chord.id(request.key_pc) for chord in chosen]
            scores: Scores = np.log(self._chords.distribution(history)[:NO_CHORD] + LEAST)
            return scores

        return decode_chords(request, likely)

    def melody(self, request: CueRequest, chords: tuple[Chord, ...]) -> tuple[GridNote, ...]:
        """The melody chain's cells under the same masks as the network's."""
        return sung_melody(ChainVoice(self._melody), Frame(request, chords), self._known)

    def texture(
        self, request: CueRequest, chords: tuple[Chord, ...], plan: LayerPlan
    ) -> Mapping[Role, tuple[GridNote, ...]]:
        """Columns drawn section by section; percussion, of which there is no chain, by rule."""
        frame = Frame(request, chords)
        rng = np.random.default_rng(stage_seed(request, "texture"))
        notes: dict[Role, list[GridNote]] = {role: [] for role in PITCHED}
        for first, end in sections(request):
            end = min(end, request.out_bar)
            if first >= end:
                continue
            steps = frame.starts[end] - frame.starts[first]
            rolls = self._columns.generate(-(-steps // STEPS_PER_BAR), rng)
            for note in decode(rolls):
                _place(frame, plan, frame.starts[first], frame.starts[end], note, notes)
        percussion = rules_texture(request, chords, plan)["percussion"]
        return {**{role: sorted_notes(found) for role, found in notes.items()}, "percussion": percussion}

    def theme(self, mode: Mode, style: Style, seed: int) -> tuple[ThemeCell, ThemeCell]:
        """The most singable of thirty-two of the chain's."""
        return sung_theme(lambda: ChainThemeVoice(self._melody), mode, style, seed, self._known)


def _place(
    frame: Frame,
    plan: LayerPlan,
    start: int,
    end: int,
    note: RollNote,
    notes: dict[Role, list[GridNote]],
) -> None:
    """A note of the rolls on the cue's grid, where its role sounds and in the scale of the chord there."""
    step = start + note.step
    role = next(role for role in PITCHED if role == role_of_row(note.row))
    if step >= end or not plan.sounds(role, frame.bar_of(step)):
        return
    request, chord = frame.request, frame.steps[step]
    low, high = ROLE_RANGE[role]
    pitch = row_pitch(note.row, chord.id(request.key_pc), mode_index(request.mode), request.key_pc)
    scale = chord_scale(chord, request.key_pc, request.mode)
    pitch = nearest_pitch(min(max(pitch, low), high), scale, low, high)
    placed = GridNote(step, pitch, min(note.steps, end - step, 2 * STEPS_PER_BAR))
    if all((other.step, other.pitch) != (placed.step, placed.pitch) for other in notes[role][-6:]):
        notes[role].append(placed)


def load_markov_engine(weights: Path | None) -> MarkovEngine:
    """The engine with a folder's chains, or with those that ship. Raises RejectedInput as load_markov."""
    folder = weights or WEIGHTS_DIR
    arrays, sha256 = load_markov(folder)
    chains, known = ColumnChain.from_arrays(arrays), load_index(folder)
    return MarkovEngine(load_chain(arrays, "chords"), load_chain(arrays, "melody"), chains, sha256, known)
