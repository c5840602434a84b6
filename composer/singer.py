"""Melody sung step by step under hard masks.

Who sings is a `Voice`: the LSTM, or a Markov chain.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from composer.encoding.time_step import (
    FIRST_ONSET,
    HOLD,
    LOWEST_PITCH,
    REST,
    onset_token,
    to_c,
    token_pitch,
)
from composer.frame import Frame
from composer.grid import GridNote, sorted_notes
from composer.originality import NgramIndex
from composer.phrases import Phrase, bend_to_chords, phrases, theme_phrase
from composer.pitch_worth import PITCHES, Manners, Standing, standing_worth
from composer.quotations import DRAWS, LONG, line_of, long_quotations
from composer.request import STEPS_PER_BEAT, stage_seed
from composer.sampling import Array, sample_few, sample_index
from composer.styles import ROLE_RANGE

# One draw, not the likeliest of several: of four, gradient boosting told it from real melody .75 of the time,
# a single one .65 (validation split, requests and chords of the real bars).
NUCLEUS = 0.97  # of pitches
KIND_TEMPERATURE = 0.95  # of whether a note begins, goes on or rests; 1 scattered rhythms, .7 stiffened them
# Semitones: a bar's first notes are free, its last brings the mean home. The network is told how high the
# rest of the bar must lie and needs no more help than this: 4.5 and .9 made every move a step.
REGISTER_WIDTH, LAST_WIDTH = 10.0, 1.5
REGISTER_REACH = 8.0
# How like its model each bar of a phrase is asked to be: no more than real tunes are like themselves.
REFERENCE_SIMILARITY = {1: 0.25, 2: 0.35, 3: 0.2}
MEMORY = 8  # tokens that a voice is reminded of where phrases join; chains look back five at most
LATER_SIMILARITY = 0.25  # of a bar beyond the fourth
ANSWER_SIMILARITY = 0.25  # of a phrase's first bar to the cue's first
NEW_EVERY = 3
# So often a phrase's later bar is its model word for word where its register, in semitones, lets it (of real
# bars .04 are the one before).
LITERAL, LITERAL_REACH = 0.1, 1.0
CLOSING = 3  # of a phrase, a bar after the one before it; the others after its first
# Nats against the pitch that stood at the same place of a phrase before: where phrases stand apart their
# rhythms come back with other notes. Bars of a film's cues were .26 like those so many before, real ones .12.
STALE_COST, STALE_LAGS = 2.0, (4, 8, 16)
# What the network makes of a wish to be like a bar (rho .14 alone): the rest is copied, beat by beat.
OWN_SIMILARITY = 0.35
UNLIKE, UNLIKE_COST = 0.1, 3.0  # nats for a model's own note, where nothing of it is wanted
# Of real bars that have as many notes as one of the four before them .68 take up its rhythm, of those drawn
# note by note .39 (validation split): so often a bar's rhythm is taken over, and its pitches are new.
RHYTHM_BACK, RHYTHM_SHARE = 4, 0.4
# Each draw of a bar that quotes weighs its pitches less surely than the one before: at the end of a range,
# where the register leaves one note to repeat, a neighbour comes in.
LOOSENED = 0.8


@dataclass
class Lane:
    """A singer's tokens so far and what the masks need to know of them."""

    tokens: list[int] = field(default_factory=list)
    pitches: list[int] = field(default_factory=list)

    def copy(self) -> "Lane":
        """The same singer, to try another bar."""
        return Lane(list(self.tokens), list(self.pitches))


@dataclass(frozen=True)
class BarPlan:
    """One bar of a sung phrase: its number of onsets, how many 16ths it has, and its model bar."""

    bar: int
    onsets: int
    steps: int
    reference: tuple[int, ...] | None
    similarity: float | None


class Voice(Protocol):
    """Who sings: gives the next token's logits and may carry a state from step to step."""

    def logits(self, tokens: Sequence[int], plan: BarPlan, step: int, left: int | None) -> Array:
        """[63], the caller's own. tokens: sung so far in this phrase, and just before it.

        left: onsets still to come in this bar, None where they are not planned; where none are, only HOLD and
        REST count.
        """

    def hear(self, tokens: Sequence[int], plan: BarPlan, step: int, left: int | None) -> None:
        """As `logits`, where what comes next is known without them."""

    def bookmark(self) -> object:
        """The state now."""

    def turn_back(self, bookmark: Any) -> None:
        """Go on from a state that `bookmark` gave."""


