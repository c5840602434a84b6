"""Where every film stands, for people and machines: status.json, .txt and .html in the results."""

import html
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from flows.ledger.ledger import Ledger
from flows.ledger.states import State
from flows.ledger.tables import Film, JobRow
from flows.results import Results
from vision.artifact import Artifact, Frozen, canonical_json

# What needs a person comes first.
BY_NEED = (
    State.QUARANTINED,
    State.REJECTED,
    State.NEEDS_A_LOOK,
    State.RUNNING,
    State.QUEUED,
    State.WAITING,
    State.READY,
    State.CANCELLED,
    State.SUPERSEDED,
)
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="15">
<meta name="viewport" content="width=device-width"><title>Reelscore: {title}</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;margin:2em;max-width:75em}}
table{{border-collapse:collapse;width:100%}}td,th{{text-align:left;padding:.35em .8em .35em 0;
border-bottom:1px solid #8884;vertical-align:top}}td:nth-child(2){{white-space:nowrap}}
@media(prefers-color-scheme:dark){{body{{background:#141414;color:#ddd}}a{{color:#8bf}}}}</style>
<h1>{title}</h1><p>{note}</p>
<table><thead><tr><th>film<th>state<th>why, and what to do<th>version</thead><tbody>
{rows}</tbody></table>
"""


class FilmStatus(Frozen):
    """One film: its place in the inbox, and where its current job is.  percent: of its running step."""

    film: str
    state: str
    reason: str
    remedy: str
    step: str
    percent: int
    job: int | None
    version: int | None
    folder: str | None
    since: str


class Status(Artifact):
    """The whole of status.json."""

    inbox: str
    note: str
    counts: dict[str, int]
    films: tuple[FilmStatus, ...]
    passed_over: dict[str, str]


def status(ledger: Ledger, inbox: str, note: str, passed_over: dict[str, str]) -> Status:
    """Read it off the ledger; films that need a person first, then by name."""
    with ledger.read() as session:
        rows = session.execute(
            select(Film, JobRow)
            .outerjoin(JobRow, JobRow.id == Film.current_job)
            .where(Film.results == ledger.results)
        ).tuples()
        films = [_film(film, job) for film, job in rows]
    order = {state.value: place for place, state in enumerate(BY_NEED)}
    films.sort(key=lambda film: (order[film.state], film.film))
    counts = dict(sorted(Counter(film.state for film in films).items()))
    return Status(inbox=inbox, note=note, counts=counts, films=tuple(films), passed_over=passed_over)


def _film(film: Film, job: JobRow | None) -> FilmStatus:
    if job is None or film.presence == "waiting":
        waiting: dict[str, Any] = {"step": "", "percent": 0, "version": None, "folder": None}
        return FilmStatus(
            film=film.label,
            state=State.WAITING,
            reason=film.reason or "settling",
            remedy="",
            job=None if job is None else job.id,
            since=_time(film.seen_at if film.looks == 0 else film.first_seen_at),
            **waiting,
        )
    step = f"{job.step} {job.detail}".rstrip() if job.where is State.RUNNING else ""
    gone = " (no longer in the inbox)" if film.presence == "gone" else ""
    return FilmStatus(
        film=film.label,
        state=job.state,
        reason=job.reason + gone,
        remedy=job.remedy,
        step=step,
        percent=round(100 * job.share) if step else 0,
        job=job.id,
        version=job.version,
        folder=job.folder if job.outcome is not None else None,
        since=_time(job.ended_at or job.claimed_at or job.queued_at),
    )


class StatusFiles:
    """Writes the three files whenever what they say has changed."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self._said = ""

    def write(self, now: Status) -> None:
        """Write, unless nothing is new."""
        said = canonical_json(now.model_dump())
        if said == self._said:
            return
        self._results.write("status.json", now.model_dump_json(indent=1) + "\n")
        self._results.write("status.txt", as_text(now))
        self._results.write("status.html", as_page(now))
        self._said = said


def as_text(now: Status) -> str:
    """One line a film, aligned; why and what to do under it where there is something to say."""
    lines = [_title(now), *([now.note] if now.note else []), ""]
    width = max((len(film.film) for film in now.films), default=0)
    for film in now.films:
        where = f"{film.step} {film.percent} %" if film.step else film.folder or ""
        lines.append(f"{film.film:<{min(width, 60)}}  {film.state:<12} {where}".rstrip())
        if film.reason:
            lines.append(f"    {film.reason}" + (f" - {film.remedy}" if film.remedy else ""))
    lines += ["", *(f"passed over: {name}: {why}" for name, why in sorted(now.passed_over.items()))]
    return "\n".join(lines).rstrip() + "\n"


def as_page(now: Status) -> str:
    """The same as a page that reloads itself."""
    rows = "".join(_row(film) for film in now.films)
    return PAGE.format(title=html.escape(_title(now)), note=html.escape(now.note), rows=rows)


def _row(film: FilmStatus) -> str:
    name, state, folder = map(html.escape, (film.film, film.state, film.folder or ""))
    where = f"{film.step} {film.percent} %" if film.step else ""
    why = html.escape(". ".join(part for part in (where, film.reason, film.remedy) if part))
    link = f'<a href="{folder}/report.html">v{film.version:03d}</a>' if film.folder else ""
    return f"<tr><td>{name}<td>{state}<td>{why}<td>{link}\n"


def _title(now: Status) -> str:
    counts = ", ".join(f"{number} {state}" for state, number in now.counts.items()) or "no films yet"
    return f"{counts} ({now.inbox})"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
