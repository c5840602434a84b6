"""Melody sung step by step under hard masks: four lanes sing each phrase, the best one is kept.

Who sings is a `Voice`: the LSTM, or a Markov chain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import numpy as np

from composer.encoding.time_step import (
    FIRST_ONSET,
    HOLD,
    LOWEST_PITCH,
    REST,
    TOKEN_COUNT,
    onset_token,
    to_c,
    token_pitch,
)
from composer.exact import Array, sample_rows
from composer.frame import Frame
from composer.grid import STEPS_PER_BAR, GridNote, sorted_notes
from composer.originality import NgramIndex
from composer.phrases import LEAP, Phrase, bend_to_chords, phrases, theme_phrase
from composer.quotations import DRAWS, LONG, line_of, long_quotations
from composer.request import STEPS_PER_BEAT, stage_seed
from composer.spotting import Mode
from composer.styles import ROLE_RANGE
from composer.theory import Chord, chord_scale, rubs

LANES = 4
NUCLEUS = 0.92
# Semitones: a bar's first notes are free, its last brings the mean home.
REGISTER_WIDTH, LAST_WIDTH = 4.5, 0.9
REGISTER_REACH = 8.0
STRONG_CHORD_TONE = 1.0
REPEATED_PITCH = 1.2  # log cost of a third same pitch in a row: machine guns are the texture's affair
# A minor ninth over the chord: no note to stay on, and on a beat an appoggiatura is a rare guest.
RUB_ON_BEAT, RUB_OFF_BEAT = 6.0, 1.5
REFERENCE_SIMILARITY = {1: 0.6, 2: 0.7, 3: 0.3}
ANSWER_SIMILARITY = 0.5
NEW_EVERY = 3


PITCHES = np.arange(LOWEST_PITCH, LOWEST_PITCH + TOKEN_COUNT - FIRST_ONSET)


class Standing(NamedTuple):
    """Where a step stands: its chord, the cue's key and mode, the voice's written range, its place in 16ths,
    modulo a bar of 4/4."""

    chord: Chord
    key_pc: int
    mode: Mode
    low: int
    high: int
    place: int


@lru_cache(maxsize=4096)
def _standing_scores(at: Standing) -> Array:
    """Log weights of each pitch [61] by its step alone: -inf out of scale or range, chord tones on strong
    steps praised, what rubs not."""
    pitches = PITCHES - to_c(at.key_pc)
    scale = chord_scale(at.chord, at.key_pc, at.mode)
    tones = np.array([pitch % 12 in at.chord.pitch_classes for pitch in pitches], float)
    rubbed = np.array([rubs(int(pitch) % 12, at.chord) for pitch in pitches], float)
    scores = STRONG_CHORD_TONE * tones * (at.place % 8 == 0)
    scores -= (RUB_ON_BEAT if at.place % 4 == 0 else RUB_OFF_BEAT) * rubbed
    out = [pitch % 12 not in scale or not at.low <= pitch <= at.high for pitch in pitches]
    scores[out] = -np.inf
    return scores


@dataclass
class Lane:
    """One singer's tokens so far and what the masks need to know of them."""

    tokens: list[int] = field(default_factory=list)
    score: float = 0.0
    pitches: list[int] = field(default_factory=list)

    def copy(self) -> "Lane":
        """The same singer, to try another bar."""
        return Lane(list(self.tokens), self.score, list(self.pitches))


@dataclass(frozen=True)
class BarPlan:
    """One bar of a sung phrase: its number of onsets, from which step on it rests, and its model bar."""

    bar: int
    onsets: int
    rest_from: int
    reference: tuple[int, ...] | None
    similarity: float | None


class Voice(Protocol):
    """Who sings: gives the next token's logits and may carry a state from step to step."""

    def logits(
        self, tokens: Sequence[Sequence[int]], plans: Sequence[BarPlan], step: int, left: Sequence[int] | None
    ) -> Array:
        """[4, 63] for four lanes. tokens: sung so far in this phrase.  left: onsets still to come in this
        bar, None where they are not planned."""

    def keep(self, lane: int) -> None:
        """Go on from one lane's state in all of them."""

    def bookmark(self) -> object:
        """The state now."""

    def turn_back(self, bookmark: Any) -> None:
        """Go on from a state that `bookmark` gave."""


