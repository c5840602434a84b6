"""The line's end: everything read back, then the report and the manifest that make it a result."""

from collections.abc import Iterable
from pathlib import Path

from composer.spotting import Spotting
from flows.job import Job
from flows.line_compose import chosen_take, engine_name
from flows.line_look import check_identity, claimed
from flows.line_render import chosen_notes, stem_files
from flows.manifest import identity_sha256, manifest
from flows.quality import Quality
from flows.steps import Step
from flows.texts import shown
from flows.weights import font_facts, originality_sha256, synth_name
from vision.analysis import Analysis
from vision.artifact import read_json, write_json
from vision.curves import load_curves
from vision.progress import Progress


def verify(job: Job) -> Iterable[Step]:
    """Read every result back: lengths, hits in the MIDI, loudness, the picture; say what needs a look."""

    def work(progress: Progress) -> tuple[Path, ...]:
        from flows.verify import examine

        write_json(job.quality, examine(job, progress))
        return (job.quality,)

    from render.mix import MixFacts

    stems = stem_files(job, read_json(job.mix_facts, MixFacts))
    names = (
        *("score.mid", "score.wav", "mix.wav", "preview.mp4", "conditioning.csv", "cues.csv", "curves.npz"),
        *("score.otio", "cue_sheet_draft.csv", "session.dawproject", "session.rpp"),
    )
    # A film that stays without music has none of these.
    of_cues = sorted([*job.out.glob("markers*.*"), *job.out.glob("score.musicxml")])
    inputs = (job.analysis, job.spotting, job.themes, job.mix_facts, job.preview_facts)
    declared = {
        "film": claimed(job).sha256,
        "loudness": job.settings.render.loudness,
        "tracks": job.settings.vision.tracks,
        **job.settings.composer.model_dump(
            mode="json", include={"existing_music", "coverage", "range_s", "practice"}
        ),
        "originality": originality_sha256(job.settings.composer.weights),
    }
    yield Step(
        "verify",
        5,
        (*inputs, *(job.out / name for name in names), *of_cues, *stems),
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

    looked_at = (job.quality, job.analysis, job.film_curves, job.spotting, job.mix_facts, job.preview_facts)
    takes = (job.takes,) if job.takes.exists() else ()
    folders = [chosen_take(job, cue.uid) for cue in read_json(job.spotting, Spotting).cues]
    music = [folder / name for folder in folders for name in ("request.json", "notes.json")]
    yield Step(
        "publish",
        5,
        (*looked_at, *takes, *music),
        {
            "identity": identity_sha256(job),
            "name": job.film.name.encode("utf-8", "replace").decode(),
            "font": font_facts(job.settings.render.soundfont).sha256,
            "synth": synth_name(job.settings.render),
        },
        work,
        job.receipt("publish"),
    )


def _write_report(job: Job) -> None:
    from render.mix import MixFacts
    from render.preview import PreviewFacts
    from render.report import write_report
    from render.report_facts import ReportFacts
    from render.takes import Takes

    quality, preview = read_json(job.quality, Quality), read_json(job.preview_facts, PreviewFacts)
    music = chosen_notes(job)
    facts = ReportFacts(
        film_name=shown(job.film.name),
        analysis=read_json(job.analysis, Analysis),
        curves=load_curves(job.film_curves),
        spotting=read_json(job.spotting, Spotting),
        requests={cue.uid: request for cue, request, _ in music},
        notes={cue.uid: notes for cue, _, notes in music},
        mix=read_json(job.mix_facts, MixFacts),
        preview=job.preview.name,
        preview_note="" if preview.copied else preview.reason,
        findings=quality.findings,
        figures=quality.figures,
        # The folder may be called anything: the page speaks of the place that it lies in.
        takes=read_json(job.takes, Takes).cues if job.takes.exists() else {},
        chosen={cue.uid: int(chosen_take(job, cue.uid).name) for cue, _, _ in music},
        commands={cue.uid: f"reelscore redo . {cue.id}" for cue, _, _ in music},
        engine=engine_name(job),
        seed=job.settings.seed,
        font=font_facts(job.settings.render.soundfont),
        synth=synth_name(job.settings.render),
    )
    write_report(job.out, facts)
