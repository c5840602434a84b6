"""Reading a finished job back: nothing is believed because it was written without an error."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import soundfile

from composer.measure_hits import hit_errors
from composer.originality import load_index, melody_tunes, overlap, overlap_figures, theme_tune
from composer.spotter import HAS_MUSIC
from composer.spotting import Spotting
from composer.themes import Themes
from flows.job import Job
from flows.line_look import source as source_of
from flows.line_render import chosen_notes
from flows.quality import Quality
from flows.verify_deliverables import deliverable_findings
from flows.weights import weights_folder
from render.levels import TARGETS
from render.mix import MixFacts
from render.packets import picture_facts
from render.preview import PreviewFacts
from vision.analysis import Analysis
from vision.artifact import read_json
from vision.loudness_meter import LoudnessMeter, TruePeakMeter, channel_weights, integrated_lufs
from vision.progress import Progress
from vision.rejected import RejectedInput

RATE_HZ = 48_000
BLOCK_SAMPLES = RATE_HZ
METER_TOLERANCE_LU = 0.1  # the mixer's own measurement and this one, of rounded 24-bit samples
MUSIC_THROUGHOUT = 0.6  # share of the film above which it is called full of music already

Figures = dict[str, float | int | str | None]


@dataclass
class Inspection:
    """What is looked at, and what was found so far."""

    job: Job
    analysis: Analysis
    spotting: Spotting
    mix: MixFacts
    preview: PreviewFacts
    figures: Figures = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    def expect(self, holds: bool, finding: str) -> None:
        """Note `finding` unless `holds`."""
        if not holds:
            self.findings.append(finding)


def examine(job: Job, progress: Progress) -> Quality:
    """Measure everything that can be measured on the files themselves; findings need a person's look."""
    inspection = Inspection(
        job,
        read_json(job.analysis, Analysis),
        read_json(job.spotting, Spotting),
        read_json(job.mix_facts, MixFacts),
        read_json(job.preview_facts, PreviewFacts),
    )
    checks: tuple[Callable[[Inspection], None], ...] = (
        _music, _lengths, _hits, _originality, _deliverables, _loudness, _picture, _said,
    )  # fmt: skip
    for done, check in enumerate(checks, 1):
        check(inspection)
        progress(done / len(checks))
    return Quality(figures=inspection.figures, findings=tuple(inspection.findings))


def _music(seen: Inspection) -> None:
    """How much was scored, and whether the film wanted any."""
    sound, avoids = seen.analysis.sound, seen.job.settings.composer.existing_music == "avoid"
    seen.figures |= {"cues": len(seen.spotting.cues), "coverage": round(seen.spotting.coverage, 3)}
    seen.figures["existing_music_share"] = round(sound.music_share, 3)
    if sound.music_share >= MUSIC_THROUGHOUT and avoids:
        seen.findings.append(
            f"{HAS_MUSIC}: {sound.music_share:.0%} of it"
            " (--existing-music under scores it all the same)"
        )
    elif not seen.spotting.cues:
        seen.findings.append("no music was placed; spotting.json gives the reasons")


def _lengths(seen: Inspection) -> None:
    """Every film-long sound has exactly the film's length."""
    expected = seen.analysis.film.length_samples
    for path in film_long(seen.job):
        info = soundfile.info(str(path))
        seen.expect(
            info.frames == expected and info.samplerate == RATE_HZ,
            f"{path.name} has {info.frames} samples at {info.samplerate} Hz, not {expected} at {RATE_HZ}",
        )
    seen.figures["length_samples"] = expected


def film_long(job: Job) -> list[Path]:
    """Every film-long sound file of a job."""
    stems = sorted((job.out / "stems").glob("*.*")) if (job.out / "stems").is_dir() else []
    return [job.out / "score.wav", job.out / "mix.wav", *stems]


def _hits(seen: Inspection) -> None:
    """The film-long MIDI is legal, and its hits stand where spotting promised them."""
    try:
        hits = hit_errors(seen.job.out / "score.mid", seen.spotting)
    except RejectedInput as rejection:
        seen.findings.append(f"score.mid is not legal MIDI: {rejection.reason}")
        return
    bound = [hit for hit in hits if hit.hit.required or hit.hit.directed]
    missed = [hit for hit in bound if not hit.on_time]
    errors = [abs(hit.error_ms) for hit in bound if hit.error_ms is not None]
    seen.figures |= {"hits": len(hits), "hits_required": len(bound), "hits_missed": len(missed)}
    seen.figures["hits_worst_ms"] = round(max(errors, default=0.0), 3)
    for hit in missed:
        by = "nothing sounds there" if hit.error_ms is None else f"missed by {hit.error_ms:.1f} ms"
        seen.findings.append(f"{hit.hit.cue}, {hit.hit.kind} at frame {hit.hit.frame}: {by}")


