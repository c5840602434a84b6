"""A bar's figure is moved to the register asked, as far as its shape and the bar before it bear it."""

from itertools import pairwise

from composer.frame import Frame
from composer.grid import GridNote
from composer.heights import as_high
from composer.spotting import Style
from composer.tessitura import tessitura
from composer.theory import Chord
from tests.composer.requests import request

BAR = 2
WAVE = (62, 65, 69, 65, 62, 65, 69, 65)  # eighths over D minor


def wave(bar: int, frame: Frame) -> list[GridNote]:
    """The wave in a bar."""
    return [GridNote(frame.starts[bar] + 2 * n, pitch, 2) for n, pitch in enumerate(WAVE)]


def moved(register: float, *, melody: bool = True, before: bool = False, section: int = 0) -> list[int]:
    """The wave, by itself or after a bar of it, in a bar whose accompaniment is asked to lie so high.

    section: of the bar and those after it.
    """
    asked = request(("walk",), melody="cell" if melody else "none", style="chamber")
    height = {"register": register, "melody_register": 76.0}
    bars = [
        bar.model_copy(update=height | {"section": section if number >= BAR else 0})
        for number, bar in enumerate(asked.bars)
    ]
    asked = asked.model_copy(update={"bars": tuple(bars)})
    chord = Chord(root=2, quality="min", bass=None)
    frame = Frame(asked, (chord,) * (2 * len(asked.bars)))
    pad = [GridNote(frame.starts[BAR], pitch, 16) for pitch in (50, 57)]
    here = {"bass": [], "pad": pad, "arpeggio": wave(BAR, frame)}
    roles = as_high(frame, here, wave(BAR - 1, frame) if before else [], BAR)
    return [note.pitch for note in roles["arpeggio"]]


def mean(line: list[int]) -> float:
    """Mean pitch."""
    return sum(line) / len(line)


def test_a_figure_goes_where_the_register_is_asked() -> None:
    low, high = moved(53.0), moved(62.0)
    assert sum(low) < sum(WAVE) and sum(low) < sum(high)


def test_a_figure_is_not_pressed_flat_under_the_melody_to_be_as_high_as_asked() -> None:
    line = moved(84.0)
    assert [b > a for a, b in pairwise(line)] == [b > a for a, b in pairwise(WAVE)]


def test_a_figure_goes_on_from_where_it_lay_and_leaps_only_at_a_section() -> None:
    by_itself = moved(63.0, melody=False)
    after = moved(63.0, melody=False, before=True)
    section = moved(63.0, melody=False, before=True, section=1)
    assert mean(by_itself) > mean(list(WAVE)) + 12
    assert abs(mean(after) - mean(list(WAVE))) < 10
    assert section == by_itself


def test_basses_lie_where_players_have_them_and_synthesisers_lower() -> None:
    places: dict[Style, float] = {}
    for style in ("chamber", "silent_piano", "electronic_tension"):
        asked = request(("drive",), style=style)
        bars = tuple(bar.model_copy(update={"register": 57.0}) for bar in asked.bars)
        asked = asked.model_copy(update={"bars": bars})
        places[style] = tessitura(asked, ("bass", "pad", "arpeggio"), 0, 0.66).bass
    assert places["chamber"] == places["silent_piano"] > places["electronic_tension"] + 3
