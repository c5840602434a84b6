"""How loud the score is against the film: each cue on its own measurement and the film's facts alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from render.duck import DEEPEST_DB, Passage, duck_line, passages
from render.ride import ridden, ride_line
from render.score_sound import CueSound, PlacedCue
from render.settings import LoudnessTarget
from vision.analysis import SpeechSpan
from vision.artifact import Frozen
from vision.loudness_meter import (
    HOPS_PER_SECOND,
    OFFSET_LUFS,
    SHORT_TERM_HOPS,
    Energies,
    integrated_lufs,
    windowed,
)

ALONE_LU = -5.0
UNDER_SPEECH_LU = -14.0
NEAREST_LU = -10.0
WITHOUT_SPEECH_LU = -4.0
WITHOUT_SOUND_LUFS = -23.0
FAINTEST_FILM_LUFS = -50.0  # a film quieter than this is room tone: the score is levelled as for none
MOST_GAIN_DB = 30.0
HIGHEST_DBFS = -1.0
# A cue's median stands up to 2 LU over or under the score's mark, as its scene stirs: levelled all alike, a
# night came in 4 LU over the chase before it, and a cue that builds began 4 LU under the one it runs on from.
LEAN_LU, MOST_LEAN_LU = 6.0, 2.0
MIDDLE_AROUSAL = 0.5
RESTS_LU = 20.0  # windows this far under the cue's loudest are rests and tails, not its level
ALONE_HOPS = 40  # 4 s without speech are enough to hear how loud a cue is alone


@dataclass(frozen=True)
class Target:
    """A delivery target: programme (or dialogue-gated) loudness and highest true peak."""

    lufs: float
    tolerance_lu: float
    peak_dbtp: float
    dialogue: bool = False


TARGETS: dict[LoudnessTarget, Target] = {
    "ebu": Target(-23.0, 0.5, -1.0),  # EBU R 128
    "atsc": Target(-24.0, 2.0, -2.0),  # ATSC A/85
    "netflix": Target(-27.0, 2.0, -2.0, dialogue=True),  # Netflix sound mix specification
    "web": Target(-14.0, 0.5, -1.0),
    "podcast": Target(-16.0, 0.5, -1.0),
}
KEEP_PEAK_DBTP = -1.0
NETFLIX_PROGRAMME = Target(-24.0, 2.0, -2.0)
LEAST_SPEECH_SHARE = 0.15


class FilmLevels(Frozen):
    """The film as it plays in the mix's layout; None: no sound, or no speech that passes the gates."""

    loudness_lufs: float | None
    speech_lufs: float | None

    @property
    def alone_lufs(self) -> float | None:
        """Where the short-term median of the score alone belongs; None for a film without sound."""
        if self.speech_lufs is not None:
            return self.speech_lufs + ALONE_LU
        if self.loudness_lufs is not None and self.loudness_lufs > FAINTEST_FILM_LUFS:
            return self.loudness_lufs + WITHOUT_SPEECH_LU
        return None


class CueLevel(Frozen):
    """What one cue was given and what came of it; LUFS as played with the film, None where nothing counts."""

    uid: str
    id: str
    gain_db: float
    alone_lufs: float | None
    under_speech_lufs: float | None
    nearest_speech_lufs: float | None
    deepest_duck_db: float
    deepest_ride_db: float = 0.0


def target_for(name: LoudnessTarget, speech_share: float) -> Target | None:
    """The target by name; `keep` has none; netflix gates on dialogue where 15 % or more is speech."""
    if name == "keep":
        return None
    target = TARGETS[name]
    return NETFLIX_PROGRAMME if target.dialogue and speech_share < LEAST_SPEECH_SHARE else target


def hop_mask(spans: Sequence[tuple[float, float]], hops: int) -> NDArray[np.bool_]:
    """[hops] which 100 ms lie wholly inside one of the spans (seconds)."""
    mask = np.zeros(hops, np.bool_)
    for start_s, end_s in spans:
        mask[int(np.ceil(start_s * HOPS_PER_SECOND - 1e-6)) : max(int(end_s * HOPS_PER_SECOND + 1e-6), 0)] = (
            True
        )
    return mask


def film_levels(
    energies: Energies, speech: Sequence[SpeechSpan], programme: tuple[float, float]
) -> FilmLevels:
    """Gated loudness of the programme, and of its speech, from the film's energies as they play."""
    inside = hop_mask([programme], len(energies))
    spoken = hop_mask([(span.start_s, span.end_s) for span in speech], len(energies)) & inside
    return FilmLevels(
        loudness_lufs=integrated_lufs(energies, inside), speech_lufs=integrated_lufs(energies, spoken)
    )


