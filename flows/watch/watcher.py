"""One look at an inbox after another. Polling is the truth: shares and buckets send no events to rely on."""

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from sqlalchemy import select

from flows.ledger.arrivals import Arrivals, wish_of
from flows.ledger.ledger import Ledger
from flows.ledger.tables import Film
from flows.line_look import Changed
from flows.settings import JobSettings
from flows.texts import shown
from flows.watch.hints import Hints
from flows.watch.inbox import Found, Inbox, Look, Sidecar
from vision.faultpoint import faultpoint
from vision.rejected import RejectedInput

log = logging.getLogger(__name__)
TAKING_S = 10.0  # of one round; then the status is written again


@dataclass(frozen=True)
class WatchRules:
    """interval_s: between looks.  looks: how often size, times and inode must be found unchanged."""

    interval_s: float = 5.0
    looks: int = 3


@dataclass
class Watcher:
    """Looks at `inbox`, for `ledger`; every film gets `settings` and the directions beside it.

    news: set when the next look is worth while at once: a film has been read, something in a folder changed.
    """

    inbox: Inbox
    ledger: Ledger
    settings: JobSettings
    rules: WatchRules = WatchRules()
    note: str = ""
    news: threading.Event = field(default_factory=threading.Event)
    passed_over: dict[str, str] = field(default_factory=dict)
    _done: dict[str, tuple[str, Sidecar | None]] = field(default_factory=dict)
    _sidecar_looks: dict[Sidecar, int] = field(default_factory=dict)
    _reading: dict[str, "Future[str]"] = field(default_factory=dict)
    _reader: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "reader"))

    def __post_init__(self) -> None:
        self._hints = Hints(self.news)

    def close(self) -> None:
        """Wait for a film that is being read, and read no other."""
        self._reader.shutdown(cancel_futures=True)
        self._hints.close()

    def look(self) -> bool:
        """One round: see what is there, take what has settled. True where nothing is left to wait for."""
        try:
            seen = self.inbox.look()
        except OSError as error:
            self.note = f"the inbox can't be reached: {shown(str(error))}"
            log.warning("%s", self.note)
            return False
        self.passed_over = seen.passed_over
        self._hints.watch(seen.folders)
        if not seen.films and self._had_films():
            self.note = "the inbox is empty or not mounted; nothing is called gone"
            return True
        self.note = ""
        return self._round(seen)

    def _round(self, seen: Look) -> bool:
        arrivals = Arrivals(self.ledger)
        for film in arrivals.gone({found.sight.source for found in seen.films}, self.inbox.uri):
            log.info("gone: %s", film.label)
            self._done.pop(film.source, None)
        self._count_sidecars(seen)
        given_way = self._given_way()
        todo = [found for found in seen.films if self._is_news(found, given_way)]
        films = arrivals.see([found.sight for found in todo], self.rules.interval_s / 2)
        waiting, deadline = 0, time.monotonic() + TAKING_S
        for found, film in zip(todo, films, strict=True):
            if time.monotonic() > deadline or not self._settled(found, film) or not self._take(found, film):
                waiting += 1
        return waiting == 0

    def _is_news(self, found: Found, given_way: set[str]) -> bool:
        known = self._done.get(found.sight.source)
        return known != (found.sight.mark, found.sidecar) or found.sight.source in given_way

    def _given_way(self) -> set[str]:
        """Films whose job found them changed and let go: to be looked at anew."""
        with self.ledger.read() as session:
            rows = select(Film.source).where(
                Film.results == self.ledger.results, Film.taken_mark.is_(None), Film.presence != "gone"
            )
            return set(session.scalars(rows))

    def _count_sidecars(self, seen: Look) -> None:
        present = {found.sidecar for found in seen.films if found.sidecar is not None}
        self._sidecar_looks = {sidecar: self._sidecar_looks.get(sidecar, -1) + 1 for sidecar in present}

    def _settled(self, found: Found, film: Film) -> bool:
        needed = min(self.rules.looks, 1) if self.inbox.whole else self.rules.looks
        beside = self._sidecar_looks.get(found.sidecar, 0) if found.sidecar is not None else needed
        # A film that is known already has settled; only new directions beside it may have not.
        return (film.presence == "taken" or film.looks >= needed) and beside >= needed

    def _take(self, found: Found, film: Film) -> bool:
        """Make it a job; False while it is still being read, or where it changed."""
        try:
            content = self._content(found, film)
        except Changed as change:
            log.info("waits again: %s", change)
            Arrivals(self.ledger).unsettle(film.id, str(change))
            return False
        if content is None:
            return False
        directions, fault = self._directions(found)
        if film.presence != "taken" or film.taken_wish != wish_of(content, directions):
            faultpoint("film-read")
            self._queue(found, film, content, directions, fault)
        self._done[found.sight.source] = (found.sight.mark, found.sidecar)
        return True

    def _queue(
        self, found: Found, film: Film, content: str, directions: str, fault: RejectedInput | None
    ) -> None:
        name = "" if found.sidecar is None else shown(found.sidecar.place.rpartition("/")[2])
        settings = self.settings
        if found.sidecar is not None:
            settings = settings.model_copy(update={"directions": directions, "directions_name": name})
        job = Arrivals(self.ledger).take(film.id, found.sight.mark, content, settings)
        faultpoint("film-taken")
        if fault is not None:
            Arrivals(self.ledger).refuse(job, fault.reason, fault.remedy)
        log.info("%s: job %d, %s", film.label, job.id, job.state)

    def _directions(self, found: Found) -> tuple[str, RejectedInput | None]:
        if found.sidecar is None:
            return self.settings.directions, None
        try:
            return self.inbox.text(found.sidecar), None
        except RejectedInput as rejection:
            return f"# unreadable {found.sidecar.mark}", rejection

    def _content(self, found: Found, film: Film) -> str | None:
        """The film's content: as known for this very state of it, or read beside this loop (None so far)."""
        if film.content is not None and film.mark == found.sight.mark:
            return film.content
        if self.inbox.whole:
            return self.inbox.content(found.sight)
        place = f"{found.sight.source} {found.sight.mark}"
        if place not in self._reading:
            self._reading[place] = self._reader.submit(self.inbox.content, found.sight)
            self._reading[place].add_done_callback(lambda done: self.news.set())
        if not self._reading[place].done():
            return None
        return self._reading.pop(place).result()

    def _had_films(self) -> bool:
        return bool(self._done) or any(
            film.presence != "gone" and film.source.startswith(self.inbox.uri) for film in self.ledger.films()
        )
