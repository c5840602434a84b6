"""What a finished score is like: how much of it there is, what it follows, and whom it quotes."""

import csv

from composer.coverage import target_share
from composer.originality import load_index, melody_tunes, overlap, overlap_figures, theme_tune
from composer.reading import read_film
from composer.spotter import HAS_MUSIC
from composer.themes import Themes
from flows.inspection import Inspection
from flows.line_render import chosen_notes
from flows.weights import weights_folder
from render.adherence import rank_correlation
from vision.artifact import read_json
from vision.curves import load_curves

MUSIC_THROUGHOUT = 0.6  # share of the film above which it is called full of music already
ODD_COVERAGE = 0.25  # share of the programme off its target that a music editor would ask about
# Fewer bars, or bars that all ask for the same, leave a rank correlation to chance: over 24 bars drawn at
# random it passes .34 one time in twenty.
CONTROL_BARS, CONTROL_SPREAD, LOW_CONTROL = 24, 0.05, 0.5


def music_placed(seen: Inspection) -> None:
    """How much was scored, and whether the film wanted any."""
    sound, settings = seen.analysis.sound, seen.job.settings.composer
    seen.figures |= {"cues": len(seen.spotting.cues), "coverage": round(seen.spotting.coverage, 3)}
    seen.figures["existing_music_share"] = round(sound.music_share, 3)
    if sound.music_share >= MUSIC_THROUGHOUT and settings.existing_music == "avoid":
        seen.look(
            "music",
            f"{HAS_MUSIC}: {sound.music_share:.0%} of it (--existing-music under scores it all the same)",
        )
    elif not seen.spotting.cues:
        seen.look("no_music", "no music was placed; spotting.json gives the reasons")
    else:
        _coverage(seen)


def _coverage(seen: Inspection) -> None:
    """The share under music against what spotting aimed at."""
    settings = seen.job.settings.composer
    reading = read_film(seen.analysis, load_curves(seen.job.out / "curves.npz"), settings.range_s)
    aim, share = target_share(reading, settings.coverage, settings.practice), seen.spotting.coverage
    seen.expect(
        abs(share - aim) <= ODD_COVERAGE,
        f"{share:.0%} of the programme is under music, {aim:.0%} was aimed at",
        "coverage",
    )


def follows_the_asked(seen: Inspection) -> None:
    """Energy bar by bar up to each cue's out, asked against realised, as conditioning.csv has it."""
    with (seen.job.out / "conditioning.csv").open(newline="", encoding="utf-8") as file:
        bars = [row for row in csv.DictReader(file) if row["ring"] == "0"]
    rows = [(row["asked_arousal"], row["realised_arousal"]) for row in bars]
    pairs = [(float(asked), float(heard)) for asked, heard in rows if asked and heard]
    asked, heard = [a for a, _ in pairs], [h for _, h in pairs]
    rho = rank_correlation(asked, heard)
    seen.figures["energy_asked_to_realised_rho"] = None if rho is None else round(rho, 2)
    if rho is None or len(pairs) < CONTROL_BARS or max(asked) - min(asked) < CONTROL_SPREAD:
        return
    seen.expect(
        rho >= LOW_CONTROL,
        f"the music's energy follows what was asked only loosely (rho {rho:.2f} over {len(pairs)} bars)",
        "control",
    )


def originality(seen: Inspection) -> None:
    """How much of the melodies and themes stands in the melodies that the networks learnt from."""
    index = load_index(weights_folder(seen.job.settings.composer.weights))
    if index is None:
        return
    melodies = [tune for _, _, notes in chosen_notes(seen.job) for tune in melody_tunes(notes)]
    cells = [cell for theme in read_json(seen.job.themes, Themes).themes for cell in theme.cells]
    lines = {"melody": melodies, "themes": [theme_tune(cell) for cell in cells]}
    for what, tunes in lines.items():
        found = overlap(tunes, index)
        seen.figures |= overlap_figures(what, found)
        longest = max(found.shares)
        seen.expect(
            found.shares[longest] == 0,
            f"{what}: {found.shares[longest]:.1%} of the runs of {longest} steps stand in the training"
            f" melodies, the longest match has {found.longest} steps",
            "originality",
        )


def said_by_the_steps(seen: Inspection) -> None:
    """What spotting, mix and preview were not sure of, and hits that had to be given up."""
    given_up = seen.spotting.demoted
    if given_up:
        more = f" (and {len(given_up) - 1} more; the report lists them)" if len(given_up) > 1 else ""
        seen.look("hits", f"{given_up[0]}{more}")
    if seen.analysis.sound.split_pair and seen.job.settings.vision.tracks is None:
        seen.look("split", "dialogue and effects look split left and right: name them with --tracks dx,fx")
    for warnings in (seen.spotting.warnings, seen.mix.warnings, seen.preview.warnings):
        for words in warnings:
            if words != HAS_MUSIC:
                seen.look("note", words)
