"""A bar's figure is moved to the register asked, as far as its shape bears it."""

from itertools import pairwise

from composer.frame import Frame
from composer.grid import GridNote
from composer.heights import as_high
from composer.theory import Chord
from tests.composer.requests import request

BAR = 2
WAVE = (62, 65, 69, 65, 62, 65, 69, 65)  # eighths over D minor


def moved(register: float) -> list[int]:
    """The wave under a melody, in a bar whose accompaniment is asked to lie so high."""
    asked = request(("walk",), melody="cell", style="chamber")
    height = {"register": register, "melody_register": 76.0}
    bars = [bar.model_copy(update=height) for bar in asked.bars]
    asked = asked.model_copy(update={"bars": tuple(bars)})
    chord = Chord(root=2, quality="min", bass=None)
    frame = Frame(asked, (chord,) * (2 * len(asked.bars)))
    start = frame.starts[BAR]
    pad = [GridNote(start, pitch, 16) for pitch in (50, 57)]
    figure = [GridNote(start + 2 * n, pitch, 2) for n, pitch in enumerate(WAVE)]
    roles = as_high(frame, {"bass": [], "pad": pad, "arpeggio": figure}, [], BAR)
    return [note.pitch for note in roles["arpeggio"]]


def test_a_figure_goes_where_the_register_is_asked() -> None:
    low, high = moved(53.0), moved(62.0)
    assert sum(low) < sum(WAVE) and sum(low) < sum(high)


def test_a_figure_is_not_pressed_flat_under_the_melody_to_be_as_high_as_asked() -> None:
    line = moved(84.0)
    assert [b > a for a, b in pairwise(line)] == [b > a for a, b in pairwise(WAVE)]
