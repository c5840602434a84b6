"""People who sign in: names, roles, hashed passwords, sessions."""

import hashlib
import hmac
import secrets
import time
from typing import get_args

from sqlalchemy import delete, select

from flows.ledger.ledger import Ledger
from flows.review.shares import hashed
from flows.review.tables import Person, SignIn
from flows.review.visitor import RIGHTS, Denied, Role, Visitor
from vision.rejected import RejectedInput

ROLES: tuple[Role, ...] = get_args(Role)
SHORTEST_PASSWORD = 10
SIGNED_IN_S = 14 * 86_400
# scrypt at 32 MiB and about 60 ms a guess (RFC 7914; OWASP's least is 16 MiB).
COST, BLOCK, LANES = 2**15, 8, 1
MOST_FAILURES, FAILURES_S = 8, 300.0


class People:
    """The people of one results folder."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._failures: dict[str, list[float]] = {}

    def everyone(self) -> list[Person]:
        """By name."""
        with self.ledger.read() as session:
            found = select(Person).where(Person.results == self.ledger.results).order_by(Person.name)
            return list(session.scalars(found))

    def put(self, name: str, role: str, password: str) -> None:
        """Add a person, or give one another role and password; raises RejectedInput."""
        name = " ".join(name.split())
        if not name or len(name) > 80 or not name.isprintable():
            raise RejectedInput(f"{name!r} is no name", "use 1 to 80 letters")
        if role not in ROLES:
            raise RejectedInput(f"there is no role {role!r}", f"roles are {', '.join(ROLES)}")
        if len(password) < SHORTEST_PASSWORD:
            raise RejectedInput("the password is too short", f"use {SHORTEST_PASSWORD} characters or more")
        with self.ledger.write(serial=True) as session:
            where = (Person.results == self.ledger.results, Person.name == name)
            person = session.scalars(select(Person).where(*where)).one_or_none()
            if person is None:
                person = Person(results=self.ledger.results, name=name, created_at=self.ledger.now(session))
                session.add(person)
            else:
                session.execute(delete(SignIn).where(SignIn.person == person.id))
            person.role, person.password = role, hash_password(password)

    def remove(self, name: str) -> None:
        """Remove a person and end their sessions; what they wrote stays. Raises RejectedInput."""
        with self.ledger.write(serial=True) as session:
            where = (Person.results == self.ledger.results, Person.name == name)
            person = session.scalars(select(Person).where(*where)).one_or_none()
            if person is None:
                raise RejectedInput(
                    f"there is nobody called {name!r}", "`reelscore people RESULTS` lists them"
                )
            session.execute(delete(SignIn).where(SignIn.person == person.id))
            session.delete(person)

    def enter(self, name: str, password: str) -> str:
        """A session's token for a right password; raises Denied (403, or 429 after many wrong ones)."""
        name = " ".join(name.split())
        now = time.monotonic()
        tried = [at for at in self._failures.get(name, []) if now - at < FAILURES_S]
        if len(tried) >= MOST_FAILURES:
            raise Denied(429, "too many wrong passwords for this name", "wait five minutes")
        with self.ledger.read() as session:
            where = (Person.results == self.ledger.results, Person.name == name)
            person = session.scalars(select(Person).where(*where)).one_or_none()
        # An unknown name costs the same time as a known one.
        if not check_password(password, person.password if person else NOBODY) or person is None:
            self._failures[name] = [*tried, now][-MOST_FAILURES:]
            raise Denied(403, "name or password is wrong")
        self._failures.pop(name, None)
        token = secrets.token_urlsafe(32)
        with self.ledger.write() as session:
            at = self.ledger.now(session)
            session.execute(delete(SignIn).where(SignIn.expires_at < at))
            session.add(
                SignIn(
                    token_sha256=hashed(token), person=person.id, created_at=at, expires_at=at + SIGNED_IN_S
                )
            )
        return token

    def leave(self, token: str) -> None:
        """End a session."""
        with self.ledger.write() as session:
            session.execute(delete(SignIn).where(SignIn.token_sha256 == hashed(token)))

    def visitor(self, token: str) -> Visitor:
        """Who holds a session; raises Denied (401)."""
        with self.ledger.read() as session:
            row = session.execute(
                select(Person, SignIn)
                .join(SignIn, SignIn.person == Person.id)
                .where(SignIn.token_sha256 == hashed(token), Person.results == self.ledger.results)
            ).one_or_none()
            now = self.ledger.now(session)
        if row is None or row.SignIn.expires_at <= now:
            raise Denied(401, "sign in first")
        role = next(role for role in ROLES if role == row.Person.role)
        return Visitor(row.Person.name, RIGHTS[role])


def hash_password(password: str) -> str:
    """`scrypt$cost$salt$hash`, both in hex."""
    salt = secrets.token_bytes(16)
    return f"scrypt${COST}${salt.hex()}${_derived(password, salt, COST).hex()}"


def check_password(password: str, kept: str) -> bool:
    """Compared in constant time."""
    _, cost, salt, wanted = kept.split("$")
    return hmac.compare_digest(_derived(password, bytes.fromhex(salt), int(cost)).hex(), wanted)


def _derived(password: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=BLOCK, p=LANES, maxmem=2**27, dklen=32)


NOBODY = hash_password(secrets.token_hex(16))
