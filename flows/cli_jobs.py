"""`reelscore analyse, redo, step, open`: working with films and with jobs that are there already."""

import sys
import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from composer.spotting import Cue, Spotting
from flows.cli_score import (
    AsJson,
    Assign,
    Cuts,
    Film,
    Mask,
    Out,
    ProgrammeSpan,
    Tracks,
    Workers,
    cut_options,
    score_job,
)
from flows.job import Job, default_out
from flows.last_lines import tell
from flows.line_compose import takes_of
from flows.progress_bars import shown_progress
from flows.run_job import run_directly, run_one, stored_job
from flows.score_film import LINE
from flows.settings import job_settings
from flows.texts import shown
from flows.workplace import workplace
from vision.artifact import read_json, write_bytes
from vision.rejected import RejectedInput

JobFolder = Annotated[Path, typer.Argument(metavar="JOB", help="The folder that `reelscore score` made.")]


def analyse(
    film: Film,
    out: Out = None,
    programme: ProgrammeSpan = None,
    tracks: Tracks = None,
    cuts: Cuts = None,
    mask: Mask = None,
    workers: Workers = None,
    assign: Assign = None,
    as_json: AsJson = False,
) -> int:
    """Look at a film without scoring it: programme, shots, curves, sound (analysis.json, curves.npz).

    \b
      reelscore analyse cut.mov
      reelscore analyse cut.mov -o look --set vision.min_shot_s=0.5
      reelscore analyse cut.mov --cuts cut.edl --mask bottom-right
      reelscore analyse feature.mov --workers 8

    A later `reelscore score` with the same OUT goes on from here.
    """
    options = {
        "vision.programme": programme,
        "vision.tracks": None if tracks is None else tuple(tracks.split(",")),
        "vision.mask": tuple(mask) if mask else None,
        "vision.workers": workers,
        **cut_options(cuts),
    }
    settings = job_settings(options, assign or ())
    code = score_job(film, out, settings, last="analyse", as_json=as_json)
    folder = out or default_out(film)
    if not (folder / "curves.npz").exists():  # a scored film's own curves hold the duck too
        write_bytes(folder / "curves.npz", Job(film, folder, settings).film_curves.read_bytes())
    return code


def redo(
    folder: JobFolder,
    cue: Annotated[str, typer.Argument(metavar="CUE", help="Which cue: its id, such as 1M03.")],
    seed: Annotated[int | None, typer.Option(help="Its new seed (default: one more than its last).")] = None,
    as_json: AsJson = False,
) -> int:
    """Compose one cue again with another seed; every other cue stays byte for byte what it is.

    \b
      reelscore redo cut_reelscore 1M03
      reelscore redo cut_reelscore 1M03 --seed 7
    """
    with workplace(_existing(folder)) as out:
        job = stored_job(out)
        uid = _cue(job, cue).uid
        before = job.settings.cue_seeds.get(uid, job.settings.seed)
        seeds = {**job.settings.cue_seeds, uid: before + 1 if seed is None else seed}
        changes = {"cue_seeds": seeds, "static_gain_db": _recorded_gain(job)}
        job = replace(job, settings=job.settings.model_copy(update=changes))
        with shown_progress(as_json) as watch:
            run_directly(job, watch)
        return tell(job, "publish", as_json)


def choose(
    folder: JobFolder,
    cue: Annotated[str, typer.Argument(metavar="CUE", help="Which cue: its id, such as 1M03.")],
    take: Annotated[int, typer.Argument(metavar="TAKE", help="Which take: its number in the report.")],
    as_json: AsJson = False,
) -> int:
    """Put another take of a cue into the film; nothing is composed again, every other cue stays as it is.

    \b
      reelscore score cut.mov --takes 3
      reelscore choose cut_reelscore 1M03 2
    """
    with workplace(_existing(folder)) as out:
        job = stored_job(out)
        uid, takes = _cue(job, cue).uid, takes_of(job, _cue(job, cue).uid)
        if take not in takes:
            there = ", ".join(str(number) for number in takes)
            raise RejectedInput(
                f"{cue} has no take {take}", f"it has {there}; `reelscore score FILM --takes N` makes more"
            )
        chosen = {**job.settings.chosen_takes, uid: take}
        changes = {"chosen_takes": chosen, "static_gain_db": _recorded_gain(job)}
        job = replace(job, settings=job.settings.model_copy(update=changes))
        with shown_progress(as_json) as watch:
            run_directly(job, watch)
        return tell(job, "publish", as_json)


def step(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"One of {', '.join(LINE)}.")],
    folder: JobFolder,
) -> int:
    """Run one step of a job, for any scheduler that wants to drive the line itself.

    \b
      reelscore step analyse cut_reelscore
      reelscore step mix cut_reelscore

    A step whose inputs and settings are unchanged does nothing.
    """
    if name not in LINE:
        raise RejectedInput(f"there is no step {name!r}", f"steps are {', '.join(LINE)}")
    with workplace(_existing(folder)) as out, shown_progress(quiet=False) as watch:
        run_one(stored_job(out), watch, name)
        print(shown(out))
    return 0


def open_result(
    folder: JobFolder,
    preview: Annotated[bool, typer.Option("--preview", help="The preview itself, not the report.")] = False,
) -> int:
    """Open a job's report (or its preview) in the browser.

    \b
      reelscore open cut_reelscore
      reelscore open cut_reelscore --preview
    """
    path = _existing(folder) / ("preview.mp4" if preview else "report.html")
    if not path.is_file():
        raise RejectedInput(f"{shown(folder)} holds no {path.name}", "score the film to its end first")
    if not webbrowser.open(path.as_uri()):
        print("no browser here; open this file where there is one", file=sys.stderr)
    print(shown(path))
    return 0


def add_to(app: typer.Typer) -> None:
    """Put the commands into `app`."""
    app.command("analyse")(analyse)
    app.command("redo")(redo)
    app.command("choose")(choose)
    app.command("step")(step)
    app.command("open")(open_result)


def _existing(folder: Path) -> Path:
    if not (folder / ".work").is_dir():
        raise RejectedInput(
            f"{shown(folder)} is no job's folder", "name the folder that `reelscore score` made"
        )
    return folder.absolute()


def _recorded_gain(job: Job) -> float | None:
    """The mix's static gain so far, so that nothing changes outside the cue that is redone."""
    if job.settings.render.loudness == "keep" or not job.mix_facts.is_file():
        return None
    from render.mix import MixFacts

    return read_json(job.mix_facts, MixFacts).static_gain_db


def _cue(job: Job, name: str) -> Cue:
    if not job.spotting.is_file():
        raise RejectedInput(f"{shown(job.out)} has no cues yet", "score the film first")
    cues = read_json(job.spotting, Spotting).cues
    for cue in cues:
        if name in (cue.id, cue.uid):
            return cue
    raise RejectedInput(
        f"there is no cue {name!r}", f"cues are {', '.join(cue.id for cue in cues) or 'none'}"
    )
