"""Where a cue sings: at most two bars in five, never over speech, themes and fragments before cells."""

from collections.abc import Mapping, Sequence

from composer.practice import Practice
from composer.request import BarCondition, MelodyUse
from composer.spotting import ThemeUse

THEME_BARS = 4
FRAGMENT_BARS = 2
INTRO_BARS = 2
CELL_EVERY, CELL_ROUND = 4, 16
# Of the four places for a cell in a round of sixteen bars, those that are sung: a calm cue's two lie apart;
# what is driven has a tune over its ostinato: two bars, an answer, a close, and a breath.
CALM_CELLS, DRIVEN_CELLS = (0, 2), (0, 1, 2)
DRIVEN = 0.58
FRAGMENT_EVERY = 16
STILL = 0.12  # of arousal, below which nothing but a theme sings
SHORTEST_SUNG = 2
ARCH = (0.0, 1.5, 3.0, 1.0)  # semitones over the register asked, bar by bar
CLOSING_RISE, CLOSING_SHARE = -1.0, 0.5  # of the last bar: lower, and with half of the notes


def plan_melody(
    bars: Sequence[BarCondition], out_bar: int, use: ThemeUse, practice: Practice
) -> dict[int, MelodyUse]:
    """What is sung in which bar (bars without melody are left out): two in five at most, the ring counted in.

    A full statement takes four bars after two of introduction, its answer the four that follow, and both come
    back at the end, as far as the budget lets them; a fragment two bars, and again every sixteen; cells two
    bars in each eight, or six in each sixteen where the cue is driven, where no theme sings.
    """
    budget = int(practice.melody_share * len(bars))
    free = [bar.speech < practice.melody_speech for bar in bars[:out_bar]]
    sung: dict[int, MelodyUse] = {}
    if use == "full":
        first, last = _places(out_bar, THEME_BARS)[0], _places(out_bar, THEME_BARS)[-1]
        if not _period(sung, free, first, budget):
            _sing(sung, free, first, THEME_BARS, "theme", budget)
        if not _period(sung, free, last - THEME_BARS, budget):
            _sing(sung, free, last, THEME_BARS, "theme", budget)
    elif use == "fragment":
        first, last = _places(out_bar, FRAGMENT_BARS)[0], _places(out_bar, FRAGMENT_BARS)[-1]
        for again in (
            first,
            last,
            *range(first + FRAGMENT_EVERY, last - FRAGMENT_EVERY // 2, FRAGMENT_EVERY),
        ):
            _sing(sung, free, again, FRAGMENT_BARS, "fragment", budget)
    for first in range(INTRO_BARS + 2, out_bar, CELL_EVERY):
        places = DRIVEN_CELLS if bars[first].arousal >= DRIVEN else CALM_CELLS
        chosen = (first - INTRO_BARS - 2) % CELL_ROUND // CELL_EVERY in places
        if chosen and bars[first].arousal >= STILL:
            _sing(sung, free, first, SHORTEST_SUNG, "cell", budget)
    return sung


def _period(sung: dict[int, MelodyUse], free: list[bool], first: int, budget: int) -> bool:
    """Lay a theme and its answer on end, where there is room and silence for both; whether there was."""
    whole = range(first, first + 2 * THEME_BARS)
    apart = not any(bar in sung for bar in range(first - 1, whole.stop + 1))
    inside = 0 <= first and whole.stop <= len(free) and all(free[bar] for bar in whole)
    if not apart or not inside or len(sung) + len(whole) > budget:
        return False
    sung.update({bar: "theme" for bar in whole})
    return True


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
