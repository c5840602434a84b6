"""What a run says at its end: on stderr for people, the result's path or one JSON document on stdout."""

import json
import shlex
import sys

from composer.spotting import Spotting
from flows.exit_codes import NEEDS_A_LOOK, READY
from flows.job import Job
from flows.quality import Quality
from flows.texts import shown
from vision.artifact import read_json


def tell(job: Job, last: str, as_json: bool) -> int:
    """Say what came of the job after step `last`; returns its exit code."""
    quality = read_json(job.quality, Quality) if last == "publish" else Quality(figures={}, findings=())
    if as_json:
        print(json.dumps(_document(job, last, quality), ensure_ascii=True))
    else:
        lines = _people(job, quality) if last == "publish" else _so_far(job, last)
        print("\n".join(lines), file=sys.stderr)
        sys.stderr.flush()
        print(shown(job.out))
    return NEEDS_A_LOOK if quality.findings else READY


def _document(job: Job, last: str, quality: Quality) -> dict[str, object]:
    state = "needs a look" if quality.findings else "ready" if last == "publish" else f"done up to {last}"
    document: dict[str, object] = {"state": state, "out": str(job.out), "findings": list(quality.findings)}
    if last == "publish":
        document |= {"preview": str(job.preview), "report": str(job.report), "figures": quality.figures}
    return document


def _people(job: Job, quality: Quality) -> list[str]:
    return [
        f"preview   {shown(job.preview)}",
        f"report    {shown(job.report)}",
        *(f"look at   {finding}" for finding in quality.findings),
        f"one cue   {_one_cue(job)}",
    ]


def _so_far(job: Job, last: str) -> list[str]:
    if last != "spot":
        return [f"analysis  {shown(job.analysis)}"]
    spotting = read_json(job.spotting, Spotting)
    cues = [f"{cue.id:<7} {cue.start_s:8.2f} - {cue.end_s:8.2f} s  {cue.reason}" for cue in spotting.cues]
    rests = [
        f"silence {span.start_s:8.2f} - {span.end_s:8.2f} s  {span.reason}" for span in spotting.silences
    ]
    return [*cues, *rests, f"spotting  {shown(job.spotting)}"]


def _one_cue(job: Job) -> str:
    """The command that does one cue again and leaves every other as it is."""
    cues = read_json(job.spotting, Spotting).cues
    if not cues:
        return "none: no music was placed (spotting.json says why)"
    return f"reelscore redo {shlex.quote(shown(job.out))} {cues[0].id}"
