"""The list of films and the player's page."""

from collections import Counter
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from composer.spotting import Ending, Style
from flows.review.ab import other_sounds
from flows.review.compare import compare
from flows.review.links import link_values
from flows.review.night import STATES, NightRow, night_rows
from flows.review.results import Results, Version
from flows.review.review import Review, review_of, still_of
from flows.review.talk import note_values
from flows.review.templates import page
from flows.review.verdicts import decision_values
from flows.review.visitor import Denied, Visitor, visitor_of
from render.timecode import frame_at, timecode

KEY_HELP = (
    (("Space",), "play or pause"),
    (("J", "K", "L"), "back, stop, on; again for faster"),
    (("←", "→"), "a frame; with Shift a second"),
    (("↑", "↓"), "a shot"),
    (("[", "]"), "a hit"),
    (("I", "O"), "range in and out; Esc clears"),
    (("M",), "marker here"),
    (("C",), "comment here"),
    (("1", "2"), "A or B"),
    (("S", "D"), "score only, film sound only; again for the mix"),
    (("B",), "burn-in"),
    (("F",), "full screen"),
    (("+", "-"), "closer, wider"),
    (("?",), "this list"),
)
LISTED = {
    "preview.mp4": "picture with the mix",
    "mix.wav": "film sound and score",
    "score.wav": "score alone, unducked",
    "score.mid": "MIDI with the tempo map",
    "score.musicxml": "the score on paper",
    "cues.csv": "cue list",
    "cue_sheet_draft.csv": "cue sheet, to be completed",
    "markers.edl": "cues and hits, CMX3600",
    "markers_resolve.edl": "markers for Resolve",
    "markers_avid.txt": "markers for Media Composer",
    "score.otio": "timeline",
}
SOUNDS = (("score", "Score", "S"), ("film", "Film", "D"), ("temp", "Temp", ""))

router = APIRouter(include_in_schema=False)
Who = Annotated[Visitor, Depends(visitor_of)]


@router.get("/")
def front(request: Request, visitor: Who, q: str = "", state: str = "all") -> Response:
    """The night; a link opens its own film."""
    if visitor.film is not None:
        return RedirectResponse(f"{visitor.base}/film/{visitor.film}", 303)
    return page("night.html.j2", **_night(review_of(request), visitor, q, state))


@router.get("/night")
def night(request: Request, visitor: Who, q: str = "", state: str = "all") -> Response:
    """The list alone, for its own refreshing."""
    if visitor.film is not None:
        raise Denied(404, "there is no such page here")
    return page("night_rows.html.j2", **_night(review_of(request), visitor, q, state))


@router.get("/film/{film}")
def newest(request: Request, visitor: Who, film: str, version: str = "") -> Response:
    """To the version asked for, or the one that the link names, or the newest."""
    review = review_of(request)
    found = review.film(visitor, film)
    wanted = found.version(version or visitor.version or "") or found.newest
    if wanted is None:
        raise Denied(404, "this film has no version yet", "wait until it has run")
    return RedirectResponse(f"{visitor.base}/film/{film}/{wanted.key}", 303)


@router.get("/film/{film}/{version}")
def player(request: Request, visitor: Who, film: str, version: str, b: str = "") -> Response:
    """The player; b: the version to compare with."""
    review = review_of(request)
    return page("player.html.j2", **player_values(review, visitor, review.version(visitor, film, version), b))


