"""Settings of the eyes and ears."""

from typing import Literal

from vision.artifact import Frozen


class VisionSettings(Frozen):
    """min_shot_s: shots shorter than this are joined to the one before (8 frames at 25 are 0.32 s).

    programme: IN and OUT (frames or timecode) given by hand, None to find them.
    tracks: roles by audio stream in order, e.g. ("dx", "mx"); None where the streams are full mixes.
    threads: decoder threads, 0 for one a core.
    """

    min_shot_s: float = 0.25
    programme: tuple[str, str] | None = None
    tracks: tuple[Literal["full", "dx", "mx", "fx"], ...] | None = None
    threads: int = 0