def place_cue(
    sound: CueSound,
    energies: Energies,
    peak: float,
    film: FilmLevels,
    speech: Sequence[SpeechSpan],
    layout_lu: float,
) -> tuple[PlacedCue, CueLevel]:
    """Ride, gain and duck of one cue, of its energies and largest sample.

    layout_lu: what the mix has over the cue in stereo (surrounds).
    """
    start_s, end_s = sound.start / 48_000, max(sound.end, sound.start + 1) / 48_000
    ride = ride_line(energies, start_s)
    energies = ridden(energies, ride, start_s)
    short_term = _short_term(energies) + layout_lu
    ducked = passages(speech, start_s, end_s) if film.speech_lufs is not None else ()
    windows = [_windows(passage, start_s, len(short_term)) for passage in ducked]
    gain = _gain_db(short_term, windows, energies, film, layout_lu, lean_lu(sound.cue.arousal))
    # Under a deafening film the score would leave full scale in score.wav and its stems.
    gain = min(gain, HIGHEST_DBFS - 20.0 * float(np.log10(max(peak, 1e-6))))
    depths = [_depth_db(short_term[window] + gain, film) for window in windows]
    line = duck_line(ducked, depths, start_s, end_s)
    level = _level(sound, short_term + gain, windows, depths, gain, min(p.gain_db for p in ride))
    return PlacedCue(gain_db=round(gain, 4), ride=ride, line=line), level


def lean_lu(arousal: float) -> float:
    """LU that a cue stands over (or under) the score's mark."""
    return float(np.clip(LEAN_LU * (arousal - MIDDLE_AROUSAL), -MOST_LEAN_LU, MOST_LEAN_LU))


def _short_term(energies: Energies) -> NDArray[np.float64]:
    """[windows] loudness of each 3 s (of the whole, for a sting shorter than that), -inf for none."""
    hops = min(SHORT_TERM_HOPS, max(len(energies), 1))
    with np.errstate(divide="ignore"):
        values: NDArray[np.float64] = OFFSET_LUFS + 10.0 * np.log10(windowed(energies, hops))
    return values


def _windows(passage: Passage, start_s: float, count: int) -> slice:
    """The 3 s windows that lie in a passage, at least one where the cue sounds at all."""
    first = int((passage.start_s - start_s) * HOPS_PER_SECOND)
    last = int((passage.end_s - start_s) * HOPS_PER_SECOND) - SHORT_TERM_HOPS
    first = min(max(first, 0), max(count - 1, 0))
    return slice(first, min(max(last, first) + 1, count))


def _gain_db(
    short_term: NDArray[np.float64],
    windows: Sequence[slice],
    energies: Energies,
    film: FilmLevels,
    layout_lu: float,
    lean: float,
) -> float:
    """The cue's gain: its median alone on its mark, less where nine dB of duck would not clear the speech."""
    if film.alone_lufs is None:
        measured = integrated_lufs(energies)
        return 0.0 if measured is None else _bounded(WITHOUT_SOUND_LUFS - measured - layout_lu)
    level = _median(_alone(short_term, windows))
    if level is None:
        return 0.0
    gain = film.alone_lufs + lean - level
    if film.speech_lufs is not None and windows:
        loudest = max(float(np.max(short_term[window], initial=-np.inf)) for window in windows)
        gain = min(gain, film.speech_lufs + NEAREST_LU + DEEPEST_DB - loudest)
    return _bounded(gain)


def _bounded(gain_db: float) -> float:
    return float(np.clip(gain_db, -MOST_GAIN_DB, MOST_GAIN_DB))


def _alone(short_term: NDArray[np.float64], windows: Sequence[slice]) -> NDArray[np.float64]:
    """Windows without speech, or all where the cue is spoken over nearly throughout."""
    free = np.ones(len(short_term), np.bool_)
    for window in windows:
        free[max(window.start - SHORT_TERM_HOPS, 0) : window.stop + SHORT_TERM_HOPS] = False
    return short_term[free] if int(free.sum()) >= ALONE_HOPS else short_term


def _median(values: NDArray[np.float64]) -> float | None:
    """Median of the windows that sound, rests and tails left out; None where nothing sounds."""
    loudest = float(np.max(values, initial=-np.inf))
    return None if loudest < -100.0 else float(np.median(values[values > loudest - RESTS_LU]))


def _depth_db(heard: NDArray[np.float64], film: FilmLevels) -> float:
    """Duck of a passage: its median to D-14, its loudest window no nearer than D-10, 0 to 9 dB."""
    median = _median(heard)
    if median is None or film.speech_lufs is None:
        return 0.0
    wanted = max(
        median - (film.speech_lufs + UNDER_SPEECH_LU), float(heard.max()) - (film.speech_lufs + NEAREST_LU)
    )
    return float(np.clip(wanted, 0.0, DEEPEST_DB))


def _level(
    sound: CueSound,
    heard: NDArray[np.float64],
    windows: Sequence[slice],
    depths: Sequence[float],
    gain_db: float,
    ride_db: float,
) -> CueLevel:
    under = [heard[window] - depth for window, depth in zip(windows, depths, strict=True)]
    spoken = np.concatenate(under) if under else np.zeros(0)
    nearest = float(np.max(spoken, initial=-np.inf))
    return CueLevel(
        uid=sound.cue.uid,
        id=sound.cue.id,
        gain_db=round(gain_db, 4),
        alone_lufs=_rounded(_median(_alone(heard, windows))),
        under_speech_lufs=_rounded(_median(spoken)),
        nearest_speech_lufs=_rounded(nearest if nearest > -100.0 else None),
        deepest_duck_db=round(max(depths, default=0.0), 2),
        deepest_ride_db=round(abs(ride_db), 2),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
