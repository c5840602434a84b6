"""Reads a film once with the eyes and once with the ears, and joins what they found."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from vision.affect import measure_affect
from vision.analysis import Analysis, AudioStream, Film, Programme, Region, SoundFacts, TrackRole
from vision.artifact import sha256_file
from vision.burn_ins import BurnIn, find_burn_ins
from vision.chunks import RunChunks, scan_in_chunks
from vision.container import Probe, probe
from vision.crop import picture_window, sampled
from vision.curves import Curves, Times
from vision.cut_list import read_cuts
from vision.detector import Boundary, find_boundaries
from vision.mask import given_masks
from vision.programme import Clock, burn_in_regions, card_regions, find_programme, sorted_regions
from vision.progress import Progress, silent
from vision.scan import Scan, scan_picture
from vision.second_opinion import second_opinion
from vision.settings import VisionSettings
from vision.shots import motion_within_shots, shots_of
from vision.sound import listen, sound_facts
from vision.sound_buses import channel_roles
from vision.sound_curves import SoundCurves
from vision.timecode import format_timecode

SAMPLE_RATE_HZ = 48_000
UNEVEN_SHARE = 0.01
"""Frames off the even pace before a rate counts as variable; a lost frame now and then is none."""
PICTURE_SHARE = 0.7
CHUNKS_A_WORKER = 3
"""So that a slow worker, or a hard passage, holds up a third of a share and not a whole one."""


@dataclass(frozen=True)
class _Looked:
    """The one pass over the picture."""

    probe: Probe
    scan: Scan
    clock: Clock
    burn_ins: tuple[BurnIn, ...]


@dataclass(frozen=True)
class _Seen(_Looked):
    """The picture understood: shots and programme."""

    boundaries: list[Boundary]
    programme: Programme
    regions: tuple[Region, ...]


def analyse_film(
    path: Path, settings: VisionSettings, progress: Progress, run_chunks: RunChunks | None = None,
    sha256: str | None = None,
) -> tuple[Analysis, Curves]:  # fmt: skip
    """Everything analysis.json and curves.npz hold.

    run_chunks: where the chunks of a long film are looked at; None for one pass here.
    sha256: the file's, where it is known already; a huge film is not read again for it.
    Raises RejectedInput for anything that is not a whole film.  Same file, same settings, same result
    whatever the number of threads, workers and chunks.
    """
    looked = _look(path, settings, lambda share: progress(PICTURE_SHARE * share), run_chunks)
    header, clock = looked.probe, looked.clock
    streams = header.audio_streams
    record = looked.scan.record
    heard = listen(
        path,
        streams,
        record.pts[0] * record.time_base,
        clock.end_s,
        settings,
        lambda share: progress(PICTURE_SHARE + (0.99 - PICTURE_SHARE) * share),
    )
    seen = _understand(path, looked, heard, settings)
    facts = sound_facts(heard, clock.end_s, (seen.programme.start_s, seen.programme.end_s))
    curves = _join(seen, heard, settings)
    shots = shots_of(seen.boundaries, seen.clock.time_s, seen.clock.end_s, curves, seen.scan.rows)
    film = _film(sha256 or sha256_file(path), seen, _with_roles(streams, settings))
    progress(1.0)
    return Analysis(film=film, shots=shots, sound=facts, warnings=_warnings(seen, facts)), curves


def _look(
    path: Path, settings: VisionSettings, progress: Progress, run_chunks: RunChunks | None = None
) -> _Looked:
    header = probe(path)
    samples = sampled(path, header)
    window = picture_window(samples)
    given = [BurnIn(area, 1.0) for area in given_masks(settings.mask, header)]
    burn_ins = (*given, *find_burn_ins(samples, window))
    masked = [burn_in.area for burn_in in burn_ins]
    scan = None
    if run_chunks is not None:
        chunks = max(settings.workers, 1) * CHUNKS_A_WORKER
        scan = scan_in_chunks(path, header, window, masked, chunks, run_chunks, progress)
    if scan is None:
        scan = scan_picture(path, header, window, settings.threads, progress, masked)
    return _Looked(header, scan, _clock(header, scan), burn_ins)


def _understand(path: Path, looked: _Looked, heard: SoundCurves, settings: VisionSettings) -> _Seen:
    scan, clock = looked.scan, looked.clock
    programme, regions = find_programme(scan.rows, clock, settings.programme, heard.pops_s)
    overlaid = burn_in_regions(looked.burn_ins, clock)
    cards = card_regions(scan.rows, clock, programme, heard)
    return _Seen(
        looked.probe,
        scan,
        clock,
        looked.burn_ins,
        boundaries=_boundaries(path, looked, programme, settings),
        programme=programme,
        regions=sorted_regions((*overlaid, *regions, *cards)),
    )


def _boundaries(
    path: Path, looked: _Looked, programme: Programme, settings: VisionSettings
) -> list[Boundary]:
    """Where shots begin: as the editor's list says, otherwise as the detector or the second opinion finds."""
    scan, clock = looked.scan, looked.clock
    if settings.cuts is not None:
        return read_cuts(settings.cuts, settings.cuts_name, clock, programme)
    pace = len(scan.time_s) / clock.end_s
    shortest = max(round(settings.min_shot_s * pace), 1)
    if settings.cuts_by == "transnetv2":
        return second_opinion(path, looked.probe, scan.rows, shortest, settings.detector, silent)
    return find_boundaries(scan.rows, scan.evidence, pace, shortest, settings.detector)


