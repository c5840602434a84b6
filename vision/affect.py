"""How stirred and how pleasant the film feels, from cuts, motion, sound and colour.

Computed on an even grid of a quarter of a second, so that variable frame rates weigh time and not frames,
then read off at each frame's presentation time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve1d
from scipy.special import ndtr
from scipy.stats import rankdata

from vision.curves import Curve, Times
from vision.settings import AffectWeights
from vision.sound_curves import SoundCurves

GRID_S = 0.25
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Affect:
    """Cuts a second, and arousal and pleasure of 0 to 1, each [T] at the frames' times."""

    cut_rate_hz: Curve
    arousal: Curve
    pleasure: Curve


def measure_affect(
    time_s: Times,
    brightness: Curve,
    saturation: Curve,
    motion: Curve,
    cut_times_s: Times,
    sound: SoundCurves,
    programme_s: tuple[float, float],
    weights: AffectWeights,
) -> Affect:
    """All three affect curves of a film.

    time_s, brightness, saturation, motion: [T] as in Curves.  cut_times_s: every shot start but the first.
    programme_s: the span whose values make the percentiles; outside it the curves are defined but unranked.
    """
    grid = np.arange(0.0, float(time_s[-1]) + GRID_S, GRID_S) + time_s[0]
    inside = (grid >= programme_s[0]) & (grid < programme_s[1])
    inside = inside if inside.any() else np.ones(len(grid), bool)
    light, colour = at(grid, time_s, brightness), at(grid, time_s, saturation)
    stirred = arousal(
        cut_rate=cut_rate_hz(cut_times_s, grid, weights.cut_window_s),
        motion=at(grid, time_s, motion),
        speech=at(grid, sound.sound_time_s, sound.speech),
        effects=effects_level(sound, grid),
        colour=colour_arousal(light, colour, weights),
        inside=inside,
        weights=weights,
        has_sound=bool((sound.silence < 0.5).any()),
    )
    pleasant = pleasure(light, colour, inside, weights)
    return Affect(
        cut_rate_hz=cut_rate_hz(cut_times_s, time_s, weights.cut_window_s).astype(np.float32),
        arousal=at(time_s, grid, stirred).astype(np.float32),
        pleasure=at(time_s, grid, pleasant).astype(np.float32),
    )


def at(wanted_s: Times, time_s: Times, values: Curve | Values) -> Values:
    """`values` known at `time_s`, read at `wanted_s` by straight lines; the ends hold."""
    return np.asarray(np.interp(wanted_s, time_s, values), np.float64)


def cut_rate_hz(cut_times_s: Times, time_s: Times, window_s: float) -> Values:
    """Cuts a second seen through a Gaussian of standard deviation `window_s`; sums to the number of cuts.

    The density of cuts of Hanjalic & Xu 2005 (their c(k) falls with shot length), in physical units: a film
    cut every two seconds reads 0.5 away from its ends.
    """
    rate = np.zeros(len(time_s))
    for cut in cut_times_s:
        near = slice(*np.searchsorted(time_s, (cut - 5 * window_s, cut + 5 * window_s)))
        rate[near] += np.exp(-0.5 * ((time_s[near] - cut) / window_s) ** 2)
    return np.asarray(rate / (window_s * np.sqrt(2 * np.pi)))


def saturate(values: Values, typical: float) -> Values:
    """0 at 0, one half at the typical value, towards 1 above: an absolute scale without a hard top."""
    return values / (values + typical)


def effects_level(sound: SoundCurves, time_s: Times) -> Values:
    """How loud the effects are, 0..1: momentary loudness from -50 to -14 LUFS, weighed by their share."""
    loudness = np.interp(time_s, sound.loudness_time_s, sound.loudness_lufs)
    share = np.interp(time_s, sound.sound_time_s, sound.effects)
    return np.clip((loudness + 50.0) / 36.0, 0.0, 1.0) * share


