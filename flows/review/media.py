"""Pictures, sounds and files of a version, and the page's own scripts and styles."""

import re
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from flows.review.film_line import film_line
from flows.review.review import review_of
from flows.review.slices import serve_file
from flows.review.takes import take_sound
from flows.review.visitor import Denied, Visitor, visitor_of
from vision.timecode import counting_rate

STATIC = Path(__file__).parent / "static"
MEDIA = ("preview.mp4", "score.m4a", "film.m4a", "temp.m4a")
STILL = re.compile(r"\d{4,6}\.jpg$", re.ASCII)

router = APIRouter(include_in_schema=False)
static = APIRouter(include_in_schema=False)
Who = Annotated[Visitor, Depends(visitor_of)]


@router.get("/film/{film}/{version}/media/{name}")
@router.head("/film/{film}/{version}/media/{name}")
def media(request: Request, visitor: Who, film: str, version: str, name: str) -> Response:
    """A picture or a sound that the player plays; `proxy.mp4` is the seek proxy where there is one."""
    review = review_of(request)
    found = review.version(visitor, film, version)
    if name == "proxy.mp4":
        return serve_file(request, review.proxies.picture(found))
    if name not in MEDIA:
        raise Denied(404, "there is no such file here")
    return serve_file(request, found.folder / name)


@router.get("/film/{film}/{version}/still/{name}")
def still(request: Request, visitor: Who, film: str, version: str, name: str) -> Response:
    """One small picture of a shot."""
    found = review_of(request).version(visitor, film, version)
    if not STILL.match(name):
        raise Denied(404, "there is no such picture here")
    answer = serve_file(request, found.folder / "stills" / name)
    answer.headers["cache-control"] = "private, max-age=600"
    return answer


@router.get("/film/{film}/{version}/take/{cue}/{take}.m4a")
def take(request: Request, visitor: Who, film: str, version: str, cue: str, take: int) -> Response:
    """One take of a cue alone, from the cue's in, every take at the same loudness."""
    found = review_of(request).version(visitor, film, version)
    return serve_file(request, take_sound(found, cue, take))


@router.get("/film/{film}/{version}/line.json")
def line(request: Request, visitor: Who, film: str, version: str) -> Response:
    """What the player draws and steps by."""
    review = review_of(request)
    facts = film_line(review.results, review.version(visitor, film, version))
    if facts is None:
        raise Denied(404, "this version has not been analysed yet", "wait until it has run")
    return JSONResponse(facts)


@router.get("/film/{film}/{version}/proxy")
def proxy(request: Request, visitor: Who, film: str, version: str) -> dict[str, Any]:
    """Where the seek proxy stands; asking puts it to work."""
    review = review_of(request)
    found = review.version(visitor, film, version)
    analysis = review.results.analysis(found)
    if analysis is None or not (found.folder / "preview.mp4").is_file():
        return {"state": "unknown"}
    return {"state": review.proxies.wish(found, counting_rate(analysis.film.rate))}


@router.get("/film/{film}/{version}/files/{name:path}")
def download(request: Request, visitor: Who, film: str, version: str, name: str) -> Response:
    """A published file; only names that the manifest lists, so that no path leads elsewhere."""
    visitor.need("download")
    review = review_of(request)
    found = review.version(visitor, film, version)
    manifest = review.results.manifest(found)
    listed = {"manifest.json", *(manifest.files if manifest else ())}
    if name not in listed or ".." in Path(name).parts:
        raise Denied(404, "there is no such file here")
    return serve_file(request, found.folder / name, download=_saved_as(found.film.name, name))


@static.get("/static/{name}")
def static_file(request: Request, name: str) -> Response:
    """The page's own scripts and styles."""
    if not re.fullmatch(r"[a-z_.]+\.(js|css|svg)", name):
        raise Denied(404, "there is no such file here")
    return serve_file(request, STATIC / name)


def _saved_as(film: str, name: str) -> str:
    """`film_mix.wav`: ASCII letters, digits and a few marks, so that no header is broken by a name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", f"{film}_{name.replace('/', '_')}")[:150]
