"""What a film will take, in minutes of work and bytes of disk, known from its header alone."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.first_look import expected_minutes
from flows.settings import JobSettings

if TYPE_CHECKING:
    from vision.container import Probe

SAMPLE_BYTES_S = 48_000 * 3  # one channel of a film-long WAV, 24 bit
DRY_BYTES_S = 48_000 * 4 * 2  # one role of a cue: stereo, 32-bit float
ROLES = 8  # sounding at once where music is full; a cue has three to nine
COVERAGE = 0.7  # share of a film under music; features have less
FULL_STEMS_S = 15 * 60  # render writes film-long stems up to here
PROXY_BYTES_S = 1_000_000  # an H.264 proxy at 1080p, where the picture can't be copied
COPIED_CODECS = frozenset({"h264"})
OTHER_BYTES = 20_000_000  # stills, report, curves, sound for the page


@dataclass(frozen=True)
class Expected:
    """minutes: of work on this machine.  disk_bytes: at the fullest moment, all of it in the results."""

    minutes: float
    disk_bytes: int


def expected(seen: "Probe", settings: JobSettings) -> Expected:
    """Minutes and bytes, rather too many than too few."""
    seconds, takes = seen.duration_s, settings.composer.takes
    stems = settings.render.full_length_stems
    # A cue's own stems are as long as the music; film-long ones as the film.
    stems_s = seconds if stems or stems is None and seconds <= FULL_STEMS_S else seconds * COVERAGE
    channels = max((stream.channels for stream in seen.audio_streams), default=2)
    copied = seen.video_codec in COPIED_CODECS and not settings.render.burn_in
    picture = seen.size_bytes if copied else PROXY_BYTES_S * seconds
    disk = (
        seconds * SAMPLE_BYTES_S * (2 + max(channels, 2))
        + takes * seconds * COVERAGE * ROLES * DRY_BYTES_S
        + stems_s * ROLES * 2 * SAMPLE_BYTES_S
        + 2 * picture  # the preview, and its parts while it is made
        + OTHER_BYTES
    )
    return Expected(expected_minutes(seen), int(disk))
