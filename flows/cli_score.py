"""`reelscore score`: options into settings, the first line, the run, and the last lines."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from flows.admission import admit
from flows.first_look import first_line, look, range_seconds
from flows.job import Job, default_out
from flows.last_lines import tell
from flows.progress_bars import shown_progress
from flows.run_job import run_directly
from flows.settings import JobSettings, job_settings
from flows.steps import Watch
from flows.texts import given_text, shown
from flows.workplace import workplace

Film = Annotated[Path, typer.Argument(metavar="FILM", help="The film: MP4, MOV, MKV, WebM, MXF, AVI, TS.")]
Out = Annotated[
    Path | None,
    typer.Option("-o", "--out", metavar="OUT", help="Folder for everything (default: ./FILM_reelscore)."),
]
Seed = Annotated[
    int | None, typer.Option(help="Same seed, same bytes; another seed, another score (default 1).")
]
Style = Annotated[
    str | None,
    typer.Option(
        help="chamber (default), orchestral, electronic_tension, silent_piano, folk_western, noir_jazz"
        " or ambient."
    ),
]
Tone = Annotated[str | None, typer.Option(help="light, neutral, dark, tense or comic: the home mode.")]
Energy = Annotated[float | None, typer.Option(help="-1 calmer to 1 busier than the picture asks for.")]
Coverage = Annotated[
    float | None, typer.Option(help="Share of the programme under music, 0 to 1 (default: by length).")
]
Hits = Annotated[str | None, typer.Option(help="sparse, normal or tight: 1, 3 or 8 hits a minute at most.")]
Key = Annotated[str | None, typer.Option(help="Tonic of every cue, such as D, F# or Bb.")]
Mode = Annotated[
    str | None,
    typer.Option(
        help="Mode of every cue: ionian, mixolydian, lydian, dorian, aeolian or phrygian"
        " (default: by the picture)."
    ),
]
Tempo = Annotated[float | None, typer.Option(help="Preferred quarter notes a minute for every cue.")]
Range = Annotated[
    tuple[str, str] | None,
    typer.Option("--range", metavar="IN OUT", help="Score only from IN to OUT: frames or timecodes."),
]
ProgrammeSpan = Annotated[
    tuple[str, str] | None,
    typer.Option(
        "--programme", metavar="IN OUT", help="First and last frame of picture: frames or timecodes."
    ),
]
Loudness = Annotated[str | None, typer.Option(help="keep, ebu, atsc, netflix, web or podcast.")]
ExistingMusic = Annotated[
    str | None, typer.Option(help="avoid, replace or under: what to do where the film has music.")
]
Tracks = Annotated[
    str | None,
    typer.Option(metavar="ROLES", help="Roles of the sound streams, or of the sides of one: dx,mx,fx."),
]
Cuts = Annotated[
    Path | None,
    typer.Option(
        "--cuts",
        metavar="FILE",
        help="Shot changes to take in place of our own: a CMX3600 EDL, an OTIO timeline or a CSV of frames.",
    ),
]
Mask = Annotated[
    list[str] | None,
    typer.Option(
        "--mask",
        metavar="AREA",
        help="Leave out what is burnt in there: X,Y,W,H in pixels or shares of 0 to 1, or top, bottom, "
        "top-left, top-right, bottom-left, bottom-right; may be given again.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Look at a long film in chunks on N processes, or on the Dask cluster of REELSCORE_DASK.",
    ),
]
CUTS_MAX_BYTES = 32_000_000  # the OTIO timeline of a feature is some megabytes
Directions = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Directions for the film and its cues (YAML).")
]
SpottingFile = Annotated[
    Path | None,
    typer.Option("--spotting", metavar="FILE", help="A spotting.json to follow in place of our own."),
]
SpotOnly = Annotated[bool, typer.Option("--spot-only", help="Stop after spotting: where music goes and why.")]
Draft = Annotated[bool, typer.Option("--draft", help="Rules compose, for a look in seconds.")]
Takes = Annotated[int | None, typer.Option(help="How many takes of each cue.")]
Composer = Annotated[str | None, typer.Option(help="neural, rules or markov.")]
BurnIn = Annotated[
    bool, typer.Option("--burn-in", help="Timecode, shot, cue and hit flashes in the preview.")
]
FullLength = Annotated[
    bool,
    typer.Option(
        "--full-length", help="Stems of the film's length also beyond 15 minutes (else each cue's own)."
    ),
]
Mx = Annotated[bool, typer.Option("--mx", help="Also mx.wav: the music alone, as it plays in the mix.")]
SoundFont = Annotated[
    str | None,
    typer.Option(
        "--soundfont",
        metavar="FILE",
        help="A General MIDI font, .sf2 or .sf3, that plays the score; `embedded` for the one that comes"
        " along (default: MuseScore_General or FluidR3_GM where the machine has one, else the embedded one).",
    ),
]
Synth = Annotated[
    str | None, typer.Option(help="builtin (default), or fluidsynth where the machine has it.")
]
Assign = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Any setting by its name; `reelscore doctor --settings` lists them.",
    ),
]
UsePrefect = Annotated[bool, typer.Option("--prefect", help="Run each step as a task of a Prefect flow.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else anywhere.")]


def score(
    film: Film,
    out: Out = None,
    seed: Seed = None,
    style: Style = None,
    tone: Tone = None,
    energy: Energy = None,
    coverage: Coverage = None,
    hits: Hits = None,
    key: Key = None,
    mode: Mode = None,
    tempo: Tempo = None,
    span: Range = None,
    programme: ProgrammeSpan = None,
    loudness: Loudness = None,
    existing_music: ExistingMusic = None,
    tracks: Tracks = None,
    cuts: Cuts = None,
    mask: Mask = None,
    workers: Workers = None,
    directions: Directions = None,
    spotting: SpottingFile = None,
    spot_only: SpotOnly = False,
    draft: Draft = False,
    takes: Takes = None,
    composer: Composer = None,
    soundfont: SoundFont = None,
    synth: Synth = None,
    full_length: FullLength = False,
    mx: Mx = False,
    burn_in: BurnIn = False,
    assign: Assign = None,
    prefect: UsePrefect = False,
    as_json: AsJson = False,
) -> int:
    """Score a film: MIDI, stems, mix, preview and report land in one folder.

    \b
      reelscore score cut.mov
      reelscore score cut.mov --style chamber --tone light --coverage 0.4
      reelscore score cut.mov --range 01:02:10:00 01:04:00:12 --hits tight
      reelscore score cut.mov --directions notes.yaml --loudness ebu -o night/cut

    The same command again does only what is missing or changed.
    """
    options = {
        "seed": seed,
        "directions": given_text(directions),
        "directions_name": None if directions is None else shown(Path(directions.name)),
        "spotting": given_text(spotting),
        "vision.programme": programme,
        "vision.tracks": None if tracks is None else tuple(tracks.split(",")),
        **cut_options(cuts),
        "vision.mask": tuple(mask) if mask else None,
        "vision.workers": workers,
        "composer.style": style,
        "composer.tone": tone,
        "composer.energy": energy,
        "composer.coverage": coverage,
        "composer.hits": hits,
        "composer.key": key,
        "composer.mode": mode,
        "composer.tempo_qpm": tempo,
        "composer.existing_music": existing_music,
        "composer.takes": takes,
        "composer.composer": composer,
        "composer.draft": draft or None,
        "render.loudness": loudness,
        "render.soundfont": soundfont,
        "render.synth": synth,
        "render.mx": mx or None,
        "render.full_length_stems": full_length or None,
        "render.burn_in": burn_in or None,
    }
    settings = job_settings(options, assign or ())
    last = "spot" if spot_only else "publish"
    return score_job(film, out, settings, span=span, last=last, prefect=prefect, as_json=as_json)


def cut_options(cuts: Path | None) -> dict[str, str | None]:
    """The list of cuts as settings: its text and its name, never its path."""
    return {
        "vision.cuts": given_text(cuts, CUTS_MAX_BYTES),
        "vision.cuts_name": None if cuts is None else shown(cuts.name),
    }


def score_job(
    film: Path,
    out: Path | None,
    settings: JobSettings,
    *,
    span: tuple[str, str] | None = None,
    last: str = "publish",
    prefect: bool = False,
    as_json: bool = False,
) -> int:
    """Score `film` into `out` and say so; returns the exit code (0 ready, 3 needs a look)."""
    film = film.absolute()
    with workplace((out or default_out(film)).absolute()) as folder:
        job = Job(film, folder, settings)
        seen = look(job)
        if not as_json:
            print(first_line(job, seen), file=sys.stderr, flush=True)
        admit(job)
        if span is not None:
            inside = settings.composer.model_copy(update={"range_s": range_seconds(seen, span)})
            job = replace(job, settings=settings.model_copy(update={"composer": inside}))
        with shown_progress(as_json) as watch:
            run: Callable[[Job, Watch, str], None] = run_directly
            if prefect:
                from flows.prefect_line import run_under_prefect

                run = run_under_prefect
            run(job, watch, last)
        return tell(job, last, as_json)


def add_to(app: typer.Typer) -> None:
    """Put the command into `app`."""
    app.command("score")(score)