def _clock(header: Probe, scan: Scan) -> Clock:
    record = scan.record
    end_s = float((record.end_pts - record.pts[0]) * record.time_base)
    return Clock(scan.time_s, end_s, header.rate, header.start_timecode, header.drop_frame)


def _join(seen: _Seen, heard: SoundCurves, settings: VisionSettings) -> Curves:
    rows, time_s = seen.scan.rows, seen.clock.time_s
    starts = [0, *(boundary.frame for boundary in seen.boundaries)]
    motion = motion_within_shots(seen.scan.motion, time_s, starts)
    cut_times = np.array([time_s[start] for start in starts[1:]], np.float64)
    affect = measure_affect(
        time_s,
        rows.brightness,
        rows.saturation,
        motion,
        cut_times,
        heard,
        (seen.programme.start_s, seen.programme.end_s),
        settings.affect,
    )
    return Curves(
        time_s=time_s,
        brightness=rows.brightness,
        saturation=rows.saturation,
        colourfulness=rows.colourfulness,
        motion=motion,
        difference=rows.difference,
        cut_rate_hz=affect.cut_rate_hz,
        arousal=affect.arousal,
        pleasure=affect.pleasure,
        sound_time_s=heard.sound_time_s,
        speech=heard.speech,
        music=heard.music,
        effects=heard.effects,
        silence=heard.silence,
        speech_time_s=heard.speech_time_s,
        speech_probability=heard.speech_probability,
        loudness_time_s=heard.loudness_time_s,
        loudness_lufs=heard.loudness_lufs,
    )


def _film(sha256: str, seen: _Seen, streams: tuple[AudioStream, ...]) -> Film:
    header, record = seen.probe, seen.scan.record
    exact_s = (record.end_pts - record.pts[0]) * record.time_base
    zero = format_timecode(0, header.rate, header.drop_frame)
    return Film(
        sha256=sha256,
        frame_rate=header.frame_rate,
        frames=len(record.pts),
        duration_s=float(exact_s),
        length_samples=length_samples(exact_s),
        width=header.width,
        height=header.height,
        variable_rate=is_variable(seen.clock.time_s, header.rate),
        start_timecode=header.start_timecode or zero,
        drop_frame=header.drop_frame,
        video_stream=header.video_stream,
        video_codec=header.video_codec,
        pixel_format=header.pixel_format,
        container=header.container,
        audio_streams=streams,
        time_base=header.time_base,
        first_pts=record.pts[0],
        end_pts=record.end_pts,
        programme=seen.programme,
        regions=seen.regions,
    )


def length_samples(duration_s: Fraction) -> int:
    """round half up(length x 48000), exactly."""
    return int((duration_s * SAMPLE_RATE_HZ * 2 + 1) // 2)


def is_variable(time_s: Times, rate: Fraction) -> bool:
    """Whether more than UNEVEN_SHARE of the steps differ from the commonest by a third of a frame or more."""
    if len(time_s) < 3:
        return False
    steps = np.diff(time_s)
    typical = float(np.median(steps))
    return bool((np.abs(steps - typical) > typical / 3).mean() > UNEVEN_SHARE)


def _with_roles(streams: tuple[AudioStream, ...], settings: VisionSettings) -> tuple[AudioStream, ...]:
    roles = channel_roles(streams, settings.tracks)
    return tuple(_named(*each) for each in zip(streams, roles, strict=True))


def _named(stream: AudioStream, roles: Sequence[TrackRole]) -> AudioStream:
    """One role for the whole stream, or one a channel where they differ."""
    if len(set(roles)) == 1:
        return stream.model_copy(update={"role": roles[0]})
    return stream.model_copy(update={"sides": tuple(roles)})


def _warnings(seen: _Seen, sound: SoundFacts) -> tuple[str, ...]:
    record, said = seen.scan.record, []
    if record.corrupt:
        said.append(f"{record.corrupt} of {record.packets} video packets are damaged and were passed over")
    if sound.split_pair:
        said.append("dialogue and effects look split left and right: name them with --tracks dx,fx")
    return tuple(said)
