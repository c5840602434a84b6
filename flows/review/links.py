"""Links to send: made, listed and revoked on the page."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from flows.review.form import Sent
from flows.review.results import Version
from flows.review.review import Review, review_of
from flows.review.shares import make_share, revoke_share, shares_of
from flows.review.templates import page
from flows.review.visitor import Denied, Visitor, visitor_of

router = APIRouter(include_in_schema=False)
Who = Annotated[Visitor, Depends(visitor_of)]
DAYS = (1, 7, 30, 90)


@router.get("/film/{film}/{version}/links")
def links(request: Request, visitor: Who, film: str, version: str) -> Response:
    """A film's links."""
    visitor.need("share")
    review = review_of(request)
    return _panel(review, visitor, review.version(visitor, film, version))


@router.post("/film/{film}/{version}/links")
def make(request: Request, visitor: Who, sent: Sent, film: str, version: str) -> Response:
    """A new link; its address is shown this once."""
    visitor.need("share")
    review = review_of(request)
    found = review.version(visitor, film, version)
    rights = [right for right in ("comment", "approve", "download") if sent.get(right) == "yes"]
    scope = found.key if sent.get("scope") == "version" else None
    who = visitor.signs(sent.get("name", "") or "the house")
    share, token = make_share(
        review.ledger, found.film.key, scope, sent.get("label", ""), rights, sent.number("days"), who
    )
    made = f"{str(request.base_url).rstrip('/')}/s/{token}"
    return _panel(review, visitor, found, made)


@router.post("/film/{film}/{version}/links/{share}/revoke")
def revoke(request: Request, visitor: Who, sent: Sent, film: str, version: str, share: int) -> Response:
    """End a link."""
    visitor.need("share")
    review = review_of(request)
    found = review.version(visitor, film, version)
    revoke_share(review.ledger, found.film.key, share)
    return _panel(review, visitor, found)


def link_values(review: Review, visitor: Visitor, version: Version, made: str = "") -> dict[str, Any]:
    """What the panel of links shows."""
    if visitor.film is not None:
        raise Denied(403, "a link makes no links")
    now = datetime.now(UTC).timestamp()
    rows = [
        {
            "id": share.id,
            "label": share.label,
            "rights": ", ".join(right for right in share.rights if right != "view") or "view only",
            "until": datetime.fromtimestamp(share.expires_at, UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "scope": share.version or "every version",
            "state": "revoked" if share.revoked_at else "expired" if share.expires_at <= now else "open",
        }
        for share in shares_of(review.ledger, version.film.key)
    ]
    return {
        "visitor": visitor,
        "here": f"{visitor.base}/film/{version.film.key}/{version.key}",
        "version": version,
        "links": rows,
        "days": DAYS,
        "made": made,
    }


def _panel(review: Review, visitor: Visitor, version: Version, made: str = "") -> HTMLResponse:
    return page("link_list.html.j2", **link_values(review, visitor, version, made))
