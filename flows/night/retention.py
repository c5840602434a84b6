"""What is kept: previews, MIDI and reports for good, film-long audio for a while, approved work always."""

import shutil
from pathlib import Path
from typing import Final

from sqlalchemy import select

from flows.ledger.ledger import Ledger
from flows.ledger.states import State
from flows.ledger.tables import JobRow
from flows.results import FolderResults
from flows.review.tables import ReviewEvent
from flows.work.work_folder import WorkFolders
from vision.artifact import Artifact, write_json

# A cue's own dry sound stays: a take can be chosen, and a cue redone, without composing the rest.
AUDIO: Final = ("score.wav", "mix.wav", "mx.wav", "stems/*")
KEEP_DAYS: Final = 14.0
DAY_S: Final = 86_400.0
RECORD: Final = "retention.json"


class Removed(Artifact):
    """What was removed from a version, and what brings it back: retention.json beside the rest."""

    removed: tuple[str, ...]
    bytes: int
    again: str


def retain(ledger: Ledger, results: FolderResults, days: float = KEEP_DAYS) -> list[Removed]:
    """Remove film-long audio of versions that ended more than `days` ago and nobody approved anything of.

    Everything that can be watched, read or carried on with stays; `reelscore score` makes the audio again,
    byte for byte.  Work folders of quarantined jobs that old go, too.
    """
    with ledger.read() as session:
        before = ledger.now(session) - days * DAY_S
    approved, done = _approved(ledger), []
    for job in ledger.jobs(JobRow.ended_at < before):
        folder = results.root / job.folder
        if job.outcome is not None and job.folder not in approved and folder.is_dir():
            removed = _remove(folder)
            done += [removed] if removed.removed else []
        if job.where is State.QUARANTINED:
            shutil.rmtree(WorkFolders(ledger, results).of(job), ignore_errors=True)
    return done


def _remove(folder: Path) -> Removed:
    files = sorted(path for pattern in AUDIO for path in folder.glob(pattern) if path.is_file())
    removed = Removed(
        removed=tuple(path.relative_to(folder).as_posix() for path in files),
        bytes=sum(path.stat().st_size for path in files),
        again="score the same film with the settings in manifest.json",
    )
    if files:
        write_json(folder / RECORD, removed)
    for path in files:
        path.unlink()
    return removed


def _approved(ledger: Ledger) -> set[str]:
    """Version folders of which anything was ever approved or locked."""
    with ledger.read() as session:
        rows = session.scalars(
            select(ReviewEvent).where(
                ReviewEvent.results == ledger.results, ReviewEvent.kind.in_(("decision", "lock"))
            )
        ).all()
    kept = [row for row in rows if row.kind == "lock" or row.body.get("verdict") == "approve"]
    return {f"{row.film}/{row.version}" for row in kept}
