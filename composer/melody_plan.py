"""Where a cue sings: at most two bars in five, never over speech, themes and fragments before cells."""

from collections.abc import Mapping, Sequence

from composer.practice import Practice
from composer.request import BarCondition, MelodyUse
from composer.spotting import ThemeUse

THEME_BARS = 4
FRAGMENT_BARS = 2
INTRO_BARS = 2
CELL_EVERY = 8
SHORTEST_SUNG = 2
ARCH = (0.0, 1.5, 3.0, 1.0)  # semitones over the register asked, bar by bar
CLOSING_RISE, CLOSING_SHARE = -1.0, 0.5  # of the last bar: lower, and with half of the notes


def plan_melody(
    bars: Sequence[BarCondition], out_bar: int, use: ThemeUse, practice: Practice
) -> dict[int, MelodyUse]:
    """What is sung in which bar (bars without melody are left out).

    A full statement takes four bars after two of introduction and comes back at the end where the budget
    lets it; a fragment two bars; cells two bars in each eight, where no theme sings.
    """
    budget = int(practice.melody_share * out_bar)
    free = [bar.speech < practice.melody_speech for bar in bars[:out_bar]]
    sung: dict[int, MelodyUse] = {}
    if use == "full":
        # A statement and its answer, where the cue has room for both.
        budget = max(budget, min(2 * THEME_BARS, out_bar // 2))
        for first in _places(out_bar, THEME_BARS):
            _sing(sung, free, first, THEME_BARS, "theme", budget)
    elif use == "fragment":
        for first in _places(out_bar, FRAGMENT_BARS):
            _sing(sung, free, first, FRAGMENT_BARS, "fragment", budget)
    for first in range(INTRO_BARS + 2, out_bar, CELL_EVERY):
        if 0.12 <= bars[first].arousal <= 0.85:
            _sing(sung, free, first, SHORTEST_SUNG, "cell", budget)
    return sung


def with_melody(bars: Sequence[BarCondition], sung: Mapping[int, MelodyUse]) -> tuple[BarCondition, ...]:
    """Bars with what is sung in them: a cell's phrase rises to its third bar and rests in its last."""
    found: list[BarCondition] = []
    for index, bar in enumerate(bars):
        kind = sung.get(index, "none")
        update: dict[str, object] = {"melody": kind}
        if kind == "cell":
            place = next(back for back in range(index + 1) if sung.get(index - back - 1) != "cell")
            closes = sung.get(index + 1) != "cell" and place > 0
            rise = CLOSING_RISE if closes else ARCH[place % len(ARCH)]
            update["melody_register"] = round(bar.melody_register + rise, 3)
            if closes:
                update["melody_density"] = round(bar.melody_density * CLOSING_SHARE, 4)
        found.append(bar.model_copy(update=update))
    return tuple(found)


def _places(out_bar: int, length: int) -> list[int]:
    """First bars of the statements: after the introduction, and before the out."""
    intro = INTRO_BARS if out_bar >= length + 2 * INTRO_BARS else 0
    return sorted({intro, max(out_bar - length - 2, intro)})


def _sing(
    sung: dict[int, MelodyUse], free: list[bool], first: int, length: int, use: MelodyUse, budget: int
) -> None:
    """Lay a statement on the first place from `first` on (within a phrase of eight) that is free for it."""
    for start in range(first, min(first + 2 * THEME_BARS, len(free) - length + 1)):
        span = range(start, start + length)
        # A bar of rest on both sides, so that two statements do not run into one another.
        clear = all(free[bar] for bar in span) and not any(
            bar in sung for bar in range(start - 1, start + length + 1)
        )
        if clear and len(sung) + length <= budget:
            sung.update({bar: use for bar in span})
            return
