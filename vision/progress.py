"""How a long step says how far it is."""

from collections.abc import Callable

# Called with the share done, 0 to 1, never falling.
Progress = Callable[[float], None]


def silent(share: float) -> None:
    """The progress of a caller that doesn't watch."""
