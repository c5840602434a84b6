"""The line's end: everything read back, then the report and the manifest that make it a result."""

from collections.abc import Iterable
from pathlib import Path

from flows.job import Job
from flows.line_look import check_identity, claimed
from flows.manifest import identity_sha256, manifest
from flows.steps import Step
from vision.artifact import write_json
from vision.progress import Progress


def verify(job: Job) -> Iterable[Step]:
    """Read every result back: lengths, hits in the MIDI, loudness, the picture; say what needs a look."""

    def work(progress: Progress) -> tuple[Path, ...]:
        from flows.verify import examine

        write_json(job.quality, examine(job, progress))
        return (job.quality,)

    stems = sorted((job.out / "stems").glob("*.*")) if (job.out / "stems").is_dir() else []
    names = ("score.mid", "score.wav", "mix.wav", "preview.mp4", "conditioning.csv", "cues.csv", "curves.npz")
    inputs = (job.analysis, job.spotting, job.themes, job.mix_facts, job.preview_facts)
    declared = {
        "film": claimed(job).sha256,
        "loudness": job.settings.render.loudness,
        "existing_music": job.settings.composer.existing_music,
    }
    yield Step(
        "verify",
        1,
        (*inputs, *(job.out / name for name in names), *stems),
        declared,
        work,
        job.receipt("verify"),
    )


def publish(job: Job) -> Iterable[Step]:
    """The report for people and, last of all, the manifest for machines."""

    def work(progress: Progress) -> tuple[Path, ...]:
        _write_report(job)
        check_identity(job, claimed(job).identity)
        write_json(job.manifest, manifest(job))
        return job.report, job.manifest

    inputs = (job.quality, job.analysis, job.spotting, job.themes, job.mix_facts, job.out / "curves.npz")
    yield Step(
        "publish",
        1,
        (*inputs, job.out / "conditioning.csv"),
        {"identity": identity_sha256(job), "name": job.film.name.encode("utf-8", "replace").decode()},
        work,
        job.receipt("publish"),
    )


def _write_report(job: Job) -> None:
    raise AssertionError
