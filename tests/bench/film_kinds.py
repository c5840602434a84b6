"""What made-up films are made of, kind by kind: each is something that detectors of cuts fail on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tests.bench.scenery import (
    Camera,
)
from tests.bench.wear import Wear


@dataclass(frozen=True)
class Kind:
    """What a film of a kind is made of.

    ways: transitions and their weights; cameras likewise; lengths: shots in frames, transition apart.
    room: chance that a shot stays in the place of the one before last, as conversations do.
    again: chance that a cut returns to the take before last, as from an insert.
    events: what happens within shots, with the chance a shot.
    """

    ways: dict[str, float]
    cameras: dict[Camera, float]
    lengths: tuple[int, int]
    wear: Callable[[np.random.Generator], Wear]
    room: float = 0.2
    again: float = 0.15
    events: dict[str, float] = field(default_factory=dict)
    rates: tuple[str, ...] = ("24", "25", "24000/1001", "30000/1001")
    dissolve_cameras: dict[Camera, float] | None = None


def _clean(random: np.random.Generator) -> Wear:
    return Wear(
        contrast=random.uniform(0.8, 1.2),
        grain=random.uniform(0, 3),
        flicker=random.choice([0, 0.01, 0.02]),
        soft=random.choice([0, 0.7]),
    )


def _action(random: np.random.Generator) -> Wear:
    return Wear(contrast=random.uniform(0.8, 1.2), lift=random.uniform(-40, 10), grain=random.uniform(1, 6))


def _silent(random: np.random.Generator) -> Wear:
    return Wear(
        grey=True,
        contrast=random.uniform(0.5, 1.1),
        grain=random.uniform(4, 14),
        flicker=random.uniform(0.03, 0.14),
        weave=random.uniform(0.3, 2.5),
        scratches=random.uniform(0.2, 2),
        dust=random.uniform(0.5, 5),
        soft=random.choice([0.7, 1.2]),
    )


def _foggy(random: np.random.Generator) -> Wear:
    return Wear(
        contrast=random.uniform(0.10, 0.3),
        lift=random.uniform(-70, 40),
        grain=random.uniform(0, 3),
        matte=float(random.choice([1.85, 2.0, 2.39, 2.39])),
    )


def _night(random: np.random.Generator) -> Wear:
    return Wear(
        contrast=random.uniform(0.15, 0.4), lift=random.uniform(-100, -80), grain=random.uniform(1, 4)
    )


STEADY: Final[dict[Camera, float]] = {"still": 2, "hand": 2, "drift": 2, "zoom": 0.5}
LIVELY: Final[dict[Camera, float]] = {"hand": 1, "drift": 1, "pan": 3, "zoom": 1, "shake": 1}
ROUGH: Final[dict[Camera, float]] = {"shake": 6, "whip": 1, "pan": 1}
KINDS: Final[dict[str, Kind]] = {
    "drama": Kind({"cut": 8, "dissolve": 2}, STEADY, (14, 60), _clean, room=0.7, events={"walk": 0.8}),
    "pan": Kind({"cut": 7, "dissolve": 3}, {"pan": 4, "whip": 2, "zoom": 1}, (12, 50), _clean),
    "action": Kind(
        {"cut": 1},
        ROUGH,
        (8, 18),
        _action,
        room=0.5,
        again=0.35,
        events={"flash": 0.15, "cross": 0.2, "walk": 0.5},
    ),
    "silent": Kind(
        {"cut": 7, "dissolve": 1.5, "fade": 1.5, "iris": 1.5, "card": 1},
        {"still": 3, "hand": 1, "drift": 1, "pan": 0.5},
        (24, 80),
        _silent,
        room=0.4,
        events={"splice": 0.7, "walk": 0.9},
        rates=("18", "24", "25"),
    ),
    "fog": Kind(
        {"cut": 8, "dissolve": 2, "fade": 1}, STEADY | {"pan": 1}, (10, 50), _foggy, events={"walk": 0.6}
    ),
    "cars": Kind(
        {"cut": 1},
        {"still": 3, "hand": 2, "pan": 1},
        (16, 70),
        _clean,
        events={"cross": 0.9, "walk": 0.3},
        rates=("24000/1001",),
    ),
    "flash": Kind(
        {"cut": 8, "dissolve": 1},
        STEADY | {"pan": 1, "shake": 1},
        (16, 60),
        _clean,
        events={"flash": 0.9, "lamp": 0.3, "walk": 0.3},
    ),
    "fade": Kind(
        {"fade": 5, "white": 2, "cut": 1, "blackcut": 2, "outcut": 1},
        STEADY | {"pan": 1},
        (20, 60),
        _clean,
        events={"walk": 0.4},
    ),
    "dissolve": Kind({"dissolve": 1}, STEADY, (22, 60), _clean, events={"walk": 0.4}),
    "moving-dissolve": Kind({"dissolve": 1}, LIVELY, (22, 60), _clean, events={"walk": 0.4}),
    "night": Kind(
        {"cut": 8, "dissolve": 2, "fade": 1}, STEADY | {"pan": 1}, (10, 50), _night, events={"walk": 0.7}
    ),
    "titles": Kind(
        {"cut": 6, "dissolve": 2, "fade": 2},
        STEADY,
        (24, 70),
        _clean,
        events={"title": 0.6, "walk": 0.3},
    ),
}