def _deliverables(seen: Inspection) -> None:
    """Notation, markers and timeline, each through a reader of its own."""
    seen.findings += deliverable_findings(seen.job.out, seen.analysis.film, seen.spotting)


def _originality(seen: Inspection) -> None:
    """How much of the melodies and themes stands in the melodies that the networks learnt from."""
    index = load_index(weights_folder(seen.job.settings.composer.weights))
    if index is None:
        return
    melodies = [tune for _, _, notes in chosen_notes(seen.job) for tune in melody_tunes(notes)]
    cells = [cell for theme in read_json(seen.job.themes, Themes).themes for cell in theme.cells]
    seen.figures |= overlap_figures("melody", overlap(melodies, index))
    seen.figures |= overlap_figures("themes", overlap([theme_tune(cell) for cell in cells], index))


def _loudness(seen: Inspection) -> None:
    """mix.wav read back: loudness and true peak against the target and against what the mixer said."""
    path = seen.job.out / "mix.wav"
    loudness, peak = measured(path, seen.mix.layout)
    seen.figures |= {"loudness_lufs": loudness, "peak_dbtp": peak}
    said = seen.mix.loudness_lufs
    agrees = said == loudness or (
        said is not None and loudness is not None and abs(said - loudness) <= METER_TOLERANCE_LU
    )
    seen.expect(agrees, f"mix.wav measures {loudness} LUFS, the mixer said {said}")
    target = TARGETS.get(seen.mix.target)
    if target is None:
        return
    level = seen.mix.dialogue_lufs if target.dialogue and seen.mix.dialogue_lufs is not None else loudness
    aim = seen.mix.target_lufs if seen.mix.target_lufs is not None else target.lufs
    seen.expect(
        level is not None and abs(level - aim) <= target.tolerance_lu,
        f"loudness is {level} LUFS, the target {aim:g} +-{target.tolerance_lu:g}",
    )
    seen.expect(peak <= target.peak_dbtp, f"true peak is {peak} dBTP, the limit {target.peak_dbtp:g}")


def measured(path: Path, layout: str) -> tuple[float | None, float]:
    """Integrated loudness (LUFS, None where nothing passes the gates) and true peak (dBTP) of a file."""
    with soundfile.SoundFile(str(path)) as sound:
        meter = LoudnessMeter(sound.samplerate, channel_weights(layout))
        peaks = TruePeakMeter(sound.samplerate, sound.channels)
        for block in sound.blocks(BLOCK_SAMPLES, dtype="float32", always_2d=True):
            meter.feed(block)
            peaks.feed(block)
    peaks.feed(block[:0], last=True)
    loudness = integrated_lufs(meter.energies())
    return None if loudness is None else round(loudness, 2), round(peaks.peak_dbtp(), 2)


def _picture(seen: Inspection) -> None:
    """The preview holds what its maker read back: a copied picture's packets are the film's own."""
    said, film = seen.preview, seen.analysis.film
    facts = picture_facts(seen.job.preview, 0, 0)
    seen.figures |= {"preview_copied": int(said.copied), "preview_frames": len(facts.times)}
    seen.figures["preview_sound_error_ms"] = said.sound_error_ms
    seen.expect(facts.sha256 == said.picture_sha256, "preview.mp4 does not hold the picture that was made")
    seen.expect(
        film.variable_rate or len(facts.times) == film.frames,
        f"preview.mp4 has {len(facts.times)} frames, the film {film.frames}",
    )
    if said.copied:
        source = picture_facts(source_of(seen.job), film.video_stream, film.first_pts)
        equal = facts.sha256 == source.sha256 and facts.times == source.times
        seen.expect(equal, "the preview's picture is not the film's own, packet for packet and time for time")


def _said(seen: Inspection) -> None:
    """What the steps themselves were not sure of."""
    for warnings in (seen.spotting.warnings, seen.mix.warnings, seen.preview.warnings):
        seen.findings += [word for word in warnings if word not in seen.findings and word != HAS_MUSIC]
