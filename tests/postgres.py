"""A PostgreSQL server for tests: made by initdb as an ordinary user, on a socket of its own, gone after."""

import glob
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


def programs() -> Path | None:
    """Where initdb and pg_ctl lie, None where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += [Path(path).parent for path in sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))]
    return next((place for place in places if (place / "pg_ctl").exists()), None)


@dataclass(frozen=True)
class Postgres:
    """A server that listens on a Unix socket in `home` only.  as_user: what stands before each command."""

    programs: Path
    home: Path
    as_user: Sequence[str]

    @property
    def url(self) -> str:
        """Of its first database."""
        return f"postgresql://reelscore@/postgres?host={self.home}"

    def make(self) -> None:
        """Make its files, and start it."""
        self._run(
            "initdb", "-D", self.home / "data", "-U", "reelscore", "-A", "trust", "-E", "UTF8", "--no-sync"
        )
        self.start()

    def start(self) -> None:
        """Start it, and return when it answers."""
        options = f"-k {self.home} -c listen_addresses='' -c fsync=off -c max_connections=60"
        self._run("pg_ctl", "-D", self.home / "data", "-l", self.home / "log", "-w", "-o", options, "start")

    def stop(self) -> None:
        """Let it go down at once, as in a crash: every connection breaks, and it has to recover."""
        self._run("pg_ctl", "-D", self.home / "data", "-m", "immediate", "-w", "stop")

    def _run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run(
            [*self.as_user, str(self.programs / program), *map(str, arguments)],
            check=True,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            timeout=120,
        )


@contextmanager
def postgres(programs: Path) -> Iterator[Postgres]:
    """A running server of one's own, gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="reelscore-pg-"))
    as_user: Sequence[str] = ()
    if os.geteuid() == 0:  # initdb refuses root
        as_user = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
        shutil.chown(home, "nobody", "nogroup")
    server = Postgres(programs, home, as_user)
    try:
        server.make()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)
