"""What players do beside striking notes: breath, swells into hits, lead-in and fade; pedals; damping."""

import math
from collections.abc import Sequence

from composer.frame import Frame
from composer.hits import dead_stops, resume_tick
from composer.layers import under_speech
from composer.notes import Control
from composer.orchestration import TICKS_PER_STEP, Player
from composer.stage import Stage, stage_of
from composer.tempo_map import TICKS_PER_BEAT

EXPRESSION, PEDAL = 11, 64
SWELL_BEATS = 4
RESTING, SWELL_FROM, SWELL_TO = 100, 82, 122
LEAD_IN_FROM = 24
# A last chord dies away while it is held, by 17 to 24 dB: players' hands leave the bow, nobody turns a key.
# It is struck as softly as the music before it: the bass that joins it made calm cues end 5 dB louder.
FADES = {"close": (98, 38), "rest": (88, 26), "hang": (88, 40)}
OPEN, DAMPED = 127, 1
BACK_TICKS = TICKS_PER_BEAT // 8  # before the downbeat after a stop: its attack is whole
PIANOS = frozenset(range(0, 8))
PEDAL_AROUSAL = 0.5


def controls(frame: Frame, players: Sequence[Player]) -> list[Control]:
    """Expression for the players who sustain: breath, builds, swells into hits, lead-in and fade; pedals.

    A pianist's chords are pedalled where the music is calm: struck and let go, they left holes of a second.
    Where all is to stop dead, everyone damps: a release that rings on would blur the very thing it marks.
    """
    stage = stage_of(frame)
    damped, last = _damped(stage), stage.last
    breath, hands = _expression(stage, damped), _hands(damped, last)
    found: list[Control] = []
    for part, player in enumerate(players):
        articulation = player.instrument.articulation
        line = breath if articulation == "legato" else hands
        found += [Control(part=part, tick=tick, controller=EXPRESSION, value=value) for tick, value in line]
        held = articulation == "ring" or (articulation == "detached" and player.role != "melody")
        if player.instrument.programme in PIANOS and held:
            found += _pedal(stage, part)
    return sorted(found, key=lambda c: (c.tick, c.part, c.controller))


def _damped(stage: Stage) -> list[tuple[int, int]]:
    """[from, to) ticks at which nothing may ring on; to the end where a stop is the last."""
    request = stage.request
    stops = [(tick, resume_tick(request, tick) - BACK_TICKS) for tick in dead_stops(request)]
    return [(tick, back if back > tick else stage.last + 1) for tick, back in stops]


def _hands(damped: Sequence[tuple[int, int]], last: int) -> list[tuple[int, int]]:
    """(tick, value) for who has no expression else: open, damped at each stop, open again."""
    if not damped:
        return []
    values = [(0, OPEN), *(pair for stop, back in damped for pair in ((stop, DAMPED), (back, OPEN)))]
    return [(tick, value) for tick, value in values if tick <= last]


def _expression(stage: Stage, damped: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """(tick, value) wherever the expression of those who sustain changes; the same for all of them."""
    found: list[tuple[int, int]] = []
    last = stage.last
    ticks = {*range(0, last, TICKS_PER_BEAT // 2), *(tick for span in damped for tick in span)}
    for tick in sorted(tick for tick in ticks if tick <= last):
        value = _expression_at(stage, tick)
        if any(stop <= tick < back for stop, back in damped):
            value = DAMPED
        if not found or found[-1][1] != value:
            found.append((tick, value))
    return found


def _expression_at(stage: Stage, tick: int) -> int:
    request = stage.request
    beat = tick / TICKS_PER_BEAT
    value = RESTING + 6 * math.sin(2 * math.pi * beat / 8 - math.pi / 2)  # a breath every two bars
    step = min(tick // TICKS_PER_STEP, stage.frame.starts[-1] - 1)
    bar = stage.bar_at(tick)
    start, end = stage.frame.starts[bar], stage.frame.starts[bar + 1]
    value += 24 * request.bars[bar].build * ((step - start) / (end - start) - 0.5)
    for hit in request.hits:
        left = hit.beat - beat
        if hit.strength >= 0.6 and hit.kind in ("turn", "accent", "stop") and 0 < left <= SWELL_BEATS:
            value = SWELL_FROM + (SWELL_TO - SWELL_FROM) * (1 - left / SWELL_BEATS)
    if request.lead_in:
        reach = stage.frame.starts[min(2, len(stage.frame.starts) - 1)] * TICKS_PER_STEP
        value = LEAD_IN_FROM + (value - LEAD_IN_FROM) * min(tick / reach, 1.0)
    if request.ending in FADES and tick >= stage.out:
        struck, left = FADES[request.ending]
        value = struck + (left - struck) * (tick - stage.out) / max(stage.last - stage.out, 1)
    return int(min(max(round(value), 1), 127))


def _pedal(stage: Stage, part: int) -> list[Control]:
    """Down with each chord and up just before the next, where the music is calm enough to bear it.

    Never under speech, where nothing may ring in the voice's range.
    """
    found: list[Control] = []
    for voices in stage.frame.voices:
        first, last = (stage.frame.bar_of(step) for step in (voices.start, voices.end - 1))
        bars = stage.request.bars[first : last + 1]
        if bars[0].arousal > PEDAL_AROUSAL or any(under_speech(bar) for bar in bars):
            continue
        down, up = voices.start * TICKS_PER_STEP + 30, voices.end * TICKS_PER_STEP - 30
        up = min(up, stage.last, stage.silence_after(down))
        if up > down:
            found.append(Control(part=part, tick=down, controller=PEDAL, value=127))
            found.append(Control(part=part, tick=up, controller=PEDAL, value=0))
    return found