class Singer:
    """Sings a cue's phrases in order, with one recurrent state.

    known: the training melodies' runs. A bar that would complete a run of twelve is drawn again up to eight
    times, then the draw that quotes least is taken; of the lanes, the one that quotes least wins.
    """

    def __init__(self, voice: Voice, frame: Frame, known: NgramIndex | None = None) -> None:
        self.voice, self.frame, self.known = voice, frame, known
        self.line: list[tuple[int, int]] = []  # (onset in 16ths of the cue, shifted pitch) of all sung so far
        self.request = frame.request
        self.rng = np.random.default_rng(stage_seed(self.request, "melody"))
        self.shift = to_c(self.request.key_pc)
        self.cell: list[tuple[int, ...]] = []
        self.last_pitch: int | None = None
        self.sung = 0
        self.forced = {round(hit.beat * STEPS_PER_BEAT) for hit in self.request.hits}

    def sing(self, phrase: Phrase) -> list[GridNote]:
        """A phrase of cells: its first bar after the cue's cell, the rest after the first, the last long.

        Every third phrase is new: a cell and its answer that came round for minutes were heard as a loop.
        """
        new = self.sung % NEW_EVERY == NEW_EVERY - 1
        self.sung += 1
        lanes = [Lane(pitches=[] if self.last_pitch is None else [self.last_pitch]) for _ in range(LANES)]
        start = self.frame.starts[phrase.first]
        own: list[list[tuple[int, ...]]] = [[] for _ in lanes]
        for place, bar in enumerate(range(phrase.first, phrase.end)):
            for mine in own:
                if place and mine:
                    lane_reference: tuple[int, ...] | None = mine[0]
                else:
                    lane_reference = self.cell[0] if self.cell and not new else None
                mine.append(lane_reference or ())
            plans = [self._plan(phrase, place, bar, mine[-1] or None) for mine in own]
            before = [len(lane.tokens) for lane in lanes]
            lanes = self._unquoted_bar(lanes, plans, bar, start)
            for lane, mine, first in zip(lanes, own, before, strict=True):
                mine[-1] = tuple(lane.tokens[first:])
        quoted = [self._quoted(lane, start) for lane in lanes]
        best = max(range(LANES), key=lambda i: (-quoted[i], self._worth(lanes[i], start), -i))
        self.line += line_of(lanes[best].tokens, start)
        self.voice.keep(best)
        if not self.cell:
            self.cell = own[best]
        return self._notes(lanes[best].tokens, start)

    def hear(self, notes: Sequence[GridNote], phrase: Phrase) -> None:
        """Feed a phrase that is given (a theme), so that what follows knows it."""
        start, end = self.frame.starts[phrase.first], self.frame.starts[phrase.end]
        tokens = [REST] * (end - start)
        for note in notes:
            for step in range(note.step, min(note.end, end)):
                tokens[step - start] = HOLD
            tokens[note.step - start] = onset_token(note.pitch + self.shift)
            self.last_pitch = note.pitch
        self.line += line_of(tokens, start)
        for offset in range(len(tokens)):
            step = start + offset
            plan = BarPlan(self.frame.bar_of(step), 0, 0, None, None)
            self.voice.logits([tokens[:offset]] * LANES, [plan] * LANES, step, None)

    def _plan(self, phrase: Phrase, place: int, bar: int, reference: tuple[int, ...] | None) -> BarPlan:
        asked = self.request.bars[bar]
        steps = self.frame.starts[bar + 1] - self.frame.starts[bar]
        onsets = max(round(asked.melody_density * steps / STEPS_PER_BEAT), 1)
        closing = bar == phrase.end - 1 and phrase.end - phrase.first > 1
        rest_from = max(steps - 5, 1) if closing else steps
        similarity = REFERENCE_SIMILARITY.get(place, 0.6) if place else ANSWER_SIMILARITY
        return BarPlan(bar, min(onsets, rest_from), rest_from, reference, similarity if reference else None)

    def _unquoted_bar(
        self, lanes: list[Lane], plans: list[BarPlan], bar: int, phrase_start: int
    ) -> list[Lane]:
        """A bar sung by all lanes, again and again until none quotes; the draw in which fewest do is kept."""
        mark, kept = self.voice.bookmark(), None
        for _ in range(DRAWS):
            self.voice.turn_back(mark)
            drawn = [lane.copy() for lane in lanes]
            self._bar(drawn, plans, bar)
            quoting = sum(self._quoted(lane, phrase_start) > 0 for lane in drawn)
            if kept is None or quoting < kept[0]:
                kept = quoting, drawn, self.voice.bookmark()
            if not quoting:
                break
        assert kept is not None
        self.voice.turn_back(kept[2])
        return kept[1]

    def _quoted(self, lane: Lane, phrase_start: int) -> int:
        """Runs of twelve that this lane's phrase would complete, with what was sung before it."""
        return long_quotations([*self.line[-LONG:], *line_of(lane.tokens, phrase_start)], self.known)

    def _bar(self, lanes: list[Lane], plans: list[BarPlan], bar: int) -> None:
        start, end = self.frame.starts[bar], self.frame.starts[bar + 1]
        low, high = self.frame.role_range("melody", bar)
        left = [plan.onsets for plan in plans]
        for step in range(start, end):
            raw = self.voice.logits([lane.tokens for lane in lanes], plans, step, left)
            chord = self.frame.steps[step]
            at = Standing(chord, self.request.key_pc, self.request.mode, low, high, step % STEPS_PER_BAR)
            scores = raw.copy()
            for row, lane, plan, onsets in zip(scores, lanes, plans, left, strict=True):
                self._mask(row, lane, plan, step - start, onsets, at)
            tokens = sample_rows(scores, NUCLEUS, self.rng.random(LANES)).tolist()
            most = raw.max(1)
            total = most + np.log(np.exp(raw - most[:, None]).sum(1))
            for i, (lane, token) in enumerate(zip(lanes, tokens, strict=True)):
                lane.score += float(raw[i, token] - total[i])
                lane.tokens.append(token)
                if token >= FIRST_ONSET:
                    left[i] -= 1
                    lane.pitches.append(token - FIRST_ONSET + LOWEST_PITCH - self.shift)

    def _mask(self, scores: Array, lane: Lane, plan: BarPlan, offset: int, left: int, at: Standing) -> None:
        """What may not come, in place: scores [63] of one lane at a step of its bar."""
        room = plan.rest_from - offset
        if room <= 0:
            scores[:] = -np.inf
            scores[REST] = 0.0
            return
        if not lane.tokens or lane.tokens[-1] == REST:
            scores[HOLD] = -np.inf
        if left <= 0:
            scores[FIRST_ONSET:] = -np.inf
        else:
            if room == left or self.frame.starts[plan.bar] + offset in self.forced:
                scores[[HOLD, REST]] = -np.inf
            scores[FIRST_ONSET:] += self._pitch_scores(lane, plan, left, at)
        if scores.max() == -np.inf:
            scores[REST] = 0.0

    def _pitch_scores(self, lane: Lane, plan: BarPlan, left: int, at: Standing) -> Array:
        """Log weights of each pitch: in scale and reach, and near what the rest of the bar must have for its
        mean to be the register asked."""
        asked = self.request.bars[plan.bar].melody_register
        sung = lane.pitches[-(plan.onsets - left) :] if left < plan.onsets else []
        wanted = (asked * plan.onsets - sum(sung)) / left
        wanted = min(max(wanted, asked - REGISTER_REACH), asked + REGISTER_REACH)
        width = max(REGISTER_WIDTH * (left - 1) / max(plan.onsets, 3), LAST_WIDTH)
        scores: Array = _standing_scores(at) - (PITCHES - self.shift - wanted) ** 2 / (2 * width**2)
        if lane.pitches:
            last = lane.pitches[-1] + self.shift - LOWEST_PITCH
            scores[: max(last - LEAP, 0)] = -np.inf
            scores[max(last + LEAP + 1, 0) :] = -np.inf
            if lane.pitches[-2:-1] == lane.pitches[-1:] and 0 <= last < len(scores):
                scores[last] -= REPEATED_PITCH
        return scores

    def _worth(self, lane: Lane, start: int) -> float:
        """Mean log likelihood a step, and a little for notes that move and for long chord tones."""
        notes = self._notes(lane.tokens, start)
        if not notes:
            return -1e9
        moves = [abs(b.pitch - a.pitch) for a, b in zip(notes, notes[1:], strict=False)]
        steps = sum(1 <= move <= 4 for move in moves) / max(len(moves), 1)
        sweet = sum(n.steps for n in notes if n.pitch % 12 in self.frame.steps[n.step].pitch_classes)
        return lane.score / len(lane.tokens) + 0.4 * steps + 0.4 * sweet / sum(n.steps for n in notes)

    def _notes(self, tokens: Sequence[int], start: int) -> list[GridNote]:
        notes: list[GridNote] = []
        for offset, token in enumerate(tokens):
            pitch = token_pitch(token)
            if pitch is not None:
                notes.append(
                    GridNote(start + offset, pitch - self.shift, 1, 0.2 if offset % 16 == 0 else 0.0)
                )
            elif token == HOLD and notes:
                last = notes[-1]
                notes[-1] = GridNote(last.step, last.pitch, last.steps + 1, last.stress)
        if notes:
            self.last_pitch = notes[-1].pitch
        return notes


def sung_melody(voice: Voice, frame: Frame, known: NgramIndex | None = None) -> tuple[GridNote, ...]:
    """Themes as they are given, cells as the voice sings them; known: what they must not quote."""
    singer = Singer(voice, frame, known)
    low, high = ROLE_RANGE["melody"]
    notes: list[GridNote] = []
    for phrase in phrases(frame.request):
        if phrase.kind == "cell":
            notes += singer.sing(phrase)
        else:
            own = frame.role_range("melody", phrase.first)
            given = bend_to_chords(theme_phrase(frame.request, phrase), frame.steps, frame.request, *own)
            singer.hear(given, phrase)
            notes += given
    return sorted_notes(bend_to_chords(notes, frame.steps, frame.request, low, high))
