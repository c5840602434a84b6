"""A priority file: film names, the most urgent first; `*` stands for anything, `#` begins a remark."""

from fnmatch import fnmatchcase

from sqlalchemy import select

from flows.ledger.ledger import Ledger
from flows.ledger.states import State
from flows.ledger.tables import Film, JobRow

# Below what a person waits for in front of the page (see Ledger.request_version), above the rest.
HIGHEST, LOWEST = 9, 1


def patterns(text: str) -> list[str]:
    """The names in a priority file, in order."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def prioritise(ledger: Ledger, text: str) -> int:
    """Give queued films their place in line; returns how many a line of `text` names.

    A film named twice counts where it comes first. Films that nobody names keep their turn after those.
    """
    wanted = patterns(text)
    named = 0
    with ledger.write() as session:
        rows = session.execute(
            select(JobRow, Film)
            .join(Film, Film.id == JobRow.film_id)
            .where(JobRow.results == ledger.results, JobRow.state == State.QUEUED.value)
        ).all()
        for job, film in rows:
            place = next((place for place, name in enumerate(wanted) if _names(name, film)), None)
            named += place is not None
            if job.priority <= HIGHEST:
                job.priority = 0 if place is None else _priority(place, len(wanted))
    return named


def _priority(place: int, count: int) -> int:
    """HIGHEST for the first line, evenly down to LOWEST for the last."""
    return HIGHEST if count == 1 else HIGHEST - round(place * (HIGHEST - LOWEST) / (count - 1))


def _names(pattern: str, film: Film) -> bool:
    last = film.label.rpartition("/")[2]
    return any(fnmatchcase(name, pattern) for name in (film.label, last, film.name))
