"""What a night costs: Prefect's share of a film, drop to claim, minutes and gigabytes a film-minute.

    python -m tests.bench.night_costs [FILM [OPTIONS OF SCORE...]]    (default: the demo film, drawn first)

CPU seconds are of the whole tree of processes. Trust them and the ratios; wall times change with the load.
"""

import os
import random
import resource
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from flows.prefect_server import temporary_server
from flows.work.process_tree import below
from tests.conftest import reelscore, score
from tests.faults.night import CHEAP, Night, another, short_film, until
from tests.films import TinyShot, tiny_film
from vision.container import probe

ROUNDS = 3
DROPS = 3
NIGHT_H = 10.0
BUSY = 0.8  # share of the cores that a night keeps busy: some steps run on one, some wait for the disk
LENGTHS = {"2-minute promos": 2.0, "22-minute episodes": 22.0, "90-minute features": 90.0}


@dataclass(frozen=True)
class Cost:
    """Of one run."""

    cpu_s: float
    wall_s: float


def measured(film: Path, out: Path, *more: str) -> Cost:
    """Score afresh by rules; seconds of the command and all below it."""
    shutil.rmtree(out, ignore_errors=True)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    said = score(film, out, *more)
    if said.code not in (0, 3):
        raise SystemExit(said.err)
    return _since(before, began)


def _since(before: resource.struct_rusage, began: float) -> Cost:
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu_s, time.monotonic() - began)


def spent_s(pid: int) -> float:
    """CPU seconds of a process that lives (Linux)."""
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def prefect_overhead(home: Path) -> list[str]:
    """Rows: a 24 s film by rules, directly and under Prefect in turn, against a server that is up already."""
    shots = [TinyShot(frames) for frames in (96, 120, 60, 84, 144, 72)]
    film = tiny_film(home / "small.mp4", shots, tone_hz=220).path
    os.environ |= {"PREFECT_HOME": str(home / "prefect"), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    direct, engine = [], []
    with temporary_server() as address:
        (server,) = below(os.getpid())
        os.environ["PREFECT_API_URL"] = address
        measured(film, home / "first", "--prefect")  # the server's own first run of everything
        before_s = spent_s(server)
        for _ in range(ROUNDS):
            direct.append(measured(film, home / "direct").cpu_s)
            engine.append(measured(film, home / "engine", "--prefect").cpu_s)
        server_s = (spent_s(server) - before_s) / ROUNDS
        del os.environ["PREFECT_API_URL"]
    more_s = statistics.median(engine) - statistics.median(direct)
    return [
        _row("direct, CPU s a film", f"{statistics.median(direct):.2f}"),
        _row("under Prefect", f"{statistics.median(engine):.2f}, {more_s:+.2f}; its server {server_s:+.2f}"),
    ]


def drop_to_claim(home: Path) -> list[str]:
    """Rows: a film moved into a watched folder until a worker has it, at `reelscore watch`'s defaults."""
    film, shape, waits = short_film(home / "short.mp4"), random.Random(1), []
    with closing(Night(home / "watched")) as night:
        watcher = night.start("watch", str(night.inbox), "-o", str(night.results), *CHEAP)
        try:
            until(lambda: (night.results / "status.json").exists())
            for number in range(DROPS):
                time.sleep(shape.uniform(0, 5))
                another(film, night.home / "new.mp4", number).rename(night.inbox / f"{number}.mp4")
                dropped = time.time()
                until(lambda number=number: len(night.jobs()) > number)  # type: ignore[misc]
                until(lambda: night.jobs()[-1].claimed_at is not None)
                waits.append((night.jobs()[-1].claimed_at or 0.0) - dropped)
                night.rest()
        finally:
            watcher.terminate()
            watcher.wait(60)
    said = ", ".join(f"{wait:.1f}" for wait in waits)
    return [_row("drop to claim, s", f"{statistics.median(waits):.1f} (of {said}); 15 are the settle rule")]


def film_minute(home: Path, film: Path, options: list[str]) -> list[str]:
    """Rows: CPU minutes, wall and disk a film-minute, and the films of a night."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    said = reelscore("score", film, "-o", home / "film", *options)
    if said.code not in (0, 3):
        raise SystemExit(said.err)
    cost, seen = _since(before, began), probe(film)
    minutes = float(seen.duration_s) / 60
    gb = sum(path.stat().st_size for path in (home / "film").rglob("*") if path.is_file()) / 1e9 / minutes
    cpu_min = cost.cpu_s / 60 / minutes
    cores = os.cpu_count() or 1
    night = NIGHT_H * 60 * cores * BUSY / cpu_min
    films = ", ".join(f"{night / length:.0f} {name}" for name, length in LENGTHS.items())
    return [
        _row("film", f"{film.name}, {seen.width}x{seen.height}, {minutes:.2f} min {' '.join(options)}"),
        _row("machine minutes a film-minute", f"{cpu_min:.2f} CPU, {cost.wall_s / 60 / minutes:.2f} wall"),
        _row("GB a film-minute", f"{gb:.3f}"),
        _row(f"a night of {NIGHT_H:.0f} h on {cores} cores", f"{night:.0f} film-minutes: {films}"),
        _row("their disk, GB", f"{night * gb:.0f}"),
        _row("load", f"{os.getloadavg()[0]:.1f} on {cores} cores"),
    ]


def _row(name: str, value: str) -> str:
    return f"{name:<34}{value}"


def main() -> None:
    """Run it from the command line."""
    with tempfile.TemporaryDirectory(prefix="reelscore-costs-") as folder:
        home = Path(folder)
        if len(sys.argv) > 1:
            film, options = Path(sys.argv[1]), sys.argv[2:]
        else:
            from flows.demo_film import draw_demo_film

            film, options = home / "demo.mp4", []
            draw_demo_film(film)
        for part in (prefect_overhead(home), drop_to_claim(home), film_minute(home, film, options)):
            print("\n".join(part), flush=True)


if __name__ == "__main__":
    main()
