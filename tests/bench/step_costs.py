"""CPU seconds of each step of one film, wall time and peak memory, beside a bare decode in the same run.

    python -m tests.bench.step_costs [FILM] [--hours N] [--pad-gb N] [OPTIONS OF SCORE...]

Without FILM the demo film is drawn.  --hours repeats it to that length (its streams, not coded again);
--pad-gb makes the file that large by a box that players skip and that takes no room on the disk: what a huge
source costs to read.  Trust the ratios: seconds change with the machine and with what else runs on it.
"""

import argparse
import resource
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

from flows.run_job import Run
from tests.bench.long_film import score
from vision.process import ffmpeg_path


def bare_decode_cpu_s(film: Path) -> float:
    """CPU seconds that ffmpeg takes to decode the first video stream and throw it away."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-i", str(film), "-map", "0:v:0", "-f", "null", "-"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def repeat(film: Path, hours: float, path: Path) -> None:
    """`film` over and over until `hours` are full, by copying its packets."""
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-y", "-stream_loop", "-1", "-i", str(film)]
    command += ["-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", "-t", str(hours * 3600), str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def pad(film: Path, size: int) -> None:
    """Let an ISO file grow to `size` bytes by a `free` box at its end, which is a hole on the disk."""
    have = film.stat().st_size
    with film.open("r+b") as file:
        file.seek(have)
        file.write(struct.pack(">I4sQ", 1, b"free", size - have))
        file.truncate(size)


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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("film", nargs="?", type=Path)
    parser.add_argument("--hours", type=float)
    parser.add_argument("--pad-gb", type=float)
    given, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        film = given.film.absolute() if given.film else Path(folder) / "demo.mp4"
        if given.film is None:
            from flows.demo_film import draw_demo_film

            draw_demo_film(film)
        if given.hours or given.pad_gb:
            longer = Path(folder) / f"long_{film.stem}.mp4"
            if given.hours:
                repeat(film, given.hours, longer)
            else:
                shutil.copyfile(film, longer)
            film = longer
        if given.pad_gb:
            pad(film, int(given.pad_gb * 1e9))
        decode = bare_decode_cpu_s(film)
        run, resident = score(film, Path(folder) / "out", options)
        load = " ".join(f"{load:.2f}" for load in run.load)
        print(f"{film.name}, {film.stat().st_size / 1e9:.2f} GB, load {load}")
        print("\n".join(table(run, decode)))
        print(f"largest process {resident / 1e6:.0f} MB resident")


if __name__ == "__main__":
    main()
