"""Themes sung under hard masks: thirty-two at once, the most singable one kept. Who sings is a ThemeVoice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from composer.encoding.time_step import (
    FIRST_ONSET,
    HOLD,
    LOWEST_PITCH,
    NO_TOKEN,
    REST,
    TOKEN_COUNT,
    MelodyNote,
    decode,
)
from composer.originality import NgramIndex
from composer.progressions import PROGRESSIONS
from composer.quotations import LONG, line_of, long_quotations
from composer.request import ThemeCell, ThemeNote
from composer.rules_melody import THEME_NOTES
from composer.sampling import Array
from composer.spotting import Mode, Style, ThemePart
from composer.theory import MODE_STEPS, Chord, chord_scale
from composer.token_choice import drawn_token

LANES = 32
BARS, STEPS = 4, 16
LOW, HIGH = 60, 79  # a singable twelfth round the tonic C5
CENTRE = 69.0
WIDTH = 8.0  # at 5 every theme hung about its fifth
LEAP = 9
REPEATED = 1.0  # of repeated notes: at .5 a theme stood on one note for a bar
ANSWER_SIMILARITY = 0.5
# A theme's first three bars: notes more than its style's own number, and after which bar each is modelled and
# how closely. A motif comes back, then it is driven on or gives way; the last bar is one long note.
Model = tuple[int, float] | None
FORMS: tuple[tuple[tuple[int, int, int], tuple[Model, Model, Model, Model]], ...] = (
    ((0, -1, 1), (None, (0, 0.5), (0, 0.3), (1, 0.3))),
    ((-1, -1, 1), (None, (0, 0.7), (0, 0.3), (1, 0.3))),
    ((-1, 1, 2), (None, (0, 0.3), (1, 0.5), (1, 0.3))),
    ((1, -1, 1), (None, (0, 0.3), (0, 0.7), (1, 0.3))),
    ((1, 1, -1), (None, (0, 0.7), (0, 0.3), (1, 0.3))),
    ((2, -2, 0), (None, (0, 0.3), (0, 0.5), (1, 0.3))),
    ((0, 0, -2), (None, (0, 0.6), (1, 0.3), (1, 0.3))),
)
LIKELY = 0.5  # what a theme's likelihood counts beside its shape: the likeliest is the plainest
SPAN = 11  # semitones


@dataclass(frozen=True)
class ThemeStep:
    """One 16th of a theme in the making, the tonic on C, for every lane.

    references, following: the model's token at this step and the next.  onsets: notes planned in this bar.
    """

    step: int
    chord: Chord
    next_chord: Chord
    mode: Mode
    style: Style
    references: list[int]
    following: list[int]
    similarity: float | None
    onsets: int


class ThemeForm(NamedTuple):
    """How many notes each bar has, and after which bar, how closely, it is modelled."""

    onsets: tuple[int, ...]
    models: tuple[Model, ...]


class ThemeVoice(Protocol):
    """Who sings a theme: logits of the next token; may carry a state from step to step."""

    def logits(self, tokens: Sequence[Sequence[int]], at: ThemeStep) -> Array:
        """[32, 63] for thirty-two lanes of tokens sung so far."""


class NewThemeVoice(Protocol):
    """Makes a voice that has sung nothing yet."""

    def __call__(self) -> ThemeVoice:
        """A fresh voice."""


def sung_theme(
    voices: NewThemeVoice, mode: Mode, style: Style, seed: int, known: NgramIndex | None = None
) -> tuple[ThemeCell, ThemeCell]:
    """A, open at its end, and B, an answer to it that closes on the tonic.

    known: the training melodies' runs; of each thirty-two, those that quote a run of twelve come last.
    """
    more, models = FORMS[int(np.random.default_rng([seed, 3]).integers(len(FORMS)))]
    form = ThemeForm((*(max(THEME_NOTES[style] + n, 1) for n in more), 1), models)
    a = _best(voices(), mode, style, form, np.random.default_rng([seed, 1]), None, {7, 2}, known)
    b = _best(voices(), mode, style, form, np.random.default_rng([seed, 2]), a, {0}, known)
    return _cell("A", mode, a), _cell("B", mode, b)


def _best(
    voice: ThemeVoice,
    mode: Mode,
    style: Style,
    form: ThemeForm,
    rng: np.random.Generator,
    model: Sequence[int] | None,
    closing: set[int],
    known: NgramIndex | None,
) -> list[int]:
    tokens, scores = _sing(voice, mode, style, form, rng, model, closing)
    # What was sung before counts: B answers A, and the two are heard as one line.
    before = line_of(model or [], -BARS * STEPS)[-LONG:]
    quoted = [long_quotations([*before, *line_of(lane)], known) for lane in tokens]
    worth = [(-quoted[i], LIKELY * scores[i] + singable(decode(tokens[i])), -i) for i in range(LANES)]
    return tokens[max(worth)[2] * -1]


def singable(notes: Sequence[MelodyNote]) -> float:
    """How well a theme is shaped: one peak past the middle, steps and a leap to know it by, a range, a rhythm
    of its own that comes back."""
    if len(notes) < 6:
        return -10.0
    pitches = [note.pitch for note in notes]
    moves = np.abs(np.diff(pitches))
    peak = notes[int(np.argmax(pitches))].step / (BARS * STEPS)
    span = max(pitches) - min(pitches)
    rhythms = [{note.step % STEPS for note in notes if note.step // STEPS == bar} for bar in range(3)]
    alike = len(rhythms[0] & rhythms[1]) / max(len(rhythms[0] | rhythms[1]), 1)
    lengths = {note.steps for note in notes if note.step < 3 * STEPS}
    score = 0.5 * float(np.mean(moves <= 4)) + 0.3 * alike + 0.3 * float(5 <= max(moves[:-1]) <= 9)
    score -= 0.06 * abs(span - SPAN) + 0.4 * abs(peak - 0.6)
    score += 0.15 * (min(len(lengths), 3) - 1)
    score -= REPEATED * float(np.mean(moves == 0)) + 0.2 * (pitches.count(max(pitches)) > 2)
    return score


def _sing(
    voice: ThemeVoice,
    mode: Mode,
    style: Style,
    form: ThemeForm,
    rng: np.random.Generator,
    model: Sequence[int] | None,
    closing: set[int],
) -> tuple[list[list[int]], list[float]]:
    """Tokens [32][64] and mean log likelihoods, the tonic on C."""
    progression = _progression(mode, rng, home=closing == {0})
    tokens: list[list[int]] = [[] for _ in range(LANES)]
    scores = np.zeros(LANES)
    left = [0] * LANES
    for step in range(BARS * STEPS):
        bar, offset = divmod(step, STEPS)
        if offset == 0:
            left = [form.onsets[bar]] * LANES
        similar = form.models[bar]
        at = ThemeStep(
            step=step,
            chord=progression[bar],
            next_chord=progression[min((step + 8) // STEPS, BARS - 1)],
            mode=mode,
            style=style,
            references=[_model(lane, model, similar, bar, offset) for lane in tokens],
            following=[_model(lane, model, similar, bar, offset + 1) for lane in tokens],
            similarity=ANSWER_SIMILARITY if model is not None else similar[1] if similar else None,
            onsets=form.onsets[bar],
        )
        raw = voice.logits(tokens, at)
        draws = rng.random((LANES, 2))
        for i in range(LANES):
            masked = _masked(raw[i], tokens[i], at, left[i], closing)
            token = drawn_token(masked, *draws[i])
            scores[i] += raw[i][token] - np.logaddexp.reduce(raw[i])
            left[i] -= token >= FIRST_ONSET
            tokens[i].append(token)
    return tokens, [float(score) / (BARS * STEPS) for score in scores]


def _progression(mode: Mode, rng: np.random.Generator, home: bool) -> list[Chord]:
    options = PROGRESSIONS[mode][:2]
    progression = [Chord(root, quality) for root, quality in options[int(rng.integers(len(options)))]]
    if home:
        progression[3] = progression[0]
    return progression


def _model(
    lane: Sequence[int], model: Sequence[int] | None, similar: Model, bar: int, offset: int
) -> int:
    if offset >= STEPS:
        return NO_TOKEN
    if model is not None:
        return model[bar * STEPS + offset]
    return lane[similar[0] * STEPS + offset] if similar else NO_TOKEN


def _masked(raw: Array, lane: Sequence[int], at: ThemeStep, left: int, closing: set[int]) -> Array:
    """Hard rules: the last bar is one long closing note on its downbeat; scale, range and leap; the count."""
    scores = raw.copy()
    bar, offset = divmod(at.step, STEPS)
    last_bar = bar == BARS - 1
    if last_bar and offset:
        return _only(HOLD if offset < 12 else REST)
    if left <= 0:
        scores[FIRST_ONSET:] = -np.inf
    if last_bar or STEPS - offset <= left or (bar == 0 and offset == 0):
        scores[[HOLD, REST]] = -np.inf
    if not lane or lane[-1] == REST:
        scores[HOLD] = -np.inf
    scores[FIRST_ONSET:] += _pitches(lane, at.chord, at.mode, closing if last_bar else None)
    return scores if np.isfinite(scores).any() else _only(REST)


def _only(token: int) -> Array:
    scores = np.full(TOKEN_COUNT, -np.inf)
    scores[token] = 0.0
    return scores


def _pitches(lane: Sequence[int], chord: Chord, mode: Mode, closing: set[int] | None) -> Array:
    sung = [token - FIRST_ONSET + LOWEST_PITCH for token in lane if token >= FIRST_ONSET]
    allowed = closing if closing is not None else chord_scale(chord, 0, mode) & set(MODE_STEPS[mode])
    scores = np.full(TOKEN_COUNT - FIRST_ONSET, -np.inf)
    for pitch in range(LOW, HIGH + 1):
        leap = abs(pitch - sung[-1]) if sung else 0
        if pitch % 12 in allowed and (leap <= LEAP or closing is not None):
            scores[pitch - LOWEST_PITCH] = -((pitch - CENTRE) ** 2) / (2 * WIDTH**2) - 0.3 * max(leap - 5, 0)
    return scores


def _cell(part: ThemePart, mode: Mode, tokens: Sequence[int]) -> ThemeCell:
    notes = tuple(
        ThemeNote(step=note.step, steps=note.steps, semitone=note.pitch - 60) for note in decode(tokens)
    )
    return ThemeCell(uid="", part=part, mode=mode, notes=notes)
