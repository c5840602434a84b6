"""Files that others carry on with: scores for notation programs, markers and a timeline for cutting rooms."""

import logging
from collections.abc import Sequence
from pathlib import Path

from composer.notes import CueNotes
from composer.smpte_offset import smpte_offset
from composer.spotting import Cue, Spotting
from flows.job import Job
from flows.line_compose import chosen_take
from vision.analysis import Analysis
from vision.artifact import read_json
from vision.loudness_meter import channel_names

log = logging.getLogger(__name__)


def write_deliverables(job: Job, cues: Sequence[tuple[Cue, CueNotes]]) -> list[Path]:
    """Write score.musicxml (film and chosen takes), marker lists, score.otio, sessions, a draft cue sheet.

    A film that stays without music has nothing to mark and nothing to engrave: timeline, sessions and sheet
    alone.
    """
    from render.cue_sheet import write_cue_sheet
    from render.edl import write_markers

    analysis, spotting = read_json(job.analysis, Analysis), read_json(job.spotting, Spotting)
    if warning := smpte_offset(analysis.film).warning:
        log.warning("score.mid: %s", warning)
    sheet = job.out / "cue_sheet_draft.csv"
    write_cue_sheet(sheet, analysis, spotting)
    written = [sheet, _timeline(job, analysis, spotting), *_sessions(job, analysis, spotting, cues)]
    if cues:
        written += [*write_markers(job.out, analysis, spotting), *_scores(job, analysis, spotting, cues)]
    return written


def _scores(
    job: Job, analysis: Analysis, spotting: Spotting, cues: Sequence[tuple[Cue, CueNotes]]
) -> list[Path]:
    from composer.musicxml import write_musicxml
    from composer.written_score import written_cue, written_film

    paths = [job.out / "score.musicxml"]
    write_musicxml(paths[0], written_film(analysis, spotting, cues))
    for cue, notes in cues:
        paths.append(chosen_take(job, cue.uid) / "score.musicxml")
        write_musicxml(paths[-1], written_cue(cue, notes, spotting))
    return paths


def _timeline(job: Job, analysis: Analysis, spotting: Spotting) -> Path:
    from render.mix import MixFacts
    from render.otio import write_otio

    path, facts = job.out / "score.otio", read_json(job.mix_facts, MixFacts)
    write_otio(path, analysis, spotting, facts.stems, facts.cue_stems)
    return path


def _sessions(
    job: Job, analysis: Analysis, spotting: Spotting, cues: Sequence[tuple[Cue, CueNotes]]
) -> list[Path]:
    from render.dawproject import write_dawproject
    from render.mix import MixFacts
    from render.reaper import write_reaper
    from render.session import session

    facts = read_json(job.mix_facts, MixFacts)
    channels = len(channel_names(facts.layout))
    # Its title is not the film's name: a renamed copy of the same cut gives the same bytes.
    made = session("Reelscore", analysis, spotting, cues, facts, channels)
    dawproject, reaper = job.out / "session.dawproject", job.out / "session.rpp"
    write_dawproject(dawproject, made)
    write_reaper(reaper, made)
    return [dawproject, reaper]
