"""The harmonic frame of a cue: each chord's span, its voicing and its bass, shared by every engine."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from composer.figures import PADS, Character, character
from composer.grid import GridNote, LayerPlan, bar_starts, slots
from composer.harmony import changes_in, chord_steps
from composer.layers import plan_layers, under_speech
from composer.notes import Role
from composer.phrases import phrases, theme_phrase
from composer.request import BarCondition, CueRequest
from composer.styles import ROLE_RANGE, SPEECH_PAD_RANGE, STYLES, Articulation
from composer.theory import Chord
from composer.voicing import C3, VoicingWish, bass_line, low_enough, rooted, voice

BASS_CENTRE = 38
LOWEST_ROOT = 41
PAD_OVER_BASS, PAD_UNDER_FIGURE = 6.5, 3.0
FIGURE_OVER, FIGURE_UNDER = 13.0, 2.0  # how far a figure's mean may lie from the register asked
FEWEST_VOICES, MOST_VOICES = 2, 6  # of a pad: its root, or a bass, completes two voices to a chord
FEWEST_STRUCK, MOST_STRUCK = 3, 4  # of a chord that is struck, not held: a hand's
STRUCK_CENTRE = 60.0
UNDER_FIGURE = 74  # the highest note of a pad while a figure plays: the figure wants the air above
BASS_VOICES = 0.9  # of the time that a bass sounds, its gaps taken off
PAD_SHARE: dict[Character, float] = {"drive": 0.75, "chase": 0.75}  # of the time that a pad is held
LONGEST_RING = 3.0  # beats
MOST_RINGING = 1.5  # voices of a plucked figure that a voicing counts on
# Voices of the texture that a figure is, by how its player articulates; a plucked one by its onsets.
FIGURE_VOICES: dict[Articulation, float] = {"legato": 0.8, "detached": 0.6, "short": 0.35}
LOWEST_PAD_CENTRE = 53
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

    def figure_centre(self, bar: int, onsets: int, others: Sequence[GridNote]) -> float:
        """Where a figure of so many onsets lies for the texture's mean to be the register asked.

        others: the bass and pad, written up to this bar. They lie under it, so that it lies higher; never so
        far that it leaves them.
        """
        asked = self.request.bars[bar].register
        here = [note.pitch for note in others if note.end > self.starts[bar]]
        wanted = asked + sum(asked - pitch for pitch in here) / max(onsets, 1)
        return min(max(wanted, asked - FIGURE_UNDER), asked + FIGURE_OVER)

    def ring_beats(self, bar: int) -> float:
        """How long a plucked note of a figure rings for the texture to be as full as asked, in beats.

        A beat at least, but that quick figures blur into no more than MOST_RINGING voices.
        """
        asked = self.request.bars[bar]
        pad = len(self.at(self.starts[bar]).pad) if self.plan.sounds("pad", bar) else 0
        left = asked.polyphony - pad - BASS_VOICES * self.plan.sounds("bass", bar)
        density = max(asked.density, 0.25)
        shortest = min(1.0, MOST_RINGING / density)
        return min(max(left / density, shortest), LONGEST_RING)

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
    if "bass" in sounding:
        low = C3  # a pad's note beside the bass below C3 is mud
    if "arpeggio" in sounding:
        high = UNDER_FIGURE
    lift = PAD_OVER_BASS * ("bass" in sounding) - PAD_UNDER_FIGURE * ("arpeggio" in sounding)
    centre = min(max(asked.register + lift, LOWEST_PAD_CENTRE), HIGHEST_PAD_CENTRE)
    if asked.melody != "none":
        high = min(high, max(melody_floor(request, bar) - 1, low + 14))
        centre = min(centre, high - 6)
    voices = _pad_voices(request, asked, sounding)
    if PADS[request.style][character(asked.arousal, asked.tension)] != "sustain":
        voices = min(max(voices, FEWEST_STRUCK), MOST_STRUCK)
        centre = min(centre, STRUCK_CENTRE)
    return VoicingWish(chord, voices, centre, low, high)


def _pad_voices(request: CueRequest, asked: BarCondition, sounding: Sequence[Role]) -> int:
    """How many voices a pad needs for the texture to be as full as asked."""
    others = BASS_VOICES if "bass" in sounding else 1.0  # without a bass the pad gets its root besides
    if "arpeggio" in sounding:
        table = STYLES[request.style].roles["arpeggio"]
        player = next((one for one in table if one.calm <= asked.arousal < one.wild), table[0])
        ringing = min(asked.density, MOST_RINGING)
        others += FIGURE_VOICES.get(player.articulation, ringing)
    share = PAD_SHARE.get(character(asked.arousal, asked.tension), 1.0)
    return min(max(round((asked.polyphony - others) / share), FEWEST_VOICES), MOST_VOICES)
