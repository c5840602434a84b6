"""The line's assembly: levels and lengths against the film, and everything that people open."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from composer.lead_in import lead_us
from composer.notes import CueNotes
from composer.request import CueRequest
from composer.spotting import Cue, Spotting
from composer.tempo_map import MICROSECONDS
from flows.job import Job
from flows.line_compose import chosen_take
from flows.line_look import claimed, source
from flows.rival_takes import rival_files, write_auditions
from flows.steps import Step
from vision.analysis import Analysis, TrackRole
from vision.artifact import read_json, write_bytes, write_json
from vision.curves import load_curves, save_curves
from vision.progress import Progress, silent

if TYPE_CHECKING:
    from render.mix import MixFacts
    from render.preview import PreviewFacts

RATE_HZ = 48_000


def mix(job: Job) -> Iterable[Step]:
    """score.wav, mix.wav and stems/ of exactly the film's length, from the chosen takes."""

    def work(progress: Progress) -> tuple[Path, ...]:
        from render.mix import mix_film

        facts = mix_film(
            source(job),
            read_json(job.analysis, Analysis),
            load_curves(job.film_curves),
            read_json(job.spotting, Spotting),
            {cue.uid: chosen_take(job, cue.uid) for cue in _cues(job)},
            job.settings.render,
            job.out,
            progress,
            without=_left_out(job),
            static_gain_db=job.settings.static_gain_db,
            leads={
                cue.uid: round(lead_us(request.tempo_map) * RATE_HZ / MICROSECONDS)
                for cue, request in _requests(job)
            },
        )
        write_json(job.mix_facts, facts)
        music = [job.out / "mx.wav"] if job.settings.render.mx else []
        sounds = [*music, *stem_files(job, facts)]
        there = (path for path in (job.out / "stems").rglob("*") if path.is_file())
        for left_over in {job.out / "mx.wav", *there} - set(sounds):
            left_over.unlink(missing_ok=True)  # from a run with other settings
        return job.mix_facts, job.out / "score.wav", job.out / "mix.wav", *sounds

    requests = [chosen_take(job, cue.uid) / "request.json" for cue in _cues(job)]
    stems = [wav for cue in _cues(job) for wav in sorted(chosen_take(job, cue.uid).glob("*.wav"))]
    declared = job.settings.render.model_dump(
        mode="json", include={"loudness", "full_length_stems", "stem_format", "mx"}
    )
    yield Step(
        "mix",
        6,
        (job.analysis, job.film_curves, job.spotting, *requests, *stems),
        {
            "film": claimed(job).sha256,
            "existing_music": job.settings.composer.existing_music,
            "static_gain_db": job.settings.static_gain_db,
            **declared,
        },
        work,
        job.receipt("mix"),
    )


def deliver(job: Job) -> Iterable[Step]:
    """MIDI, notation, markers, timeline, curves with the duck, tables, stills, the preview and its sounds."""

    def work(progress: Progress) -> tuple[Path, ...]:
        from render.page_sound import write_page_sound
        from render.stills import write_stills

        analysis = read_json(job.analysis, Analysis)
        folded = analysis.sound.split_pair
        sounds = write_page_sound(source(job), analysis.film, job.out, _left_out(job), folded)
        stills = write_stills(source(job), analysis, job.out, silent)
        shown = (*stills, _analysis_picture(job, stills), *_preview(job, progress))
        return (*_tables(job), *sounds, *write_auditions(job), *shown)

    folders = [chosen_take(job, cue.uid) for cue in _cues(job)]
    yield Step(
        "deliver",
        13,
        (
            job.analysis,
            job.film_curves,
            job.spotting,
            job.mix_facts,
            job.out / "mix.wav",
            job.out / "score.wav",
            *(folder / name for folder in folders for name in ("request.json", "notes.json")),
            *rival_files(job),
        ),
        {
            "film": claimed(job).sha256,
            "burn_in": job.settings.render.burn_in,
            "left_out": sorted(_left_out(job)),
        },
        work,
        job.receipt("deliver"),
    )


def stem_files(job: Job, facts: "MixFacts") -> list[Path]:
    """Every file of stems/ that the mix wrote: film-long ones, or each cue's own."""
    names = [*facts.stems, *(name for own in facts.cue_stems.values() for name in own.files)]
    return [job.out / "stems" / name for name in names]


