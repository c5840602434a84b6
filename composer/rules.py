"""The engine that knows its trade by rule: the yardstick for the learned ones, and the draft in seconds."""

from collections.abc import Mapping, Sequence

import numpy as np

from composer.encoding.chord import NO_CHORD as VOCABULARY
from composer.frame import Frame
from composer.grid import GridNote, LayerPlan, slots, sorted_notes
from composer.harmony import Scores, change_slots, decode_chords
from composer.layers import sections
from composer.notes import EngineName, Role
from composer.phrases import bend_to_chords, phrases, theme_phrase
from composer.progressions import PROGRESSIONS, Progression, coloured, mean_tension
from composer.request import CueRequest, ThemeCell, stage_seed
from composer.rules_melody import Motif, cell_phrase, pick_motif, rules_theme
from composer.rules_texture import rules_texture
from composer.spotting import Mode, Style
from composer.styles import ROLE_RANGE
from composer.theory import Chord

IN_TURN = 7.0  # log weight of the chord that the section's progression has next
DIATONIC = 3.0  # of the other triads and sevenths of that progression
TENSION_FIT = 0.06  # width of the choice among progressions


class RulesEngine:
    """Progressions by mode and tension, figures by character, motifs and their sequences."""

    @property
    def name(self) -> EngineName:
        """ "rules"."""
        return "rules"

    @property
    def weights_sha256(self) -> str:
        """Nothing is learned: the empty string."""
        return ""

    def chords(self, request: CueRequest) -> tuple[Chord, ...]:
        """A four-chord turn a section, bent where tension, theme, hits and the ending ask for it."""
        turns = _turns(request)

        def likely(_chosen: Sequence[Chord], index: int) -> Scores:
            scores = np.zeros(VOCABULARY)
            place, progression = turns[index]
            for root, quality in progression:
                scores[Chord(root, quality).id(0)] += DIATONIC
            root, quality = progression[place % len(progression)]
            scores[Chord(root, quality).id(0)] += IN_TURN
            return scores

        return decode_chords(request, likely)

    def melody(self, request: CueRequest, chords: tuple[Chord, ...]) -> tuple[GridNote, ...]:
        """Themes where they are asked for, else one motif of the cue in its sequences."""
        frame = Frame(request, chords)
        rng = np.random.default_rng(stage_seed(request, "melody"))
        low, high = ROLE_RANGE["melody"]
        motif: Motif | None = None
        notes: list[GridNote] = []
        for phrase in phrases(request):
            if phrase.kind != "cell":
                own = frame.role_range("melody", phrase.first)
                notes += bend_to_chords(theme_phrase(request, phrase), frame.steps, request, *own)
                continue
            motif = motif or pick_motif(request.bars[phrase.first].melody_density, rng)
            notes += cell_phrase(frame, phrase, motif, low, high)
        return sorted_notes(bend_to_chords(notes, frame.steps, request, low, high))

    def texture(
        self, request: CueRequest, chords: tuple[Chord, ...], plan: LayerPlan
    ) -> Mapping[Role, tuple[GridNote, ...]]:
        """Figures by section."""
        return rules_texture(request, chords, plan)

    def theme(self, mode: Mode, style: Style, seed: int) -> tuple[ThemeCell, ThemeCell]:
        """A motif, its sequences and two arrivals."""
        return rules_theme(mode, style, np.random.default_rng(seed))


def _turns(request: CueRequest) -> dict[int, tuple[int, Progression]]:
    """For each slot: how many chords its section has had before, and the section's progression."""
    rng = np.random.default_rng(stage_seed(request, "progression"))
    changes = set(change_slots(request, slots(request.tempo_map), ()))
    found: dict[int, tuple[int, Progression]] = {}
    for first, end in sections(request):
        bars = request.bars[first:end]
        progression = _choose(request, sum(bar.tension for bar in bars) / len(bars), rng)
        place = -1
        for index in range(2 * first, 2 * end):
            place += index in changes
            found[index] = (max(place, 0), progression)
    return found


def _choose(request: CueRequest, tension: float, rng: np.random.Generator) -> Progression:
    options = [coloured(progression, request.style) for progression in PROGRESSIONS[request.mode]]
    tensions = np.array([mean_tension(option) for option in options])
    spread = tensions.min() + (tensions.max() - tensions.min()) * tension
    weights = np.exp(-((tensions - spread) ** 2) / (2 * TENSION_FIT**2))
    return options[int(rng.choice(len(options), p=weights / weights.sum()))]
