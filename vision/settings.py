"""Settings of the eyes and ears."""

from typing import Literal

from pydantic import Field

from vision.artifact import Frozen
from vision.thresholds import Thresholds


class AffectWeights(Frozen):
    """The whole mapping from film to feeling, for a director to change.

    cut_rate, motion, effects, colour_in_arousal: weights of arousal's components (their mean is taken).
    typical_*: the value that reads one half.  A shot of four seconds is ordinary, .12 frame widths a second
    a brisk walk across the picture.  cut_window_s: standard deviation of the window that counts cuts.
    colour_in_pleasure: how far colour moves pleasure from neutral, at most a quarter.
    percentile_share: of the film's own percentiles against absolute values.
    *_mean, *_sd: an ordinary graded picture, by which colour is standardised.
    """

    cut_rate: float = Field(default=0.35, ge=0)
    motion: float = Field(default=0.40, gt=0)
    effects: float = Field(default=0.25, ge=0)
    colour_in_arousal: float = Field(default=0.0, ge=0)
    colour_in_pleasure: float = Field(default=0.25, ge=0, le=0.25)
    percentile_share: float = Field(default=0.5, ge=0, le=1)
    smoothing_s: float = Field(default=12.0, gt=0)
    cut_window_s: float = Field(default=4.0, gt=0)
    typical_cut_hz: float = Field(default=0.25, gt=0)
    typical_motion: float = Field(default=0.12, gt=0)
    brightness_mean: float = 0.35
    brightness_sd: float = Field(default=0.18, gt=0)
    saturation_mean: float = 0.30
    saturation_sd: float = Field(default=0.18, gt=0)


class VisionSettings(Frozen):
    """min_shot_s: shots shorter than this are joined to the one before (8 frames at 25 are 0.32 s).

    programme: IN and OUT (frames or timecode) given by hand, None to find them.
    mask: areas to leave out of every statistic, as X,Y,W,H in pixels or shares, or an area's name.
    tracks: roles by audio stream in order, e.g. ("dx", "mx"); None where the streams are full mixes.
    cuts: the text of a list of cuts (CSV of frames, CMX3600 EDL or OTIO timeline) that replaces the detector;
    cuts_name is for messages about it.
    threads: decoder threads, 0 for one a core (one in all for small pictures).
    workers: processes that share the visual pass of a long film, 0 for one pass in this one.
    cuts_by: whose shots count, the detector's or (with the extra neural-cuts) TransNet V2's.
    detector: every figure by which cuts, dissolves and fades are told from what happens within a shot.
    """

    min_shot_s: float = 0.25
    programme: tuple[str, str] | None = None
    mask: tuple[str, ...] = ()
    tracks: tuple[Literal["full", "dx", "mx", "fx"], ...] | None = None
    cuts: str | None = None
    cuts_name: str = ""
    threads: int = Field(default=0, ge=0)
    workers: int = Field(default=0, ge=0, le=256)
    affect: AffectWeights = AffectWeights()
    cuts_by: Literal["detector", "transnetv2"] = "detector"
    detector: Thresholds = Thresholds()
