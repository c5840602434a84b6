"""What the ears hand on: every curve of the film's sound, at its own hop."""

from dataclasses import dataclass

import numpy as np

from vision.curves import Curve, Times

CLASS_HOP_S = 0.5
SPEECH_HOP_S = 0.032
LOUDNESS_HOP_S = 0.1
LOUDNESS_FLOOR_LUFS = -70.0
"""BS.1770-4's absolute gate: nothing below it counts as sound."""


@dataclass(frozen=True)
class SoundCurves:
    """The sound half of `vision.curves.Curves`, under the same names, shapes and units.

    onset_s, onset_db: times of sudden rises of level and how far each stands above the second before it;
    they feed the loud effects and are not part of curves.npz.
    pops_s: when lone bursts of 1 kHz sound, as leaders have them.
    split_pair: a stereo stream whose sides never sound alike, as when an editor splits dialogue and music.
    """

    sound_time_s: Times
    speech: Curve
    music: Curve
    effects: Curve
    silence: Curve
    speech_time_s: Times
    speech_probability: Curve
    loudness_time_s: Times
    loudness_lufs: Curve
    onset_s: Times
    onset_db: Curve
    split_pair: bool = False
    pops_s: tuple[float, ...] = ()


def hop_times(duration_s: float, hop_s: float) -> Times:
    """Centres of the hops that cover [0, duration_s), at least one."""
    count = max(1, int(np.ceil(duration_s / hop_s - 1e-9)))
    return (np.arange(count, dtype=np.float64) + 0.5) * hop_s


def silent_curves(duration_s: float) -> SoundCurves:
    """The curves of a film without sound: silence 1 throughout, loudness at the floor."""
    classes = hop_times(duration_s, CLASS_HOP_S)
    speech = hop_times(duration_s, SPEECH_HOP_S)
    loudness = hop_times(duration_s, LOUDNESS_HOP_S)
    nothing = np.zeros(len(classes), np.float32)
    return SoundCurves(
        sound_time_s=classes,
        speech=nothing,
        music=nothing.copy(),
        effects=nothing.copy(),
        silence=np.ones(len(classes), np.float32),
        speech_time_s=speech,
        speech_probability=np.zeros(len(speech), np.float32),
        loudness_time_s=loudness,
        loudness_lufs=np.full(len(loudness), LOUDNESS_FLOOR_LUFS, np.float32),
        onset_s=np.zeros(0, np.float64),
        onset_db=np.zeros(0, np.float32),
    )
