"""Films as they are seen in an inbox: waiting until they hold still, then taken as a job, perhaps gone."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.ledger.ledger import Ledger
from flows.ledger.states import PUBLISHED, Cause, State
from flows.ledger.tables import Film, JobRow
from flows.settings import JobSettings
from vision.artifact import canonical_json, sha256_text

VALUES = 500  # SQLite takes 999 of them in a statement where it was built so
NAME_CHARS = 80  # with version and file names after it, far below the 255 bytes of a name


@dataclass(frozen=True)
class Sight:
    """A film as one look at the inbox found it.  source: its URI.  label: its shown place in the inbox.
    stem: what its results are called.  mark: size, times and inode, or an object's ETag and version."""

    source: str
    label: str
    stem: str
    size: int
    mark: str


class Arrivals:
    """The inbox side of a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def see(self, sights: Sequence[Sight], apart_s: float = 0.0) -> list[Film]:
        """Note one look: a film first seen or changed waits with no looks; one that held still has one more.

        A film that was taken and lies there unchanged stays taken.  Looks nearer than `apart_s` to the one
        before (another watcher's) are not counted.  Returns the rows in the order given.
        """
        if not sights:
            return []
        with self.ledger.write(serial=True) as session:
            now = self.ledger.now(session)
            known = self._rows(session, [sight.source for sight in sights])
            for sight in sights:
                film = known.get(sight.source)
                if film is None:
                    film = known[sight.source] = self._first(session, sight, now)
                _look(film, sight, now, apart_s)
            return [known[sight.source] for sight in sights]

    def unsettle(self, film_id: int, reason: str) -> None:
        """Let a film wait anew: it changed between the look and the reading, or can't be read now."""
        with self.ledger.write() as session:
            film = session.get_one(Film, film_id, with_for_update=True)
            film.presence, film.looks, film.reason, film.taken_mark = "waiting", 0, reason, None

    def gone(self, present: Collection[str], inbox: str) -> list[Film]:
        """Mark films of `inbox` that are no longer there; their jobs and results stay."""
        with self.ledger.write() as session:
            films = session.scalars(
                select(Film).where(
                    Film.results == self.ledger.results,
                    Film.presence != "gone",
                    Film.source.startswith(inbox, autoescape=True),
                )
            ).all()
            lost = [film for film in films if film.source not in present]
            for film in lost:
                film.presence, film.looks, film.mark = "gone", 0, ""
                film.reason = "no longer in the inbox"
            return lost

    def take(self, film_id: int, mark: str, content: str, settings: JobSettings) -> JobRow:
        """Make the settled film a job, or find the job that it is already.

        content: its sha256.  A repeated call with the same content and directions changes nothing: a cue that
        was redone meanwhile is not undone, and other settings of the watcher are for films to come.
        """
        wish = wish_of(content, settings.directions)
        with self.ledger.write(serial=True) as session:
            film = session.get_one(Film, film_id, with_for_update=True)
            current = session.get(JobRow, film.current_job) if film.current_job is not None else None
            if current is None or film.taken_wish != wish:
                cause = _cause(current, content)
                current = self.ledger.enqueue(session, film, content, settings, cause)
            elif current.where is State.SUPERSEDED:
                current = self.ledger.enqueue(session, film, content, settings, Cause.ARRIVAL)
            film.presence, film.reason, film.content = "taken", "", content
            film.taken_mark, film.taken_wish = mark, wish
            if current.where not in PUBLISHED:
                # The job reads the film where it lies now; a renamed film's job goes on from its new place.
                current.source, current.mark = film.source, mark
            return current

    def refuse(self, job: JobRow, reason: str, remedy: str) -> None:
        """Reject a queued job before any worker takes it (directions that are no text, say)."""
        with self.ledger.write() as session:
            row = session.get_one(JobRow, job.id, with_for_update=True)
            if row.where is State.QUEUED:
                self.ledger.move(session, row, State.REJECTED, reason, remedy)

    def _rows(self, session: Session, sources: Sequence[str]) -> dict[str, Film]:
        found: dict[str, Film] = {}
        for start in range(0, len(sources), VALUES):
            some = sources[start : start + VALUES]
            films = select(Film).where(Film.results == self.ledger.results, Film.source.in_(some))
            found |= {film.source: film for film in session.scalars(films.with_for_update())}
        return found

    def _first(self, session: Session, sight: Sight, now: float) -> Film:
        film = Film(
            results=self.ledger.results,
            source=sight.source,
            name=self._free_name(session, sight),
            label=sight.label,
            presence="waiting",
            size=sight.size,
            mark=sight.mark,
            looks=-1,
            first_seen_at=now,
            seen_at=now,
        )
        session.add(film)
        session.flush()
        return film

    def _free_name(self, session: Session, sight: Sight) -> str:
        """The folder for a film's results: its own name, with a piece of its source's hash if taken."""
        name = folder_name(sight.stem)
        taken = select(Film.id).where(Film.results == self.ledger.results, Film.name == name)
        return name if session.scalar(taken) is None else f"{name}-{sha256_text(sight.source)[:8]}"


def wish_of(content: str, directions: str) -> str:
    """What an inbox asks for with a film and the directions beside it."""
    return sha256_text(canonical_json([content, directions]))


def folder_name(stem: str) -> str:
    """A film's name as a folder that every system takes: letters, digits and a few marks, no dot first."""
    safe = re.sub(r"[^\w.+-]+", "_", stem, flags=re.UNICODE).strip("._ ")
    while len(safe.encode()) > NAME_CHARS:
        safe = safe[:-1]
    return safe or "film"


def _look(film: Film, sight: Sight, now: float, apart_s: float) -> None:
    if film.mark == sight.mark and film.looks >= 0 and 0 <= now - film.seen_at < apart_s:
        return
    if film.mark == sight.mark:
        film.looks += 1
    else:
        film.looks, film.mark, film.size, film.content = 0, sight.mark, sight.size, None
    film.seen_at = now
    film.presence = "taken" if film.taken_mark == sight.mark else "waiting"
    film.reason = "" if film.presence == "taken" else "just seen" if film.looks == 0 else "settling"


def _cause(current: JobRow | None, content: str) -> Cause:
    if current is None:
        return Cause.ARRIVAL
    return Cause.RECUT if current.content != content else Cause.DIRECTIONS
