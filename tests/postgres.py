"""A PostgreSQL server for tests: made by initdb as an ordinary user, on a socket of its own, gone after."""

import glob
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def programs() -> Path | None:
    """Where initdb and pg_ctl lie, None where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += [Path(path).parent for path in sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))]
    return next((place for place in places if (place / "pg_ctl").exists()), None)


@contextmanager
def postgres(bin_dir: Path) -> Iterator[str]:
    """Start a server that listens on a Unix socket only; yields the URL of its first database."""
    home = Path(tempfile.mkdtemp(prefix="reelscore-pg-"))
    as_user: Sequence[str] = ()
    if os.geteuid() == 0:  # initdb refuses root
        as_user = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
        shutil.chown(home, "nobody", "nogroup")
    data, log = home / "data", home / "log"

    def run(*command: str | Path) -> None:
        subprocess.run(
            [*as_user, *map(str, command)],
            check=True,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            timeout=120,
        )

    try:
        run(bin_dir / "initdb", "-D", data, "-U", "reelscore", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-k {home} -c listen_addresses='' -c fsync=off -c max_connections=60"
        run(bin_dir / "pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")
        try:
            yield f"postgresql://reelscore@/postgres?host={home}"
        finally:
            run(bin_dir / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)
