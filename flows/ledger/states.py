"""Where a job can be, from where it may go where, and which comes next."""

from enum import StrEnum
from typing import Final, Literal

Order = Literal["oldest", "shortest"]


class State(StrEnum):
    """WAITING belongs to a film that has not settled; all others to jobs."""

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    NEEDS_A_LOOK = "needs a look"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


class Cause(StrEnum):
    """Why there is a job."""

    ARRIVAL = "arrival"
    RECUT = "recut"
    DIRECTIONS = "directions"
    SETTINGS = "settings"
    REDO = "redo"
    SPOTTING = "spotting"


PUBLISHED: Final = frozenset({State.READY, State.NEEDS_A_LOOK})
OPEN: Final = frozenset({State.QUEUED, State.RUNNING})
FAILED: Final = frozenset({State.REJECTED, State.QUARANTINED, State.CANCELLED})

ALLOWED: Final[dict[State, frozenset[State]]] = {
    State.QUEUED: frozenset({State.RUNNING, State.REJECTED, State.CANCELLED, State.SUPERSEDED}),
    # Back to queued: died and may try again, no room on the disk, or handed back by a worker that ends.
    State.RUNNING: frozenset(
        {
            State.QUEUED,
            State.READY,
            State.NEEDS_A_LOOK,
            State.REJECTED,
            State.QUARANTINED,
            State.CANCELLED,
            State.SUPERSEDED,
        }
    ),
    State.READY: frozenset({State.SUPERSEDED}),
    State.NEEDS_A_LOOK: frozenset({State.SUPERSEDED}),
    State.REJECTED: frozenset({State.QUEUED, State.SUPERSEDED}),
    State.QUARANTINED: frozenset({State.QUEUED, State.CANCELLED, State.SUPERSEDED}),
    State.CANCELLED: frozenset({State.QUEUED, State.SUPERSEDED}),
    # The editor went back to an earlier cut: its published version counts again, or its job is done now.
    State.SUPERSEDED: frozenset({State.QUEUED, State.READY, State.NEEDS_A_LOOK}),
}


class ForbiddenTransition(Exception):
    """A programmer's error, or somebody else moved the job meanwhile."""

    def __init__(self, job: int, before: State, after: State) -> None:
        super().__init__(f"job {job} can't go from {before} to {after}")
        self.before = before
        self.after = after


def check(job: int, before: State, after: State) -> None:
    """Raise ForbiddenTransition unless a job may go from `before` to `after`."""
    if after not in ALLOWED.get(before, frozenset()):
        raise ForbiddenTransition(job, before, after)
