"""Cues that have more than one take: what to listen to, and how the takes compare."""

from pathlib import Path

from composer.notes import CueNotes
from composer.spotting import Spotting
from flows.job import Job
from flows.line_compose import takes_of
from vision.artifact import read_json, write_json


def rival_files(job: Job) -> list[Path]:
    """Everything that the comparison reads."""
    folders = [folder for takes in _rivals(job).values() for folder in takes.values()]
    return [path for folder in folders for path in (folder / "notes.json", *sorted(folder.glob("*.wav")))]


def write_auditions(job: Job) -> list[Path]:
    """A file to listen to for each take of a cue that has several, and takes.json; nothing where none has."""
    from render.takes import MEDIA, Takes, write_takes

    rivals = _rivals(job)
    if not rivals:
        return []
    compared = {
        uid: write_takes(
            folders,
            {take: read_json(folder / "notes.json", CueNotes) for take, folder in folders.items()},
        )
        for uid, folders in rivals.items()
    }
    write_json(job.takes, Takes(cues=compared))
    return [job.takes, *(folder / MEDIA for folders in rivals.values() for folder in folders.values())]


def _rivals(job: Job) -> dict[str, dict[int, Path]]:
    """Folders by uid and take."""
    found: dict[str, dict[int, Path]] = {}
    for cue in read_json(job.spotting, Spotting).cues:
        takes = takes_of(job, cue.uid)
        if len(takes) > 1:
            found[cue.uid] = {take: job.take(cue.uid, take) for take in takes}
    return found
