"""Who asks, and what they may: a person of this house, or somebody with a link."""

from dataclasses import dataclass
from typing import Final, Literal

from fastapi import Request

Right = Literal["view", "comment", "approve", "download", "edit", "share", "admin"]
Role = Literal["viewer", "reviewer", "editor", "admin"]

VIEW: Final[frozenset[Right]] = frozenset({"view"})
REVIEW: Final[frozenset[Right]] = VIEW | {"comment", "approve", "download"}
EDIT: Final[frozenset[Right]] = REVIEW | {"edit", "share"}
RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    "viewer": VIEW | {"download"},
    "reviewer": REVIEW,
    "editor": EDIT,
    "admin": EDIT | {"admin"},
}


class Denied(Exception):
    """status: 401 who are you, 403 you may not, 404 there is no such thing (for you)."""

    def __init__(self, status: int, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True)
class Visitor:
    """name: how notes and decisions are signed; None: the visitor says it each time.

    film, version: all that a link opens; None: everything (version None: every version of the film).
    base: what addresses begin with ("" or "/s/TOKEN").
    """

    name: str | None
    rights: frozenset[Right]
    base: str = ""
    film: str | None = None
    version: str | None = None
    label: str = ""

    def may(self, right: Right) -> bool:
        """Whether the visitor holds a right."""
        return right in self.rights

    def need(self, right: Right) -> None:
        """Raise Denied where the visitor does not hold it."""
        if right not in self.rights:
            raise Denied(403, f"you may not {right} here", "ask the person who sent you the link")

    def sees(self, film: str, version: str | None = None) -> bool:
        """Whether a film, and a version of it, is this visitor's to see."""
        if self.film is None:
            return True
        return film == self.film and (version is None or self.version is None or version == self.version)

    def signs(self, given: str) -> str:
        """The name that stands under what the visitor writes; raises Denied where there is none."""
        name = " ".join((self.name or given).split())[:80]
        if not name:
            raise Denied(422, "say who you are", "write your name beside the note")
        return f"{name} (by link)" if self.film is not None else name


def visitor_of(request: Request) -> Visitor:
    """The request's visitor; raises Denied for an unknown link or a person who has not signed in."""
    from flows.review.review import review_of

    return review_of(request).visitor(request)
