"""Cuts of an OpenTimelineIO timeline: its picture tracks flattened, in frames of the film."""

import re
from fractions import Fraction
from itertools import accumulate
from typing import Any, Final

from vision.cut_listing import FIT, Listed
from vision.detector import Boundary
from vision.rejected import RejectedInput
from vision.timecode import counting_rate

MOST_NESTING: Final = 200
"""Timelines that stack tracks in stacks in clips stay under 60."""


def read_timeline(text: str, name: str, rate: Fraction) -> Listed:
    """The clips' starts on the flattened picture tracks; transitions are dissolves, at a gap fades.

    No media that the timeline points to is opened.  Raises RejectedInput for JSON that is no timeline.
    """
    import opentimelineio as otio

    if _nesting(text) > MOST_NESTING:  # its parser recurses until the process dies
        raise RejectedInput(f"--cuts {name} is nested more than {MOST_NESTING} deep", FIT)
    try:
        timeline = otio.adapters.read_from_string(text, "otio_json")
    except (ValueError, otio.exceptions.OTIOError) as error:
        raise RejectedInput(f"--cuts {name} is no OpenTimelineIO file: {_first_line(error)}", FIT) from error
    if not isinstance(timeline, otio.schema.Timeline):
        raise RejectedInput(f"--cuts {name} holds no OpenTimelineIO timeline", "export a timeline as .otio")
    try:
        items = _items(timeline, otio)
    except (ValueError, otio.exceptions.OTIOError) as error:
        raise RejectedInput(f"--cuts {name}: {_first_line(error)}", FIT) from error
    if not items:
        raise RejectedInput(f"--cuts {name} has no clip on a picture track", FIT)
    start = timeline.global_start_time
    spans = [
        (item, _frame(span.start_time, rate), _frame(span.end_time_exclusive(), rate)) for item, span in items
    ]
    return Listed(
        tuple(_boundaries(spans, otio)),
        (0, max(end for _, _, end in spans)),
        None if start is None else _frame(start, rate),
    )


def _nesting(text: str) -> int:
    """How deep lists and objects lie in each other, strings left aside."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", text)
    return max(accumulate((1 if c in "[{" else -1 for c in bare if c in "[{]}"), initial=0))


def _items(timeline: Any, otio: Any) -> list[tuple[Any, Any]]:
    """(item, its range on the track) in order of the track."""
    tracks = [track for track in timeline.video_tracks() if track.enabled and len(track)]
    if not tracks:
        return []
    track = tracks[0]
    if len(tracks) > 1:
        track = otio.algorithms.flatten_stack(tracks)
    return [(item, track.range_of_child_at_index(place)) for place, item in enumerate(track)]


def _boundaries(spans: list[tuple[Any, int, int]], otio: Any) -> list[Boundary]:
    found = []
    for place, (item, start, _) in enumerate(spans[1:], 1):
        before = spans[place - 1][0]
        if isinstance(item, otio.schema.Transition):
            continue
        if not isinstance(before, otio.schema.Transition):
            found.append(Boundary(start, "cut", start - 1, start))
            continue
        first, last = spans[place - 1][1:]
        gap = (otio.schema.Gap,)
        if isinstance(item, gap):
            found.append(Boundary(last, "fade", first, last))
        elif place < 2 or isinstance(spans[place - 2][0], gap):
            found.append(Boundary(max(first, 0), "fade", max(first, 0), last))
        else:
            found.append(Boundary(start, "dissolve", first, last))
    return found


def _frame(time: Any, rate: Fraction) -> int:
    """Frames of the film. A time that counts as many frames a second (24 for 23.976) is a frame count."""
    if round(time.rate) == counting_rate(rate) and abs(time.rate / float(rate) - 1) < 0.002:
        return round(float(time.value))
    return round(Fraction(float(time.value)) / Fraction(float(time.rate)) * rate)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:120]
