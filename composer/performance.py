"""How players play it: velocity from dynamics, time that breathes but never moves a hit, lengths."""

from collections.abc import Iterable, Sequence

import numpy as np

from composer.frame import Frame
from composer.grid import STEPS_PER_BAR
from composer.layers import under_speech
from composer.notes import Note
from composer.orchestration import TICKS_PER_STEP, Draft, Player
from composer.players import sounding_ticks
from composer.request import stage_seed
from composer.stage import Stage, stage_of
from composer.styles import STYLES
from composer.tempo_map import TICKS_PER_BEAT

STRESS_VELOCITY = 14
HIT_VELOCITY = 10
SPEECH_VELOCITY = 56
VOICE_LOW, VOICE_HIGH = 60, 85  # C4 to C6: nothing is held there beneath a voice
BEAT_VELOCITY = 4
ARCH_VELOCITY = 7
RANDOM_VELOCITY = 2.5
MOST_CHANCE = 2.0  # standard deviations
RING_BEATS = 2
LEAD_IN_BARS = 2
SWUNG = (0.0, 0.5, 1.0, 0.5)  # how much of the swing each 16th of a beat takes


def perform(frame: Frame, players: Sequence[Player], drafts: Sequence[Draft]) -> list[Note]:
    """Notes as played, sorted. A written hit keeps its tick; nothing sounds before 0 or after the end."""
    stage = stage_of(frame)
    rng = np.random.default_rng(stage_seed(frame.request, "performance"))
    index = {player: place for place, player in enumerate(players)}
    ordered = sorted(_once(drafts), key=lambda d: (d.tick, index[d.player], d.pitch, d.end))
    bars = [stage.bar_at(draft.tick) for draft in ordered]
    # Two numbers a note, used or not: a note's change moves no other's.
    chances = np.clip(rng.standard_normal((len(ordered), 2)), -MOST_CHANCE, MOST_CHANCE).tolist()
    own = [_level(stage, d, bar, chance[1]) for d, bar, chance in zip(ordered, bars, chances, strict=True)]
    levels = _levelled(stage, bars, own)
    notes: list[Note] = []
    for draft, bar, (chance, _), level in zip(ordered, bars, chances, levels, strict=True):
        tick = min(max(draft.tick + _shift(stage, draft, chance), 0), stage.last - 1)
        end = min(_end(stage, draft, bar), stage.last)
        notes.append(
            Note(
                part=index[draft.player],
                pitch=draft.pitch,
                velocity=_velocity(stage, bar, level),
                tick=tick,
                ticks=max(end - tick, 1),
                grid_tick=draft.tick,
                hit=draft.hit,
            )
        )
    return legal(notes, stage.last)


def _once(drafts: Sequence[Draft]) -> Iterable[Draft]:
    """One of the notes that would press one key at one tick: the longest, as two hands would share it."""
    longest: dict[tuple[int, Player, int], Draft] = {}
    for draft in drafts:
        key = (draft.tick, draft.player, draft.pitch)
        if key not in longest or longest[key].end < draft.end:
            longest[key] = draft
    return longest.values()


def _shift(stage: Stage, draft: Draft, chance: float) -> int:
    """Ticks by which a note comes late or early, its style's swing among them; never back to a hit."""
    if draft.hit or draft.tick in stage.fixed:
        return 0
    style = STYLES[stage.request.style]
    ticks = TICKS_PER_BEAT * stage.qpm(draft.tick) / 60_000 * style.humanise_ms * chance
    swung = SWUNG[draft.tick // TICKS_PER_STEP % 4]
    shift = round(ticks + swung * style.swing * TICKS_PER_BEAT / 6)  # a full swing is the triplet's third
    return max(shift, stage.hit_before(draft.tick) + 1 - draft.tick)


def _end(stage: Stage, draft: Draft, bar: int) -> int:
    end = _articulated(stage, draft, bar)
    if VOICE_LOW <= draft.pitch < VOICE_HIGH and under_speech(stage.request.bars[bar]):
        return min(end, draft.tick + TICKS_PER_BEAT)
    return end


def _articulated(stage: Stage, draft: Draft, bar: int) -> int:
    if draft.end in stage.stops:  # the release is what marks a stop
        return draft.end
    articulation = draft.player.instrument.articulation
    if articulation == "detached" and draft.tick == stage.out:
        return draft.end
    if articulation in ("short", "detached"):
        return draft.tick + sounding_ticks(articulation, draft.end - draft.tick)
    if articulation == "ring":
        chord_end = stage.frame.at(draft.tick // TICKS_PER_STEP).end * TICKS_PER_STEP
        beats = stage.frame.ring_beats(bar) if draft.player.role == "arpeggio" else RING_BEATS
        ringing = draft.tick + round(beats * TICKS_PER_BEAT)
        return max(draft.end, min(ringing, chord_end, stage.silence_after(draft.tick)))
    return draft.end


def _level(stage: Stage, draft: Draft, bar: int, chance: float) -> float:
    """A note's velocity before its bar is levelled: dynamics, player, stress, beat, arch, hit and chance."""
    level = _asked_level(stage, stage.dynamics(draft.tick, bar))
    level += draft.player.instrument.level + STRESS_VELOCITY * draft.stress
    step = draft.tick // TICKS_PER_STEP
    offset = step - stage.frame.starts[bar]
    level += BEAT_VELOCITY * (0.5 if offset == 0 else 0.0 if offset % 4 == 0 else -1.0)
    if draft.player.role == "melody":
        place = (step % (4 * STEPS_PER_BAR)) / (4 * STEPS_PER_BAR)
        level += ARCH_VELOCITY * (1 - abs(place - 0.6) / 0.6)
    if draft.hit:
        level += HIT_VELOCITY
    return level + RANDOM_VELOCITY * chance


def _asked_level(stage: Stage, dynamics: float) -> float:
    style = STYLES[stage.request.style]
    return style.softest + (style.loudest - style.softest) * dynamics


def _levelled(stage: Stage, bars: Sequence[int], levels: Sequence[float]) -> list[float]:
    """Levels whose mean in each bar is its dynamics: who plays and where decides how they differ, no more.

    bars: of each level.  Bars of a lead-in keep their rise.
    """
    found = list(levels)
    notes_of: dict[int, list[int]] = {}
    for index, bar in enumerate(bars):
        notes_of.setdefault(bar, []).append(index)
    for bar, inside in notes_of.items():
        if stage.request.lead_in and bar < LEAD_IN_BARS:
            continue
        mean = sum(found[index] for index in inside) / len(inside)
        more = _asked_level(stage, stage.request.bars[bar].dynamics) - mean
        for index in inside:
            found[index] += more
    return found


def _velocity(stage: Stage, bar: int, level: float) -> int:
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
