"""What each bar's strokes are to be: how many, where, how high and full, and what may be struck at all."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from composer.encoding.piano_roll import ROLE_SLICE, ROWS, STEPS, TEXTURE_ROLES, row_pitch
from composer.exact_texture import onsets_asked
from composer.figures import OSTINATI, Character, character, under_melody
from composer.frame import Frame, melody_floor
from composer.grid import GridNote, LayerPlan
from composer.layers import under_speech
from composer.notes import PITCHED, Role
from composer.players import principal, sounding_ticks
from composer.request import STEPS_PER_BEAT
from composer.spotting import Mode
from composer.steering import FURTHEST, Goal, Players
from composer.stroke_lanes import Asked
from composer.stroke_scene import Scene
from composer.stroke_writer import Manner, Place, Wishes
from composer.theory import Chord, chord_scale, mode_index, rubs

LEAST_VOICES = 0.8  # that are left for strokes beside roles that are written by rule
# Strokes that fall apart from those of the bar before where they could meet: how often 0, 1, 2, 3 of them do
# in the training bars, by how many could meet (up to BUSY), in bars of as many strokes and of more or fewer.
BUSY = (2, 4, 7, 11, 16)
KEPT_GROOVE = (
    (0.80, 0.19, 0.01),
    (0.82, 0.13, 0.05),
    (0.64, 0.23, 0.10, 0.03),
    (0.91, 0.05, 0.03, 0.01),
    (0.94, 0.03, 0.02, 0.01),
)
MOVED_GROOVE = (
    (0.86, 0.13, 0.01),
    (0.76, 0.19, 0.05),
    (0.70, 0.20, 0.08, 0.02),
    (0.69, 0.18, 0.09, 0.04),
    (0.82, 0.12, 0.06),
)
# How each character plays, in nats (`stroke_writer.Manner`): driven music says its bar again, and turns it
# every fourth bar; a chase keeps to the pulse.
AGAIN: dict[Character, float] = {"rest": 0.0, "neutral": 0.0, "tension": 6.0, "drive": 4.0, "chase": 7.0}
STEADY: dict[Character, float] = {"rest": 0.0, "neutral": 0.0, "tension": 0.0, "drive": 1.0, "chase": 3.0}
PULSE = tuple(1.0 if step % 2 == 0 else 0.0 for step in range(STEPS))
TURN_BARS = 4
CALM: dict[Role, int] = {"bass": 1, "pad": 1}  # strokes of a calm bar: both are held under what moves
LONGEST = 32  # steps after which a note does not go on into another bar
REACH: dict[Role, int] = {
    "bass": 8,
    "pad": 12,
    "arpeggio": 8,
}  # semitones: how far a hand goes from its place


class BarWishes:
    """The wishes of a cue's bars.  given: the roles that are written by rule."""

    def __init__(self, frame: Frame, plan: LayerPlan, given: Mapping[Role, Sequence[GridNote]]) -> None:
        self.frame, self.plan, self.given = frame, plan, given
        self.request = frame.request
        self.mode = mode_index(self.request.mode)

    def of(self, scene: Scene, bar: int) -> Wishes:
        """What a scene's bar is to be, after the bars that the scene has."""
        frame = self.frame
        start = frame.starts[bar]
        end = min(frame.starts[bar + 1] - start, STEPS)
        roles = [role for role in PITCHED if role in self.plan.bars[bar] and role not in self.given]
        strokes = min(onsets_asked(frame, bar), end) if roles else 0
        changes = [v.start - start for v in frame.within(start, start + end)]
        hits = [round(hit.beat * STEPS_PER_BEAT) - start for hit in self.request.hits]
        goal = self._goal(bar, end)
        manner = self._manner(scene, bar)
        matches = None if bar == scene.first else self._matches(scene, strokes, manner)
        must = [*dict.fromkeys([*changes, *(hit for hit in hits if 0 <= hit < end)])][:strokes]
        return Wishes(
            self._asked(strokes, matches, self._strokes_of(scene, bar, roles, strokes), goal, end),
            end,
            frozenset(must),
            self._places(bar, roles, end),
            goal,
            self._players(bar),
            manner,
            self._beside(start, end),
            frozenset(row for row, sound in scene.open.items() if sound.steps >= LONGEST),
        )

    def _manner(self, scene: Scene, bar: int) -> Manner:
        """How the scene's character plays a bar: driven music says its bar again, and turns every fourth."""
        turns = (bar - scene.first) % TURN_BARS == TURN_BARS - 1
        again = 0.0 if turns or bar == scene.first else AGAIN[scene.kind]
        steady = STEADY[scene.kind]
        return Manner(again, tuple(steady * on for on in PULSE))

    def _beside(self, start: int, end: int) -> list[tuple[int, ...]]:
        """Pitches that roles written by rule sound at each step of a bar."""
        given = [note for role, notes in self.given.items() if role in PITCHED for note in notes]
        here = [note for note in given if note.step < start + end and note.end > start]
        return [
            tuple(note.pitch for note in here if note.step <= step < note.end)
            for step in range(start, start + end)
        ]

    def _goal(self, bar: int, end: int) -> Goal:
        """The height and fullness asked, and what the roles that are written by rule have of it."""
        asked, start = self.request.bars[bar], self.frame.starts[bar]
        steps = height = 0.0
        for role, notes in self.given.items():
            here = [note for note in notes if start <= note.step < start + end]
            each = self.frame.sounding_each(role, here, bar) if role in PITCHED else []
            steps += sum(each)
            height += sum(note.pitch * own for note, own in zip(here, each, strict=False))
        return Goal(asked.register, asked.polyphony, steps, height)

    def _strokes_of(
        self, scene: Scene, bar: int, roles: Sequence[Role], strokes: int
    ) -> tuple[int | None, ...]:
        """Strokes of each role, none of those that do not play; None where the network is left to choose."""
        asked = CALM if scene.kind == "rest" or under_speech(self.request.bars[bar]) else {}
        if scene.kind in OSTINATI and "arpeggio" in roles and not under_speech(self.request.bars[bar]):
            asked = {"arpeggio": strokes}
        found = [
            (min(asked[role], strokes) if role in asked else None) if role in roles else 0 for role in PITCHED
        ]
        if roles and None not in found and sum(own or 0 for own in found) < strokes:
            found[max(PITCHED.index(role) for role in roles)] = None
        return tuple(found)

    def _asked(
        self, strokes: int, matches: int | None, roles: tuple[int | None, ...], goal: Goal, end: int
    ) -> Asked:
        """What the network is told: of height and fullness, what is left for the roles that it writes."""
        voices = max(goal.voices - goal.given / end, LEAST_VOICES)
        register = (goal.register * goal.voices - goal.given_height / end) / voices
        register = min(max(register, goal.register - FURTHEST), goal.register + FURTHEST)
        return Asked(strokes, matches, (register - 60) / 12, voices / 8, roles)

    def _players(self, bar: int) -> Players:
        (bass, bass_rings), (pad, pad_rings), (figure, figure_rings) = (
            self._sounds(role, bar) for role in PITCHED
        )
        return Players((bass, pad, figure), (bass_rings, pad_rings, figure_rings))

    def _sounds(self, role: Role, bar: int) -> tuple[float, int]:
        """The share of its length that a note of a role sounds; or the steps that it rings, else 0."""
        one = principal(self.request, role, bar, self.frame.bands[bar])
        articulation = "legato" if one is None else one.articulation
        if articulation == "ring":
            return 1.0, round(STEPS_PER_BEAT * self.frame.ring_beats(bar))
        return sounding_ticks(articulation, 1000) / 1000, 0

    def _matches(self, scene: Scene, strokes: int, manner: Manner) -> int:
        """How many of a bar's strokes fall where the bar before had one: most of them, as in real music."""
        before = int(scene.previous[0].max(0).sum())
        if manner.again:
            return min(strokes, before)
        shares = KEPT_GROOVE if strokes == before else MOVED_GROOVE
        apart = int(np.searchsorted(np.cumsum(shares[_busy(strokes, before)]), scene.rng.random()))
        return max(min(strokes, before) - apart, 0)

    def _places(self, bar: int, roles: Sequence[Role], end: int) -> list[Place]:
        ranges = tuple(self._range(role, bar) if role in roles else (1, 0) for role in PITCHED)
        start, request = self.frame.starts[bar], self.request
        chords = self.frame.steps[start : start + end]
        return [
            _place(
                chord.id(request.key_pc),
                self.mode,
                request.key_pc,
                ranges,
                _lasting(chord, request.key_pc, request.mode, request.bars[bar].melody != "none"),
                step % 4 == 0,
            )
            for step, chord in enumerate(chords)
        ]

    def _range(self, role: Role, bar: int) -> tuple[int, int]:
        """Lowest and highest pitch of a role: its player's, near its place, under the melody."""
        low, high = self.frame.role_range(role, bar)
        asked = self.request.bars[bar]
        if (
            role == "pad"
            and asked.melody != "none"
            or role == "arpeggio"
            and under_melody(character(asked.arousal, asked.tension), asked)
        ):
            high = min(high, max(melody_floor(self.request, bar) - 1, low + 14))
        usual = self.frame.tessituras[bar]
        place, reach = {"bass": usual.bass, "pad": usual.pad}.get(role, usual.figure), REACH[role]
        centre = round(min(max(place, low + reach), high - reach))
        return max(low, centre - reach), min(high, centre + reach)


