"""The night at a glance: each film's newest version, its state, and what a person should look at."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from flows.ledger.states import FAILED, PUBLISHED, State
from flows.ledger.tables import Film, JobRow
from flows.review.decisions import VERSION, decisions_of, newest_on
from flows.review.notes import notes_of
from flows.review.results import FilmFolder, Results, Version, film_key
from flows.review.review import Review, still_of
from flows.score_film import LINE
from render.timecode import clock
from vision.analysis import Analysis

STATES = (
    "needs a look",
    "running",
    "waiting",
    "queued",
    "rejected",
    "quarantined",
    "cancelled",
    "ready",
    "unfinished",
    "gone",
)


@dataclass(frozen=True)
class NightRow:
    """One film of the list.  share: how much of the line is done, while it runs.

    why: reasons to look, in plain words; remedy: what to do about a film that did not come through.
    decided: the newest version's own decision ("approved by Ada"), empty where there is none.
    """

    key: str
    name: str
    state: str
    version: str | None = None
    version_name: str = ""
    versions: int = 0
    still: str | None = None
    why: tuple[str, ...] = ()
    remedy: str = ""
    step: str = ""
    share: float = 0.0
    facts: tuple[str, ...] = ()
    decided: str = ""
    decision: str = ""
    open_notes: int = 0
    searched: str = field(default="", repr=False)

    @property
    def place(self) -> int:
        """Sorting: what needs a person comes first."""
        return STATES.index(self.state) if self.state in STATES else len(STATES)


def night_rows(review: Review) -> list[NightRow]:
    """Every film, what needs a person first: with a version, and those that only the ledger knows of."""
    folders = {film.folder.name: film for film in review.results.films()}
    jobs = {job.id: job for job in review.ledger.jobs()}
    films = {film.name: film for film in review.ledger.films()}
    current = {
        name: jobs.get(film.current_job) for name, film in films.items() if film.current_job is not None
    }
    rows = [film_row(review, folder, current.get(name)) for name, folder in folders.items()]
    if not review.results.single:
        rows += [
            _without_version(name, film, current.get(name))
            for name, film in films.items()
            if name not in folders
        ]
    return sorted(rows, key=lambda row: (row.place, row.name))


def film_row(review: Review, film: FilmFolder, job: JobRow | None) -> NightRow:
    """A film's row from its folder, its job and what people said."""
    row, events, newest = _row(review.results, film), review.events(film), film.newest
    decided = newest_on(decisions_of(events), newest.name, VERSION) if newest is not None else None
    if job is not None and job.where not in PUBLISHED and job.where is not State.SUPERSEDED:
        row = replace(
            row,
            state=job.state,
            step=f"{job.step} {job.detail}".strip(),
            share=_share(job),
            why=(job.reason,) if job.where in FAILED and job.reason else row.why,
            remedy=job.remedy,
        )
    return replace(
        row,
        decided=decided.words if decided else "",
        decision=decided.verdict if decided else "",
        open_notes=sum(not note.resolved for note in notes_of(events)),
    )


def _without_version(name: str, film: Film, job: JobRow | None) -> NightRow:
    """A film that waits, runs for the first time, or never came through."""
    row = NightRow(film_key(name), film.label or name, film.presence, searched=film.label.lower())
    if job is None:
        words = {"waiting": "it starts when it has settled", "gone": "bring it back to have it scored"}
        why = (film.reason,) if film.reason else ()
        return replace(row, why=why, remedy=words.get(film.presence, ""))
    return replace(
        row,
        state=job.state,
        step=f"{job.step} {job.detail}".strip(),
        share=_share(job),
        why=(job.reason,) if job.reason else (),
        remedy=job.remedy or (f"`{job.reproduce}` shows it again" if job.reproduce else ""),
    )


def _share(job: JobRow) -> float:
    """How much of the line is done: the steps before, and the share of this one."""
    names = list(LINE)
    return round((names.index(job.step) + job.share) / len(names), 3) if job.step in names else 0.0


def _row(results: Results, film: FilmFolder) -> NightRow:
    """What lies in a film's folder."""
    version = film.newest
    if version is None:
        return NightRow(film.key, film.name, "waiting", remedy="it starts when it has settled")
    manifest = results.manifest(version)
    latest = film.versions[-1]
    still = still_of(version)
    state, step, share, remedy = _state(results, latest)
    return NightRow(
        key=film.key,
        name=manifest.film if manifest else film.name,
        state=state,
        version=version.key,
        version_name=version.name,
        versions=len(film.versions),
        still=still.name if still else None,
        why=tuple(manifest.findings) if manifest and state != "running" else (),
        remedy=remedy,
        step=step,
        share=share,
        facts=tuple(_facts(results, version)),
        searched=f"{film.name} {manifest.film if manifest else ''}".lower(),
    )


def _state(results: Results, version: Version) -> tuple[str, str, float, str]:
    """(state, step, share of the line done, remedy) of the newest version."""
    manifest = results.manifest(version)
    if manifest is not None:
        return ("needs a look" if manifest.findings else "ready"), "", 1.0, ""
    receipts = version.folder / ".work" / "receipts"
    done = [name for name in LINE if (receipts / f"{name}.json").is_file()]
    names = list(LINE)
    step = next(
        (name for name in names if name not in done and name not in ("compose", "synthesise")), names[-1]
    )
    share = round(names.index(step) / len(names), 3)
    if _is_held(version.folder / ".work" / "lock"):
        return "running", step, share, ""
    return "unfinished", step, share, "run the same command again: it goes on from the last finished step"


def _is_held(lock: Path) -> bool:
    """Whether a process holds the folder's lock, by the kernel's list, so as never to take it (Linux)."""
    try:
        stat = lock.stat()
        held = Path("/proc/locks").read_text()
    except OSError:
        return False
    place = f"{os.major(stat.st_dev):02x}:{os.minor(stat.st_dev):02x}:{stat.st_ino}"
    return any("FLOCK" in line and place in line.split() for line in held.splitlines())


def _facts(results: Results, version: Version) -> list[str]:
    analysis: Analysis | None = results.analysis(version)
    spotting = results.spotting(version)
    found = []
    if analysis is not None:
        film = analysis.film
        found += [clock(film.duration_s), f"{float(film.rate):.3f}".rstrip("0").rstrip(".") + " fps"]
    if spotting is not None:
        count = len(spotting.cues)
        found += [f"{count} cue{'' if count == 1 else 's'}", f"{100 * spotting.coverage:.0f} % scored"]
    return found