class Singer:
    """Sings a cue's phrases in order, with one recurrent state.

    known: the training melodies' runs. A bar that would complete a run of twelve is drawn again up to eight
    times, then the draw that quotes least is taken.
    """

    def __init__(self, voice: Voice, frame: Frame, known: NgramIndex | None = None) -> None:
        self.voice, self.frame, self.known = voice, frame, known
        self.line: list[tuple[int, int]] = []  # (onset in 16ths of the cue, shifted pitch) of all sung so far
        self.request = frame.request
        self.rng = np.random.default_rng(stage_seed(self.request, "melody"))
        self.shift = to_c(self.request.key_pc)
        self.cell: tuple[int, ...] = ()
        self.rhythms: list[tuple[int, ...]] = []  # of the bars so far: HOLD, REST and FIRST_ONSET
        self.bars: dict[int, tuple[int, ...]] = {}  # tokens of the cells' bars
        self.joined = False  # whether the phrase that is sung goes on from the one before
        self.heard: list[int] = []  # the last tokens of the phrase before, where this one joins it
        self.sung_to = -1  # bar
        self.last_pitch: int | None = None
        self.sung = 0
        self.manners = Manners(self.request)
        self.manner = self.manners.next()
        self.forced = {round(hit.beat * STEPS_PER_BEAT) for hit in self.request.hits}

    def sing(self, phrase: Phrase) -> list[GridNote]:
        """A phrase of cells: its first bar after the cue's cell, the rest after the first.

        Every third phrase is new: a cell and its answer that came round for minutes were heard as a loop.
        """
        new = self.sung % NEW_EVERY == NEW_EVERY - 1
        self.sung += 1
        self.manner = self.manners.next()
        lane = Lane(pitches=[] if self.last_pitch is None else [self.last_pitch])
        start = self.frame.starts[phrase.first]
        own: list[tuple[int, ...]] = []
        self.joined = phrase.first == self.sung_to
        self.heard = self.heard if self.joined else []
        for place, bar in enumerate(range(phrase.first, phrase.end)):
            model = own[CLOSING - 1 if place == CLOSING else 0] if place else () if new else self.cell
            first = len(lane.tokens)
            lane = self._unquoted_bar(lane, self._plan(place, bar, model or None), start)
            own.append(tuple(lane.tokens[first:]))
            self.rhythms.append(_rhythm_of(own[-1]))
            self.bars[bar] = own[-1]
        self.line += self._line(lane.tokens, start)
        if not self.cell:
            self.cell = own[0]
        self.heard, self.sung_to = lane.tokens[-MEMORY:], phrase.end
        notes = self._notes(lane.tokens, start)
        self.last_pitch = notes[-1].pitch if notes else self.last_pitch
        return notes

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
        for bar in range(phrase.first, phrase.end):
            first, last = self.frame.starts[bar] - start, self.frame.starts[bar + 1] - start
            self.rhythms.append(_rhythm_of(tokens[first:last]))
        for offset in range(len(tokens)):
            step = start + offset
            plan = BarPlan(self.frame.bar_of(step), 0, 0, None, None)
            self.voice.hear(tokens[:offset], plan, step, None)
        self.heard, self.sung_to = tokens[-MEMORY:], phrase.end

    def _plan(self, place: int, bar: int, reference: tuple[int, ...] | None) -> BarPlan:
        asked = self.request.bars[bar]
        steps = self.frame.starts[bar + 1] - self.frame.starts[bar]
        onsets = min(max(round(asked.melody_density * steps / STEPS_PER_BEAT), 1), steps)
        similarity = REFERENCE_SIMILARITY.get(place, LATER_SIMILARITY) if place else ANSWER_SIMILARITY
        if place and self.rng.random() < LITERAL and self._fits(reference or (), bar, onsets):
            similarity = 1.0
        return BarPlan(bar, onsets, steps, reference, similarity if reference else None)

    def _fits(self, model: Sequence[int], bar: int, onsets: int) -> bool:
        """Whether a bar that is its model word for word is what is asked for."""
        sung = [pitch - self.shift for token in model if (pitch := token_pitch(token)) is not None]
        asked = self.request.bars[bar].melody_register
        return len(sung) == onsets and abs(sum(sung) / len(sung) - asked) < LITERAL_REACH

    def _unquoted_bar(self, lane: Lane, plan: BarPlan, phrase_start: int) -> Lane:
        """A bar, sung again and again until it does not quote; the draw that quotes least is kept."""
        mark, kept = self.voice.bookmark(), None
        for draw in range(DRAWS):
            self.voice.turn_back(mark)
            drawn = lane.copy()
            self._bar(drawn, plan, 1 + LOOSENED * draw)
            quoted = self._quoted(drawn, phrase_start)
            if kept is None or quoted < kept[0]:
                kept = quoted, drawn, self.voice.bookmark()
            if not quoted:
                break
        assert kept is not None
        self.voice.turn_back(kept[2])
        return kept[1]

    def _quoted(self, lane: Lane, phrase_start: int) -> int:
        """Runs of twelve that this phrase would complete, with what was sung before it."""
        if self.known is None:
            return 0
        return long_quotations([*self.line[-LONG:], *self._line(lane.tokens, phrase_start)], self.known)

    def _line(self, tokens: Sequence[int], start: int) -> list[tuple[int, int]]:
        """A phrase as it will sound, bent to the chords."""
        low, high = ROLE_RANGE["melody"]
        notes = bend_to_chords(self._notes(tokens, start), self.frame.steps, self.request, low, high)
        return [(note.step, note.pitch + self.shift) for note in notes]

    def _bar(self, lane: Lane, plan: BarPlan, heat: float) -> None:
        start, end = self.frame.starts[plan.bar], self.frame.starts[plan.bar + 1]
        low, high = self.frame.role_range("melody", plan.bar)
        left = plan.onsets
        copied = self._copied_beats(plan) if heat == 1 else set()
        rhythm = () if copied or heat > 1 else self._taken_up(plan)
        for step in range(start, end):
            tokens, draws = [*self.heard, *lane.tokens], self.rng.random(2)
            due = left > 0 and (end - step == left or step in self.forced)
            kind = rhythm[step - start] if rhythm else FIRST_ONSET
            if not due and (only := _only(lane, left, kind)) is not None:
                self.voice.hear(tokens, plan, step, left)
                lane.tokens.append(only)
                continue
            scores = self.voice.logits(tokens, plan, step, left)
            chord = self.frame.steps[step]
            place = step % 8 if step % STEPS_PER_BEAT == 0 else 1
            at = Standing(chord, self.request.key_pc, self.request.mode, low, high, place)
            self._mask(scores, lane, plan, step - start, left, due, at, heat)
            if rhythm:
                _keep(scores, kind)
            token = drawn_token(scores, *draws)
            if (step - start) // STEPS_PER_BEAT in copied:
                token = _copied(scores, plan.reference or (), step - start, token)
            lane.tokens.append(token)
            if token >= FIRST_ONSET:
                left -= 1
                lane.pitches.append(token - FIRST_ONSET + LOWEST_PITCH - self.shift)

    def _copied_beats(self, plan: BarPlan) -> set[int]:
        """The beats of a bar that are sung as its model has them, where it is asked to be more like it than
        the network's own memory makes it."""
        share = ((plan.similarity or 0.0) - OWN_SIMILARITY) / (1 - OWN_SIMILARITY)
        if plan.reference is None or share <= 0:
            return set()
        beats = -(-plan.steps // STEPS_PER_BEAT)
        count = int(share * beats + self.rng.random())
        return set(self.rng.permutation(beats)[:count].tolist())

    def _taken_up(self, plan: BarPlan) -> tuple[int, ...]:
        """The rhythm of an earlier bar that this one takes up, () where it has its own."""
        taken = self.rng.random() < RHYTHM_SHARE
        start, end = self.frame.starts[plan.bar], self.frame.starts[plan.bar + 1]
        own = plan.similarity is not None and plan.similarity < UNLIKE
        if not taken or own or any(start < step < end for step in self.forced):
            return ()
        for rhythm in self.rhythms[: -RHYTHM_BACK - 1 : -1]:
            if len(rhythm) == plan.steps and rhythm.count(FIRST_ONSET) == plan.onsets:
                return rhythm
        return ()

    def _mask(
        self,
        scores: Array,
        lane: Lane,
        plan: BarPlan,
        offset: int,
        left: int,
        due: bool,
        at: Standing,
        heat: float,
    ) -> None:
        """What may not come, in place: scores [63] at a step of a bar. due: a note must begin.  heat: of the
        choice of pitches."""
        if not lane.tokens or lane.tokens[-1] == REST:
            scores[HOLD] = -np.inf
        if left <= 0:
            scores[FIRST_ONSET:] = -np.inf
        else:
            if due:
                scores[[HOLD, REST]] = -np.inf
            weighed = (scores[FIRST_ONSET:] + self._pitch_scores(lane, plan, left, at)) / heat
            if plan.reference and (plan.similarity or 0.0) < UNLIKE and offset < len(plan.reference):
                if plan.reference[offset] >= FIRST_ONSET:
                    weighed[plan.reference[offset] - FIRST_ONSET] -= UNLIKE_COST
            for old in self._stale(plan.bar, offset):
                weighed[old - FIRST_ONSET] -= STALE_COST
            # Which pitch is weighed, not whether one begins: else every note came as late as it could.
            if np.isfinite(lost := _total(scores[FIRST_ONSET:]) - _total(weighed)):
                weighed += lost
            scores[FIRST_ONSET:] = weighed
        if scores.max() == -np.inf:
            scores[REST] = 0.0

    def _stale(self, bar: int, offset: int) -> list[int]:
        """Notes that began at this place of a bar where the phrases before one that stands alone had it."""
        if self.joined:
            return []
        before = (self.bars.get(bar - lag, ()) for lag in STALE_LAGS)
        return [tokens[offset] for tokens in before if offset < len(tokens) and tokens[offset] >= FIRST_ONSET]

    def _pitch_scores(self, lane: Lane, plan: BarPlan, left: int, at: Standing) -> Array:
        """Log weights of each pitch: in scale and reach, and near what the rest of the bar must have for its
        mean to be the register asked."""
        asked = self.request.bars[plan.bar].melody_register
        sung = lane.pitches[-(plan.onsets - left) :] if left < plan.onsets else []
        wanted = (asked * plan.onsets - sum(sung)) / left
        wanted = min(max(wanted, asked - REGISTER_REACH), asked + REGISTER_REACH)
        width = max(REGISTER_WIDTH * (left - 1) / max(plan.onsets, 3), LAST_WIDTH)
        scores: Array = standing_worth(at) - (PITCHES - self.shift - wanted) ** 2 / (2 * width**2)
        if lane.pitches:
            before = lane.pitches[-2] + self.shift if len(lane.pitches) > 1 else None
            scores += self.manner.worth(lane.pitches[-1] + self.shift, before)
        return scores

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
        return notes


def drawn_token(scores: Array, which: float, pitch: float) -> int:
    """A token of scores [63] by two uniform numbers: if a note begins, goes on or rests, then its pitch."""
    kinds = (float(scores[HOLD]), float(scores[REST]), _total(scores[FIRST_ONSET:]))
    kind = sample_few([score / KIND_TEMPERATURE for score in kinds], which)
    return kind if kind < FIRST_ONSET else FIRST_ONSET + sample_index(scores[FIRST_ONSET:], NUCLEUS, pitch)


def _rhythm_of(tokens: Sequence[int]) -> tuple[int, ...]:
    return tuple(min(token, FIRST_ONSET) for token in tokens)


def _only(lane: Lane, left: int, kind: int) -> int | None:
    """HOLD or REST where nothing else can come, or where a rhythm has it and it may; else None.

    kind: HOLD, REST or FIRST_ONSET as a rhythm has it, FIRST_ONSET where there is none.
    """
    sounding = bool(lane.tokens) and lane.tokens[-1] != REST
    if kind == REST or (left <= 0 and not sounding):
        return REST
    return HOLD if kind == HOLD and sounding else None


def _keep(scores: Array, kind: int) -> None:
    """What is no HOLD, REST or onset as a rhythm has it goes, in place, where the masks leave anything."""
    kept = slice(FIRST_ONSET, None) if kind >= FIRST_ONSET else slice(kind, kind + 1)
    if np.isfinite(scores[kept]).any():
        allowed = scores[kept].copy()
        scores[:] = -np.inf
        scores[kept] = allowed


def _copied(scores: Array, model: Sequence[int], offset: int, token: int) -> int:
    """The model's token at a step of the bar where the masks allow it, else the one drawn."""
    return model[offset] if offset < len(model) and np.isfinite(scores[model[offset]]) else token


def _total(scores: Array) -> float:
    """Log of the sum of the weights; -inf where there are none."""
    most = float(scores.max())
    return most + math.log(float(np.exp(scores - most).sum())) if most > -np.inf else -np.inf


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
