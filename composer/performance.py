"""How players play it: velocity from dynamics, time that breathes but never moves a hit, swells, lengths."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from composer.frame import Frame
from composer.grid import STEPS_PER_BAR
from composer.hits import dead_stops, end_tick, hit_tick, out_tick, resume_tick
from composer.layers import sections, under_speech
from composer.notes import Control, Note
from composer.orchestration import TICKS_PER_STEP, Draft, Player
from composer.players import sounding_ticks
from composer.request import CueRequest, stage_seed
from composer.styles import STYLES
from composer.tempo_map import TICKS_PER_BEAT

EXPRESSION, PEDAL = 11, 64
STRESS_VELOCITY = 14
HIT_VELOCITY = 10
SPEECH_VELOCITY = 56
VOICE_LOW, VOICE_HIGH = 60, 85  # C4 to C6: nothing is held there beneath a voice
BEAT_VELOCITY = 4
ARCH_VELOCITY = 7
RANDOM_VELOCITY = 2.5
RING_BEATS = 2
SWELL_BEATS = 4
RESTING, SWELL_FROM, SWELL_TO = 100, 82, 122
LEAD_IN_FROM = 24
LEAD_IN_BARS = 2
# A last chord dies away while it is held, by 17 to 24 dB: players' hands leave the bow, nobody turns a key.
# It is struck as softly as the music before it: the bass that joins it made calm cues end 5 dB louder.
FADES = {"close": (98, 38), "rest": (88, 26), "hang": (88, 40)}
OPEN, DAMPED = 127, 1
BACK_TICKS = TICKS_PER_BEAT // 8  # before the downbeat after a stop: its attack is whole
PIANOS = frozenset(range(0, 8))
PEDAL_AROUSAL = 0.5


@dataclass(frozen=True)
class Stage:
    """What every note of a cue's performance looks up: dynamics, hits, where nothing may move, and stops."""

    frame: Frame
    hits: frozenset[int]
    fixed: frozenset[int]
    stops: frozenset[int]
    out: int

    @property
    def request(self) -> CueRequest:
        """The cue's request."""
        return self.frame.request

    def dynamics(self, tick: int) -> float:
        """0..1 at a tick: the bar's dynamics, leaning by its build; rising over a lead-in's two bars."""
        step = min(tick // TICKS_PER_STEP, self.frame.starts[-1] - 1)
        bar = self.frame.bar_of(step)
        start, end = self.frame.starts[bar], self.frame.starts[bar + 1]
        asked = self.request.bars[bar]
        place = (tick / TICKS_PER_STEP - start) / (end - start) - 0.5
        level = asked.dynamics + asked.build * min(place, 0.5)
        if self.request.lead_in:
            reach = self.frame.starts[min(2, len(self.frame.starts) - 1)]
            level *= 0.35 + 0.65 * min(step / reach, 1.0)
        return min(max(level, 0.0), 1.0)


def stage_of(frame: Frame) -> Stage:
    """Hits, section starts, the out and the cue's start stand exactly where they are written."""
    request = frame.request
    hits = frozenset(hit_tick(hit) for hit in request.hits)
    starts = {frame.starts[first] * TICKS_PER_STEP for first, _ in sections(request)}
    stops = {hit_tick(hit) for hit in request.hits if hit.kind == "stop"}
    if request.ending in ("stop", "segue"):
        stops.add(out_tick(request))
    out = out_tick(request)
    return Stage(frame, hits, hits | starts | {0, out}, frozenset(stops), out)


def perform(frame: Frame, players: Sequence[Player], drafts: Sequence[Draft]) -> list[Note]:
    """Notes as played, sorted. A written hit keeps its tick; nothing sounds before 0 or after the end."""
    stage = stage_of(frame)
    rng = np.random.default_rng(stage_seed(frame.request, "performance"))
    index = {player: place for place, player in enumerate(players)}
    last = end_tick(frame.request)
    notes: list[Note] = []
    ordered = sorted(_once(drafts), key=lambda d: (d.tick, index[d.player], d.pitch, d.end))
    # Two numbers a note, used or not: a note's change moves no other's.
    jitters = rng.standard_normal((len(ordered), 2))
    own = [_level(stage, d, float(j[1])) for d, j in zip(ordered, jitters, strict=True)]
    levels = _levelled(stage, ordered, own)
    for draft, jitter, level in zip(ordered, jitters, levels, strict=True):
        tick = draft.tick + _shift(stage, draft, float(jitter[0]))
        tick = min(max(tick, 0), last - 1)
        end = min(_end(stage, draft), last)
        notes.append(
            Note(
                part=index[draft.player],
                pitch=draft.pitch,
                velocity=_velocity(stage, draft, level),
                tick=tick,
                ticks=max(end - tick, 1),
                grid_tick=draft.tick,
                hit=draft.hit,
            )
        )
    return legal(notes, last)


def _once(drafts: Sequence[Draft]) -> Iterable[Draft]:
    """One of the notes that would press one key at one tick: the longest, as two hands would share it."""
    longest: dict[tuple[int, Player, int], Draft] = {}
    for draft in drafts:
        key = (draft.tick, draft.player, draft.pitch)
        if key not in longest or longest[key].end < draft.end:
            longest[key] = draft
    return longest.values()


def _shift(stage: Stage, draft: Draft, jitter: float) -> int:
    if draft.tick in stage.fixed or draft.hit:
        return 0
    style = STYLES[stage.request.style]
    qpm = stage.request.tempo_map.qpm_at(draft.tick / TICKS_PER_BEAT)
    ticks = TICKS_PER_BEAT * qpm / 60_000 * style.humanise_ms * max(min(jitter, 2.0), -2.0)
    swung = {0: 0.0, 1: 0.5, 2: 1.0, 3: 0.5}[draft.tick // TICKS_PER_STEP % 4]
    shift = round(ticks + swung * style.swing * TICKS_PER_BEAT / 6)  # a full swing is the triplet's third
    before = max((tick for tick in stage.hits if tick < draft.tick), default=-1)
    return max(shift, before + 1 - draft.tick)


def _end(stage: Stage, draft: Draft) -> int:
    end = _articulated(stage, draft)
    bar = stage.frame.bar_of(min(draft.tick // TICKS_PER_STEP, stage.frame.starts[-1] - 1))
    if under_speech(stage.request.bars[bar]) and VOICE_LOW <= draft.pitch < VOICE_HIGH:
        return min(end, draft.tick + TICKS_PER_BEAT)
    return end


def _articulated(stage: Stage, draft: Draft) -> int:
    if draft.end in stage.stops:  # the release is what marks a stop
        return draft.end
    articulation = draft.player.instrument.articulation
    length = draft.end - draft.tick
    if articulation == "detached" and draft.tick == stage.out:
        return draft.end
    if articulation in ("short", "detached"):
        return draft.tick + sounding_ticks(articulation, length)
    if articulation == "ring":
        chord_end = stage.frame.at(draft.tick // TICKS_PER_STEP).end * TICKS_PER_STEP
        bar = stage.frame.bar_of(min(draft.tick // TICKS_PER_STEP, stage.frame.starts[-1] - 1))
        beats = stage.frame.ring_beats(bar) if draft.player.role == "arpeggio" else RING_BEATS
        ringing = draft.tick + round(beats * TICKS_PER_BEAT)
        rung = min(ringing, chord_end, _silence_after(stage, draft.tick))
        return max(draft.end, rung)
    return draft.end


def _silence_after(stage: Stage, tick: int) -> int:
    return min((stop for stop in stage.stops if stop > tick), default=1 << 40)


def _level(stage: Stage, draft: Draft, jitter: float) -> float:
    """A note's velocity before its bar is levelled: dynamics, player, stress, beat, arch, hit and chance."""
    level = _asked_level(stage, stage.dynamics(draft.tick))
    level += draft.player.instrument.level + STRESS_VELOCITY * draft.stress
    step = draft.tick // TICKS_PER_STEP
    bar = stage.frame.bar_of(min(step, stage.frame.starts[-1] - 1))
    offset = step - stage.frame.starts[bar]
    level += BEAT_VELOCITY * (0.5 if offset == 0 else 0.0 if offset % 4 == 0 else -1.0)
    if draft.player.role == "melody":
        place = (step % (4 * STEPS_PER_BAR)) / (4 * STEPS_PER_BAR)
        level += ARCH_VELOCITY * (1 - abs(place - 0.6) / 0.6)
    if draft.hit:
        level += HIT_VELOCITY
    return level + RANDOM_VELOCITY * max(min(jitter, 2.0), -2.0)


def _asked_level(stage: Stage, dynamics: float) -> float:
    style = STYLES[stage.request.style]
    return style.softest + (style.loudest - style.softest) * dynamics


def _levelled(stage: Stage, drafts: Sequence[Draft], levels: Sequence[float]) -> list[float]:
    """Levels whose mean in each bar is its dynamics: who plays and where decides how they differ, no more.

    Bars of a lead-in keep their rise.
    """
    found = list(levels)
    bars: dict[int, list[int]] = {}
    for index, draft in enumerate(drafts):
        step = min(draft.tick // TICKS_PER_STEP, stage.frame.starts[-1] - 1)
        bars.setdefault(stage.frame.bar_of(step), []).append(index)
    for bar, inside in bars.items():
        if stage.request.lead_in and bar < LEAD_IN_BARS:
            continue
        mean = sum(found[index] for index in inside) / len(inside)
        more = _asked_level(stage, stage.request.bars[bar].dynamics) - mean
        for index in inside:
            found[index] += more
    return found


def _velocity(stage: Stage, draft: Draft, level: float) -> int:
    bar = stage.frame.bar_of(min(draft.tick // TICKS_PER_STEP, stage.frame.starts[-1] - 1))
    if under_speech(stage.request.bars[bar]):
        level = min(level, SPEECH_VELOCITY)
    return int(min(max(round(level), 12), 124))


def legal(notes: Sequence[Note], last: int) -> list[Note]:
    """Notes within [0, last] that never overlap their own pitch in their part, by (tick, part, pitch)."""
    kept: list[Note] = []
    sounding: dict[tuple[int, int], int] = {}
    for note in sorted(notes, key=lambda n: (n.tick, n.part, n.pitch, -n.ticks)):
        if note.tick >= last:
            continue
        key = (note.part, note.pitch)
        if key in sounding:
            before = kept[sounding[key]]
            if before.tick == note.tick:
                continue
            if before.tick + before.ticks > note.tick:
                kept[sounding[key]] = before.model_copy(update={"ticks": note.tick - before.tick})
        sounding[key] = len(kept)
        over = note.tick + note.ticks > last
        kept.append(note.model_copy(update={"ticks": last - note.tick}) if over else note)
    return kept


def controls(frame: Frame, players: Sequence[Player]) -> list[Control]:
    """Expression for the players who sustain: breath, builds, swells into hits, lead-in and fade; pedals.

    A pianist's chords are pedalled where the music is calm: struck and let go, they left holes of a second.
    Where all is to stop dead, everyone damps: a release that rings on would blur the very thing it marks.
    """
    stage = stage_of(frame)
    damped, last = _damped(stage.request), end_tick(stage.request)
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


def _damped(request: CueRequest) -> list[tuple[int, int]]:
    """[from, to) ticks at which nothing may ring on; to the end where a stop is the last."""
    stops = [(tick, resume_tick(request, tick) - BACK_TICKS) for tick in dead_stops(request)]
    return [(tick, back if back > tick else end_tick(request) + 1) for tick, back in stops]


def _hands(damped: Sequence[tuple[int, int]], last: int) -> list[tuple[int, int]]:
    """(tick, value) for who has no expression else: open, damped at each stop, open again."""
    if not damped:
        return []
    values = [(0, OPEN), *(pair for stop, back in damped for pair in ((stop, DAMPED), (back, OPEN)))]
    return [(tick, value) for tick, value in values if tick <= last]


def _expression(stage: Stage, damped: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """(tick, value) wherever the expression of those who sustain changes; the same for all of them."""
    found: list[tuple[int, int]] = []
    last = end_tick(stage.request)
    ticks = {*range(0, last, TICKS_PER_BEAT // 2), *(tick for span in damped for tick in span)}
    for tick in sorted(tick for tick in ticks if tick <= last):
        value = _expression_at(stage, tick, last)
        if any(stop <= tick < back for stop, back in damped):
            value = DAMPED
        if not found or found[-1][1] != value:
            found.append((tick, value))
    return found


def _expression_at(stage: Stage, tick: int, last: int) -> int:
    request = stage.request
    beat = tick / TICKS_PER_BEAT
    value = RESTING + 6 * np.sin(2 * np.pi * beat / 8 - np.pi / 2)  # a breath every two bars
    step = min(tick // TICKS_PER_STEP, stage.frame.starts[-1] - 1)
    bar = stage.frame.bar_of(step)
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
        value = struck + (left - struck) * (tick - stage.out) / max(last - stage.out, 1)
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
        up = min(up, end_tick(stage.request), _silence_after(stage, down))
        if up > down:
            found.append(Control(part=part, tick=down, controller=PEDAL, value=127))
            found.append(Control(part=part, tick=up, controller=PEDAL, value=0))
    return found
