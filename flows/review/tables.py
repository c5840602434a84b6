"""The review page's tables in the ledger: what people said and decided, links, people and their sessions.

Times are seconds since 1970. Tokens and passwords are kept as hashes only.
"""

from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flows.ledger.tables import Base


class ReviewEvent(Base):
    """One thing that a person did; rows are never changed or removed (the database refuses).

    event: its own id, given by the page, so that the same thing sent twice is one.  film: its folder.
    kind: note, reply, resolve, decision or lock; body holds what each needs (see record.py).
    """

    __tablename__ = "review_events"
    __table_args__ = (
        UniqueConstraint("results", "event"),
        Index("review_events_by_film", "results", "film"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    results: Mapped[str]
    event: Mapped[str]
    film: Mapped[str]
    version: Mapped[str]
    kind: Mapped[str]
    at: Mapped[float]
    who: Mapped[str]
    body: Mapped[dict[str, Any]]


class Share(Base):
    """A link for somebody without an account.  film, version: keys; version None opens every one."""

    __tablename__ = "review_shares"

    id: Mapped[int] = mapped_column(primary_key=True)
    results: Mapped[str]
    token_sha256: Mapped[str] = mapped_column(unique=True)
    film: Mapped[str]
    version: Mapped[str | None]
    label: Mapped[str]
    rights: Mapped[list[str]]
    made_by: Mapped[str]
    created_at: Mapped[float]
    expires_at: Mapped[float]
    revoked_at: Mapped[float | None]


class Person(Base):
    """Somebody who signs in.  password: scrypt, as people.py writes it."""

    __tablename__ = "review_people"
    __table_args__ = (UniqueConstraint("results", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    results: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    password: Mapped[str]
    created_at: Mapped[float]


class SignIn(Base):
    """A session of a person's browser, until it expires or they sign out."""

    __tablename__ = "review_sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_sha256: Mapped[str] = mapped_column(unique=True)
    person: Mapped[int] = mapped_column(index=True)
    created_at: Mapped[float]
    expires_at: Mapped[float]
