"""Hits that are heard on their beat: a note of some part begins, or everything ends, exactly at the tick."""

from dataclasses import replace

from composer.frame import Frame
from composer.layers import under_speech
from composer.orchestration import TICKS_PER_STEP, Draft, Player, accent_player, cut_at
from composer.request import CueRequest, RequestedHit
from composer.tempo_map import TICKS_PER_BEAT
from composer.theory import nearest_pitch

# General MIDI programmes whose sound needs more than about 60 ms to speak: a hit on them alone comes late.
SLOW_ATTACKS = frozenset({48, 49, 50, 51, 52, 60, 71, 88, 89, 90, 91, 92, 93, 94, 95})
ACCENT_BEATS = 1.0
QUIET_STRENGTH = 0.35


def hit_tick(hit: RequestedHit) -> int:
    """The tick of a hit's beat."""
    return round(hit.beat * TICKS_PER_BEAT)


def end_tick(request: CueRequest) -> int:
    """The last tick at which anything of the cue may sound.

    A stop or a segue ends on its out, which whole microseconds a beat may put some of them after length_s.
    """
    if request.ending in ("stop", "segue"):
        return out_tick(request)
    return int(request.tempo_map.beat_at(request.length_s) * TICKS_PER_BEAT + 1e-6)


def out_tick(request: CueRequest) -> int:
    """The tick of the structural out: the out bar's downbeat, or the end of all bars."""
    return request.tempo_map.bar_starts()[min(request.out_bar, len(request.bars))] * TICKS_PER_BEAT


def dead_stops(request: CueRequest) -> list[int]:
    """The ticks at which all sound is to break off, rising."""
    found = {hit_tick(hit) for hit in request.hits if hit.kind == "stop"}
    return sorted(found | ({out_tick(request)} if request.ending == "stop" else set()))


def resume_tick(request: CueRequest, stop: int) -> int:
    """The downbeat on which music may begin again after a stop."""
    starts = [beat * TICKS_PER_BEAT for beat in request.tempo_map.bar_starts()]
    return next((start for start in starts if start > stop + TICKS_PER_BEAT // 2), starts[-1])


def apply_stops(request: CueRequest, drafts: list[Draft]) -> list[Draft]:
    """At a stop everything ends, and nothing begins before the next downbeat."""
    for hit in request.hits:
        if hit.kind != "stop":
            continue
        tick = hit_tick(hit)
        resume = resume_tick(request, tick)
        drafts = _held_to(drafts, tick)
        drafts = cut_at(drafts, tick)
        drafts = [d for d in drafts if d.end > d.tick and not tick <= d.tick < resume]
    return drafts


def ended_at_stops(request: CueRequest, drafts: list[Draft]) -> list[Draft]:
    """Nothing sounds over a stop, whatever was added since."""
    for hit in request.hits:
        if hit.kind == "stop":
            tick = hit_tick(hit)
            drafts = cut_at(drafts, tick)
    return drafts


def _held_to(drafts: list[Draft], tick: int) -> list[Draft]:
    """The last sustained notes before a stop or a segue go on to it, so that the end itself is heard."""
    near = [d for d in drafts if tick - 4 * TICKS_PER_BEAT <= d.tick < tick and d.player.role != "percussion"]
    held = [d for d in near if d.player.role in ("bass", "pad")] or near
    if not held:
        return drafts
    latest = max(d.end for d in held)
    return [replace(d, end=tick) if d in held and d.end == latest and d.end < tick else d for d in drafts]


def end_at_out(request: CueRequest, drafts: list[Draft]) -> list[Draft]:
    """Stop and segue: the last notes sound exactly to the out and nothing beyond."""
    tick = out_tick(request)
    held = _held_to(drafts, tick)
    return [replace(d, end=min(d.end, tick)) for d in held if d.tick < tick]


def strike_hits(frame: Frame, drafts: list[Draft]) -> list[Draft]:
    """Every hit but a stop begins a note at its tick.

    Held bass and pad are struck again at a turn; where nothing with a fast attack begins there, the style's
    accent instrument does, softly for a weak hit or one under speech.
    """
    for hit in sorted(frame.request.hits, key=lambda h: (h.beat, h.kind)):
        if hit.kind == "stop" or (hit.kind == "out" and frame.request.ending in ("stop", "segue")):
            continue
        drafts = _strike(frame, drafts, hit)
    return drafts


def _strike(frame: Frame, drafts: list[Draft], hit: RequestedHit) -> list[Draft]:
    tick = hit_tick(hit)
    if tick >= end_tick(frame.request):
        return drafts
    if hit.kind in ("turn", "in", "out"):
        drafts = _struck_again(drafts, tick)
    here = [d for d in drafts if d.tick == tick]
    fast = [d for d in here if d.player.instrument.programme not in SLOW_ATTACKS or d.player.instrument.drums]
    drafts = [replace(d, hit=True) if d.tick == tick else d for d in drafts]
    soft_in = hit.kind == "in" and frame.request.lead_in
    if soft_in and here:
        return drafts
    if hit.kind == "accent" or not fast:
        drafts = drafts + _accent(frame, tick, hit)
    return drafts


def _struck_again(drafts: list[Draft], tick: int) -> list[Draft]:
    """Bass and pad notes that sound over the tick are split there, if both halves are worth hearing."""
    found: list[Draft] = []
    for d in drafts:
        over = d.tick < tick < d.end and d.player.role in ("bass", "pad")
        if over and d.end - tick >= 2 * TICKS_PER_STEP:
            found += [replace(d, end=tick), replace(d, tick=tick)]
        else:
            found.append(d)
    return found


def _accent(frame: Frame, tick: int, hit: RequestedHit) -> list[Draft]:
    step = min(tick // TICKS_PER_STEP, frame.starts[-1] - 1)
    bar = frame.bar_of(step)
    here = frame.at(step)
    player: Player = accent_player(frame, bar)
    instrument = player.instrument
    end = min(tick + round(ACCENT_BEATS * TICKS_PER_BEAT), end_tick(frame.request))
    loud = hit.kind == "accent" and not under_speech(frame.request.bars[bar])
    wanted = [(instrument.low + instrument.high) / 2]
    if loud and hit.strength > QUIET_STRENGTH:
        wanted = [wanted[0] - 12, wanted[0], wanted[0] + 7]
    classes = set(here.chord.pitch_classes)
    pitches = {nearest_pitch(near, classes, instrument.low, instrument.high) for near in wanted}
    stress = 0.8 * hit.strength if loud else -0.2
    return [Draft(player, pitch, tick, end, stress, hit=True) for pitch in sorted(pitches)]
