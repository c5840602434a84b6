"""Melody sung step by step under hard masks.

Who sings is a `Voice`: the LSTM, or a Markov chain.
"""

from collections.abc import Sequence

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
from composer.sampling import Array
from composer.styles import ROLE_RANGE
from composer.token_choice import copied_token, drawn_token, keep_kind, only_token, rhythm_of, total_worth
from composer.voice import BarPlan, Lane, Voice

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
            self.rhythms.append(rhythm_of(own[-1]))
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
            self.rhythms.append(rhythm_of(tokens[first:last]))
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
            if not due and (only := only_token(lane, left, kind)) is not None:
                self.voice.hear(tokens, plan, step, left)
                lane.tokens.append(only)
                continue
            scores = self.voice.logits(tokens, plan, step, left)
            chord = self.frame.steps[step]
            place = step % 8 if step % STEPS_PER_BEAT == 0 else 1
            at = Standing(chord, self.request.key_pc, self.request.mode, low, high, place)
            self._mask(scores, lane, plan, step - start, left, due, at, heat)
            if rhythm:
                keep_kind(scores, kind)
            token = drawn_token(scores, *draws)
            if (step - start) // STEPS_PER_BEAT in copied:
                token = copied_token(scores, plan.reference or (), step - start, token)
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
            if np.isfinite(lost := total_worth(scores[FIRST_ONSET:]) - total_worth(weighed)):
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
