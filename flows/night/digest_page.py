"""The digest as one page that can be mailed: pictures inside it, links to the results beside it."""

import base64
import hashlib
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from flows.ledger.states import PUBLISHED, State
from flows.night.digest import CURVE_POINTS, FLOOR_LUFS, Digest, DigestFilm
from render.timecode import clock
from vision.artifact import write_json, write_text

# No film's folder can be called so: see flows/ledger/arrivals.py, folder_name.
NIGHT_FOLDER: Final = "@night"
BOX_WIDTH, BOX_HEIGHT = 320.0, 48.0
HEADINGS: Final = {
    State.QUARANTINED: "Crashed again and again",
    State.REJECTED: "Rejected",
    State.CANCELLED: "Cancelled",
    State.NEEDS_A_LOOK: "Needs a look",
    State.READY: "Ready",
}


def write_digest(results: Path, digest: Digest) -> Path:
    """Write RESULTS/@night/DATE.html and .json and the same as newest.*; returns the dated page.

    DATE is the night's end in UTC. A second digest of one date replaces the first.
    """
    folder, date = results / NIGHT_FOLDER, digest.ended[:10]
    page = digest_page(digest)
    for name in (date, "newest"):
        write_json(folder / f"{name}.json", digest)
        write_text(folder / f"{name}.html", page)
    return folder / f"{date}.html"


def digest_page(digest: Digest) -> str:
    """The page's text; everything from outside passes through autoescape."""
    pages = Environment(
        loader=PackageLoader("flows.night", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    assert pages.loader is not None
    style, _, _ = pages.loader.get_source(pages, "digest.css")
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    groups = [
        (state.value, heading, [_row(film) for film in digest.films if film.state is state])
        for state, heading in HEADINGS.items()
    ]
    return pages.get_template("digest.html.j2").render(
        digest=digest,
        night=" to ".join(_moment(moment) for moment in (digest.began, digest.ended)) + " (UTC)",
        groups=[group for group in groups if group[2]],
        style=Markup(style),
        policy=f"default-src 'none'; style-src 'sha256-{hashed}'; img-src data:; base-uri 'none'",
        box=(BOX_WIDTH, BOX_HEIGHT),
    )


def _moment(iso: str) -> str:
    """`25 November, 06:30`."""
    return f"{datetime.fromisoformat(iso):%-d %B, %H:%M}"


def _row(film: DigestFilm) -> dict[str, object]:
    folder = f"../{quote(film.folder)}"
    facts = [
        f"version {film.version}",
        *([clock(film.duration_s)] if film.duration_s is not None else []),
        *([f"{len(film.cues)} cue{'' if len(film.cues) == 1 else 's'}"] if film.coverage is not None else []),
        *([f"{film.coverage:.0%} scored"] if film.coverage is not None else []),
        *([f"{film.mix_lufs:.1f} LUFS"] if film.mix_lufs is not None else []),
        *([f"worked on for {clock(film.span_s)}"] if film.span_s is not None else []),
    ]
    published = film.state in PUBLISHED and film.coverage is not None
    return {
        "film": film,
        "facts": facts,
        "links": [("Preview", f"{folder}/preview.mp4"), ("Report", f"{folder}/report.html")]
        if published
        else [],
        "loudness": _area(film.loudness_lufs),
        "cues": _blocks(film),
    }


def _area(loudness: tuple[float, ...]) -> str:
    """An SVG area of the film's loudness, FLOOR_LUFS at the bottom and 0 at the top."""
    if not loudness:
        return ""
    step = BOX_WIDTH / CURVE_POINTS
    points = [
        f"{(place + 0.5) * step:.1f} {BOX_HEIGHT * min(level, 0.0) / FLOOR_LUFS:.1f}"
        for place, level in enumerate(loudness)
    ]
    return f"M0 {BOX_HEIGHT}L{'L'.join(points)}L{BOX_WIDTH} {BOX_HEIGHT}Z"


def _blocks(film: DigestFilm) -> list[tuple[float, float]]:
    """x and width of each cue."""
    if not film.duration_s:
        return []
    scale = BOX_WIDTH / film.duration_s
    return [(round(start * scale, 1), round((end - start) * scale, 1)) for start, end in film.cues]
