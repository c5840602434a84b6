"""The harmonic frame of a cue: each chord's span, its voicing and its bass, shared by every engine."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from composer.grid import GridNote, LayerPlan, bar_starts, slots
from composer.harmony import changes_in, chord_steps
from composer.layers import plan_layers, under_speech
from composer.notes import Role
from composer.phrases import phrases, theme_phrase
from composer.players import bands, principal, role_range, sounding_ticks
from composer.request import STEPS_PER_BEAT, CueRequest
from composer.styles import ROLE_RANGE, SPEECH_PAD_RANGE
from composer.tempo_map import TICKS_PER_BEAT
from composer.tessitura import (
    BASS_VOICES,
    LEAST_HEARD,
    LONGEST_RING,
    SHORT_REACH,
    SURE_RINGING,
    Tessitura,
    tessitura,
)
from composer.theory import Chord
from composer.voicing import C3, VoicingWish, bass_line, low_enough, rooted, voice

TICKS_PER_STEP = TICKS_PER_BEAT // STEPS_PER_BEAT
LOWEST_ROOT = 41
FIGURE_STRAY = 12.0  # how far a figure's mean may lie from its place over the pad, to make up for the others
HIGHEST_BASS = 51  # a pad beside it lies over it
UNDER_HIGHEST = 4.0
OVER_BASS = 3
BELOW_MELODY = 4
LONGEST_WEIGHT = 4.0  # bars of one chord that its height counts for


@dataclass(frozen=True, slots=True)
class ChordVoices:
    """One chord's span in steps, [start, end), the pad's pitches and the bass pitch."""

    start: int
    end: int
    chord: Chord
    pad: tuple[int, ...]
    bass: int


@dataclass(frozen=True)
class Frame:
    """A cue's bars in steps and its chords in voices."""

    request: CueRequest
    chords: tuple[Chord, ...]

    @cached_property
    def starts(self) -> list[int]:
        """First step of each bar, and the end of the last."""
        return bar_starts(self.request.tempo_map)

    @cached_property
    def steps(self) -> list[Chord]:
        """The sounding chord of each step."""
        return chord_steps(self.request, self.chords)

    @cached_property
    def plan(self) -> LayerPlan:
        """Which roles sound in each bar."""
        return plan_layers(self.request)

    @cached_property
    def bands(self) -> list[float]:
        """Each bar's band: its section's mean arousal."""
        return bands(self.request)

    @cached_property
    def tessituras(self) -> list[Tessitura]:
        """Where each bar's bass, pad and figure lie for the register and fullness asked."""
        return [
            tessitura(self.request, self.plan.bars[bar], bar, self.bands[bar])
            for bar in range(len(self.request.bars))
        ]

    def role_range(self, role: Role, bar: int) -> tuple[int, int]:
        """Lowest and highest written pitch of a role in a bar."""
        return role_range(self.request, role, bar, self.bands[bar])

    @cached_property
    def voices(self) -> tuple[ChordVoices, ...]:
        """The cue's chords, voiced as one path."""
        spans = changes_in(self.chords, slots(self.request.tempo_map))
        bars = [self.bar_of(start) for start, _, _ in spans]
        low, high = ROLE_RANGE["bass"]
        places = [self.tessituras[bar].bass for bar in bars]
        line = bass_line([chord for _, _, chord in spans], low, min(high, HIGHEST_BASS), places)
        wishes = zip(bars, spans, line, strict=True)
        pads = voice([self._wish(bar, end, chord, bass) for bar, (_, end, chord), bass in wishes])
        return tuple(
            ChordVoices(start, end, chord, low_enough(chord, self._founded(start, chord, pad)), bass)
            for (start, end, chord), pad, bass in zip(spans, pads, line, strict=True)
        )

    def bar_of(self, step: int) -> int:
        """Index of the bar that a step stands in."""
        return self._bar_at[min(max(step, 0), len(self._bar_at) - 1)]

    @cached_property
    def _bar_at(self) -> list[int]:
        """The bar of every step."""
        return [bar for bar, (a, b) in enumerate(pairwise(self.starts)) for _ in range(a, b)]

    def figure_centre(
        self, bar: int, figure: Sequence[GridNote], bass: Sequence[GridNote], pad: Sequence[GridNote]
    ) -> float:
        """Where a figure lies for the texture's mean to be the register asked.

        figure: its notes in the bar, whatever their pitches.  bass, pad: written up to this bar; what they
        lack or overdo in height the figure makes up for, but never so far that it leaves them.
        """
        start, end = self.starts[bar], self.starts[bar + 1]
        asked, place = self.request.bars[bar], self.tessituras[bar]
        own = self.sounding_steps("arpeggio", figure, bar, place.figure_voices)
        low = [n for n in bass if start <= n.step < end]
        low_steps = self.sounding_steps("bass", low, bar)
        held = [
            (n.pitch, min(n.end, end) - max(n.step, start)) for n in pad if n.step < end and n.end > start
        ]
        held_steps = float(sum(steps for _, steps in held))
        if held and place.held:  # it will be let go early, to be as full as asked
            left = asked.polyphony * (end - start) - own - low_steps
            held_steps = min(max(left, held_steps / 3), held_steps)
        wanted = asked.register * (own + low_steps + held_steps)
        wanted -= low_steps * _mean_pitch([(n.pitch, n.steps) for n in low])
        wanted = (wanted - held_steps * _mean_pitch(held)) / max(own, 1.0)
        stray = FIGURE_STRAY if place.figure_voices >= LEAST_HEARD else SHORT_REACH
        return min(max(wanted, place.figure - stray), place.figure + stray)

    def sounding_steps(
        self, role: Role, notes: Sequence[GridNote], bar: int, most_ringing: float = 99.0
    ) -> float:
        """Steps that a role's notes of a bar sound in it, in its principal's hands.

        most_ringing: how many at once, at most, where they ring and their pitches are not known yet.
        """
        sounding = sum(self.sounding_each(role, notes, bar))
        bars = self.starts[bar + 1] - self.starts[bar]
        return min(sounding, most_ringing * bars) if self.rings(role, bar) else sounding

    def sounding_each(self, role: Role, notes: Sequence[GridNote], bar: int) -> list[float]:
        """Steps that each of a role's notes of a bar sounds in it, in its principal's hands."""
        if self.rings(role, bar):
            end = self.starts[bar + 1]
            rung = self.rung_each(notes, bar)
            return [min(to, end) - note.step for to, note in zip(rung, notes, strict=True)]
        one = principal(self.request, role, bar, self.bands[bar])
        articulation = "legato" if one is None else one.articulation
        return [sounding_ticks(articulation, TICKS_PER_STEP * n.steps) / TICKS_PER_STEP for n in notes]

    def rings(self, role: Role, bar: int) -> bool:
        """Whether a role's principal plucks or strikes what he lets ring."""
        one = principal(self.request, role, bar, self.bands[bar])
        return one is not None and one.articulation == "ring"

    def rung_each(self, notes: Sequence[GridNote], bar: int) -> list[float]:
        """The step to which each plucked note of a bar's figure rings: its chord's end, or its pitch's next
        stroke. A pitch of 0 is not known yet."""
        steps = STEPS_PER_BEAT * self.ring_beats(bar)
        strokes: dict[int, list[int]] = {}
        for note in notes:
            strokes.setdefault(note.pitch, []).append(note.step)
        found: list[float] = []
        for note in notes:
            ring = max(min(note.step + steps, float(self.at(note.step).end)), float(note.end))
            again = [step for step in strokes[note.pitch] if step > note.step] if note.pitch else []
            found.append(min(ring, float(min(again))) if again else ring)
        return found

    def ring_beats(self, bar: int) -> float:
        """How long a plucked note of a figure rings for the texture to be as full as asked, in beats.

        A beat at least, but that quick figures in a thin texture hardly ring beyond their next note.
        """
        return self._ring_beats[bar]

    @cached_property
    def _ring_beats(self) -> list[float]:
        return [self._rings_for(bar) for bar in range(len(self.request.bars))]

    def _rings_for(self, bar: int) -> float:
        asked = self.request.bars[bar]
        place = self.tessituras[bar]
        pad = place.pad_time if self.plan.sounds("pad", bar) else 0.0
        if pad and place.held:
            pad = len(self.at(self.starts[bar]).pad)
        left = asked.polyphony - pad - BASS_VOICES * self.plan.sounds("bass", bar)
        density = max(asked.density, 0.25)
        shortest = min(1.0, SURE_RINGING / density)
        return min(max(left / density, shortest), LONGEST_RING)

    def _founded(self, step: int, chord: Chord, pad: tuple[int, ...]) -> tuple[int, ...]:
        bar = self.bar_of(step)
        alone = not self.plan.sounds("bass", bar) and bar < self.request.out_bar
        return rooted(chord, pad, LOWEST_ROOT) if alone else pad

    def _wish(self, bar: int, end: int, chord: Chord, bass: int) -> VoicingWish:
        asked, place = self.request.bars[bar], self.tessituras[bar]
        if under_speech(asked):
            low, high = SPEECH_PAD_RANGE
            low = max(low, C3) if self.plan.sounds("bass", bar) else low
            return VoicingWish(chord, 3, (low + high) / 2, low, high)
        low, high = self.role_range("pad", bar)
        if self.plan.sounds("bass", bar):
            low = max(low, C3, bass + OVER_BASS)  # a pad's note beside the bass below C3 is mud
        for sung in range(bar, self.bar_of(end - 1) + 1):
            if self.request.bars[sung].melody != "none":
                high = min(high, max(melody_floor(self.request, sung) - 1, low + 14))
        wanted = place.pad + place.bass_weight * (place.bass - bass)
        centre = min(max(wanted, low + UNDER_HIGHEST), high - UNDER_HIGHEST)
        bars = (end - self.starts[bar]) / (self.starts[bar + 1] - self.starts[bar])
        return VoicingWish(chord, place.pad_voices, centre, low, high, min(max(bars, 1.0), LONGEST_WEIGHT))

    def at(self, step: int) -> ChordVoices:
        """The voiced chord that sounds at a step."""
        return self.voices[max(bisect_right(self._voiced_from, step) - 1, 0)]

    @cached_property
    def _voiced_from(self) -> list[int]:
        """The first step of each of the voiced chords."""
        return [v.start for v in self.voices]

    def within(self, start: int, end: int) -> Sequence[ChordVoices]:
        """The voiced chords that sound in [start, end), cut to it."""
        return [
            ChordVoices(max(v.start, start), min(v.end, end), v.chord, v.pad, v.bass)
            for v in self.voices
            if v.end > start and v.start < end
        ]


def melody_floor(request: CueRequest, bar: int) -> int:
    """Below which pitch accompaniment stays in a bar with a melody: under a theme's lowest note."""
    starts = bar_starts(request.tempo_map)
    for phrase in phrases(request):
        if phrase.first <= bar < phrase.end and phrase.kind != "cell":
            notes = theme_phrase(request, phrase)
            here = [n.pitch for n in notes if n.step < starts[bar + 1] and n.end > starts[bar]]
            return min(here, default=round(request.bars[bar].melody_register))
    return round(request.bars[bar].melody_register) - BELOW_MELODY


def _mean_pitch(sounding: Sequence[tuple[int, int]]) -> float:
    """Mean of pitches, each for its steps; 0 where nothing sounds."""
    total = sum(steps for _, steps in sounding)
    return sum(pitch * steps for pitch, steps in sounding) / total if total else 0.0