def chosen_notes(job: Job) -> list[tuple[Cue, CueRequest, CueNotes]]:
    """Each cue with the request and the notes of its chosen take, in film order."""
    return [
        (cue, request, read_json(chosen_take(job, cue.uid) / "notes.json", CueNotes))
        for cue, request in _requests(job)
    ]


def _requests(job: Job) -> list[tuple[Cue, CueRequest]]:
    return [
        (cue, read_json(chosen_take(job, cue.uid) / "request.json", CueRequest)) for cue in _cues(job)
    ]


def _tables(job: Job) -> list[Path]:
    from composer.film_midi import write_film_midi
    from composer.realised import realise, write_conditioning_csv
    from flows.deliverables import write_deliverables
    from render.cue_list import write_cues_csv

    analysis, spotting = read_json(job.analysis, Analysis), read_json(job.spotting, Spotting)
    notes = chosen_notes(job)
    midi, asked, cues = (job.out / name for name in ("score.mid", "conditioning.csv", "cues.csv"))
    music = [(cue, played) for cue, _, played in notes]
    write_film_midi(midi, analysis, spotting, music)
    bars = [bar for cue, request, played in notes for bar in realise(request, played, cue.start_s)]
    write_conditioning_csv(asked, bars)
    write_cues_csv(cues, analysis, spotting)
    return [midi, asked, cues, *write_deliverables(job, music), _curves_with_duck(job)]


def _curves_with_duck(job: Job) -> Path:
    from render.mix import MixFacts, duck_arrays

    path, film = job.out / "curves.npz", read_json(job.analysis, Analysis).film
    duck = duck_arrays(read_json(job.mix_facts, MixFacts), film.duration_s)
    save_curves(path, load_curves(job.film_curves), **duck)
    return path


def _analysis_picture(job: Job, stills: Sequence[Path]) -> Path:
    import cv2
    import numpy as np

    from vision.analysis_picture import draw_analysis

    pictures = {int(path.stem) - 1: np.asarray(cv2.imread(str(path)), np.uint8) for path in stills}
    path = job.out / "analysis.png"
    write_bytes(
        path, draw_analysis(read_json(job.analysis, Analysis), load_curves(job.film_curves), pictures)
    )
    return path


def _preview(job: Job, progress: Progress) -> list[Path]:
    from render.preview import make_preview

    analysis = read_json(job.analysis, Analysis)
    with _watched_mix(job, analysis) as (heard, warnings):
        if job.settings.render.burn_in:
            facts = _burnt_in(job, analysis, heard, progress)
        else:
            facts = make_preview(source(job), analysis, heard, job.preview, progress)
    facts = facts.model_copy(update={"warnings": (*facts.warnings, *warnings)})
    write_json(job.preview_facts, facts)
    return [job.preview, job.preview_facts]


@contextmanager
def _watched_mix(job: Job, analysis: Analysis) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """What the preview plays and what there is to say of it: the mix, folded where its sides look split."""
    from render.film_sound import film_sound
    from render.folded_mix import FOLDED, folded_mix
    from render.mix import MixFacts

    mix_wav = job.out / "mix.wav"
    if not analysis.sound.split_pair:
        yield mix_wav, ()
        return
    own = film_sound(source(job), analysis.film, _left_out(job))
    gain_db = read_json(job.mix_facts, MixFacts).static_gain_db
    with folded_mix(own, mix_wav, gain_db, job.work / "folded.wav") as folded:
        yield folded, (FOLDED,)


def _burnt_in(job: Job, analysis: Analysis, mix_wav: Path, progress: Progress) -> "PreviewFacts":
    from render.burn_in import burn_in_preview
    from render.packets import picture_facts, sound_samples
    from render.preview import PreviewFacts

    spotting = read_json(job.spotting, Spotting)
    burn_in_preview(source(job), analysis, spotting, mix_wav, job.preview, progress)
    made, film = picture_facts(job.preview, 0, 0), analysis.film
    return PreviewFacts(
        copied=False,
        reason="timecode, shots, cues and hits are burnt in, as asked",
        codec=made.codec,
        frames=len(made.times),
        duration_s=film.duration_s,
        picture_sha256=made.sha256,
        sound_error_ms=round((sound_samples(job.preview) - film.length_samples) / 48, 3),
    )


def _left_out(job: Job) -> frozenset[TrackRole]:
    """Tracks of the film that the score takes the place of."""
    return frozenset({"mx"} if job.settings.composer.existing_music == "replace" else ())


def _cues(job: Job) -> tuple[Cue, ...]:
    return read_json(job.spotting, Spotting).cues
