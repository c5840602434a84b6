"""The night's digest: what is ready, what was rejected, what needs a look and why, in the order of need."""

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import ValidationError

from composer.spotting import Spotting
from flows.ledger.ledger import Ledger
from flows.ledger.states import FAILED, PUBLISHED, State
from flows.ledger.tables import JobRow
from flows.manifest import Manifest
from flows.quality import NEED, FindingKind
from render.stills import still_name
from vision.analysis import Analysis
from vision.artifact import Artifact, Frozen, read_json
from vision.curves import load_curves

CURVE_POINTS = 160  # a sparkline of 320 CSS pixels shows no more
FLOOR_LUFS = -70.0
# Nobody can watch what crashed or was refused; after that the kind of finding decides.
ORDER: Final = (State.QUARANTINED, State.REJECTED, State.CANCELLED, State.NEEDS_A_LOOK, State.READY)


class DigestFilm(Frozen):
    """One job that ended this night.

    folder: its version's place in RESULTS.  reasons: why it needs a look or was rejected.  span_s: how long a
    machine worked on it.  still: a JPEG as base64.  cues: their spans in seconds.  loudness_lufs: the film
    sound's loudness in CURVE_POINTS equal stretches of the film, the loudest moment of each.
    """

    film: str
    version: int
    job: int
    state: State
    reasons: tuple[str, ...]
    kinds: tuple[FindingKind, ...] = ()
    remedy: str = ""
    folder: str
    span_s: float | None = None
    duration_s: float | None = None
    coverage: float | None = None
    mix_lufs: float | None = None
    cues: tuple[tuple[float, float], ...] = ()
    loudness_lufs: tuple[float, ...] = ()
    still: str = ""

    @property
    def need(self) -> tuple[int, int, int, str]:
        """Sorts the neediest first: state, the worst kind of finding, how many findings, name."""
        worst = min((NEED.index(kind) for kind in self.kinds), default=len(NEED))
        return ORDER.index(self.state), worst, -len(self.reasons), self.film


class Digest(Artifact):
    """The whole of a digest's JSON. began, ended: the night, ISO 8601 in UTC.  waiting: jobs still to do."""

    began: str
    ended: str
    films: tuple[DigestFilm, ...]
    waiting: int

    def count(self, *states: State) -> int:
        """How many films ended in one of some states."""
        return sum(film.state in states for film in self.films)

    @property
    def sums(self) -> str:
        """The night in one line."""
        look = self.count(State.NEEDS_A_LOOK)
        told = {
            "ready": self.count(State.READY),
            "needs a look" if look == 1 else "need a look": look,
            "rejected": self.count(State.REJECTED),
            "quarantined": self.count(State.QUARANTINED),
            "cancelled": self.count(State.CANCELLED),
            "still to do": self.waiting,
        }
        words = [f"{count} {what}" for what, count in told.items() if count]
        return ", ".join(words) or "nothing was dropped"


def digest_of(ledger: Ledger, results: Path, began_s: float, ended_s: float) -> Digest:
    """Every job that ended in [began_s, ended_s) (seconds since 1970), and how many are left."""
    jobs = ledger.jobs(JobRow.ended_at >= began_s, JobRow.ended_at < ended_s)
    films = [_film(job, results) for job in jobs if job.where in PUBLISHED | FAILED]
    counts = ledger.counts()
    return Digest(
        began=_iso(began_s),
        ended=_iso(ended_s),
        films=tuple(sorted(films, key=lambda film: film.need)),
        waiting=counts.get(State.QUEUED, 0) + counts.get(State.RUNNING, 0),
    )


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _film(job: JobRow, results: Path) -> DigestFilm:
    span_s = None if job.claimed_at is None or job.ended_at is None else job.ended_at - job.claimed_at
    film = DigestFilm(
        film=job.folder.partition("/")[0],
        version=job.version,
        job=job.id,
        state=job.where,
        reasons=tuple(job.findings) if job.where in PUBLISHED else (job.reason,),
        remedy=_remedy(job),
        folder=job.folder,
        span_s=None if span_s is None else round(span_s, 1),
    )
    if job.where not in PUBLISHED:
        return film
    try:
        return film.model_copy(update=_published(results / job.folder))
    except (OSError, ValidationError, KeyError, ValueError):
        # Somebody moved or cleared the folder since: the ledger's own words stay.
        return film.model_copy(update={"reasons": (*film.reasons, "its folder can't be read any more")})


def _remedy(job: JobRow) -> str:
    if job.where is State.QUARANTINED:
        return f"reelscore jobs show {job.id}; after mending: reelscore jobs retry {job.id}"
    return job.remedy


def _published(folder: Path) -> dict[str, object]:
    """What a version's own folder says of it."""
    manifest = read_json(folder / "manifest.json", Manifest)
    analysis = read_json(folder / "analysis.json", Analysis)
    spotting = read_json(folder / "spotting.json", Spotting)
    mix_lufs = manifest.quality.get("loudness_lufs")
    return {
        "reasons": manifest.findings,
        "kinds": manifest.kinds,
        "duration_s": analysis.film.duration_s,
        "coverage": spotting.coverage,
        "mix_lufs": mix_lufs if isinstance(mix_lufs, float) else None,
        "cues": tuple((round(cue.start_s, 2), round(cue.end_s, 2)) for cue in spotting.cues),
        "loudness_lufs": _loudness(folder, analysis.film.duration_s),
        "still": _still(folder, analysis),
    }


def _loudness(folder: Path, duration_s: float) -> tuple[float, ...]:
    curves = load_curves(folder / "curves.npz")
    bins = np.minimum((curves.loudness_time_s / duration_s * CURVE_POINTS).astype(int), CURVE_POINTS - 1)
    heights = np.full(CURVE_POINTS, FLOOR_LUFS)
    np.maximum.at(heights, bins, curves.loudness_lufs.astype(np.float64))
    return tuple(round(float(height), 1) for height in heights)


def _still(folder: Path, analysis: Analysis) -> str:
    """The longest shot's picture: it is the one that a person would know the film by."""
    for shot in sorted(analysis.shots, key=lambda shot: (shot.start_s - shot.end_s, shot.index)):
        path = folder / still_name(shot)
        if path.is_file():
            return base64.b64encode(path.read_bytes()).decode()
    return ""
