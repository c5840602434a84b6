"""What a night would take: each film's minutes and gigabytes from its header, and what fits."""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from flows.admission import GB, reserve_bytes
from flows.estimate import expected
from flows.first_look import look
from flows.job import Job, film_from_uri
from flows.settings import JobSettings
from flows.watch.inbox import Found
from vision.artifact import Artifact, Frozen
from vision.rejected import RejectedInput


class PlannedFilm(Frozen):
    """One film.  fits: it is ready before the night ends and the disk is full; reason: why it will not be."""

    film: str
    length_s: float = 0.0
    minutes: float = 0.0
    disk_gb: float = 0.0
    fits: bool = False
    reason: str = ""


class Plan(Artifact):
    """The whole of `reelscore plan --json`."""

    hours: float
    workers: int
    free_gb: float
    films: tuple[PlannedFilm, ...]


def plan(
    found: Iterable[Found], results: Path, settings: JobSettings, hours: float, workers: int, shortest: bool
) -> Plan:
    """Measure every film by its header, in the order that the queue would take them.

    A film's minutes are one worker's on two cores; with as many workers as pairs of cores they add up.
    """
    films = [_measured(each, settings) for each in found]
    if shortest:
        films.sort(key=lambda film: film.minutes)
    there = next(folder for folder in (results, *results.parents) if folder.exists())
    free_gb = shutil.disk_usage(there).free / GB
    left_minutes, left_gb = hours * 60 * workers, free_gb - reserve_bytes() / GB
    planned = []
    for film in films:
        fits = not film.reason and film.minutes <= left_minutes and film.disk_gb <= left_gb
        if fits:
            left_minutes, left_gb = left_minutes - film.minutes, left_gb - film.disk_gb
        elif not film.reason:
            why = "the night is too short" if film.minutes > left_minutes else "the disk is too small"
            film = film.model_copy(update={"reason": why})
        planned.append(film.model_copy(update={"fits": fits}))
    return Plan(hours=hours, workers=workers, free_gb=round(free_gb, 2), films=tuple(planned))


def _measured(found: Found, settings: JobSettings) -> PlannedFilm:
    with tempfile.TemporaryDirectory(prefix="reelscore-plan-") as folder:
        try:
            seen = look(Job(film_from_uri(found.sight.source), Path(folder), settings))
        except RejectedInput as rejection:
            return PlannedFilm(film=found.sight.label, reason=str(rejection))
    takes = expected(seen, settings)
    return PlannedFilm(
        film=found.sight.label,
        length_s=round(seen.duration_s, 3),
        minutes=takes.minutes,
        disk_gb=round(takes.disk_bytes / GB, 3),
    )


def as_table(planned: Plan) -> str:
    """A line a film, and the sums."""
    lines = [f"{'film':<40} {'length':>8} {'minutes':>8} {'GB':>8}  tonight"]
    for film in planned.films:
        length = f"{film.length_s // 60:.0f}:{film.length_s % 60:04.1f}"
        verdict = "fits" if film.fits else film.reason
        lines.append(f"{film.film:<40} {length:>8} {film.minutes:>8.0f} {film.disk_gb:>8.2f}  {verdict}")
    fitting = [film for film in planned.films if film.fits]
    lines.append(
        f"{len(fitting)} of {len(planned.films)} films fit into {planned.hours:g} h with {planned.workers}"
        f" worker{'s' if planned.workers > 1 else ''}: {sum(film.minutes for film in fitting):.0f} minutes,"
        f" {sum(film.disk_gb for film in fitting):.2f} GB of {planned.free_gb:.2f} GB free"
    )
    return "\n".join(lines)
