"""`reelscore doctor, demo`: is everything here, and does it work on a film of our own."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.cli_score import AsJson, UsePrefect, score_job
from flows.progress_bars import shown_progress
from flows.settings import JobSettings, setting_names
from flows.steps import Step
from flows.texts import shown


def doctor(
    settings: Annotated[
        bool, typer.Option("--settings", help="List every setting and its default instead.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Say what is installed, what is missing, and how to get it.

    \b
      reelscore doctor
      reelscore doctor --settings
    """
    if settings:
        return _list_settings()
    from flows.doctor import examine

    findings = examine()
    if as_json:
        print(json.dumps([finding.model_dump() for finding in findings]))
    else:
        for finding in findings:
            print(f"{'ok' if finding.ok else 'missing':<8} {finding.part:<14} {finding.seen}")
            if finding.remedy:
                print(f"{'':<24}{finding.remedy}")
    return 0 if all(finding.ok or finding.optional for finding in findings) else 1


def demo(
    folder: Annotated[
        Path, typer.Option("-o", "--out", metavar="FOLDER", help="Where to draw and score it.")
    ] = Path("build/demo"),
    prefect: UsePrefect = False,
) -> int:
    """Draw a film of our own and score it; says where preview and report are.

    \b
      reelscore demo
      reelscore demo -o /tmp/demo
    """
    from flows.demo_film import draw_demo_film

    film = folder.absolute() / "demo.mp4"
    if not film.is_file():
        print(f"drawing {shown(film)}", file=sys.stderr, flush=True)
        drawing = Step("draw", 1, (), {}, lambda progress: (), film)
        with shown_progress(quiet=False) as watch:
            draw_demo_film(film, lambda share: watch(drawing, share))
    return score_job(film, folder.absolute() / "demo_reelscore", JobSettings(), prefect=prefect)


def add_to(app: typer.Typer) -> None:
    """Put the commands into `app`."""
    app.command("doctor")(doctor)
    app.command("demo")(demo)


def _list_settings() -> int:
    defaults = JobSettings().model_dump(mode="json")
    for name in setting_names():
        value = defaults
        for part in name.split("."):
            value = value[part]
        print(f"{name} = {json.dumps(value)}")
    return 0
