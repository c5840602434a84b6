"""Scenes: runs of shots that belong together, found where the picture changes for good."""

import math
from dataclasses import dataclass

from composer.reading import Reading

WINDOW_S = 20.0
FADE_BONUS = 1.0
DISSOLVE_BONUS = 0.35
PAUSE_BONUS = 0.15
# Novelty from which a shot boundary may open a scene; ours, read off the nine clips' real scene changes.
LEAST_NOVELTY = 0.22
# Titles and credits are scenes of their own, however short, and always a cue's boundary.
TITLE_NOVELTY = 2.0
LEAST_TITLE_S = 3.0


@dataclass(frozen=True, slots=True)
class Scene:
    """[start_s, end_s) of one scene. novelty: how new its first shot is against what came before, 0..2;
    gradual: it comes in by a fade or a dissolve, as an editor shows that time has passed.
    """

    start_s: float
    end_s: float
    novelty: float
    gradual: bool
    arousal: float
    pleasure: float
    speech: float

    @property
    def length_s(self) -> float:
        """Seconds."""
        return self.end_s - self.start_s


def scenes(reading: Reading, least_s: float) -> tuple[Scene, ...]:
    """Scenes of at least `least_s` (but for a shorter film's only one), covering the reading without gap.

    A boundary is taken in order of novelty, as long as both neighbours stay long enough.
    """
    marks = [(novelty(reading, index), shot.start_s) for index, shot in enumerate(reading.shots)][1:]
    edges = [reading.start_s, reading.end_s]
    taken: dict[float, float] = {}
    for time in (edge for region in reading.regions("title", "credits") for edge in region):
        if all(abs(time - edge) >= LEAST_TITLE_S for edge in edges):
            edges.append(time)
            taken[time] = TITLE_NOVELTY
    titled = reading.regions("title", "credits")
    for score, time in sorted(marks, key=lambda mark: (-mark[0], mark[1])):
        if score < LEAST_NOVELTY:
            break
        # What is seen behind the credits divides nothing: they are one cue.
        if any(a < time < b for a, b in titled):
            continue
        if all(abs(time - edge) >= least_s for edge in edges):
            edges.append(time)
            taken[time] = min(score, TITLE_NOVELTY - 0.1)
    edges.sort()
    gradual = {shot.start_s for shot in reading.shots if shot.transition_in in ("fade", "dissolve")}
    return tuple(
        Scene(
            start_s=a,
            end_s=b,
            novelty=taken.get(a, 1.0),
            gradual=a in gradual,
            arousal=reading.mean("arousal", a, b),
            pleasure=reading.mean("pleasure", a, b),
            speech=reading.speech_share(a, b),
        )
        for a, b in zip(edges, edges[1:], strict=False)
        if b > a
    )


def novelty(reading: Reading, index: int) -> float:
    """How much changes at the shot `index` of reading.shots: looks, light, energy, and how it is joined.

    Compares up to 20 s before and after; looks (shot clusters) that return mean the scene goes on.
    """
    shots = reading.shots
    at, shot = shots[index].start_s, shots[index]
    before = [s for s in shots[max(index - 12, 0) : index] if s.end_s > at - WINDOW_S]
    after = [s for s in shots[index : index + 12] if s.start_s < at + WINDOW_S]
    if not before:
        return 0.0
    looks_before = {s.features.cluster for s in before} - {-1}
    looks_after = {s.features.cluster for s in after} - {-1}
    shared = len(looks_before & looks_after) / max(min(len(looks_before), len(looks_after)), 1)
    score = 0.35 * (1.0 - shared) if looks_before and looks_after else 0.15
    lo, hi = max(at - WINDOW_S, reading.start_s), min(at + WINDOW_S, reading.end_s)
    for name, weight in (("brightness", 0.8), ("saturation", 0.5), ("arousal", 0.8)):
        score += weight * abs(reading.mean(name, at, hi) - reading.mean(name, lo, at))
    score += {"fade": FADE_BONUS, "dissolve": DISSOLVE_BONUS}.get(shot.transition_in, 0.0)
    if reading.words and reading.word_at(at, 0.5) is None and reading.conversation_at(at) is None:
        score += PAUSE_BONUS
    return score


def parts(reading: Reading, scene: Scene, typical_s: float) -> list[tuple[float, float]]:
    """A scene in stretches near `typical_s`, cut at its shots (or, in one long take, in equal parts)."""
    count = max(round(scene.length_s / typical_s), 1)
    edges = [scene.start_s]
    starts = [s.start_s for s in reading.shots if scene.start_s < s.start_s < scene.end_s]
    for number in range(1, count):
        wanted = scene.start_s + scene.length_s * number / count
        near = min(starts, key=lambda t: abs(t - wanted), default=math.inf)
        edge = near if abs(near - wanted) < typical_s / 4 else wanted
        if edge > edges[-1]:
            edges.append(edge)
    return list(zip(edges, [*edges[1:], scene.end_s], strict=True))
