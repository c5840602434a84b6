"""Ten seeded two-hour analyses: titles, three acts, conversations, looks that return, action runs, silences.

film = feature_film(3)   # SyntheticFilm: the same number gives the same film
"""

import numpy as np

from tests.composer.analyses import SceneKind, SyntheticFilm, SyntheticScene, synthetic_film
from vision.analysis import Region

FILMS, MINUTES, RATE = 10, 120, 24000 / 1001
TITLES_S, CREDITS_S = 75.0, 180.0
# Share of the film that each act takes, and how likely each kind of scene is in it.
ACTS: tuple[tuple[float, dict[SceneKind, float]], ...] = (
    (0.25, {"talk": 0.50, "day": 0.22, "night": 0.10, "take": 0.10, "montage": 0.08}),
    (0.50, {"talk": 0.42, "day": 0.16, "night": 0.16, "take": 0.10, "montage": 0.08, "chase": 0.08}),
    (0.25, {"talk": 0.30, "day": 0.12, "night": 0.16, "take": 0.08, "montage": 0.04, "chase": 0.30}),
)
LOOKS = 14
LIFT = 0.12  # no two scenes of a kind stir alike
RUN_SCENES = 3  # an action run: so many chases on end, short ones


def feature_film(number: int) -> SyntheticFilm:
    """One two-hour film of its own proportions, with title and credit regions."""
    rng = np.random.default_rng(7000 + number)
    total = 60.0 * MINUTES
    scenes = [SyntheticScene("montage", TITLES_S, 0)]
    for share, chances in ACTS:
        scenes += _act(rng, share * (total - TITLES_S - CREDITS_S), chances)
    scenes.append(SyntheticScene("take", CREDITS_S, LOOKS))
    regions = (_region("title", 0.0, TITLES_S), _region("credits", total - CREDITS_S, total))
    return synthetic_film(seed=7000 + number, scenes=scenes, regions=regions)


def _act(rng: np.random.Generator, seconds: float, chances: dict[SceneKind, float]) -> list[SyntheticScene]:
    """Scenes of an act: each look belongs to a place, and places return."""
    found: list[SyntheticScene] = []
    left = seconds
    places = rng.permutation(LOOKS)[:6] + 1
    while left > 0:
        kind = list(chances)[int(rng.choice(len(chances), p=np.array(list(chances.values()))))]
        look = int(places[int(rng.integers(len(places)))]) % LOOKS
        count = RUN_SCENES if kind == "chase" else 1
        for _ in range(count):
            length = float(rng.uniform(20, 70) if kind == "chase" else rng.uniform(25, 200))
            length = min(length, left)
            if left - length < 20.0:
                length = left
            if length > 0:
                lift = float(rng.uniform(-LIFT, LIFT))
                found.append(SyntheticScene(kind, length, look, lift))
            left -= length
    return found


def _region(kind: str, start_s: float, end_s: float) -> Region:
    return Region.model_validate(
        {
            "kind": kind, "start_frame": round(start_s * RATE), "end_frame": round(end_s * RATE),
            "start_s": start_s, "end_s": end_s, "confidence": 0.9,
        }
    )  # fmt: skip
