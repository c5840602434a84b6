"""What every composing engine can do. Rules, Markov chains and networks stand behind one interface."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from composer.grid import GridNote, LayerPlan
from composer.notes import EngineName, Role
from composer.request import CueRequest, ThemeCell
from composer.spotting import Mode, Style
from composer.theory import Chord


class Engine(Protocol):
    """Writes the four layers of a cue on the 16th grid; a pure function of the request and its weights.

    Every method seeds its own generator by `stage_seed`, so a cue's notes never depend on which other cue
    was composed before it or beside it.
    """

    @property
    def name(self) -> EngineName:
        """What `--composer` calls it."""

    @property
    def weights_sha256(self) -> str:
        """Hash of everything learned; the empty string where nothing is."""

    def chords(self, request: CueRequest) -> tuple[Chord, ...]:
        """One chord a slot (two a bar, grid.slots); the last ones make the ending that was asked for."""

    def melody(self, request: CueRequest, chords: tuple[Chord, ...]) -> tuple[GridNote, ...]:
        """One voice in the bars whose condition has a melody; no note overlaps the next."""

    def texture(
        self, request: CueRequest, chords: tuple[Chord, ...], plan: LayerPlan
    ) -> Mapping[Role, tuple[GridNote, ...]]:
        """Notes of bass, pad, arpeggio and percussion in the bars where the plan lets them sound."""

    def theme(self, mode: Mode, style: Style, seed: int) -> tuple[ThemeCell, ThemeCell]:
        """A theme's cells A and B, four bars each; their uid is "" until the planner names them."""


def load_engine(name: EngineName, weights: Path | None) -> Engine:
    """The engine of a name. weights: a folder in place of the one that ships (neural and markov).

    Raises RejectedInput where weights are missing, truncated, of another architecture, or not finite.
    """
    if name == "rules":
        from composer.rules import RulesEngine

        return RulesEngine()
    if name == "markov":
        from composer.markov_engine import load_markov_engine

        return load_markov_engine(weights)
    from composer.neural import load_neural_engine

    return load_neural_engine(weights)
