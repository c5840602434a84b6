"""What an ear would call a wrong note: minor ninths between roles on beats, mud, a pad over the tune."""

from collections import Counter
from itertools import pairwise

import pytest

from composer.compose import compose_cue
from composer.engine import load_engine
from composer.frame import Frame
from composer.grid import STEPS_PER_BAR, GridNote
from composer.layers import plan_layers
from composer.notes import CueNotes, EngineName, Role
from composer.spotting import Style
from composer.tempo_map import TICKS_PER_BEAT
from composer.theory import rubs
from tests.composer.requests import THEME, request

MOODS = ("night", "walk", "suspense", "drive", "chase")
MINOR_NINTHS = (1, 13, 25)
C3 = 48
MOST_RUBS = 0.04  # of beats: measured .004 to .02 a style; .055 before figures and tunes kept off them
MOST_MUD = 0.01

Sounding = list[tuple[int, Role]]


def _on_beats(notes: CueNotes) -> list[Sounding]:
    """Pitch and role of everything that sounds on each beat, and goes on for a 16th."""
    pitched = [note for note in notes.notes if notes.parts[note.part].role != "percussion"]
    end = max(note.grid_tick + note.ticks for note in pitched)
    return [
        [
            (note.pitch, notes.parts[note.part].role)
            for note in pitched
            if note.grid_tick <= tick and note.grid_tick + note.ticks > tick + TICKS_PER_BEAT // 4
        ]
        for tick in range(0, end, TICKS_PER_BEAT)
    ]


def _faults(beats: list[Sounding]) -> Counter[str]:
    found: Counter[str] = Counter()
    for sounding in beats:
        pairs = [(a, b) for i, a in enumerate(sounding) for b in sounding[i + 1 :] if a[1] != b[1]]
        found["rub"] += any(abs(a[0] - b[0]) in MINOR_NINTHS for a, b in pairs)
        low = sorted({pitch for pitch, _ in sounding if pitch < C3})
        found["mud"] += any(b - a < 7 for a, b in zip(low, low[1:], strict=False))
    return found


@pytest.mark.parametrize("name", ["neural", "rules"])
@pytest.mark.parametrize("style", ["orchestral", "chamber", "silent_piano", "ambient"])
def test_roles_hardly_ever_rub_or_thicken_on_a_beat(name: EngineName, style: Style) -> None:
    engine = load_engine(name, None)
    beats: list[Sounding] = []
    for seed in range(2):
        theme = THEME if seed else None
        asked = request(MOODS, style=style, melody="theme" if theme else "cell", theme=theme, seed=seed)
        beats += _on_beats(compose_cue(asked, engine))
    faults = _faults(beats)
    assert faults["rub"] <= MOST_RUBS * len(beats)
    assert faults["mud"] <= MOST_MUD * len(beats)


def test_a_minor_ninth_and_a_third_in_the_bass_are_found() -> None:
    assert _faults([[(60, "pad"), (73, "melody")]]) == Counter(rub=1, mud=0)
    assert _faults([[(36, "bass"), (40, "pad")]]) == Counter(rub=0, mud=1)
    assert _faults([[(48, "bass"), (64, "pad"), (79, "melody")]]) == Counter(rub=0, mud=0)


def test_an_ostinato_of_the_network_says_its_bar_again_until_it_turns() -> None:
    engine = load_engine("neural", None)
    rhythms, turns = [], []
    for seed in range(4):
        asked = request(("suspense",), style="electronic_tension", bars_each=8, seed=seed)
        chords = engine.chords(asked)
        starts = Frame(asked, chords).starts
        figure = engine.texture(asked, chords, plan_layers(asked))["arpeggio"]
        lines = [_line([n for n in figure if starts[bar] <= n.step < starts[bar + 1]]) for bar in range(7)]
        for bar in (1, 2, 4, 5, 6):  # every fourth turns
            (before, rising), (here, now) = lines[bar - 1], lines[bar]
            rhythms.append(here == before and len(here) >= 4)
            turns.append(now == rising)
    assert sum(rhythms) >= 0.9 * len(rhythms)
    assert sum(turns) >= 0.6 * len(turns)


def _line(notes: list[GridNote]) -> tuple[list[int], list[int]]:
    """A bar's onsets, and how its highest notes go on: up, down or level."""
    top = {note.step: note.pitch for note in sorted(notes, key=lambda note: note.pitch)}
    onsets = sorted(top)
    ways = [(top[b] > top[a]) - (top[b] < top[a]) for a, b in pairwise(onsets)]
    return [step % STEPS_PER_BAR for step in onsets], ways


def test_no_held_note_of_a_melody_lies_a_semitone_over_a_tone_of_its_chord() -> None:
    engine = load_engine("neural", None)
    asked = request(MOODS, melody="cell", seed=11)
    chords = engine.chords(asked)
    steps = Frame(asked, chords).steps
    sung = engine.melody(asked, chords)
    held = [note for note in sung if note.steps >= 4]
    assert held
    assert not [note for note in held if rubs(note.pitch, steps[note.step])]
