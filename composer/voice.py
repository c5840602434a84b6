"""Who sings, and what a singer has sung so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from composer.sampling import Array


@dataclass
class Lane:
    """A singer's tokens so far and what the masks need to know of them."""

    tokens: list[int] = field(default_factory=list)
    pitches: list[int] = field(default_factory=list)

    def copy(self) -> "Lane":
        """The same singer, to try another bar."""
        return Lane(list(self.tokens), list(self.pitches))


@dataclass(frozen=True)
class BarPlan:
    """One bar of a sung phrase: its number of onsets, how many 16ths it has, and its model bar."""

    bar: int
    onsets: int
    steps: int
    reference: tuple[int, ...] | None
    similarity: float | None


class Voice(Protocol):
    """Who sings: gives the next token's logits and may carry a state from step to step."""

    def logits(self, tokens: Sequence[int], plan: BarPlan, step: int, left: int | None) -> Array:
        """[63], the caller's own. tokens: sung so far in this phrase, and just before it.

        left: onsets still to come in this bar, None where they are not planned; where none are, only HOLD and
        REST count.
        """

    def hear(self, tokens: Sequence[int], plan: BarPlan, step: int, left: int | None) -> None:
        """As `logits`, where what comes next is known without them."""

    def bookmark(self) -> object:
        """The state now."""

    def turn_back(self, bookmark: Any) -> None:
        """Go on from a state that `bookmark` gave."""