def _busy(strokes: int, before: int) -> int:
    return next(n for n, most in enumerate(BUSY) if min(strokes, before) <= most)


@lru_cache(maxsize=8192)
def _place(
    chord: int,
    mode: int,
    key_pc: int,
    ranges: tuple[tuple[int, int], ...],
    lasting: frozenset[int],
    firm: bool,
) -> Place:
    """What a step over a chord may play.

    ranges: lowest and highest pitch of each role.  lasting: pitch classes that may sound on into it; firm:
    bass and pad strike nothing else, since it is a beat.
    """
    pitches = [row_pitch(one, chord, mode, key_pc) for one in range(ROWS)]
    barred = np.ones(ROWS, np.float32)
    for (low, high), name in zip(ranges, TEXTURE_ROLES, strict=True):
        for one in range(ROLE_SLICE[name].start, ROLE_SLICE[name].stop):
            fits = not firm or name == "arpeggio" or pitches[one] % 12 in lasting
            barred[one] = not (low <= pitches[one] <= high and fits)
    return Place(pitches, np.array(pitches, np.float32), barred, barred == 0, ranges, lasting)


@lru_cache(maxsize=8192)
def _lasting(chord: Chord, key_pc: int, mode: Mode, sung: bool) -> frozenset[int]:
    """Pitch classes of a chord's scale that do not rub against its tones; under a melody, which keeps to the
    same rule, none a semitone below them either."""
    tones = frozenset(chord.pitch_classes)
    free = {pc for pc in chord_scale(chord, key_pc, mode) if not rubs(pc, chord)}
    return tones | (free if not sung else {pc for pc in free if (pc + 1) % 12 not in tones})
