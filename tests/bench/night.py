"""A whole night: many films, two workers, copies, broken files, films replaced in mid-work, workers killed.

    python -m tests.bench.night [--films 200] [--home FOLDER]

Prints the table, and fails where a good film is not published exactly once, a bad one not rejected with its
reason and remedy, anything is left in the work folder, or memory and open files of watcher and workers grow.
"""

import argparse
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from flows.ledger.ledger import Ledger
from flows.ledger.states import OPEN, State
from flows.ledger.tables import JobRow
from tests.faults.night import CHEAP, Night, another, copy_into
from tests.films import TinyShot, tiny_film
from vision.artifact import sha256_file

KILL_EVERY_S = (20.0, 40.0)
LEASE_S, ATTEMPTS, WORKERS = 10, 20, 2
# Of 200: 180 good ones (5 of them replaced), 10 copies, 10 broken.
COPIES, BROKEN, REPLACED = 0.05, 0.05, 0.025
GROWTH_MB, GROWTH_FILES = 25.0, 8  # of watcher and workers together, from the second fifth to the last
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass
class Seen:
    """What was measured through the night: resident MB and open files of watcher and workers."""

    resident_mb: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    kills: int = 0
    replaced: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Dropped:
    """The films of the night by name."""

    good: tuple[str, ...]
    copies: tuple[str, ...]
    broken: tuple[str, ...]
    to_replace: tuple[str, ...]


def drop(night: Night, films: int, shape: random.Random) -> Dropped:
    """Fill the inbox: films of 2 to 4 s at 160x90, each of a content of its own but the copies."""
    looks = []
    for n in range(1, 6):
        shots = [TinyShot(30 + 4 * n), TinyShot(20 + n, look=n)]
        looks.append(tiny_film(night.home / f"look{n}.mp4", shots, tone_hz=220).path)
    copies, broken = max(1, round(films * COPIES)), max(1, round(films * BROKEN))
    good = tuple(f"good{n:03d}.mp4" for n in range(films - copies - broken))
    for n, name in enumerate(good):
        another(looks[n % len(looks)], night.inbox / name, n)
    copied = tuple(f"copy{n:03d}.mp4" for n in range(copies))
    for name in copied:
        copy_into(night.inbox / shape.choice(good), night.inbox, name)
    whole = looks[0].read_bytes()
    kinds = [
        lambda n: whole[: len(whole) * (n + 3) // (n + 9)],
        lambda n: bytes(2000 + n),
        lambda n: b"a note to the editor\n" * (n + 20),
        lambda n: PNG + bytes(500 + n),
        lambda n: f"ffconcat version 1.0\nfile '{good[0]}'\n# {n}\n".encode(),
        lambda n: whole[:40] + bytes(len(whole) - 40 + n),
    ]
    bad = tuple(f"bad{n:03d}.mp4" for n in range(broken))
    for n, name in enumerate(bad):
        (night.inbox / name).write_bytes(kinds[n % len(kinds)](n))
    return Dropped(good, copied, bad, tuple(shape.sample(good, max(1, round(films * REPLACED)))))


def run(night: Night, dropped: Dropped, shape: random.Random, limit_s: float) -> Seen:
    """Let watcher and workers loose on the inbox until all is at rest, killing and replacing meanwhile."""
    rules = (
        "--workers",
        str(WORKERS),
        "--lease",
        str(LEASE_S),
        "--attempts",
        str(ATTEMPTS),
        "--pause",
        "0.5",
    )
    watcher = night.start(*night.watching(*rules, *CHEAP), REELSCORE_RESERVE_GB="0.2")
    seen = Seen()
    began = next_kill = time.monotonic()
    next_kill += shape.uniform(*KILL_EVERY_S)
    expected = len(dropped.good) + len(dropped.copies) + len(dropped.broken)
    try:
        while time.monotonic() - began < limit_s and watcher.poll() is None:
            time.sleep(1)
            if not (night.results / ".reelscore").is_dir():
                continue
            workers = workers_of(watcher.pid)
            sample(seen, [watcher.pid, *workers])
            jobs = night.jobs()
            replace_running(night, dropped, jobs, seen)
            if time.monotonic() >= next_kill and workers:
                os.kill(shape.choice(workers), signal.SIGKILL)
                seen.kills += 1
                next_kill = time.monotonic() + shape.uniform(*KILL_EVERY_S)
            at_rest = all(job.where not in OPEN for job in jobs)
            taken = [film for film in night.films() if film.presence == "taken"]
            if at_rest and len(taken) == expected and seen.replaced == set(dropped.to_replace):
                break
        else:
            raise AssertionError(f"not at rest after {limit_s:.0f} s, or the watcher ended")
    finally:
        watcher.terminate()
        watcher.wait(120)
    return seen


def replace_running(night: Night, dropped: Dropped, jobs: Sequence[JobRow], seen: Seen) -> None:
    """Overwrite each film that is to be replaced once it is really in work."""
    for job in jobs:
        name = job.source.rpartition("/")[2]
        waiting = name in dropped.to_replace and name not in seen.replaced
        if waiting and job.where is State.RUNNING and job.step not in ("", "claim"):
            number = 9000 + len(seen.replaced)
            another(night.inbox / name, night.home / "new.mp4", number).replace(night.inbox / name)
            seen.replaced.add(name)


def workers_of(watcher: int) -> list[int]:
    """The watcher's own children."""
    try:
        return [int(pid) for pid in Path(f"/proc/{watcher}/task/{watcher}/children").read_text().split()]
    except FileNotFoundError:
        return []


def sample(seen: Seen, pids: list[int]) -> None:
    """Note what the processes hold now; one that was just killed is left out of this sample."""
    try:
        pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids]
        files = [len(os.listdir(f"/proc/{pid}/fd")) for pid in pids]
    except (OSError, IndexError):
        return
    if len(pids) == WORKERS + 1:
        seen.resident_mb.append(sum(pages) * os.sysconf("SC_PAGESIZE") / 1e6)
        seen.files.append(sum(files))


