"""The review desk: everything that a request may need, made once by the server."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request

from flows.ledger.ledger import Ledger
from flows.review.people import People
from flows.review.proxies import Proxies
from flows.review.record import Event, Record
from flows.review.remake import Helper
from flows.review.results import FilmFolder, Results, Version
from flows.review.shares import visitor_with
from flows.review.visitor import RIGHTS, Denied, Visitor

COOKIE = "reelscore"


@dataclass
class Review:
    """results: the films.  open_house: nobody signs in, since only this machine can ask (loopback)."""

    results: Results
    ledger: Ledger
    record: Record
    people: People
    proxies: Proxies
    helper: Helper
    open_house: bool = True

    def visitor(self, request: Request) -> Visitor:
        """Who asks; raises Denied."""
        token = request.path_params.get("token")
        if token is not None:
            return visitor_with(self.ledger, str(token))
        if self.open_house:
            return Visitor(None, RIGHTS["admin"])
        return self.people.visitor(request.cookies.get(COOKIE, ""))

    def close(self) -> None:
        """End what works in the background."""
        self.helper.close()
        self.proxies.close()
        self.ledger.close()

    def film(self, visitor: Visitor, key: str) -> FilmFolder:
        """A film that the visitor may see; raises Denied (404) for every other."""
        film = self.results.film(key) if visitor.sees(key) else None
        if film is None:
            raise Denied(404, "there is no such film here")
        return film

    def version(self, visitor: Visitor, film_key: str, version_key: str) -> Version:
        """A version that the visitor may see; raises Denied (404) for every other."""
        film = self.film(visitor, film_key)
        version = film.version(version_key) if visitor.sees(film_key, version_key) else None
        if version is None:
            raise Denied(404, "there is no such version here")
        return version

    def events(self, film: FilmFolder) -> Sequence[Event]:
        """What people did with a film, oldest first."""
        return self.record.events(film)


def review_of(request: Request) -> Review:
    """The server's own desk."""
    review = request.app.state.review
    assert isinstance(review, Review)
    return review


def still_of(version: Version) -> Path | None:
    """A picture that stands for the film: a shot about a third in."""
    stills = sorted((version.folder / "stills").glob("*.jpg")) if version.folder.is_dir() else []
    return stills[len(stills) // 3] if stills else None
