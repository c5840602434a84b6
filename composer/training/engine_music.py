"""What each engine makes of held-out passages: from their chords, or from its own chords on."""

from collections.abc import Sequence
from dataclasses import dataclass

from composer.encoding.chord import MODES
from composer.engine import Engine
from composer.frame import Frame
from composer.layers import plan_layers
from composer.repair import repaired
from composer.training.excerpt import Excerpt, written_excerpt
from composer.training.passages import Passage


@dataclass(frozen=True)
class Made:
    """Excerpts of one engine and seed, in the order of the passages.

    given: melody and texture under the passage's own chords, requests and layers.  own: everything the
    engine's own, layers by the product's plan, from the requests alone.
    """

    given: list[Excerpt]
    own: list[Excerpt]


def make(engine: Engine, passages: Sequence[Passage], seed: int) -> Made:
    """One draw of every passage, twice."""
    return Made([_given(engine, p, seed) for p in passages], [_own(engine, p, seed) for p in passages])


def _given(engine: Engine, passage: Passage, seed: int) -> Excerpt:
    request = passage.asked(seed)
    roles = {
        "melody": engine.melody(request, passage.chords),
        **engine.texture(request, passage.chords, passage.plan),
    }
    return written_excerpt(roles, passage.chords, MODES.index(request.mode), request.key_pc)


def _own(engine: Engine, passage: Passage, seed: int) -> Excerpt:
    request = passage.asked(seed)
    chords = engine.chords(request)
    plan = plan_layers(request)
    roles = {"melody": engine.melody(request, chords), **engine.texture(request, chords, plan)}
    legal, _ = repaired(Frame(request, chords), plan, roles)
    return written_excerpt(legal, chords, MODES.index(request.mode), request.key_pc)
