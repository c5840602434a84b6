"""What a scored film shows in Prefect's pages: a summary, stills and a link to the preview."""

import logging
import re

import httpx
from prefect.artifacts import create_image_artifact, create_link_artifact, create_markdown_artifact
from prefect.exceptions import PrefectException

from composer.spotting import Spotting
from flows.job import Job
from flows.quality import Quality
from flows.texts import shown
from render.timecode import clock
from vision.analysis import Analysis
from vision.artifact import read_json

log = logging.getLogger(__name__)
STILLS = 3
FIGURES = ("coverage", "hits", "hits_worst_ms", "loudness_lufs", "peak_dbtp", "energy_asked_to_realised_rho")


def show_artifacts(job: Job, home: str) -> None:
    """Put them beside the run; home: the URI of the folder that people will find the result in.

    The result stands without them: an engine that is away is only logged."""
    key = f"film-{re.sub(r'[^a-z0-9]+', '-', home.lower()).strip('-')[-60:]}"
    try:
        create_markdown_artifact(markdown=summary(job), key=key, description=_plain(job.film.name))
        create_link_artifact(link=f"{home}/{job.preview.name}", link_text="Preview", key=f"{key}-preview")
        create_link_artifact(link=f"{home}/{job.report.name}", link_text="Report", key=f"{key}-report")
        for number, still in enumerate(_stills(job), 1):
            create_image_artifact(image_url=f"{home}/{still}", key=f"{key}-still-{number}")
    except (PrefectException, httpx.HTTPError, OSError) as error:
        log.warning("the engine took no artifacts: %s", " ".join(str(error).split())[:300])


def summary(job: Job) -> str:
    """The result in Markdown: state, what to look at, figures, cues. Names can't break out of their cells."""
    quality = read_json(job.quality, Quality)
    spotting, film = read_json(job.spotting, Spotting), read_json(job.analysis, Analysis).film
    state = "Needs a look" if quality.findings else "Ready"
    figures = [(name, quality.figures.get(name)) for name in FIGURES]
    lines = [
        f"# {_plain(job.film.name)}",
        f"**{state}**, {clock(film.duration_s)}, {len(spotting.cues)} cues",
        *(f"- {_plain(finding)}" for finding in quality.findings),
        "",
        "| figure | value |",
        "|---|---|",
        *(f"| {name.replace('_', ' ')} | {value} |" for name, value in figures if value is not None),
        "",
        "| cue | in | out | why |",
        "|---|---|---|---|",
        *(
            f"| {cue.id} | {clock(cue.start_s)} | {clock(cue.end_s)} | {_plain(cue.reason)} |"
            for cue in spotting.cues
        ),
    ]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Text that Markdown takes as text."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&])", r"\\\1", shown(text))


def _stills(job: Job) -> list[str]:
    """A few stills over the film, by their place in the result."""
    stills = sorted((job.out / "stills").glob("*.jpg"))
    step = max(len(stills) // STILLS, 1)
    return [still.relative_to(job.out).as_posix() for still in stills[step // 2 :: step][:STILLS]]
