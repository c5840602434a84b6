"""Asked against what sounds, bar by bar up to each cue's out, with a control that shows what chance gives.

A chord that rings after its out is asked for nothing. Tension is asked of a phrase, not of one chord, and is
compared over its phrases, four bars each from a section's first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from composer.realised import BarRealised, realise
from composer.spotting import Cue
from render.plot import BOX_WIDTH
from render.report_facts import ReportFacts

FEWEST_BARS = 8  # a rank correlation over fewer says nothing
MOST_BARS = 400
PHRASE_BARS = 4

Figure = Callable[[BarRealised], float | None]


@dataclass(frozen=True)
class Measure:
    """One quantity: its name, what it means, and where both figures stand in a row. same_scale: one unit.

    least: asked for less than so far apart (9 bars in 10), its order says next to nothing.  bars: over how
    many, counted from each section's first, a figure is taken.
    """

    name: str
    means: str
    asked: Figure
    realised: Figure
    least: float
    same_scale: bool = True
    bars: int = 1


MEASURES = (
    Measure(
        "Energy", "notes a second and how hard", lambda b: b.asked.arousal, lambda b: b.arousal, 0.1, False
    ),
    Measure("Density", "accompaniment onsets a beat", lambda b: b.asked.density, lambda b: b.density, 0.25),
    Measure("Dynamics", "soft to loud", lambda b: b.asked.dynamics, lambda b: b.dynamics, 0.05),
    Measure("Register", "mean pitch", lambda b: b.asked.register, lambda b: b.register, 2.0),
    Measure("Voices", "notes sounding at once", lambda b: b.asked.polyphony, lambda b: b.polyphony, 0.5),
    Measure(
        "Tension",
        "distance of the harmony, four bars' mean",
        lambda b: b.asked.tension,
        lambda b: b.tension,
        0.1,
        bars=PHRASE_BARS,
    ),
)


@dataclass(frozen=True)
class Chart:
    """asked: a stepped path, realised: one too, in a box of 1000 by 100; joins: where cues change.

    verdict: the agreement in words; rho is None where nothing was varied or there are too few bars.
    error: mean distance of realised from asked, None where they have different units.
    """

    name: str
    means: str
    asked: str
    realised: str
    joins: tuple[float, ...]
    low: str
    high: str
    rho: float | None
    chance: float | None
    error: float | None
    bars: int
    verdict: str


def view_adherence(facts: ReportFacts) -> tuple[Chart, ...]:
    """One chart a measure over all bars before the outs; none where no bar was measured."""
    rows = [row for cue in facts.spotting.cues for row in _realised(facts, cue) if not row.ring]
    return tuple(_chart(measure, rows) for measure in MEASURES) if rows else ()


def _realised(facts: ReportFacts, cue: Cue) -> Sequence[BarRealised]:
    request, music = facts.requests.get(cue.uid), facts.notes.get(cue.uid)
    return realise(request, music, cue.start_s) if request is not None and music is not None else ()


def rank_correlation(asked: Sequence[float], realised: Sequence[float]) -> float | None:
    """Spearman's rho (ties by mean rank), or None where either side doesn't vary or bars are too few."""
    if len(asked) < FEWEST_BARS:
        return None
    left, right = (rankdata(np.round(side, 9)) for side in (asked, realised))
    if left.std() == 0 or right.std() == 0:
        return None
    return float(np.corrcoef(left, right)[0, 1])


def chance_level(asked: Sequence[float], realised: Sequence[float]) -> float | None:
    """Mean rho over every circular shift of the asked row by an eighth of the bars or more: chance."""
    count = len(asked)
    least = max(count // 8, 1)
    shifts = range(least, count - least + 1, max(count // 64, 1))
    found = [rank_correlation([*asked[shift:], *asked[:shift]], realised) for shift in shifts]
    told = [rho for rho in found if rho is not None]
    return sum(told) / len(told) if told else None


def _chart(measure: Measure, rows: Sequence[BarRealised]) -> Chart:
    asked, heard = (_row(figure, measure.bars, rows) for figure in (measure.asked, measure.realised))
    both = np.isfinite(asked) & np.isfinite(heard)
    pairs = asked[both].tolist(), heard[both].tolist()
    rho = rank_correlation(*pairs)
    low, high = _bounds(np.concatenate([asked, heard]) if measure.same_scale else heard)
    scales = (low, high) if measure.same_scale else _bounds(asked)
    return Chart(
        name=measure.name,
        means=measure.means,
        asked=_steps(asked, *scales),
        realised=_steps(heard, low, high),
        joins=_joins(rows),
        low=f"{low:.3g}",
        high=f"{high:.3g}",
        rho=rho,
        chance=chance_level(*pairs) if rho is not None else None,
        error=float(np.abs(asked - heard)[both].mean()) if measure.same_scale and both.any() else None,
        bars=int(both.sum()),
        verdict=_words(rho, asked[both], measure.least),
    )


def _row(figure: Figure, bars: int, rows: Sequence[BarRealised]) -> NDArray[np.float64]:
    """A figure bar by bar; where it is asked of a phrase, each bar has the mean of its phrase, so many bars
    counted from its section's first."""
    found: list[float] = []
    for _, section in groupby(rows, key=lambda row: (row.cue, row.asked.section)):
        own = np.array([_number(figure(row)) for row in section])
        for first in range(0, len(own), bars):
            phrase = own[first : first + bars]
            known = phrase[np.isfinite(phrase)]
            mean = float(known.mean()) if len(known) else float("nan")
            found += [mean] * len(phrase)
    return np.array(found)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _bounds(values: NDArray[np.float64]) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    return (low, high) if high - low > 1e-6 else (low - 0.5, high + 0.5)


def _steps(values: NDArray[np.float64], low: float, high: float) -> str:
    """A stepped path, one step a bar (or a few bars' mean), broken where a bar has no value."""
    group = -(-len(values) // MOST_BARS)
    pieces, broken = [], True
    for first in range(0, len(values), group):
        some = values[first : first + group]
        some = some[np.isfinite(some)]
        if not len(some):
            broken = True
            continue
        y = 96 - 92 * (float(some.mean()) - low) / (high - low)
        left, right = (BOX_WIDTH * min(bar, len(values)) / len(values) for bar in (first, first + group))
        pieces.append(f"{'M' if broken else 'L'}{left:.1f} {y:.1f}H{right:.1f}")
        broken = False
    return "".join(pieces)


def _joins(rows: Sequence[BarRealised]) -> tuple[float, ...]:
    changes = [place for place in range(1, len(rows)) if rows[place].cue != rows[place - 1].cue]
    return tuple(round(BOX_WIDTH * place / len(rows), 1) for place in changes)


def _words(rho: float | None, asked: NDArray[np.float64], least: float) -> str:
    if rho is None:
        return "too few bars to say" if len(asked) < FEWEST_BARS else "asked for the same throughout"
    if float(np.ptp(np.percentile(asked, (5, 95)))) < least:
        return "asked for nearly the same throughout"
    for least, words in ((0.9, "follows closely"), (0.7, "follows"), (0.4, "follows loosely")):
        if rho >= least:
            return words
    return "does not follow"
