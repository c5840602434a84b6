"""Where the ledger lies and how it is opened: engine, transactions, newest schema."""

import os
import sqlite3
from functools import cache
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from flows.texts import shown
from vision.rejected import RejectedInput

VARIABLE: Final = "REELSCORE_DATABASE_URL"
BUSY_MS: Final = 30_000  # a write takes milliseconds; twenty racing processes took turns within one second
# Not alembic's usual name: Prefect uses that one, perhaps in the same database.
VERSION_TABLE: Final = "reelscore_revision"
# The database can't be reached now; what was asked of it is asked again when it is back.
AWAY: Final = (OperationalError, InterfaceError)
# A server that vanished without a word is given up after so long, not after the network's quarter of an hour.
CONNECT_S: Final = 10
SILENT_MS: Final = 20_000
MIGRATIONS: Final = Path(__file__).parent / "migrations"
# Any number, the same in every process: who migrates a PostgreSQL database holds this lock.
MIGRATION_LOCK: Final = 7_335_2663


def ledger_file(state: Path) -> Path:
    """The SQLite ledger in a results place's own state folder (RESULTS/.reelscore)."""
    return state / "ledger.sqlite"


def database_url(state: Path) -> str:
    """The URL that REELSCORE_DATABASE_URL names, or that of the SQLite file in `state`."""
    given = os.environ.get(VARIABLE, "").strip()
    return _with_driver(given) if given else f"sqlite:///{ledger_file(state)}"


def open_engine(url: str, revision: str = "head") -> Engine:
    """Connect, and bring the schema up to `revision`; raises RejectedInput where that can't be."""
    try:
        engine = _sqlite(url) if url.startswith("sqlite") else _postgresql(url)
        _upgrade(engine, revision)
    except (*AWAY, ArgumentError) as error:
        why = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise RejectedInput(
            f"can't open the ledger {_public(url)}: {why}", f"start its server or correct {VARIABLE}"
        ) from error
    except CommandError as error:
        raise RejectedInput(
            f"the ledger {_public(url)} was written by a newer Reelscore ({error})",
            "update this installation",
        ) from error
    return engine


def away(error: DBAPIError) -> str:
    """Why the database can't be reached, in its driver's words."""
    return shown(str(error.orig).strip())


def _with_driver(url: str) -> str:
    """postgres:// and postgresql:// mean the driver that we carry."""
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    if url.startswith(("postgresql+psycopg://", "sqlite:///")):
        return url
    raise RejectedInput(
        f"{VARIABLE} is no PostgreSQL address", "write it as postgresql://user:password@host/name"
    )


def _public(url: str) -> str:
    """The URL as it may stand in a message: without the password."""
    try:
        return shown(make_url(url).render_as_string(hide_password=True))
    except ArgumentError:
        return "address"


def _postgresql(url: str) -> Engine:
    given = make_url(url).query
    limits = {"connect_timeout": CONNECT_S, "tcp_user_timeout": SILENT_MS}
    limits = {name: value for name, value in limits.items() if name not in given}
    return create_engine(url, pool_pre_ping=True, connect_args=limits)


def _sqlite(url: str) -> Engine:
    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_MS / 1000, "check_same_thread": False})

    # The driver's own transactions begin too late (at the first write): what was read before is not locked.
    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, record: Any) -> None:
        connection.isolation_level = None
        # Write-ahead: a reader never waits for a writer.  Full: a commit is on the disk before it returns.
        for pragma in (f"busy_timeout={BUSY_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _upgrade(engine: Engine, revision: str) -> None:
    with engine.execution_options(read_only=True).connect() as connection:
        options = {"version_table": VERSION_TABLE}
        if MigrationContext.configure(connection, opts=options).get_current_revision() == newest_revision():
            return
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


@cache
def newest_revision() -> str | None:
    """The head of the chain of revisions that this installation carries."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()
