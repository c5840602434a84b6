"""Chords outside the mode have a reason and go where they lead; progressions come back."""

from itertools import pairwise

import numpy as np
import pytest

from composer.chromatic import functions
from composer.engine import Engine, load_engine
from composer.notes import EngineName
from composer.request import CueRequest
from composer.returns import coming_back, returns
from composer.spotting import Mode, Style
from composer.theory import Chord, is_chromatic
from tests.composer.requests import request

NEURAL = load_engine("neural", None)


def cues(style: Style, mode: Mode, count: int = 6) -> list[CueRequest]:
    moods = ("walk", "drive")
    return [
        request(moods, bars_each=8, style=style, mode=mode, uid=f"{style}-{mode}", seed=seed)
        for seed in range(count)
    ]


def leads(a: Chord, b: Chord, mode: Mode) -> bool:
    found = functions(mode)
    return bool(found.leads[a.id(0), b.id(0)] or found.evades[a.id(0), b.id(0)])


def foreign_share(engine: Engine, asked: list[CueRequest]) -> float:
    chords = [(chord, one) for one in asked for chord in engine.chords(one)[: 2 * one.out_bar]]
    return float(np.mean([is_chromatic(chord, one.key_pc, one.mode) for chord, one in chords]))


def test_textbook_chords_go_where_textbooks_say() -> None:
    assert leads(Chord(2, "7"), Chord(7, "maj"), "ionian")  # V7 of V, V
    assert leads(Chord(7, "7"), Chord(0, "min"), "aeolian") and leads(
        Chord(7, "7"), Chord(8, "maj"), "aeolian"
    )
    assert leads(Chord(5, "min"), Chord(0, "maj"), "ionian")  # iv of the parallel minor, I
    assert (
        leads(Chord(1, "maj"), Chord(7, "maj"), "aeolian") is False
    )  # V is outside the mode without its 7th
    assert leads(Chord(1, "maj"), Chord(7, "7"), "aeolian")  # Neapolitan, V7
    assert leads(Chord(6, "dim7"), Chord(7, "maj"), "ionian")  # vii of V, V
    assert not leads(Chord(2, "7"), Chord(0, "maj"), "ionian")


def test_a_chord_without_a_reason_leads_nowhere() -> None:
    found = functions("ionian")
    clash = Chord(7, "maj7").id(0)  # a dominant with a major seventh
    assert found.foreign[clash] and not found.reasoned[clash] and not found.leads[clash].any()
    assert not (found.reasoned & ~found.foreign).any()


@pytest.mark.parametrize("name", ["neural", "markov", "rules"])
@pytest.mark.parametrize("mode", ["ionian", "aeolian"])
def test_nearly_every_chord_outside_the_mode_resolves(name: EngineName, mode: Mode) -> None:
    engine, kept, lost = load_engine(name, None), 0, []
    for asked in cues("chamber", mode):
        chords = [Chord((chord.root - asked.key_pc) % 12, chord.quality) for chord in engine.chords(asked)]
        for before, after in pairwise(chords):
            if before != after and functions(mode).reasoned[before.id(0)]:
                kept += leads(before, after, mode)
                lost += [] if leads(before, after, mode) else [(before.name(), after.name())]
    assert kept >= 5 and len(lost) <= 0.06 * (kept + len(lost)), lost


def test_a_quartet_leaves_its_key_more_often_than_a_folk_band() -> None:
    chamber = foreign_share(NEURAL, cues("chamber", "aeolian"))
    folk = foreign_share(NEURAL, cues("folk_western", "aeolian"))
    assert 0.1 < chamber < 0.4 and folk <= 0.05


def test_a_progression_comes_back_where_it_is_wished_and_differs_where_it_is_not() -> None:
    same = unlike = returned = other = 0
    for seed in range(12):
        asked = request(("walk", "walk"), bars_each=8, style="chamber", seed=seed, uid="form")
        chords, back = NEURAL.chords(asked), returns(asked)
        for slot in range(16, 2 * asked.out_bar - 4):
            if slot in back:
                returned, same = returned + 1, same + (chords[slot] == chords[back[slot]])
            else:
                other, unlike = other + 1, unlike + (chords[slot] != chords[slot - 8])
    assert returned > 50 and same / returned > 0.7
    assert other > 20 and unlike / other > 0.7


def test_only_sections_that_ask_alike_share_their_chords() -> None:
    night_then_chase = request(("night", "chase"), bars_each=2, uid="form")
    assert not any(returns(night_then_chase.model_copy(update={"seed": seed})) for seed in range(20))
    walks = request(("walk", "walk"), bars_each=2, uid="form")
    found = [returns(walks.model_copy(update={"seed": seed})) for seed in range(20)]
    assert any(found) and all(source < slot for back in found for slot, source in back.items())


def test_what_does_not_come_back_is_to_differ_from_four_and_eight_bars_before() -> None:
    assert coming_back({20: 4}, 20)[0][0] == 4 and coming_back({20: 4}, 20)[0][1] > 0
    assert [(slot, worth < 0) for slot, worth in coming_back({}, 20)] == [(12, True), (4, True)]
    assert coming_back({}, 3) == []
