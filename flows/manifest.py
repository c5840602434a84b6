"""The file that makes a folder a result: what is in it, and everything that decided its bytes."""

import os
from importlib.metadata import version
from typing import Any

from flows.job import Job
from flows.line_compose import engine_name
from flows.line_look import claimed
from flows.quality import FindingKind, Quality
from flows.texts import shown
from flows.weights import font_facts, synth_name, weights_sha256
from vision.artifact import Artifact, canonical_json, read_json, sha256_text

# The distributions whose version may change a byte of a result.
DECIDING = (
    "av",
    "imageio-ffmpeg",
    "mido",
    "moviepy",
    "numpy",
    "onnxruntime",
    "opencv-python-headless",
    "opentimelineio",
    "reelscore",
    "scipy",
    "silero-vad",
    "soundfile",
    "soxr",
    "tinysoundfont",
    "torch",
)


class Manifest(Artifact):
    """The whole of manifest.json. identity tells one job from another; files holds sha256 by path.

    findings: why it needs a look, none: it is ready.  kinds: what sort each of them is of.
    """

    identity: str
    film: str
    film_sha256: str
    seed: int
    settings: dict[str, Any]
    versions: dict[str, str]
    engine: str
    weights_sha256: str
    font: dict[str, Any]
    synth: str
    licences: dict[str, str]
    quality: dict[str, float | int | str | None]
    findings: tuple[str, ...]
    kinds: tuple[FindingKind, ...] = ()
    files: dict[str, str]


def manifest(job: Job) -> Manifest:
    """Describe a finished job: every file in its folder but the manifest, run.json and .work."""
    name, font = engine_name(job), font_facts(job.settings.render.soundfont)
    quality = read_json(job.quality, Quality)
    return Manifest(
        identity=identity_sha256(job),
        film=shown(job.film).rpartition(os.sep)[2],
        film_sha256=claimed(job).sha256,
        seed=job.settings.seed,
        settings=job.settings.model_dump(mode="json", exclude={"vision": {"threads", "workers"}}),
        versions={distribution: version(distribution) for distribution in DECIDING},
        engine=name,
        weights_sha256=weights_sha256(name, job.settings.composer.weights),
        font=font.model_dump(),
        synth=synth_name(job.settings.render),
        licences={"reelscore": "Apache-2.0", "weights": "Apache-2.0", "soundfont": font.licence},
        quality=quality.figures,
        findings=quality.findings,
        kinds=quality.kinds,
        files=published_files(job),
    )


def identity_sha256(job: Job) -> str:
    """The job's identity: content, settings, directions, chosen takes and seed."""
    return sha256_text(canonical_json([claimed(job).sha256, job.settings.deciding()]))


def published_files(job: Job) -> dict[str, str]:
    """sha256 by path of every published file."""
    apart = {job.manifest, job.run_record}
    files = sorted(path for path in job.out.rglob("*") if path.is_file() and path not in apart)
    names = {path: path.relative_to(job.out) for path in files}
    return {
        name.as_posix(): job.hashes.sha256(path)
        for path, name in names.items()
        if name.parts[0] != job.work.name
    }
