"""A long film's visual pass in chunks: the same rows and evidence as one pass, byte for byte.

Frames are counted from the packets' presentation times before anything is decoded.  A chunk owns whole
batches of that count and decodes a few batches more before them, from the key frame before the last one:
leading pictures of an open group may need the group before, and a picture that is refreshed in slices is
whole one group later.  The lead's rows must equal the chunk before's; where they don't, or the decoder shows
other frames than the packets promise, there is no joint result and the caller takes one pass.
"""

import logging
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path

import numpy as np

from vision.container import Probe, open_film
from vision.curves import Curve
from vision.evidence import Evidence
from vision.measures import Rows, join_rows
from vision.picture import PassRecord, read_span, refuse_damage
from vision.planes import Window
from vision.progress import Progress
from vision.scan import BATCH, Measuring, Scan, lead_batches, scan_of

log = logging.getLogger(__name__)

LEAST_BATCHES = 8
"""About 20 s: the lead of two or three batches and a group of pictures is then a fifth of the work."""


@dataclass(frozen=True)
class ChunkJob:
    """One chunk, ready to be sent to another process or machine that sees the same path.

    start: its first frame, lead included.  zero_pts: of the film's first frame.  seek_pts: None from the top.
    first_pts, last_pts: of its first and last frame.  last: whether the film ends with it.
    """

    path: str
    probe: Probe
    window: Window
    masked: tuple[Window, ...]
    threads: int
    start: int
    zero_pts: int
    seek_pts: int | None
    first_pts: int
    last_pts: int
    last: bool


@dataclass(frozen=True)
class Chunk:
    """What a chunk saw, its lead included in pts, motion and rows; evidence is of its own frames alone."""

    start: int
    pts: tuple[int, ...]
    last_duration: int
    corrupt: int
    motion: Curve
    rows: Rows
    evidence: Evidence


RunChunks = Callable[[Sequence[ChunkJob], Progress], list[Chunk]]
"""Runs every job, anywhere, and returns the chunks in the jobs' order."""


@dataclass(frozen=True)
class Packets:
    """The picture stream's packets: presentation times of shown frames and of key frames, both rising."""

    shown: tuple[int, ...]
    keys: tuple[int, ...]
    count: int
    sound_end_s: float


def scan_in_chunks(
    path: Path,
    probe: Probe,
    window: Window,
    masked: Sequence[Window],
    chunks: int,
    run: RunChunks,
    progress: Progress,
) -> Scan | None:
    """The film's scan from at most `chunks` chunks; None where it can't be cut or the seams don't fit."""
    packets = read_packets(path, probe)
    jobs = plan_chunks(path, probe, window, masked, packets, chunks) if packets else []
    if packets is None or len(jobs) < 2:
        return None
    done = run(jobs, progress)
    lead = lead_batches(float(probe.rate)) * BATCH
    if not _fits(done, packets, lead):
        log.warning("the chunks of %s don't join: it is looked at in one pass", path.name)
        return None
    record = PassRecord(Fraction(probe.time_base))
    record.pts, record.last_duration = list(packets.shown), done[-1].last_duration
    record.packets, record.sound_end_s = packets.count, packets.sound_end_s
    refuse_damage(path, probe, record)
    skips = [0, *([lead] * (len(done) - 1))]
    motion = np.concatenate([chunk.motion[skip:] for chunk, skip in zip(done, skips, strict=True)])
    rows = join_rows([_rows(chunk.rows, slice(skip, None)) for chunk, skip in zip(done, skips, strict=True)])
    cuts = tuple(cut for chunk in done for cut in chunk.evidence.cuts)
    mixes = tuple(mix for chunk in done for mix in chunk.evidence.mixes)
    progress(1.0)
    return scan_of(record, motion, rows, Evidence(cuts, mixes))


def read_packets(path: Path, probe: Probe) -> Packets | None:
    """Every picture packet's time, without decoding; None where one has none, is broken or shares it."""
    shown, keys, count, sound_end_s = list[int](), list[int](), 0, 0.0
    with open_film(path, probe.demuxer) as container:
        video = container.streams[probe.video_stream]
        heard = container.streams.audio if container.format.name.startswith("matroska") else ()
        for packet in container.demux([video, *heard]):
            if packet.stream.index != video.index:
                if packet.pts is not None:
                    sound_end_s = max(sound_end_s, float(packet.pts * packet.time_base))
                continue
            if packet.size == 0:
                continue
            if packet.pts is None or packet.is_corrupt:
                return None
            count += 1
            if packet.is_keyframe:
                keys.append(packet.pts)
            if not packet.is_discard:
                shown.append(packet.pts)
    if len(set(shown)) < len(shown):
        return None
    return Packets(tuple(sorted(shown)), tuple(sorted(keys)), count, sound_end_s)


def plan_chunks(
    path: Path, probe: Probe, window: Window, masked: Sequence[Window], packets: Packets, chunks: int
) -> list[ChunkJob]:
    """Jobs of about equal length that cover the film; fewer where it is short."""
    frames = len(packets.shown)
    batches = -(-frames // BATCH)
    lead = lead_batches(float(probe.rate))
    count = max(min(chunks, batches // LEAST_BATCHES), 1)
    edges = [batches * place // count for place in range(count + 1)]
    jobs = []
    for place, (first, end) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        start = max(first - lead, 0) * BATCH
        stop = min(end * BATCH, frames)
        jobs.append(
            ChunkJob(
                path=str(path),
                probe=probe,
                window=window,
                masked=tuple(masked),
                threads=1,
                start=start,
                zero_pts=packets.shown[0],
                seek_pts=_key_before(packets, start) if place else None,
                first_pts=packets.shown[start],
                last_pts=packets.shown[stop - 1],
                last=place == count - 1,
            )
        )
    return jobs


def scan_chunk(job: ChunkJob) -> Chunk:
    """Decode and measure one chunk; raises RejectedInput where the file can't be read."""
    record = PassRecord(Fraction(job.probe.time_base))
    measuring = Measuring(job.probe, job.window, job.masked, job.zero_pts, job.start)
    span = (job.first_pts, None if job.last else job.last_pts)
    for frame in read_span(Path(job.path), job.probe, job.threads, record, job.seek_pts, span):
        measuring.take(frame, record)
    motion, rows, evidence = measuring.end(job.last)
    return Chunk(job.start, tuple(record.pts), record.last_duration, record.corrupt, motion, rows, evidence)


def _key_before(packets: Packets, frame: int) -> int | None:
    """The key frame before the last one at or before a frame; None where that is the top of the film."""
    place = bisect_right(packets.keys, packets.shown[frame]) - 2
    return packets.keys[place] if place > 0 else None


def _fits(chunks: Sequence[Chunk], packets: Packets, lead: int) -> bool:
    """Whether every chunk saw the frames that its packets promise, and neighbours agree on the lead."""
    for chunk in chunks:
        if chunk.corrupt or chunk.pts != packets.shown[chunk.start : chunk.start + len(chunk.pts)]:
            return False
    for before, after in zip(chunks[:-1], chunks[1:], strict=True):
        if before.start + len(before.pts) != after.start + lead:
            return False
        tail = _rows(before.rows, slice(len(before.pts) - lead + 1, None))
        head = _rows(after.rows, slice(1, lead))
        if any(getattr(tail, f.name).tobytes() != getattr(head, f.name).tobytes() for f in fields(Rows)):
            return False
    return chunks[-1].start + len(chunks[-1].pts) == len(packets.shown)


def _rows(rows: Rows, part: slice) -> Rows:
    return Rows(**{f.name: getattr(rows, f.name)[part] for f in fields(Rows)})