def player_values(review: Review, visitor: Visitor, version: Version, b: str = "") -> dict[str, Any]:
    """Everything that the player's page shows before its script runs."""
    results = review.results
    here = f"{visitor.base}/film/{version.film.key}/{version.key}"
    manifest, analysis = results.manifest(version), results.analysis(version)
    still, others = still_of(version), other_sounds(results, visitor, version, b)
    picture = "proxy.mp4" if (version.own / "proxy.mp4").is_file() else "preview.mp4"
    state = "unfinished" if manifest is None else "needs a look" if manifest.findings else "ready"
    return {
        **_shared(review, visitor),
        "film": version.film,
        "version": version,
        "versions": [
            one for one in version.film.versions if one.finished and visitor.sees(one.film.key, one.key)
        ],
        "film_name": manifest.film if manifest else version.film.name,
        "single": results.single,
        "state": state,
        "why": manifest.findings if manifest else (),
        "here": here,
        "base_film": f"{visitor.base}/film/{version.film.key}",
        "picture": picture,
        "poster": f"{here}/still/{still.name}" if still else "",
        "duration": analysis.film.duration_s if analysis else 0,
        "sounds": [sound for sound in SOUNDS if (version.folder / f"{sound[0]}.m4a").is_file()],
        "others": others,
        "changed": _changed(review, visitor, version, b),
        "endings": get_args(Ending),
        "styles": get_args(Style),
        "tabs": _tabs(visitor, bool(others)),
        **note_values(review, visitor, version),
        **decision_values(review, visitor, version),
        **(link_values(review, visitor, version) if visitor.may("share") else {}),
        "key_help": KEY_HELP,
        "files": _files(results, version) if visitor.may("download") else [],
        **_cues(results, version),
    }


def _tabs(visitor: Visitor, compares: bool) -> list[tuple[str, str]]:
    tabs = [("notes", "Notes"), ("decide", "Decide"), ("cues", "Cues")]
    tabs += [("changes", "Changes")] if compares else []
    tabs += [("spot", "Spot")] if visitor.may("edit") else []
    return [*tabs, ("share", "Share")] if visitor.may("share") else tabs


def _changed(review: Review, visitor: Visitor, version: Version, b: str) -> dict[str, Any] | None:
    """What differs from the version compared with: the one asked for, else the one before."""
    finished = [one for one in version.film.versions if one.finished and visitor.sees(one.film.key, one.key)]
    earlier = finished[: finished.index(version)] if version in finished else []
    other = version.film.version(b) if visitor.sees(version.film.key, b) else None
    other = other or (earlier[-1] if earlier else None)
    if other is None or other.key == version.key:
        return None
    analysis = review.results.analysis(version)
    rows = compare(review.results, other, version)
    frames = {row.uid: frame_at(analysis.film, row.start_s) if analysis else 0 for row in rows}
    return {"other": other, "rows": rows, "frames": frames}


def _cues(results: Results, version: Version) -> dict[str, Any]:
    analysis, spotting = results.analysis(version), results.spotting(version)
    if analysis is None or spotting is None:
        return {"cues": [], "silences": []}
    film = analysis.film

    def row(start_s: float, **more: Any) -> dict[str, Any]:
        frame = frame_at(film, start_s)
        return {"frame": frame, "timecode": timecode(film, frame), **more}

    return {
        "cues": [
            row(
                cue.start_s,
                uid=cue.uid,
                id=cue.id,
                about=f"{cue.key} {cue.mode}, {cue.tempo_qpm:.0f} qpm, {cue.style.replace('_', ' ')}",
                reason=cue.reason,
            )
            for cue in spotting.cues
        ],
        "silences": [row(gap.start_s, reason=gap.reason) for gap in spotting.silences],
    }


def _files(results: Results, version: Version) -> list[tuple[str, str]]:
    manifest = results.manifest(version)
    return [(name, what) for name, what in LISTED.items() if manifest and name in manifest.files]


def _night(review: Review, visitor: Visitor, q: str, state: str) -> dict[str, Any]:
    every = night_rows(review)
    rows = [row for row in every if _fits(row, q, state)]
    counted = Counter(row.state for row in every)
    return {
        **_shared(review, visitor),
        "asked": {"q": q, "state": state},
        "rows": rows,
        "sums": [(name, counted[name]) for name in STATES if counted[name]],
    }


def _fits(row: NightRow, q: str, state: str) -> bool:
    stuck = ("rejected", "quarantined", "unfinished")
    states = {"rejected": stuck, "running": ("running", "queued", "waiting")}.get(state, (state,))
    return (state == "all" or row.state in states) and q.lower().strip() in row.searched


def _shared(review: Review, visitor: Visitor) -> dict[str, Any]:
    return {"visitor": visitor, "open_house": review.open_house}
