"""The line's middle: where music goes, the themes, and each cue's notes and sound."""

import shutil
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from composer.notes import ROLES, CueNotes, EngineName
from composer.request import CueRequest
from composer.spotting import Spotting
from flows.job import Job
from flows.steps import Step
from flows.weights import font_facts, synth_name, weights_sha256
from vision.analysis import Analysis
from vision.artifact import read_json, write_json
from vision.curves import load_curves
from vision.progress import Progress

if TYPE_CHECKING:
    from composer.engine import Engine


def spot(job: Job) -> Iterable[Step]:
    """Cues, hits, silences and their reasons; keys, tempo maps and bar conditions for each cue."""

    def work(progress: Progress) -> tuple[Path, ...]:
        from composer.directions import read_directions
        from composer.inheritance import inherited, with_kept_cues
        from composer.spotter import plan_score

        settings = job.settings
        directions = read_directions(settings.directions, settings.directions_name)
        analysis, curves = read_json(job.analysis, Analysis), load_curves(job.film_curves)
        wishes = (settings.composer, directions, settings.seed, settings.spotting)
        plan = with_kept_cues(plan_score(analysis, curves, *wishes), inherited(settings.inherited))
        write_json(job.plan, plan)
        write_json(job.spotting, plan.spotting)
        return job.plan, job.spotting

    settings = job.settings
    declared = {
        "composer": settings.composer.model_dump(mode="json", exclude={"composer", "weights"}),
        "directions": settings.directions,
        "spotting": settings.spotting,
        "inherited": settings.inherited,
        "seed": settings.seed,
    }
    yield Step("spot", 7, (job.analysis, job.film_curves), declared, work, job.receipt("spot"))


def themes(job: Job) -> Iterable[Step]:
    """Freeze the themes before any cue is composed, and complete each take's request with them."""

    def work(progress: Progress) -> tuple[Path, ...]:
        from composer.inheritance import inherited, with_kept_requests, with_kept_themes
        from composer.spotter import ScorePlan
        from composer.themes import complete_requests, freeze_themes

        plan = read_json(job.plan, ScorePlan)
        kept = inherited(job.settings.inherited)
        frozen = freeze_themes(
            plan, engine(engine_name(job), job.settings.composer.weights), job.settings.seed
        )
        frozen = with_kept_themes(frozen, kept)
        write_json(job.themes, frozen)
        written = [job.themes]
        for request in complete_requests(plan, frozen):
            seed = job.settings.cue_seeds.get(request.uid, request.seed)
            request = request.model_copy(update={"seed": seed})
            (request,) = with_kept_requests((request,), kept)
            written.append(job.take(request.uid, request.take) / "request.json")
            if not (request.uid in kept.cues and _lies_there(job, request.uid, kept.files)):
                write_json(written[-1], request)
        _drop_other_takes(job, {request.parent for request in written[1:]})
        return tuple(written)

    declared = {
        "seed": job.settings.seed,
        "cues": job.settings.cue_seeds,
        "inherited": job.settings.inherited,
        **_engine_declared(job),
    }
    yield Step("themes", 5, (job.plan,), declared, work, job.receipt("themes"))


def compose(job: Job) -> Iterable[Step]:
    """Each take of each cue: notes and MIDI, a pure function of its request and the weights."""
    requests = _to_make(job)
    for item, request in enumerate(requests):
        folder = job.take(request.uid, request.take)

        def work(
            progress: Progress, request: CueRequest = request, folder: Path = folder
        ) -> tuple[Path, ...]:
            from composer.compose import compose_cue
            from composer.midi import write_cue_midi

            notes = compose_cue(request, engine(engine_name(job), job.settings.composer.weights))
            write_json(folder / "notes.json", notes)
            write_cue_midi(folder / "score.mid", request, notes)
            return folder / "notes.json", folder / "score.mid"

        yield Step(
            "compose",
            26,
            (folder / "request.json",),
            _engine_declared(job),
            work,
            folder / "receipt.json",
            detail=request.id if request.take == 1 else f"{request.id} take {request.take}",
            item=item,
            items=len(requests),
        )


def synthesise(job: Job) -> Iterable[Step]:
    """Each take of each cue: one dry WAV a role, with its tail."""
    settings = job.settings.render
    played_by = {"font": font_facts(settings.soundfont).sha256, "synth": synth_name(settings)}
    requests = _to_make(job)
    for item, request in enumerate(requests):
        folder = job.take(request.uid, request.take)

        def work(progress: Progress, folder: Path = folder) -> tuple[Path, ...]:
            from render.synth import synthesise_cue

            notes = read_json(folder / "notes.json", CueNotes)
            sounding = synthesise_cue(notes, job.settings.render, folder, progress)
            for role in set(ROLES) - set(sounding):
                (folder / f"{role}.wav").unlink(missing_ok=True)
            return tuple(folder / f"{role}.wav" for role in sounding)

        yield Step(
            "synthesise",
            7,
            (folder / "notes.json",),
            played_by,
            work,
            folder / "receipt.json",
            detail=request.id if request.take == 1 else f"{request.id} take {request.take}",
            item=item,
            items=len(requests),
        )


def cue_requests(job: Job) -> list[CueRequest]:
    """Every request of the film's cues, in film order, takes in order."""
    found = []
    for cue in read_json(job.spotting, Spotting).cues:
        found += [
            read_json(job.take(cue.uid, take) / "request.json", CueRequest) for take in takes_of(job, cue.uid)
        ]
    return found


def _to_make(job: Job) -> list[CueRequest]:
    """The requests of cues that this version does not keep as they lie there, file by file."""
    from composer.inheritance import inherited

    kept = inherited(job.settings.inherited)
    whole = {uid for uid in kept.cues if _lies_there(job, uid, kept.files)}
    return [request for request in cue_requests(job) if request.uid not in whole]


def _lies_there(job: Job, uid: str, files: Mapping[str, str]) -> bool:
    """Whether every file of a kept cue is there with the bytes that it had: then no step touches it."""
    own = {name: sha for name, sha in files.items() if name.startswith(f"cues/{uid}/")}
    paths = {name: job.out / name for name in own}
    return bool(own) and all(
        path.is_file() and job.hashes.sha256(path) == own[name] for name, path in paths.items()
    )


def _drop_other_takes(job: Job, kept: set[Path]) -> None:
    """Remove the folders of takes that this score no longer has, from an earlier run with other settings."""
    for folder in sorted((job.out / "cues").glob("*/*")):
        if folder not in kept:
            shutil.rmtree(folder)
    for folder in sorted((job.out / "cues").glob("*")):
        if not any(folder.iterdir()):
            folder.rmdir()


def takes_of(job: Job, uid: str) -> list[int]:
    """The takes that a cue has, in order."""
    return sorted(int(path.parent.name) for path in (job.out / "cues" / uid).glob("*/request.json"))


def chosen_take(job: Job, uid: str) -> Path:
    """The folder of the take that the film uses."""
    return job.take(uid, job.settings.chosen_takes.get(uid, 1))


def engine_name(job: Job) -> EngineName:
    """A draft is composed by rules, whatever engine was asked for."""
    return "rules" if job.settings.composer.draft else job.settings.composer.composer


@cache
def engine(name: EngineName, weights: Path | None) -> "Engine":
    """One engine a process: its weights are read once."""
    from composer.engine import load_engine

    return load_engine(name, weights)


def _engine_declared(job: Job) -> dict[str, str]:
    name = engine_name(job)
    return {"engine": name, "weights": weights_sha256(name, job.settings.composer.weights)}