def growth(values: Sequence[float]) -> float:
    """The median of the last fifth less that of the second."""
    fifth = max(len(values) // 5, 1)
    return statistics.median(values[-fifth:]) - statistics.median(values[fifth : 2 * fifth] or values[:1])


def check(night: Night, dropped: Dropped, seen: Seen, ledger: Ledger) -> list[str]:
    """Everything that is not as it should be."""
    faults: list[str] = []
    jobs = list(ledger.jobs())
    by_film = {film.label: film for film in ledger.films()}
    published = [job for job in jobs if job.outcome is not None]
    for job in published:
        night.check_published(job)
        ends = [event for event in ledger.events(job.id) if event.after in ("ready", "needs a look")]
        if len(ends) != 1:
            faults.append(f"job {job.id} was published {len(ends)} times")
    contents = Counter(job.content for job in published)
    for name in (*dropped.good, *dropped.copies):
        if contents[sha256_file(night.inbox / name)] != 1:
            faults.append(f"{name} was published {contents[sha256_file(night.inbox / name)]} times")
    current = {job.id: job for job in jobs}
    for name in dropped.broken:
        job = current[by_film[name].current_job or 0]
        if job.where is not State.REJECTED or not job.reason or not job.remedy:
            faults.append(f"{name} is {job.state}: {job.reason}")
    manifests = len(list(night.results.glob("*/v*/manifest.json")))
    if manifests != len(published):
        faults.append(f"{manifests} versions lie in the results, {len(published)} were published")
    if growth(seen.resident_mb) > GROWTH_MB or growth(seen.files) > GROWTH_FILES:
        faults.append(f"grew by {growth(seen.resident_mb):.0f} MB, {growth(seen.files):.0f} open files")
    night.check_clean()
    return faults


def table(dropped: Dropped, seen: Seen, ledger: Ledger, wall_s: float) -> str:
    """The night in lines."""
    jobs = list(ledger.jobs())
    attempts = [attempt for job in jobs for attempt in ledger.attempts(job.id)]
    ends = Counter(str(attempt.ended) for attempt in attempts)
    waits = sorted(job.claimed_at - job.created_at for job in jobs if job.claimed_at is not None)
    rows = {
        "films dropped": f"{len(dropped.good) + len(dropped.copies) + len(dropped.broken)}"
        f" ({len(dropped.good)} good, {len(dropped.copies)} copies, {len(dropped.broken)} broken)",
        "replaced while in work": len(seen.replaced),
        "workers killed": seen.kills,
        "jobs": ", ".join(f"{n} {state}" for state, n in sorted(Counter(job.state for job in jobs).items())),
        "attempts": f"{len(attempts)}: " + ", ".join(f"{n} {end}" for end, n in sorted(ends.items())),
        "versions published": sum(job.outcome is not None for job in jobs),
        "resident MB, watcher and workers": f"{min(seen.resident_mb):.0f} to {max(seen.resident_mb):.0f},"
        f" growth {growth(seen.resident_mb):+.1f}",
        "open files, watcher and workers": f"{min(seen.files)} to {max(seen.files)},"
        f" growth {growth(seen.files):+.0f}",
        "longest wait for a worker, s": f"{waits[-1]:.0f}",
        "wall, s": f"{wall_s:.0f}",
        "load": f"{os.getloadavg()[1]:.1f} on {os.cpu_count()} cores",
    }
    return "\n".join(f"{name:<34}{value}" for name, value in rows.items())


def a_night(home: Path, films: int, limit_s: float, seed: int = 1) -> tuple[str, list[str]]:
    """One night in `home`; its table and what was not as it should be."""
    shape = random.Random(seed)
    with closing(Night(home)) as night:
        dropped, began = drop(night, films, shape), time.monotonic()
        seen = run(night, dropped, shape, limit_s)
        wall_s = time.monotonic() - began
        return table(dropped, seen, night.ledger, wall_s), check(night, dropped, seen, night.ledger)


def main() -> None:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=200)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--limit-s", type=float, default=7200)
    given = parser.parse_args()
    home = given.home or Path(tempfile.mkdtemp(prefix="reelscore-night-"))
    printed, faults = a_night(home, given.films, given.limit_s)
    sys.stdout.write(printed + "\n" + "".join(f"NOT AS IT SHOULD BE: {fault}\n" for fault in faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
