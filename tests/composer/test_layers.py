"""Which roles may sound, bar by bar."""

from typing import get_args

import pytest

from composer.compose import compose_cue
from composer.directions import Directions
from composer.engine import load_engine
from composer.layers import ENTRY_BARS, PERCUSSION_AROUSAL, PERCUSSION_FROM, TOGETHER, plan_layers, sections
from composer.request import CueRequest
from composer.settings import ComposerSettings
from composer.spotter import plan_score
from composer.spotting import Style
from tests.composer.analyses import SyntheticScene, synthetic_film
from tests.composer.requests import request

STYLES: tuple[Style, ...] = get_args(Style)


def drafts(style: Style) -> tuple[CueRequest, ...]:
    """The cues of a film that talks, rests, walks and runs."""
    kinds = ("day", "talk", "night", "chase", "montage")
    scenes = [SyntheticScene(kind, 45, look) for look, kind in enumerate(kinds)]  # type: ignore[arg-type]
    film = synthetic_film(seed=6, scenes=scenes)
    wanted = ComposerSettings.model_validate({"style": style, "coverage": 0.95})
    return plan_score(film.analysis, film.curves, wanted, Directions(), 2).drafts


@pytest.mark.parametrize("style", STYLES)
def test_a_planned_film_has_the_layers_its_arousal_asks_for(style: Style) -> None:
    found = drafts(style)
    assert len(found) >= 2
    for draft in found:
        plan = plan_layers(draft)
        for first, end in sections(draft):
            bars = draft.bars[first:end]
            arousal = sum(bar.arousal for bar in bars) / len(bars)
            asked = sorted(bar.layers for bar in bars)[len(bars) // 2]
            loud = [bar for bar in bars if bar.speech < 0.25]
            assert all(abs(bar.layers - (1 + round(3 * arousal))) <= 1 for bar in loud)
            for index in range(first, end):
                roles = plan.bars[index]
                pair = TOGETHER.get(style, frozenset())
                assert len(roles) - (pair <= set(roles)) <= max(asked, 1)
                if "percussion" in roles:
                    assert arousal >= PERCUSSION_FROM.get(style, PERCUSSION_AROUSAL)
                if draft.bars[index].speech >= 0.25:
                    assert len(roles) <= 2 and "percussion" not in roles and draft.bars[index].layers <= 2


@pytest.mark.parametrize("style", STYLES)
def test_roles_enter_one_at_a_time_but_at_the_start_a_turn_or_after_a_line(style: Style) -> None:
    for draft in drafts(style):
        plan = plan_layers(draft)
        starts = draft.tempo_map.bar_starts()
        turns = {hit.beat for hit in draft.hits if hit.kind in ("turn", "in")}
        free = {index for index, bar in enumerate(draft.bars) if bar.speech >= 0.25}
        entered = -ENTRY_BARS
        for index in range(1, draft.out_bar):
            new = set(plan.bars[index]) - set(plan.bars[index - 1])
            if not new or starts[index] in turns or {index - 1, index - 2} & free:
                continue
            assert len(new) == 1 or new == TOGETHER.get(style), (draft.id, index, new)
            section = draft.bars[index].section != draft.bars[index - 1].section
            assert section or index - entered >= ENTRY_BARS or index >= ENTRY_BARS
            entered = index


def test_orchestra_and_chamber_have_no_kit_and_nothing_thick_below_c3() -> None:
    engine = load_engine("rules", None)
    for style in ("orchestral", "chamber"):
        for draft in drafts(style):  # type: ignore[arg-type]
            notes = compose_cue(draft, engine)
            assert not any(part.drums for part in notes.parts)
            low: dict[int, set[int]] = {}
            for note in notes.notes:
                if note.pitch < 48 and notes.parts[note.part].role in ("bass", "pad"):
                    low.setdefault(note.grid_tick, set()).add(note.pitch % 12)
            assert all(len(classes) == 1 for classes in low.values())


def test_a_chase_has_percussion_unless_a_direction_forbids_it() -> None:
    chase = request(("chase",), bars_each=12)
    assert any("percussion" in roles for roles in plan_layers(chase).bars)
    without = plan_layers(chase.model_copy(update={"drums": False}))
    assert not any("percussion" in roles for roles in without.bars)
    assert any(len(roles) >= 3 for roles in without.bars)


@pytest.mark.parametrize("style", ["orchestral", "electronic_tension", "folk_western"])
def test_what_is_driven_stands_on_low_percussion_and_its_chords_come_last(style: Style) -> None:
    driven = request(("drive",), bars_each=12, style=style)
    roles = plan_layers(driven).bars
    assert "percussion" in roles[0] and {"bass", "arpeggio"} <= set(roles[0])
    assert "pad" in roles[8]


def test_a_bar_under_speech_keeps_two_roles_at_most() -> None:
    layers = plan_layers(request(("chase",), bars_each=12, speech_bars=(4, 5, 6)))
    assert all(len(layers.bars[index]) <= 2 for index in (4, 5, 6))
