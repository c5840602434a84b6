"""The line's first steps: taking the film, and looking at it once."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.job import Claim, Identity, Job
from flows.steps import Step
from flows.texts import shown
from vision.artifact import canonical_json, read_json, sha256_file, write_json
from vision.progress import Progress
from vision.rejected import RejectedInput


class Changed(Exception):
    """The film is not the one that this run began with; nothing mixed is published. Run it again."""


def claim(job: Job) -> Iterable[Step]:
    """Read the film once for its sha256 and link it into the job's folder under that name.

    Identity (device, inode, size, modification and change time) stands for the content on a rerun, so that
    an untouched film is not read again.
    """

    def work(progress: Progress) -> tuple[Path, ...]:
        before = identity(job.film)
        known = job.content if job.mark == before.mark else None
        sha256 = known or sha256_file(job.film, progress)
        check_identity(job, before)
        link = source_link(job, sha256)
        write_json(job.claim, Claim(film=shown(job.film), identity=before, sha256=sha256))
        return job.claim, link

    here = {"film": shown(job.film), "identity": identity(job.film).model_dump()}
    yield Step("claim", 1, (), here, work, job.receipt("claim"))


def analyse(job: Job) -> Iterable[Step]:
    """Programme, shots, curves and sound facts, in one pass over the film."""

    def work(progress: Progress) -> tuple[Path, ...]:
        from flows.dask_chunks import dask_runner
        from vision.analyse import analyse_film
        from vision.curves import save_curves

        with named_after(job, source(job)):
            run_chunks = dask_runner(job.settings.vision.workers)
            analysis, curves = analyse_film(
                source(job), job.settings.vision, progress, run_chunks, claimed(job).sha256
            )
        write_json(job.analysis, analysis)
        save_curves(job.film_curves, curves)
        return job.analysis, job.film_curves

    # Decoder threads and workers change the speed and nothing else.
    declared = job.settings.vision.model_dump(mode="json", exclude={"threads", "workers"})
    yield Step("analyse", 5, (), {"film": claimed(job).sha256, **declared}, work, job.receipt("analyse"))


def claimed(job: Job) -> Claim:
    """The claim on record; raises RejectedInput where the film has not been claimed."""
    try:
        return read_json(job.claim, Claim)
    except FileNotFoundError as error:
        raise RejectedInput(
            f"{shown(job.out)} has no claimed film yet", "run `reelscore step claim` first"
        ) from error


def source(job: Job) -> Path:
    """The film as native code sees it: <sha256>.<ext> in the job's own folder."""
    return job.work / "source" / f"{claimed(job).sha256}{job.suffix}"


def source_link(job: Job, name: str) -> Path:
    """Link the film as .work/source/NAME.<ext>, replacing a link that stands there."""
    link = job.work / "source" / f"{name}{job.suffix}"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(job.film)
    return link


@contextmanager
def named_after(job: Job, link: Path) -> Iterator[None]:
    """Let a rejection speak of the user's film, not of the link that native code was given."""
    try:
        yield
    except RejectedInput as rejection:
        name = shown(job.film.name)
        reason, remedy = (text.replace(link.name, name) for text in (rejection.reason, rejection.remedy))
        raise RejectedInput(reason, remedy) from rejection


def identity(film: Path) -> Identity:
    """What the file system says of the film now."""
    stat = os.stat(film)
    return Identity(
        device=stat.st_dev,
        inode=stat.st_ino,
        size=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        ctime_ns=stat.st_ctime_ns,
    )


def check_identity(job: Job, expected: Identity) -> None:
    """Raise Changed where the film was replaced, grew or vanished since `expected` was taken."""
    try:
        now = identity(job.film)
    except FileNotFoundError as error:
        raise Changed(f"{shown(job.film)} was removed while it was read") from error
    if canonical_json(now.model_dump()) != canonical_json(expected.model_dump()):
        raise Changed(f"{shown(job.film)} changed while it was read; run it again when it has settled")
