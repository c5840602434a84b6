"""One decode, one pass: rows, motion and evidence of a film, memory flat but for the rows."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame

from vision.container import Probe
from vision.curves import Curve, Times
from vision.evidence import Evidence, Witness, overlap_frames
from vision.measures import MotionMeter, Rows, join_rows, measure_batch
from vision.picture import PassRecord, read_frames
from vision.planes import Bytes, PlaneReader, Planes, Window
from vision.progress import Progress
from vision.threads import one_thread

BATCH = 64


def lead_batches(frames_a_second: float) -> int:
    """What a chunk lays before its own frames: its evidence begins an overlap earlier and needs one more.

    The lead's first row has no neighbour, so it counts for nothing.
    """
    return -(-(2 * overlap_frames(frames_a_second) + 1) // BATCH)


@dataclass(frozen=True)
class Scan:
    """What the pass leaves: times [T] in seconds from the first frame, rows, evidence, record.

    motion: [T], NaN at frames where MotionMeter did not measure it.
    """

    time_s: Times
    motion: Curve
    rows: Rows
    evidence: Evidence
    record: PassRecord


def scan_picture(
    path: Path,
    probe: Probe,
    window: Window,
    threads: int,
    progress: Progress,
    masked: Sequence[Window] = (),
) -> Scan:
    """Decode `path` once, without what lies in the areas `masked`; raises RejectedInput as read_frames does.

    OpenCV works on this thread: its pictures are too small to share, and waiting threads burn CPU.
    """
    record, measuring = PassRecord(Fraction(probe.time_base)), Measuring(probe, window, masked)
    for frame in read_frames(path, probe, threads, progress, record):
        measuring.take(frame, record)
    motion, rows, evidence = measuring.end()
    progress(1.0)
    return scan_of(record, motion, rows, evidence)


def scan_of(record: PassRecord, motion: Curve, rows: Rows, evidence: Evidence) -> Scan:
    """A whole film's scan, with exact times in seconds."""
    ticks = np.array(record.pts, np.int64) - record.pts[0]
    scale = record.time_base
    return Scan(ticks * scale.numerator / scale.denominator, motion, rows, evidence, record)


class Measuring:
    """Takes frames one by one, from frame `start` of the film on, which begins at `zero_pts` (None: here).

    A start other than 0 is a whole number of batches; the lead_batches from there get rows, whose
    first has no neighbour, and no evidence.
    """

    def __init__(
        self,
        probe: Probe,
        window: Window,
        masked: Sequence[Window],
        zero_pts: int | None = None,
        start: int = 0,
    ) -> None:
        one_thread()
        self._reader = PlaneReader(probe, window, masked)
        self._meter = MotionMeter(probe.width / probe.height)
        self._bench = _Bench(float(probe.rate), start)
        self._motion: list[float] = []
        self._zero_pts = zero_pts
        self._ticks_a_second = float(1 / Fraction(probe.time_base))

    def take(self, frame: VideoFrame, record: PassRecord) -> None:
        """Measure one frame, whose time is the record's last."""
        zero = record.pts[0] if self._zero_pts is None else self._zero_pts
        planes = self._reader.read(frame)
        self._motion.append(self._meter.feed((record.pts[-1] - zero) / self._ticks_a_second, planes.luma))
        self._bench.lay(planes)

    def end(self, of_film: bool = True) -> tuple[Curve, Rows, Evidence]:
        """Motion, rows and evidence; of_film: whether no frame follows."""
        rows, evidence = self._bench.clear(of_film)
        return np.array(self._motion, np.float32), rows, evidence


class _Bench:
    """Holds the last frames' planes; every full batch becomes rows, and evidence once they overlap."""

    def __init__(self, frames_a_second: float, start: int = 0) -> None:
        self._waiting: list[Planes] = []
        self._last: Planes | None = None
        self._witness = Witness(frames_a_second)
        self._overlap = overlap_frames(frames_a_second)
        self._rows: list[Rows] = []
        self._luma: list[Bytes] = []
        self._first = self._laid = start
        self._judged = start + lead_batches(frames_a_second) * BATCH - self._overlap if start else 0
        self._found: list[Evidence] = []

    def lay(self, planes: Planes) -> None:
        self._waiting.append(planes)
        if len(self._waiting) == BATCH:
            self._measure()

    def clear(self, of_film: bool) -> tuple[Rows, Evidence]:
        """All rows and evidence, once the last frame is laid; of_film: whether the film ends there."""
        if self._waiting:
            self._measure()
        if of_film:
            self._judge(self._laid)
        cuts = tuple(cut for part in self._found for cut in part.cuts)
        mixes = tuple(mix for part in self._found for mix in part.mixes)
        return join_rows(self._rows), Evidence(cuts, mixes)

    def _measure(self) -> None:
        batch = [self._last or self._waiting[0], *self._waiting]
        luma = np.stack([planes.luma for planes in batch])
        blue = np.stack([planes.blue for planes in batch])
        red = np.stack([planes.red for planes in batch])
        self._rows.append(measure_batch(luma, blue, red))
        self._luma.append(luma[1:])
        self._laid += len(self._waiting)
        self._last = self._waiting[-1]
        self._waiting = []
        self._judge(self._laid - self._overlap)

    def _judge(self, until: int) -> None:
        """Judge the frames up to `until` in a window with the overlap to either side where there are."""
        if until <= self._judged:
            return
        while self._first + len(self._luma[0]) <= self._judged - self._overlap:
            self._first += len(self._luma.pop(0))
        luma = np.concatenate(self._luma)
        start = max(self._judged - self._overlap, 0) - self._first
        stop = min(until + self._overlap, self._laid) - self._first
        window = self._window_rows(start, stop)
        judged = range(self._judged, until)
        self._found.append(self._witness.judge(luma[start:stop], window, self._first + start, judged))
        self._judged = until

    def _window_rows(self, start: int, stop: int) -> Rows:
        rows = join_rows(self._rows[-len(self._luma) :])
        return Rows(**{f.name: getattr(rows, f.name)[start:stop] for f in fields(Rows)})
