"""What the film is: the value types behind analysis.json.

Times are seconds of presentation from the first shown frame after edit lists; frames are zero-based and
ends exclusive unless a name says otherwise.
"""

from fractions import Fraction
from typing import Literal

from vision.artifact import Artifact, Frozen

Transition = Literal["start", "cut", "dissolve", "fade"]
TrackRole = Literal["full", "dx", "mx", "fx"]
SoundClass = Literal["speech", "music", "effects", "silence"]
RegionKind = Literal[
    "bars", "slate", "leader", "pop", "black", "logo", "title", "credits", "scene_missing", "burn_in"
]


class AudioStream(Frozen):
    """One sound stream as the container declares it.

    sides: roles by channel where an editor splits one stream (dialogue left, effects right), else empty.
    """

    index: int
    codec: str
    sample_rate_hz: int
    channels: int
    layout: str
    role: TrackRole = "full"
    sides: tuple[TrackRole, ...] = ()

    @property
    def roles(self) -> frozenset[TrackRole]:
        """Every role that the stream carries."""
        return frozenset(self.sides or (self.role,))


class Programme(Frozen):
    """The picture proper: FFOA and LFOA, both inclusive, and its span in seconds."""

    first_frame: int
    last_frame: int
    start_s: float
    end_s: float


class Region(Frozen):
    """A stretch of the film that is not ordinary picture, with a confidence of 0 to 1.

    area: left, top, right, bottom as shares of the coded frame, where the rest of the frame is picture.
    """

    kind: RegionKind
    start_frame: int
    end_frame: int
    start_s: float
    end_s: float
    confidence: float
    area: tuple[float, float, float, float] | None = None


class Film(Frozen):
    """The film's identity, clock and streams."""

    sha256: str
    frame_rate: str
    frames: int
    duration_s: float
    length_samples: int
    width: int
    height: int
    variable_rate: bool
    start_timecode: str
    drop_frame: bool
    video_stream: int
    video_codec: str
    pixel_format: str
    container: str
    audio_streams: tuple[AudioStream, ...]
    time_base: str
    first_pts: int
    end_pts: int
    programme: Programme
    regions: tuple[Region, ...] = ()

    @property
    def rate(self) -> Fraction:
        """Frames a second, exact (for variable-rate films the declared average)."""
        return Fraction(self.frame_rate)


class ShotFeatures(Frozen):
    """Means over one shot; `cluster` groups shots that look alike (-1: none)."""

    cut_rate_hz: float
    brightness: float
    saturation: float
    colourfulness: float
    motion: float
    loudness_lufs: float | None
    speech: float
    music: float
    effects: float
    arousal: float
    pleasure: float
    cluster: int = -1


class Shot(Frozen):
    """One shot, [start_frame, end_frame)."""

    index: int
    start_frame: int
    end_frame: int
    start_s: float
    end_s: float
    transition_in: Transition
    features: ShotFeatures


class SoundSpan(Frozen):
    """A run of half seconds of one sound class."""

    kind: SoundClass
    start_s: float
    end_s: float


class SpeechSpan(Frozen):
    """One stretch of speech between pauses, to about 30 ms."""

    start_s: float
    end_s: float


class SoundFacts(Frozen):
    """Film sound over the programme. Loudness is None where there is no (gated) sound at all.

    split_pair: a lone stereo stream that looks like dialogue on one side, music and effects on the other.
    """

    spans: tuple[SoundSpan, ...]
    speech: tuple[SpeechSpan, ...]
    loud_effects_s: tuple[float, ...]
    loudness_lufs: float | None
    speech_loudness_lufs: float | None
    speech_share: float
    music_share: float
    split_pair: bool = False


class Analysis(Artifact):
    """The whole of analysis.json."""

    film: Film
    shots: tuple[Shot, ...]
    sound: SoundFacts
    warnings: tuple[str, ...] = ()
