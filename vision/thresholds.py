"""Every figure by which the detector decides, in one frozen model, so that a script can fit them anew."""

from pydantic import Field

from vision.artifact import Frozen


class Thresholds(Frozen):
    """What separates a transition from what happens within a shot.  Likenesses run from 0 to 1.

    Cuts.  least_ratio, peak_change: how far a change stands out of its neighbours', or what it must amount
    to where it does not.  same_scene: likeness from which two frames are one shot; clear_same instead where
    the change is clear_ratio times the local one.  same_again: from which an interrupted shot goes on.
    calm: likeness of neighbours under which the picture is being crossed by something rather than cut.
    flash_step: rise in brightness (0..1) of a flash that glows on.

    Dissolves.  mix_likeness: of both ends at most.  straight: residual up to which the straight line speaks
    for itself, with straight_sag at least.  sag: least part of the expected loss of contrast that is seen
    otherwise, at a pace no more uneven than sag_bend.  mix_changed: least share of cells that differ.
    mix_again: likeness from which what went on before goes on after.

    Fades.  flat_deviation: standard deviation of luma in levels under which a frame is plain, in a film of
    low contrast flat_share of its median frame's.  return_share: distance of the pictures either side of a
    blink, as a share of theirs to plain.  least_way: RMS in levels that a ramp leads at least.  fade_step: a
    ramp's largest step as a share of its way; a cut is one step.  arrived_share: what a ramp that has arrived
    may still gain.  step_above_ramp: a cut beside a ramp is this many times as large as its steps.
    faded_share: contrast left at the bottom of a fade so quick that no frame is plain.
    """

    least_ratio: float = Field(default=2.0, gt=0)
    peak_change: float = Field(default=0.05, ge=0)
    same_scene: float = Field(default=0.42, ge=0, le=1)
    clear_ratio: float = Field(default=5.0, gt=0)
    clear_same: float = Field(default=0.5, ge=0, le=1)
    same_again: float = Field(default=0.5, ge=0, le=1)
    calm: float = Field(default=0.6, ge=0, le=1)
    flash_step: float = Field(default=0.12, ge=0, le=1)
    mix_likeness: float = Field(default=0.28, ge=0, le=1)
    straight: float = Field(default=0.2, ge=0)
    straight_sag: float = Field(default=0.3, le=1)
    sag: float = Field(default=0.8, le=1)
    sag_bend: float = Field(default=0.3, ge=0)
    mix_changed: float = Field(default=0.5, ge=0, le=1)
    mix_again: float = Field(default=0.5, ge=0, le=1)
    faded_share: float = Field(default=0.3, ge=0, le=1)
    step_above_ramp: float = Field(default=1.5, gt=0)
    flat_deviation: float = Field(default=6.0, gt=0)
    flat_share: float = Field(default=0.3, ge=0, le=1)
    return_share: float = Field(default=0.25, ge=0, le=1)
    least_way: float = Field(default=4.0, gt=0)
    fade_step: float = Field(default=0.5, gt=0, le=1)
    arrived_share: float = Field(default=0.04, gt=0)
