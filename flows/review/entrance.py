"""Signing in and out, where the page can be asked from other machines."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from flows.review.form import Sent
from flows.review.people import SIGNED_IN_S
from flows.review.review import COOKIE, review_of
from flows.review.templates import page
from flows.review.visitor import RIGHTS, Denied, Visitor, visitor_of

router = APIRouter(include_in_schema=False)
NOBODY = Visitor(None, RIGHTS["viewer"])


@router.get("/enter")
def door(request: Request) -> Response:
    """The form."""
    if review_of(request).open_house:
        return RedirectResponse("/", 303)
    return page("enter.html.j2", visitor=NOBODY, fault="")


@router.post("/enter")
def enter(request: Request, sent: Sent) -> Response:
    """Sign in."""
    review = review_of(request)
    try:
        token = review.people.enter(sent.get("name", ""), sent.get("password", ""))
    except Denied as denied:
        return page("enter.html.j2", denied.status, visitor=NOBODY, fault=denied.reason)
    answer = RedirectResponse("/", 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, token, SIGNED_IN_S, httponly=True, samesite="strict", secure=secure)
    return answer


@router.post("/leave")
def leave(request: Request, visitor: Annotated[Visitor, Depends(visitor_of)]) -> Response:
    """Sign out."""
    review_of(request).people.leave(request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/enter", 303)
    answer.delete_cookie(COOKIE)
    return answer