def arousal(
    *,
    cut_rate: Values,
    motion: Values,
    speech: Values,
    effects: Values,
    colour: Values,
    inside: NDArray[np.bool_],
    weights: AffectWeights,
    has_sound: bool = True,
) -> Values:
    """Arousal of 0 to 1 on the grid: (1 - speech) x cut rate + motion + loudness of effects.

    All inputs [N]; cut_rate in Hz, motion in frame widths a second, the others 0..1.  Weighted mean of the
    components on absolute scales, smoothed over 12 s, then blended half and half with its own percentile.
    Fast cuts in a conversation do not count.  A film without sound is weighed by its picture alone.
    Components and smoothing after Hanjalic & Xu, Affective video content representation and modeling, IEEE
    Trans. Multimedia 7(1), 2005; the tempering by speech and by absolute values is ours.
    """
    spoken = smooth(speech, weights.smoothing_s)
    parts = (
        (weights.cut_rate, (1.0 - spoken) * saturate(cut_rate, weights.typical_cut_hz)),
        (weights.motion, saturate(motion, weights.typical_motion)),
        (weights.effects if has_sound else 0.0, effects),
        (weights.colour_in_arousal, colour),
    )
    total = sum(weight for weight, _ in parts)
    mean = sum((weight * part for weight, part in parts), np.zeros(len(motion))) / total
    return blend(smooth(mean, weights.smoothing_s), inside, weights.percentile_share)


def standardised(light: Values, colour: Values, weights: AffectWeights) -> tuple[Values, Values]:
    """Brightness and saturation in standard deviations from an ordinary picture."""
    return (
        (light - weights.brightness_mean) / weights.brightness_sd,
        (colour - weights.saturation_mean) / weights.saturation_sd,
    )


def colour_pleasure(light: Values, colour: Values, weights: AffectWeights) -> Values:
    """P = .69 B + .22 S, standardised, as a share of 0 to 1 by the normal distribution.

    Valdez & Mehrabian, Effects of color on emotions, J. Exp. Psychol. General 123(4), 1994.
    """
    bright, vivid = standardised(light, colour, weights)
    return np.asarray(ndtr(0.69 * bright + 0.22 * vivid))


def colour_arousal(light: Values, colour: Values, weights: AffectWeights) -> Values:
    """A = -.31 B + .60 S, standardised, as a share of 0 to 1 (source: see colour_pleasure)."""
    bright, vivid = standardised(light, colour, weights)
    return np.asarray(ndtr(-0.31 * bright + 0.60 * vivid))


def pleasure(light: Values, colour: Values, inside: NDArray[np.bool_], weights: AffectWeights) -> Values:
    """Pleasure of 0 to 1 on the grid; .5 is neutral.

    Colour alone speaks here and brightness is not happiness, so it moves pleasure by its weight (a quarter)
    and no further: the result stays within [.375, .625] by default.
    """
    share = smooth(colour_pleasure(light, colour, weights), weights.smoothing_s)
    seen = blend(share, inside, weights.percentile_share)
    return 0.5 + weights.colour_in_pleasure * (seen - 0.5)


def smooth(values: Values, window_s: float) -> Values:
    """Mean under a Kaiser window (beta 5, as Hanjalic & Xu) of `window_s`; the ends use what there is."""
    taps = np.kaiser(2 * round(window_s / GRID_S / 2) + 1, 5.0)
    weight = convolve1d(np.ones(len(values)), taps, mode="constant")
    return np.asarray(convolve1d(values, taps, mode="constant") / weight)


def blend(values: Values, inside: NDArray[np.bool_], percentile_share: float) -> Values:
    """Values of 0 to 1 blended with their percentile within the programme; outside it they stay as they are.

    Equal values share the middle of their ranks, so that an even film lands on the neutral middle.
    """
    blended = values.copy()
    ranks = (rankdata(np.round(values[inside], 6)) - 0.5) / inside.sum()
    blended[inside] = percentile_share * ranks + (1.0 - percentile_share) * values[inside]
    return np.clip(blended, 0.0, 1.0)
