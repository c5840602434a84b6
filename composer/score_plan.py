"""What spotting hands to the themes: where music goes, and a request for each cue without its theme."""

from composer.request import CueRequest
from composer.spotting import Spotting
from vision.artifact import Artifact


class ScorePlan(Artifact):
    """drafts: one request a cue and take, in film order, their theme still None.

    programme_s: length of the programme in seconds.  cue_clusters: by cue uid, the look clusters of its
    shots, the longest seen first; they suggest which theme belongs to it.
    """

    spotting: Spotting
    drafts: tuple[CueRequest, ...]
    programme_s: float
    cue_clusters: dict[str, tuple[int, ...]] = {}
