"""CPU seconds of each step of one film, beside a bare decode by ffmpeg in the same run.

    python -m tests.bench.step_costs [FILM [OPTIONS OF SCORE...]]    (default: the demo film, drawn first)

Trust the ratios: seconds change with the machine and with what else runs on it.
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from flows.run_job import Run, RunRecord
from tests.conftest import reelscore
from vision.artifact import read_json
from vision.process import ffmpeg_path


def bare_decode_cpu_s(film: Path) -> float:
    """CPU seconds that ffmpeg takes to decode the first video stream and throw it away."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-i", str(film), "-map", "0:v:0", "-f", "null", "-"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def score(film: Path, out: Path, options: list[str]) -> Run:
    """Score `film` afresh through the command line and return the record of the run."""
    said = reelscore("score", film, "-o", out, *options)
    if said.code not in (0, 3):
        raise SystemExit(said.err)
    return read_json(out / "run.json", RunRecord).runs[-1]


def table(run: Run, decode_cpu_s: float) -> list[str]:
    """A row a step, cues added up, and the whole line."""
    cpu_s: dict[str, float] = {}
    wall_s: dict[str, float] = {}
    for step in run.steps:
        name = step.step.split()[0]
        cpu_s[name] = cpu_s.get(name, 0.0) + step.cpu_s
        wall_s[name] = wall_s.get(name, 0.0) + step.wall_s
    rows = [("bare decode", decode_cpu_s, 0.0), *((name, cpu_s[name], wall_s[name]) for name in cpu_s)]
    rows.append(("whole line", sum(cpu_s.values()), sum(wall_s.values())))
    head = f"{'step':<12} {'CPU s':>8} {'wall s':>8} {'x decode':>9}"
    return [
        head,
        *(f"{name:<12} {cpu:8.2f} {wall:8.2f} {cpu / decode_cpu_s:9.2f}" for name, cpu, wall in rows),
    ]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        film = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else Path(folder) / "demo.mp4"
        if len(sys.argv) == 1:
            from flows.demo_film import draw_demo_film

            draw_demo_film(film)
        decode = bare_decode_cpu_s(film)
        run = score(film, Path(folder) / "out", sys.argv[2:])
        print(f"{film.name}, load {' '.join(f'{load:.2f}' for load in run.load)}")
        print("\n".join(table(run, decode)))


if __name__ == "__main__":
    main()
