"""Percussion from the drum GRU: two bars a scene, repeated with a new bar where a section ends."""

import numpy as np
import numpy.typing as npt

from composer.drum_step import DrumNow, drum_stepper
from composer.encoding.piano_roll import DRUM_LANES, DRUM_PITCH, STEPS
from composer.encoding.style_tag import TAG_OF_STYLE
from composer.frame import Frame
from composer.grid import GridNote, LayerPlan, sorted_notes
from composer.layers import sections
from composer.networks.context import DrumContext, row
from composer.networks.drum_gru import LANES, DrumGRU
from composer.request import stage_seed
from composer.spotting import Style

GROOVE_BARS = 2
WARM_UP_BARS = 2
DENSITY_SHARE = 0.6  # percussion has fewer onsets than the figure that carries the bar
LANE_STRESS = (0.3, 0.1, -0.4, -0.3, -0.1, -0.2, -0.2, 0.2, -0.4)
LOW_LANES = ("kick", "low_tom", "mid_tom")
# Which lanes a style's players have: orchestras have drums but no kit.
LANES_OF_STYLE: dict[Style, tuple[str, ...]] = {
    "orchestral": LOW_LANES,
    "electronic_tension": ("kick", "snare", "closed_hat", "low_tom", "mid_tom"),
    "folk_western": ("kick", "snare", "closed_hat"),
    "noir_jazz": ("kick", "closed_hat", "ride"),
}

Hits = npt.NDArray[np.float32]


def neural_drums(net: DrumGRU, frame: Frame, plan: LayerPlan) -> tuple[GridNote, ...]:
    """Percussion in the bars where the plan lets it sound."""
    rng = np.random.default_rng(stage_seed(frame.request, "drums"))
    notes: list[GridNote] = []
    for first, end in sections(frame.request):
        bars = [b for b in range(first, min(end, frame.request.out_bar)) if plan.sounds("percussion", b)]
        if not bars:
            continue
        groove = _groove(net, frame, bars[0], rng)
        for place, bar in enumerate(bars):
            start, stop = frame.starts[bar], frame.starts[bar + 1]
            fill = bar == bars[-1] and len(bars) >= 4
            hits = groove[-1] if fill else groove[place % GROOVE_BARS]
            notes += _notes(hits, start, stop)
    return sorted_notes(notes)


def _groove(net: DrumGRU, frame: Frame, bar: int, rng: np.random.Generator) -> list[Hits]:
    """Two bars and a fill, [16, 9] each, after two bars that are thrown away: the state is warm then."""
    asked = frame.request.bars[bar]
    allowed = np.array([lane in LANES_OF_STYLE[frame.request.style] for lane in DRUM_LANES], np.float32)
    stepper = drum_stepper(net)
    state = stepper.start()
    before: Hits = np.zeros((STEPS, LANES), np.float32)
    last = np.zeros(LANES, np.float32)
    bars: list[Hits] = []
    for index in range(WARM_UP_BARS + GROOVE_BARS + 1):
        fill = float(index == WARM_UP_BARS + GROOVE_BARS)
        density = min(DENSITY_SHARE * asked.density / 4 + 0.15 * fill, 1.0)
        told = row(DrumContext(density=density, arousal=asked.arousal, same=0.9 - 0.3 * fill, fill=fill))
        hits: Hits = np.zeros((STEPS, LANES), np.float32)
        for step in range(STEPS):
            now = DrumNow(last, before[step], step, TAG_OF_STYLE[frame.request.style], told)
            struck, state = stepper.step(now, rng.random(LANES).astype(np.float32), state)
            last = struck * allowed
            hits[step] = last
        before = hits
        bars.append(hits)
    kept = bars[WARM_UP_BARS:]
    for hits in kept:
        if not hits[0].any():
            hits[0, 0] = 1.0  # a groove has its first beat
    return kept


def _notes(hits: Hits, start: int, stop: int) -> list[GridNote]:
    found: list[GridNote] = []
    for step, lane in zip(*np.nonzero(hits), strict=True):
        if start + int(step) < stop:
            stress = LANE_STRESS[lane] + (0.2 if step % 8 == 0 else 0.0)
            found.append(GridNote(start + int(step), DRUM_PITCH[lane], 1, stress))
    return found
