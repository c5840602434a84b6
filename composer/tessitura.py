"""Where bass, pad and figure lie in a bar, and in how many voices, for the register and fullness asked."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from composer.figures import BASSES, PADS, BassFigure, PadFigure, character
from composer.notes import Role
from composer.players import DETACHED_SHARE, principal
from composer.request import BarCondition, CueRequest
from composer.spotting import Style
from composer.styles import Articulation

# At a register of 57, and how far it follows it. Half of real basses lie between 42 and 48, synthesisers'
# between 33 and 38; an orchestra's is doubled an octave above. Three semitones lower and never over 47 they
# left a hollow of more than 16 semitones over them in .65 of a chamber feature's bars (real music: .10).
BASS_CENTRE: dict[Style, float] = {
    "orchestral": 40.0, "chamber": 45.0, "electronic_tension": 38.0, "silent_piano": 45.0,
    "folk_western": 45.0, "noir_jazz": 45.0, "ambient": 38.0,
}  # fmt: skip
BASS_LIFT = 0.6
LOWEST_BASS, HIGHEST_BASS = 32.0, 49.0
MIDDLE_REGISTER = 57.0
FIGURE_OVER_PAD = 6.0
ROOT_UNDER_PAD = 9.0  # how far the root that completes a pad without a bass lies under its mean
FEWEST_VOICES, MOST_VOICES = 2, 6  # of a pad: its root, or a bass, completes two voices to a chord
FEWEST_STRUCK, MOST_STRUCK = 3, 4  # of a chord that is struck, not held: a hand's
HIGHEST_STRUCK, HIGHEST_PAD = 74.0, 77.0
# Short notes weigh next to nothing in the texture's mean height: they keep their place and the pad moves.
LEAST_HEARD, SHORT_REACH = 0.5, 2.0
FIGURE_REACH = 12.0  # how far above its usual place a figure goes to make up for what lies low
BASS_VOICES = 0.9  # of the time that a bass sounds, its gaps taken off
LONGEST_RING = 3.0  # beats
SURE_RINGING = 0.8
# Voices at an onset a beat, growing with its root, since later strokes cut their own pitch (measured).
RINGING = 1.8
MOST_RINGING = 1.5  # voices of a plucked figure that a voicing counts on
# Voices of the texture that a figure is, by how its player articulates; a plucked one by its onsets.
FIGURE_VOICES: dict[Articulation, float] = {"legato": 0.8, "detached": 0.6, "short": 0.35}
# Share of a bar that a bass figure, and each voice of a struck chord, sounds.
BASS_SHARE: dict[BassFigure, float] = {"oom": 0.5, "walk": 0.95}
STRUCK_SHARE: dict[PadFigure, float] = {"pah": 0.25, "comp": 0.4, "stabs": 0.5}
CEILING = 0.15  # a voice more than asked from here on; what is too much is held shorter


@dataclass(frozen=True, slots=True)
class Tessitura:
    """Mean MIDI pitches of bass, pad and figure; pad_voices without the root that a missing bass adds;
    figure_voices: how many notes of the figure sound at once, on the mean.  held: the pad is held, not
    struck.  bass_weight: semitones that pad and figure rise for each that the bass falls.
    bass_share, pad_time: how many of their notes sound at once, on the mean, a pad's own root among them."""

    bass: float
    pad: float
    figure: float
    pad_voices: int
    figure_voices: float
    held: bool
    bass_weight: float
    bass_share: float
    pad_time: float


def tessitura(request: CueRequest, sounding: Sequence[Role], bar: int, band: float) -> Tessitura:
    """The heights whose mean, each voice for as long as it sounds, is the register asked.

    The bass follows the register by BASS_LIFT; figure and pad share what is left.
    """
    asked = request.bars[bar]
    bass = BASS_CENTRE[request.style] + BASS_LIFT * (asked.register - MIDDLE_REGISTER)
    bass = min(max(bass, LOWEST_BASS), HIGHEST_BASS)
    kind = character(asked.arousal, asked.tension)
    low = BASS_SHARE.get(BASSES[request.style][kind], 1.0) * BASS_VOICES if "bass" in sounding else 0.0
    struck = STRUCK_SHARE.get(PADS[request.style][kind])
    chords = FEWEST_VOICES if struck is None else FEWEST_STRUCK * struck
    others = low + ("pad" in sounding) * (chords + (not low))
    figure = _figure_voices(request, asked, bar, band, others) if "arpeggio" in sounding else 0.0
    held = _pad_voices(request, asked, bar, band, low, figure, struck or 1.0)
    voices = held if struck is None else min(max(held, FEWEST_STRUCK), MOST_STRUCK)
    if kind == "chase" and struck is not None:
        voices = FEWEST_STRUCK  # four voices struck at speed are broad, not quick
    root = 0.0 if "bass" in sounding or "pad" not in sounding else 1.0
    middle = _pad_time(asked, voices, struck, low + figure, root) if "pad" in sounding else 0.0
    over = asked.register * (low + middle + root + figure) - low * bass + root * ROOT_UNDER_PAD
    pad = (over - FIGURE_OVER_PAD * figure) / max(middle + root + figure, 0.25)
    pad = min(pad, HIGHEST_STRUCK if struck is not None else HIGHEST_PAD)
    place = (over - pad * (middle + root)) / figure if figure else pad
    reach = FIGURE_REACH if figure >= LEAST_HEARD else SHORT_REACH
    place = min(max(place, pad + FIGURE_OVER_PAD - reach, pad), pad + FIGURE_OVER_PAD + reach)
    weight = low / max(middle + root + figure, 0.25)
    return Tessitura(bass, pad, place, voices, figure, struck is None, min(weight, 1.0), low, middle + root)


def _figure_voices(request: CueRequest, asked: BarCondition, bar: int, band: float, others: float) -> float:
    """Voices that the figure is; a plucked one rings as long as the fullness asked leaves room for it."""
    one = principal(request, "arpeggio", bar, band)
    density = max(asked.density, 0.25)
    ringing = min(max(asked.polyphony - others, min(density, MOST_RINGING)), RINGING * math.sqrt(density))
    return FIGURE_VOICES.get(one.articulation, ringing) if one is not None else ringing


def _pad_voices(
    request: CueRequest, asked: BarCondition, bar: int, band: float, low: float, figure: float, share: float
) -> int:
    """How many voices a pad needs for the texture to be as full as asked, and a fraction more.

    share: of the bar that each of them sounds.
    """
    one = principal(request, "pad", bar, band)
    share *= DETACHED_SHARE if one is not None and one.articulation == "detached" else 1.0
    figure = min(figure, SURE_RINGING)  # a plucked figure's chords may end before it has rung
    left = asked.polyphony - (low or 1.0) - figure  # without a bass the pad gets its root besides
    return min(max(int(left / share + 1 - CEILING), FEWEST_VOICES), MOST_VOICES)


def _pad_time(asked: BarCondition, voices: int, struck: float | None, others: float, root: float) -> float:
    """Voices that the pad's own notes are in sounding time, its root left out."""
    if struck is not None:
        return voices * struck
    return min(max(asked.polyphony - others - root, float(FEWEST_VOICES)), float(voices))
