"""The review page's server: its routes, its policy and how it is started."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, RedirectResponse, Response

from flows.review import api, entrance, links, media, pages, talk, verdicts
from flows.review.policy import LOOPBACK, Policy
from flows.review.review import Review
from flows.review.templates import page
from flows.review.visitor import RIGHTS, Denied, Visitor
from vision.rejected import RejectedInput

DOORS = ("", "/s/{token}")  # this house, and a link that somebody was sent


def review_app(review: Review, hosts: Iterable[str] = LOOPBACK) -> FastAPI:
    """The application. hosts: names that it answers to; none: any."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        yield
        review.close()

    app = FastAPI(title="Reelscore review", docs_url=None, redoc_url=None, lifespan=life)
    app.state.review = review
    app.include_router(media.static)
    app.include_router(entrance.router)
    for door in DOORS:
        for router in (pages.router, talk.router, verdicts.router, links.router, media.router):
            app.include_router(router, prefix=door)
        app.include_router(api.router, prefix=door, include_in_schema=not door)
    app.add_exception_handler(Denied, _denied)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(RejectedInput, _rejected)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_middleware(GZipMiddleware, minimum_size=2000)
    app.add_middleware(Policy, hosts=hosts)
    return app


async def _denied(request: Request, error: Exception) -> Response:
    assert isinstance(error, Denied)
    if error.status == 401 and request.method == "GET" and _wants_page(request):
        return RedirectResponse("/enter", 303)
    return _said(request, error.status, error.reason, error.remedy)


async def _gone(request: Request, error: Exception) -> Response:
    """The sender went away, or sent more than the policy lets through."""
    return Response(status_code=413)


async def _rejected(request: Request, error: Exception) -> Response:
    assert isinstance(error, RejectedInput)
    return _said(request, 422, error.reason, error.remedy)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = {404: "there is no such page here", 405: "that can't be done here"}
    return _said(request, error.status_code, words.get(error.status_code, str(error.detail)), "")


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return _said(request, 422, f"{place}: {first['msg']}".lower(), "")


def _said(request: Request, status: int, reason: str, remedy: str) -> Response:
    """A refusal in the words and the form of who asked."""
    if request.headers.get("hx-request"):
        return page("said.html.j2", status, reason=reason, remedy=remedy)
    if _wants_page(request):
        nobody = Visitor(None, RIGHTS["viewer"], base=_door(request))
        return page("message.html.j2", status, visitor=nobody, reason=reason, remedy=remedy)
    return JSONResponse({"reason": reason, "remedy": remedy}, status)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _door(request: Request) -> str:
    token = request.path_params.get("token")
    return f"/s/{token}" if token else ""
