"""Links for people without an account: unguessable, for one film, expiring, revocable, with few rights."""

import hashlib
import secrets
from collections.abc import Sequence

from sqlalchemy import select

from flows.ledger.ledger import Ledger
from flows.review.tables import Share
from flows.review.visitor import Denied, Right, Visitor

TOKEN_BYTES = 32
LONGEST_DAYS = 365
LINK_RIGHTS: tuple[Right, ...] = ("view", "comment", "approve", "download")
DAY_S = 86_400


def make_share(
    ledger: Ledger,
    film: str,
    version: str | None,
    label: str,
    rights: Sequence[str],
    days: float,
    made_by: str,
) -> tuple[Share, str]:
    """A new link and its token, which is shown once and kept nowhere; raises Denied (422)."""
    wrong = [right for right in rights if right not in LINK_RIGHTS]
    if wrong:
        raise Denied(422, f"a link can't give the right to {wrong[0]}", f"it may {', '.join(LINK_RIGHTS)}")
    if not 0 < days <= LONGEST_DAYS:
        raise Denied(422, f"{days:g} days is not how long a link may live", f"up to {LONGEST_DAYS} days")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with ledger.write() as session:
        now = ledger.now(session)
        share = Share(
            results=ledger.results,
            token_sha256=hashed(token),
            film=film,
            version=version,
            label=" ".join(label.split())[:80] or "link",
            rights=sorted({"view", *rights}),
            made_by=made_by,
            created_at=now,
            expires_at=now + days * DAY_S,
        )
        session.add(share)
    return share, token


def shares_of(ledger: Ledger, film: str) -> list[Share]:
    """A film's links, newest first."""
    with ledger.read() as session:
        found = select(Share).where(Share.results == ledger.results, Share.film == film)
        return list(session.scalars(found.order_by(Share.id.desc())))


def revoke_share(ledger: Ledger, film: str, share_id: int) -> None:
    """End a link now; raises Denied (404)."""
    with ledger.write() as session:
        share = session.get(Share, share_id)
        if share is None or share.results != ledger.results or share.film != film:
            raise Denied(404, "there is no such link here")
        share.revoked_at = share.revoked_at or ledger.now(session)


def visitor_with(ledger: Ledger, token: str) -> Visitor:
    """Who comes with a link; raises Denied (404) alike for a guessed, an expired and a revoked one.

    The token is looked up by its hash: how long that takes says nothing about any other token.
    """
    with ledger.read() as session:
        share = session.scalars(
            select(Share).where(Share.results == ledger.results, Share.token_sha256 == hashed(token))
        ).one_or_none()
        now = ledger.now(session)
    if share is None or share.revoked_at is not None or share.expires_at <= now:
        raise Denied(404, "this link opens nothing", "it may have expired: ask for a new one")
    rights = frozenset(right for right in LINK_RIGHTS if right in share.rights)
    return Visitor(None, rights, f"/s/{token}", share.film, share.version, share.label)


def hashed(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
