"""Logs that a machine can read: one JSON object a line, with the job's id where there is a job."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_job: ContextVar[int | None] = ContextVar("job", default=None)


@contextmanager
def job_log(job: int) -> Iterator[None]:
    """Give every record logged in the context this job's id."""
    before = _job.set(job)
    try:
        yield
    finally:
        _job.reset(before)


class JsonLines(logging.Formatter):
    """at, level, logger, job, message; a traceback as `error`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, ASCII only."""
        fact: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "job": _job.get(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            fact["error"] = self.formatException(record.exc_info)
        return json.dumps(fact)


def log_as_json(level: int = logging.INFO) -> None:
    """Log to stderr as JSON lines from here on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def logs_json() -> bool:
    """Whether this process logs as JSON lines."""
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers)
