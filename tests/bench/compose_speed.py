"""CPU seconds to compose 3,200 bars, a two-hour film: python -m tests.bench.compose_speed [bars].

Cues of forty bars through every mood and style; two bars in five are sung, as PRACTICE.md allows at most.
"""

import sys
import time
from typing import get_args

from composer.compose import compose_cue
from composer.engine import load_engine
from composer.notes import EngineName
from composer.request import CueRequest
from composer.spotting import Style
from tests.composer.requests import request

MOODS = ("night", "walk", "suspense", "drive", "chase")
FILM_BARS = 3200


def film(bars: int) -> list[CueRequest]:
    """Cues of a film's length, styles in turn."""
    styles: tuple[Style, ...] = get_args(Style)
    cues: list[CueRequest] = []
    while sum(len(cue.bars) for cue in cues) < bars:
        number = len(cues)
        cue = request(
            MOODS, style=styles[number % len(styles)], melody="cell", uid=f"speed-{number}", seed=number
        )
        sung = [
            bar if index % 5 < 2 else bar.model_copy(update={"melody": "none"})
            for index, bar in enumerate(cue.bars)
        ]
        cues.append(cue.model_copy(update={"bars": tuple(sung)}))
    return cues


if __name__ == "__main__":
    cues = film(int(sys.argv[1]) if len(sys.argv) > 1 else FILM_BARS)
    engines: tuple[EngineName, ...] = get_args(EngineName)
    for name in engines:
        engine = load_engine(name, None)
        before = time.process_time()
        for cue in cues:
            compose_cue(cue, engine)
        spent = time.process_time() - before
        bars = sum(len(cue.bars) for cue in cues)
        music = sum(cue.length_s for cue in cues)
        sys.stdout.write(
            f"{name:8} {bars} bars, {music / 60:.0f} min of music: {spent:.1f} CPU s "
            f"({spent / bars * FILM_BARS:.1f} s for {FILM_BARS} bars, {spent / music:.4f} s a second)\n"
        )
