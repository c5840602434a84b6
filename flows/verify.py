"""Reading a finished job back: nothing is believed because it was written without an error."""

from collections.abc import Callable
from pathlib import Path

import soundfile

from composer.measure_hits import hit_errors
from flows.inspection import Inspection, inspection_of
from flows.job import Job
from flows.line_look import source as source_of
from flows.quality import NEED, Quality
from flows.verify_deliverables import deliverable_findings
from flows.verify_music import follows_the_asked, music_placed, originality, said_by_the_steps
from render.levels import TARGETS
from render.mix import MixFacts
from render.packets import picture_facts
from vision.loudness_meter import LoudnessMeter, channel_weights, integrated_lufs
from vision.progress import Progress
from vision.rejected import RejectedInput
from vision.true_peak import TruePeakMeter

RATE_HZ = 48_000
BLOCK_SAMPLES = RATE_HZ
METER_TOLERANCE_LU = 0.1  # the mixer's own measurement and this one, of rounded 24-bit samples


def examine(job: Job, progress: Progress) -> Quality:
    """Measure everything that can be measured on the files themselves; findings need a person's look."""
    inspection = inspection_of(job)
    checks: tuple[Callable[[Inspection], None], ...] = (
        music_placed, _lengths, _hits, follows_the_asked, originality, _deliverables, _loudness, _picture,
        said_by_the_steps,
    )  # fmt: skip
    for done, check in enumerate(checks, 1):
        check(inspection)
        progress(done / len(checks))
    # A stable sort: of one kind, what was found first stays first.
    found = sorted(inspection.findings, key=lambda finding: NEED.index(finding[0]))
    return Quality(
        figures=inspection.figures,
        findings=tuple(words for _, words in found),
        kinds=tuple(kind for kind, _ in found),
    )


def _lengths(seen: Inspection) -> None:
    """Every film-long sound has exactly the film's length."""
    expected = seen.analysis.film.length_samples
    for path in film_long(seen.job, seen.mix):
        info = soundfile.info(str(path))
        seen.expect(
            info.frames == expected and info.samplerate == RATE_HZ,
            f"{path.name} has {info.frames} samples at {info.samplerate} Hz, not {expected} at {RATE_HZ}",
        )
    for own in seen.mix.cue_stems.values():
        for name in own.files:
            frames = soundfile.info(str(seen.job.out / "stems" / name)).frames
            seen.expect(frames == own.samples, f"stems/{name} has {frames} samples, not {own.samples}")
    seen.figures["length_samples"] = expected


def film_long(job: Job, facts: MixFacts) -> list[Path]:
    """Every film-long sound file of a job."""
    music = [job.out / "mx.wav"] if job.settings.render.mx else []
    stems = [job.out / "stems" / name for name in facts.stems]
    return [job.out / "score.wav", job.out / "mix.wav", *music, *stems]


def _hits(seen: Inspection) -> None:
    """The film-long MIDI is legal, and its hits stand where spotting promised them."""
    try:
        hits = hit_errors(seen.job.out / "score.mid", seen.spotting)
    except RejectedInput as rejection:
        seen.look("broken", f"score.mid is not legal MIDI: {rejection.reason}")
        return
    bound = [hit for hit in hits if hit.hit.required or hit.hit.directed]
    missed = [hit for hit in bound if not hit.on_time]
    errors = [abs(hit.error_ms) for hit in bound if hit.error_ms is not None]
    seen.figures |= {"hits": len(hits), "hits_required": len(bound), "hits_missed": len(missed)}
    seen.figures["hits_worst_ms"] = round(max(errors, default=0.0), 3)
    for hit in missed:
        by = "nothing sounds there" if hit.error_ms is None else f"missed by {hit.error_ms:.1f} ms"
        seen.look("broken", f"{hit.hit.cue}, {hit.hit.kind} at frame {hit.hit.frame}: {by}")


def _deliverables(seen: Inspection) -> None:
    """Notation, markers and timeline, each through a reader of its own."""
    for words in deliverable_findings(seen.job.out, seen.analysis.film, seen.spotting):
        seen.look("broken", words)


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
        "levels",
    )
    seen.expect(
        peak <= target.peak_dbtp, f"true peak is {peak} dBTP, the limit {target.peak_dbtp:g}", "levels"
    )


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
