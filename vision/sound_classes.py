"""Speech, music, effects or silence, each half second, by features a musician can check."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter, uniform_filter1d

from vision.analysis import SoundClass, SoundSpan, SpeechSpan
from vision.curves import Curve
from vision.sound_curves import CLASS_HOP_S
from vision.sound_features import SoundRows

SILENCE_DB = -66.0
"""RMS of full scale below which nothing is meant to be heard; quiet room tone lies near -60."""
STEADY_LIMIT_DB = 40.0
STEADY_HALF_DB = 5.0
"""Steady partials a frame at which music is as likely as not. Measured: scored film passages 15-200, speech
under 3, rain, wind, traffic and steps under 2."""
MUSIC_WINDOW_ROWS = 9
"""4.5 s: shorter than any cue but a sting, longer than a held vowel, a horn or a bell."""
BEAT_WINDOW_ROWS = 17
BEAT_LAGS = (5, 31)
"""Frames of 50 ms: 0.25 to 1.5 s, 40 to 240 beats a minute."""
BEAT_LIMITS = (0.22, 0.42)
"""Regularity that says nothing, and that is surely a beat: rain and streets reach .2, scored action .3-.6."""
SOME_TONE_DB = 1.5
FAINT_ONSET_DB = 0.3
NOTE_MAX_S, NOTE_STEADY_DB = 1.0, 16.0
COVER_WINDOW_ROWS = 17
COVER_RISE_DB, COVER_STEADY_DB = (4.0, 10.0), (5.0, 14.0)
DRONE_LIMITS = (0.93, 0.99)
"""How alike the pitches of seconds two apart may be; above, nothing moves and it is a hum, not a tune."""


@dataclass(frozen=True)
class SoundClasses:
    """Each [N], 0..1. Speech and music may sound together; effects are the rest, and what covers music."""

    speech: Curve
    music: Curve
    effects: Curve
    silence: Curve


def classify(rows: SoundRows, speech_share: NDArray[np.float64]) -> SoundClasses:
    """Classes of rows of sound of one bus; speech_share: [N] of each row under speech spans."""
    sounding = 1.0 / (1.0 + np.exp(-(rows.level_db - SILENCE_DB)))
    music = music_likelihood(rows, speech_share) * sounding
    speech = speech_share * sounding
    unexplained, covering = 1.0 - np.maximum(speech, music), covered(rows) * (1.0 - speech)
    effects = sounding * np.maximum(unexplained, covering)
    return SoundClasses(*(part.astype(np.float32) for part in (speech, music, effects, 1.0 - sounding)))


def covered(rows: SoundRows) -> NDArray[np.float64]:
    """[N] how surely something loud covers what sounds round it: the level jumps and the partials are gone.

    A drum leaves the notes of its half second audible; a door, a blow or a passing engine hides them
    (sintel_trailer at 16.5 s: 12 dB louder, steady partials from 40 dB to 1).
    """
    around = median_filter(rows.level_db.astype(np.float64), COVER_WINDOW_ROWS, mode="nearest")
    rise = (rows.level_db - around - COVER_RISE_DB[0]) / (COVER_RISE_DB[1] - COVER_RISE_DB[0])
    left = np.minimum(rows.steady * rows.tonal, STEADY_LIMIT_DB).astype(np.float64)
    hidden = (COVER_STEADY_DB[1] - left) / (COVER_STEADY_DB[1] - COVER_STEADY_DB[0])
    return np.asarray(np.clip(rise, 0.0, 1.0) * np.clip(hidden, 0.0, 1.0))


def music_likelihood(rows: SoundRows, speech_share: NDArray[np.float64]) -> NDArray[np.float64]:
    """[N] how likely music sounds, from partials that hold their pitch, pitches that move, and a beat.

    Steady partials carry most of it, as in Saunders 1996 and Carey et al. 1999 for speech against music
    (tonal duration); a regular beat helps where some tone is there and nobody speaks, since syllables beat
    too; an unmoving hum does not count.
    """
    steady = steady_level(rows)
    wordless = 1.0 - uniform_filter1d(speech_share, BEAT_WINDOW_ROWS, mode="nearest")
    beat = np.clip(
        (beat_regularity(rows.onsets) - BEAT_LIMITS[0]) / (BEAT_LIMITS[1] - BEAT_LIMITS[0]), 0.0, 1.0
    )
    odds = 2.0 * np.log2((steady + 1.0) / (STEADY_HALF_DB + 1.0))
    odds += np.where(steady > SOME_TONE_DB, 2.0 * beat * wordless, 0.0)
    low, high = DRONE_LIMITS
    odds -= 6.0 * np.clip((sameness(rows.pitches) - low) / (high - low), 0.0, 1.0)
    return np.asarray(1.0 / (1.0 + np.exp(-odds)))


def steady_level(rows: SoundRows) -> NDArray[np.float64]:
    """[N] dB of steady partials a frame, limited and averaged as roots: no bell carries four seconds."""
    now = np.minimum(rows.steady * rows.tonal, STEADY_LIMIT_DB).astype(np.float64)
    return np.asarray(uniform_filter1d(np.sqrt(now), MUSIC_WINDOW_ROWS, mode="nearest") ** 2)


def beat_regularity(onsets: NDArray[np.float32]) -> NDArray[np.float64]:
    """[N] highest normalised autocorrelation of the onsets within 8.5 s at beat lags, 0..1."""
    half = BEAT_WINDOW_ROWS // 2
    padded = np.pad(onsets, ((half, half), (0, 0))).astype(np.float64)  # (N + 16, 10)
    windows = np.lib.stride_tricks.sliding_window_view(padded, BEAT_WINDOW_ROWS, axis=0)  # (N, 10, 17)
    pieces = [windows[start : start + 256] for start in range(0, len(onsets), 256)]  # keeps memory flat
    return np.concatenate([_beat(piece) for piece in pieces])


def _beat(windows: NDArray[np.float64]) -> NDArray[np.float64]:
    """[n] as beat_regularity, from [n, 10, 17] onsets."""
    flat = windows.transpose(0, 2, 1).reshape(len(windows), -1)  # (n, 170)
    centred = flat - flat.mean(1, keepdims=True)
    spectrum = np.abs(np.fft.rfft(centred, 2 * centred.shape[1], axis=1)) ** 2
    correlation = np.fft.irfft(spectrum, axis=1)
    faint = flat.shape[1] * FAINT_ONSET_DB**2  # the shimmer of a hum has no beat
    peak = correlation[:, BEAT_LAGS[0] : BEAT_LAGS[1]].max(1)
    return np.asarray(np.clip(peak / (correlation[:, 0] + faint), 0.0, 1.0))


def sameness(pitches: NDArray[np.float32]) -> NDArray[np.float64]:
    """[N] cosine between the steady pitches of second k and second k + 2, averaged over 6.5 s; 0 without."""
    seconds = uniform_filter1d(pitches.astype(np.float64), 2, axis=0, mode="constant")
    seconds = uniform_filter1d(seconds, 3, axis=1, mode="wrap")  # 20 cents of drift is still the same pitch
    later = np.roll(seconds, -4, axis=0)
    later[-4:] = seconds[-4:] if len(seconds) < 8 else later[-8:-4]
    size = np.linalg.norm(seconds, axis=1) * np.linalg.norm(later, axis=1)
    alike = np.where(size > 0, (seconds * later).sum(1) / np.maximum(size, 1e-9), 0.0)
    weight = np.sqrt(size)
    total = uniform_filter1d(weight, 13, mode="nearest")
    return np.asarray(uniform_filter1d(alike * weight, 13, mode="nearest") / np.maximum(total, 1e-9))


def struck_notes(spans: Sequence[SpeechSpan], rows: SoundRows) -> tuple[SpeechSpan, ...]:
    """Those short spans that hold pitches as no voice does: a note's attack fools the speech detector.

    Measured: rows of speech hold at most 12 dB of steady partials, plucked and bowed notes 20 to 200.
    """
    level = np.minimum(rows.steady * rows.tonal, STEADY_LIMIT_DB)
    found = []
    for span in spans:
        first = int(span.start_s / CLASS_HOP_S)
        last = int(np.ceil(span.end_s / CLASS_HOP_S))
        if span.end_s - span.start_s < NOTE_MAX_S and level[first:last].mean() > NOTE_STEADY_DB:
            found.append(span)
    return tuple(found)


def class_spans(classes: SoundClasses, duration_s: float) -> tuple[SoundSpan, ...]:
    """Runs of one class: silence, speech, music in this order where more likely than not, else effects."""
    spans: list[SoundSpan] = []
    for index in range(len(classes.silence)):
        kind = _kind(classes, index)
        start, end = index * CLASS_HOP_S, min((index + 1) * CLASS_HOP_S, duration_s)
        if spans and spans[-1].kind == kind:
            start = spans.pop().start_s
        spans.append(SoundSpan(kind=kind, start_s=round(start, 6), end_s=round(end, 6)))
    return tuple(spans)


def _kind(classes: SoundClasses, index: int) -> SoundClass:
    if classes.silence[index] > 0.5:
        return "silence"
    if classes.speech[index] > 0.5:
        return "speech"
    return "music" if classes.music[index] > 0.5 else "effects"
