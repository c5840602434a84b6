"""Where a cue begins: the practice's entries in their order, never inside a word."""

from dataclasses import dataclass

from composer.practice import Practice
from composer.reading import Reading, Span
from composer.spotting import Entry

BEFORE_S = 5.0
AFTER_S = 8.0
EFFECT_REACH_S = 2.0
WORD_AIR_S = 0.05


@dataclass(frozen=True, slots=True)
class In:
    """A cue's first downbeat and what made it."""

    time_s: float
    entry: Entry
    reason: str


def find_in(reading: Reading, span: Span, bounds: Span, practice: Practice) -> In:
    """The entry for a rough span; `bounds` is where the cue may lie at all.

    Order: the film's start, after a line, a scene cut, under an effect, from nothing in a pause.
    """
    rough = span[0]
    low, high = max(bounds[0], rough - BEFORE_S), min(rough + AFTER_S, span[1] - 3.0)
    if (
        rough <= bounds[0] + 0.5
        and bounds[0] <= reading.start_s + 1e-6
        and reading.word_at(bounds[0]) is None
    ):
        return In(bounds[0], "programme_start", "begins with the picture")
    options = (
        _after_line(reading, low, high, rough, practice),
        _scene_cut(reading, low, high, rough),
        _under_effect(reading, low, high, rough),
    )
    for option in options:
        if option is not None:
            return option
    return _from_nothing(reading, max(low, bounds[0]), max(high, low), rough)


def _open(reading: Reading, time_s: float) -> bool:
    return reading.word_at(time_s, WORD_AIR_S) is None


def _after_line(reading: Reading, low: float, high: float, rough: float, practice: Practice) -> In | None:
    """0.3-1.0 s after a line with 1.5 s of rest behind it; on a cut where one falls there."""
    least, most = practice.after_line_s
    options = [
        end
        for _, end in reading.words
        if low <= end + least
        and end + most <= high
        and reading.next_word_s(end) - end >= practice.line_rest_s
    ]
    if not options:
        return None
    line = min(options, key=lambda end: abs(end + least - rough))
    cuts = [s.start_s for s in reading.shots if line + least <= s.start_s <= line + most]
    if cuts:
        return In(cuts[0], "after_line", f"on the cut {cuts[0] - line:.1f} s after a line, before a rest")
    return In(line + 0.5, "after_line", "0.5 s after a line, before a rest in the talk")


def _scene_cut(reading: Reading, low: float, high: float, rough: float) -> In | None:
    """On the cut nearest to where the scene begins."""
    cuts = [s.start_s for s in reading.shots if low <= s.start_s <= high and _open(reading, s.start_s)]
    if not cuts:
        return None
    at = min(cuts, key=lambda cut: (abs(cut - rough), cut))
    where = "on the scene cut" if abs(at - rough) < 1e-6 else "on the cut nearest to the scene's beginning"
    return In(at, "scene_cut", where)


def _under_effect(reading: Reading, low: float, high: float, rough: float) -> In | None:
    effect = reading.effect_near(rough, EFFECT_REACH_S)
    if effect is None or not low <= effect <= high or not _open(reading, effect):
        return None
    return In(effect, "under_effect", "hidden under a loud effect")


def _from_nothing(reading: Reading, low: float, high: float, rough: float) -> In:
    """In the pause nearest to the rough in: the last resort, over 3 s on a pad."""
    word = reading.word_at(rough, WORD_AIR_S)
    at = rough
    while word is not None:
        at = word[1] + WORD_AIR_S + 0.05
        word = reading.word_at(at, WORD_AIR_S)
    return In(max(at, low), "fade_in", "from nothing over 3 s: no line's end, cut or effect to enter on")
