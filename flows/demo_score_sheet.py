"""What is heard in each scene of the demo film: beds, effects and lines, timed from the shot's start."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from flows.demo_sound import SoundDesk

# Beds by scene: (kind, RMS in dB of full scale).
BEDS: dict[str, tuple[tuple[str, float], ...]] = {
    "night city": (("wind", -44),),
    "walk home": (("rain", -42), ("wind", -50)),
    "his line": (("room", -58), ("rain", -60)),
    "her line": (("room", -58), ("rain", -60)),
    "sunrise": (("morning", -50), ("wind", -54)),
    "street": (("city", -31),),
    "crowd": (("city", -33),),
    "from above": (("city", -36), ("wind", -48)),
    "crossing": (("city", -32),),
    "hunted": (("engine", -24), ("rain", -36)),
    "hunter": (("engine", -23), ("siren", -33), ("rain", -36)),
    "cabin": (("engine", -27), ("rain", -38)),
    "road": (("engine", -26), ("rain", -34)),
    "wheel": (("engine", -22), ("rain", -32)),
    "bridge": (("engine", -30), ("siren", -38), ("rain", -36)),
    "harbour": (("wind", -46),),
}
# Effects by scene: (kind, seconds into the shot, peak in dB, pan).
EVENTS: dict[str, tuple[tuple[str, float, float, float], ...]] = {
    "night city": (("thunder", 3.1, -16, 0.3),),
    "her line": (("clink", 0.12, -34, 0.2),),
    "sunrise": (
        ("bird", 2.2, -34, -0.5),
        ("bird", 4.9, -32, 0.4),
        ("bird", 7.3, -35, -0.2),
        ("bird", 9.6, -33, 0.6),
    ),
    "street": (("horn", 1.2, -11, 0.4),),
    "from above": (("horn", 0.9, -20, -0.5),),
    "hunted": (("screech", 0.45, -12, 0.2),),
    "wheel": (("screech", 0.1, -10, 0.0),),
    "harbour": (("door", 1.45, -9, 0.0),),
}
# Footsteps by scene: (first heel, seconds between heels, how many, peak in dB). Heels land as drawn.
STEPS: dict[str, tuple[float, float, int, float]] = {
    "walk home": (0.0, 1 / (2 * 0.92), 9, -29),
    "crossing": (0.1, 0.27, 6, -30),
    "harbour": (1.5, 1 / (2 * 0.9), 4, -32),
}
LINE_DB = -24.0
LINE_MARGINS_S = (0.22, 0.18)
SHORTEST_LINE_S = 0.6

Heard = tuple[str, float, float]


@dataclass
class SceneSound:
    """speech and effects as (kind, start_s, end_s) in film time; mouth: [n] from the shot's start."""

    speech: list[Heard] = field(default_factory=list)
    effects: list[Heard] = field(default_factory=list)
    mouth: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))


def sound_of(desk: SoundDesk, scene: str, start_s: float, end_s: float) -> SceneSound:
    """Lay the scene's sound on the desk between start and end of its shot; says what it laid."""
    heard = SceneSound()
    for kind, level in BEDS[scene]:
        desk.bed(kind, start_s, end_s, level)
    for kind, after, level, pan in EVENTS.get(scene, ()):
        if start_s + after < end_s - 0.05:
            desk.event(kind, start_s + after, level, pan)
            heard.effects.append(
                (kind, round(start_s + after, 3), round(min(end_s, start_s + after + 0.3), 3))
            )
    _lay_steps(desk, scene, start_s, end_s, heard)
    first, last = start_s + LINE_MARGINS_S[0], end_s - LINE_MARGINS_S[1]
    if scene in ("his line", "her line") and last - first >= SHORTEST_LINE_S:
        spoken = desk.line(scene == "her line", first, last, LINE_DB)
        heard.mouth = np.concatenate([np.zeros(round(100 * LINE_MARGINS_S[0])), spoken, np.zeros(30)])
        heard.speech.append(("speech", round(first, 3), round(last, 3)))
    return heard


def _lay_steps(desk: SoundDesk, scene: str, start_s: float, end_s: float, heard: SceneSound) -> None:
    first, every, count, level = STEPS.get(scene, (0.0, 1.0, 0, 0.0))
    for number in range(count):
        at = start_s + first + number * every
        if at < end_s - 0.15:
            desk.event("step", at, level, 0.25 if number % 2 else -0.25)
            heard.effects.append(("step", round(at, 3), round(at + 0.14, 3)))
