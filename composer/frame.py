"""The harmonic frame of a cue: each chord's span, its voicing and its bass, shared by every engine."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from composer.grid import LayerPlan, bar_starts, slots
from composer.harmony import changes_in, chord_steps
from composer.layers import plan_layers, under_speech
from composer.notes import Role
from composer.phrases import phrases, theme_phrase
from composer.request import CueRequest
from composer.styles import ROLE_RANGE, SPEECH_PAD_RANGE
from composer.theory import Chord
from composer.voicing import VoicingWish, bass_line, low_enough, rooted, voice

BASS_CENTRE = 38
LOWEST_ROOT = 41
FIGURE_OVER_BASS, FIGURE_ALONE, PAD_OVER_BASS = 8.0, 1.0, 3.0
FEWEST_VOICES, MOST_VOICES = 3, 5  # of a pad: two are a hole in a chord, six a cluster
FIGURE_VOICES = 0.7  # how many voices of the texture a figure is, with its gaps
LOWEST_PAD_CENTRE = 54
HIGHEST_PAD_CENTRE = 69
BELOW_MELODY = 4


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
    def voices(self) -> tuple[ChordVoices, ...]:
        """The cue's chords, voiced as one path."""
        spans = changes_in(self.chords, slots(self.request.tempo_map))
        pads = voice(
            [_wish(self.request, self.bar_of(start), chord, self._roles(start)) for start, _, chord in spans]
        )
        low, high = ROLE_RANGE["bass"]
        line = bass_line([chord for _, _, chord in spans], low, high, BASS_CENTRE)
        return tuple(
            ChordVoices(start, end, chord, low_enough(chord, self._founded(start, chord, pad)), bass)
            for (start, end, chord), pad, bass in zip(spans, pads, line, strict=True)
        )

    def bar_of(self, step: int) -> int:
        """Index of the bar that a step stands in."""
        return min(max(bisect_right(self.starts, step) - 1, 0), len(self.starts) - 2)

    def figure_centre(self, bar: int) -> float:
        """Where a figure lies for the texture's mean to be the register asked: higher over a bass."""
        lift = FIGURE_OVER_BASS if self.plan.sounds("bass", bar) else FIGURE_ALONE
        return self.request.bars[bar].register + lift

    def _roles(self, step: int) -> Sequence[Role]:
        return self.plan.bars[self.bar_of(step)]

    def _founded(self, step: int, chord: Chord, pad: tuple[int, ...]) -> tuple[int, ...]:
        bar = self.bar_of(step)
        alone = not self.plan.sounds("bass", bar) and bar < self.request.out_bar
        return rooted(chord, pad, LOWEST_ROOT) if alone else pad

    def at(self, step: int) -> ChordVoices:
        """The voiced chord that sounds at a step."""
        index = bisect_right([v.start for v in self.voices], step) - 1
        return self.voices[max(index, 0)]

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


def _wish(request: CueRequest, bar: int, chord: Chord, sounding: Sequence[Role]) -> VoicingWish:
    asked = request.bars[bar]
    if under_speech(asked):
        low, high = SPEECH_PAD_RANGE
        return VoicingWish(chord, 3, (low + high) / 2, low, high)
    low, high = ROLE_RANGE["pad"]
    lift = PAD_OVER_BASS if "bass" in sounding else 0.0
    centre = min(max(asked.register + lift, LOWEST_PAD_CENTRE), HIGHEST_PAD_CENTRE)
    if asked.melody != "none":
        high = min(high, max(melody_floor(request, bar) - 1, low + 14))
        centre = min(centre, high - 6)
    others = ("bass" in sounding) + FIGURE_VOICES * ("arpeggio" in sounding)
    voices = min(max(round(asked.polyphony - others), FEWEST_VOICES), MOST_VOICES)
    return VoicingWish(chord, voices, centre, low, high)
