"""What is said about a film before any work: length, rate, start timecode, sound, expected minutes."""

from typing import TYPE_CHECKING

from flows.job import Job
from flows.line_look import named_after, source_link
from flows.texts import shown
from vision.rejected import RejectedInput
from vision.sniff import sniff
from vision.timecode import parse_timecode

if TYPE_CHECKING:
    from vision.container import Probe

# Minutes of work a minute of 1080p film: 0.18 on two cores with nothing else on them, 0.4 when busy; a film
# with four times the pixels takes about three times as long, since decoding leads.
WORK_PER_FILM_MINUTE = 0.3
PIXELS_1080P = 1920 * 1080
START_MINUTES = 0.25


def look(job: Job) -> "Probe":
    """Open the film and read its header. Raises RejectedInput where it is no film that we work with."""
    from vision.container import probe

    sniff(job.film)
    link = source_link(job, "arriving")
    try:
        with named_after(job, link):
            return probe(link)
    finally:
        link.unlink()


def first_line(job: Job, seen: "Probe") -> str:
    """`cut.mov: 12:30.2, 23.976 fps from 01:00:00:00, sound 5.1, about 4 minutes`."""
    minutes, seconds = divmod(seen.duration_s, 60)
    sound = ", ".join(stream.layout for stream in seen.audio_streams) or "no sound"
    about = expected_minutes(seen)
    return (
        f"{shown(job.film.name)}: {minutes:.0f}:{seconds:04.1f}, {float(seen.rate):.3f} fps"
        f" from {start_timecode(seen)}, {sound}, about {about:.0f} minute{'s' if about > 1 else ''} of work"
    )


def start_timecode(seen: "Probe") -> str:
    """The film's own start, or zero where it carries none."""
    return seen.start_timecode or "00:00:00:00"


def expected_minutes(seen: "Probe") -> float:
    """Minutes until the result, rounded up to a whole one."""
    pixels = seen.width * seen.height / PIXELS_1080P
    work = seen.duration_s / 60 * WORK_PER_FILM_MINUTE * max(pixels, 0.25) ** 0.75
    return float(int(START_MINUTES + work) + 1)


def range_seconds(seen: "Probe", span: tuple[str, str]) -> tuple[float, float]:
    """IN and OUT, each a frame number from the film's start or a timecode, in film seconds.

    Raises RejectedInput where one is neither, or OUT is not after IN within the film.
    """
    start, end = (_frame(seen, text) for text in span)
    last = round(seen.duration_s * seen.rate)
    if not 0 <= start < end <= last:
        raise RejectedInput(
            f"--range {span[0]} {span[1]} is not a stretch of this film",
            f"IN before OUT, frames 0 to {last} or timecodes from {start_timecode(seen)}",
        )
    return float(start / seen.rate), float(end / seen.rate)


def _frame(seen: "Probe", text: str) -> int:
    if text.isdecimal():
        return int(text)
    try:
        first = parse_timecode(start_timecode(seen), seen.rate, seen.drop_frame)
        return parse_timecode(text, seen.rate) - first
    except ValueError as error:
        raise RejectedInput(f"--range: {error}", "give frame numbers or timecodes") from error
