"""What a bar's players can do of what it is asked: how full they can be, and how high they can lie.

A chord that is struck doesn't last, a bass and a figure are no chord, and hands have ranges: music that is
asked for more than its layers play is asked for nothing.
"""

from composer.figures import PADS, character
from composer.frame import Frame
from composer.layers import under_speech
from composer.notes import Role
from composer.request import BarCondition, CueRequest
from composer.styles import SPEECH_PAD_RANGE
from composer.tessitura import (
    FEWEST_STRUCK,
    FEWEST_VOICES,
    HIGHEST_BASS,
    MOST_STRUCK,
    MOST_VOICES,
    STRUCK_SHARE,
)
from composer.voicing import C3

UNDER_MELODY = 5
PAD_SPREAD, FIGURE_SPREAD = 6, 4  # from a role's lowest or highest note to its mean
ROOT_SPREAD = 3  # the same where a pad has its own root, which may lie lower


def playable(request: CueRequest) -> CueRequest:
    """The request with each bar before its out asked for a fullness and a height that its players have."""
    frame = Frame(request, ())
    bars = [
        _within(frame, bar, index) if index < request.out_bar else bar
        for index, bar in enumerate(request.bars)
    ]
    return request.model_copy(update={"bars": tuple(bars)})


def _within(frame: Frame, bar: BarCondition, index: int) -> BarCondition:
    if not any(frame.plan.sounds(role, index) for role in ("bass", "pad", "arpeggio")):
        return bar
    thinnest, fullest = fullness(frame, index)
    lowest, highest = reach(frame, index)
    return bar.model_copy(
        update={
            "polyphony": round(min(max(bar.polyphony, thinnest), fullest), 3),
            "register": round(min(max(bar.register, lowest), highest), 3),
        }
    )


def fullness(frame: Frame, bar: int) -> tuple[float, float]:
    """Fewest and most notes that can sound at once in a bar, on the mean.

    A pad that is held is let go as early, or fills up as far, as asked; one that is struck sounds for its
    figure's share of the bar; without a pad bass and figure are all there is.
    """
    place, asked = frame.tessituras[bar], frame.request.bars[bar]
    others = place.bass_share + place.figure_voices
    if not frame.plan.sounds("pad", bar):
        return others, others
    root = 0.0 if frame.plan.sounds("bass", bar) else 1.0
    kind = character(asked.arousal, asked.tension)
    struck = STRUCK_SHARE.get(PADS[frame.request.style][kind])
    if struck is None:
        return others + root + FEWEST_VOICES / 2, others + root + MOST_VOICES
    most = FEWEST_STRUCK if kind == "chase" else MOST_STRUCK
    return others + root + FEWEST_STRUCK * struck, others + root + most * struck


def reach(frame: Frame, bar: int) -> tuple[float, float]:
    """Lowest and highest mean pitch that a bar's bass, pad and figure can have, by their ranges and times."""
    place = frame.tessituras[bar]
    weights: dict[Role, float] = {
        "bass": place.bass_share,
        "pad": place.pad_time,
        "arpeggio": place.figure_voices,
    }
    lows = highs = total = 0.0
    for role, weight in weights.items():
        low, high = _means(frame, role, bar)
        lows, highs, total = lows + weight * low, highs + weight * max(high, low), total + weight
    return (lows / total, highs / total) if total else (0.0, 0.0)


def _means(frame: Frame, role: Role, bar: int) -> tuple[float, float]:
    """Lowest and highest mean pitch of a role in a bar."""
    asked = frame.request.bars[bar]
    low, high = frame.role_range(role, bar)
    if role == "bass":
        return low, min(high, HIGHEST_BASS)
    alone = role == "pad" and not frame.plan.sounds("bass", bar)
    if role == "pad" and under_speech(asked):
        low, high = max(low, SPEECH_PAD_RANGE[0]), SPEECH_PAD_RANGE[1]
    spread = FIGURE_SPREAD if role == "arpeggio" else ROOT_SPREAD if alone else PAD_SPREAD
    low = (low if alone else max(low, C3)) + spread
    high -= FIGURE_SPREAD if role == "arpeggio" else PAD_SPREAD
    if asked.melody != "none":
        high = min(high, round(asked.melody_register) - UNDER_MELODY - spread)
    return low, high
