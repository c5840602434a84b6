"""What a style asks for that no picture tells: how high and how full its music lies, beside the others'."""

from typing import NamedTuple

from composer.layers import under_speech
from composer.request import CueRequest
from composer.spotting import Style

LEAST_VOICES = 1.2


class Leaning(NamedTuple):
    """register: semitones that a style's bars lie higher; voices: how many more notes sound in them."""

    register: float
    voices: float


# Towards the medians of each tag's training bars, from those of all (60.5; 3). An orchestra's 64.3 and 4.8:
# its basses are doubled in octaves, full height leaves a hollow over them. Games' 47.6, pianos' 57.5 and 2:
# half, since pads below are mud and hands lie idle. Chamber is what conditioning was tuned on.
LEANINGS: dict[Style, Leaning] = {
    "orchestral": Leaning(1.5, 1.75),
    "chamber": Leaning(0.0, 0.0),
    "electronic_tension": Leaning(-6.5, 0.5),
    "silent_piano": Leaning(-1.5, -0.5),
    "folk_western": Leaning(0.5, -0.8),
    "noir_jazz": Leaning(0.7, 0.5),
    "ambient": Leaning(-6.5, 0.3),
}


def leaning(request: CueRequest) -> CueRequest:
    """The request with its bars asked for their style's height and fullness; bars under speech stay thin."""
    lean = LEANINGS[request.style]
    bars = [
        bar
        if under_speech(bar)
        else bar.model_copy(
            update={
                "register": round(bar.register + lean.register, 3),
                "polyphony": round(max(bar.polyphony + lean.voices, LEAST_VOICES), 3),
            }
        )
        for bar in request.bars
    ]
    return request.model_copy(update={"bars": tuple(bars)})
