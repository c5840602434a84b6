"""Themes are few, frozen before any cue, full where they should be and fragments elsewhere."""

import pytest

from composer.directions import read_directions
from composer.request import ThemeCell, ThemeNote
from composer.score_plan import ScorePlan
from composer.settings import ComposerSettings
from composer.spotter import plan_score
from composer.spotting import Mode, Style
from composer.themes import complete_requests, freeze_themes
from tests.composer.analyses import SyntheticFilm, synthetic_film
from vision.rejected import RejectedInput


class Whistler:
    """An engine that knows one tune a seed; the planner asks an engine for nothing but themes."""

    def theme(self, mode: Mode, style: Style, seed: int) -> tuple[ThemeCell, ThemeCell]:
        notes = tuple(ThemeNote(step=8 * n, steps=8, semitone=(seed >> n) % 8) for n in range(8))
        first = ThemeCell(uid="", part="A", mode=mode, notes=notes)
        return first, first.model_copy(update={"part": "B", "notes": notes[::-1]})


def plan_of(film: SyntheticFilm, text: str = "", seed: int = 1) -> ScorePlan:
    """The plan of a film under directions."""
    directions = read_directions(text, "notes.yaml")
    return plan_score(film.analysis, film.curves, ComposerSettings(), directions, seed)


@pytest.fixture(scope="module")
def feature() -> SyntheticFilm:
    """A feature of two hours."""
    return synthetic_film(seed=6, minutes=120)


def test_a_feature_has_two_or_three_themes_and_a_third_to_a_half_of_its_cues_quote(
    feature: SyntheticFilm,
) -> None:
    cues = plan_of(feature).spotting.cues
    assert len({cue.theme for cue in cues} - {None}) in (2, 3)
    quoting = sum(cue.theme is not None for cue in cues)
    assert 0.3 <= quoting / len(cues) <= 0.5
    assert 2 <= sum(cue.theme_use == "full" for cue in cues) <= 6


def test_a_short_film_has_one_theme() -> None:
    cues = plan_of(synthetic_film(seed=5, minutes=9)).spotting.cues
    assert {cue.theme for cue in cues} - {None} == {"T1"}


def test_the_first_open_cue_and_the_last_one_state_the_theme_whole(feature: SyntheticFilm) -> None:
    plan = plan_of(feature)
    full = [cue for cue in plan.spotting.cues if cue.theme_use == "full"]
    assert all(cue.theme == "T1" for cue in full)
    for cue in full:
        bars = next(draft.bars for draft in plan.drafts if draft.uid == cue.uid)
        assert sum(bar.melody == "theme" for bar in bars) >= 4


def test_what_a_cue_says_of_its_theme_is_what_its_bars_sing(feature: SyntheticFilm) -> None:
    plan = plan_of(feature)
    for cue, draft in zip(plan.spotting.cues, plan.drafts, strict=True):
        sung = {bar.melody for bar in draft.bars} & {"theme", "fragment"}
        assert sung == {"full": {"theme"}, "fragment": {"fragment"}, "none": set()}[cue.theme_use]
        assert (cue.theme is None) == (cue.theme_use == "none")
        assert draft.theme_use == cue.theme_use


def test_themes_are_frozen_with_their_users_and_notes(feature: SyntheticFilm) -> None:
    plan = plan_of(feature)
    themes = freeze_themes(plan, Whistler(), 1)  # type: ignore[arg-type]
    assert themes == freeze_themes(plan, Whistler(), 1)  # type: ignore[arg-type]
    quoted = [cue.id for cue in plan.spotting.cues if cue.theme is not None]
    assert sorted(id_ for theme in themes.themes for id_ in theme.used_by) == sorted(quoted)
    assert all(theme.cells[0].uid == theme.uid and theme.clusters for theme in themes.themes)
    other = freeze_themes(plan, Whistler(), 2)  # type: ignore[arg-type]
    assert other.themes[0].cells != themes.themes[0].cells


def test_requests_are_completed_with_the_notes_of_their_theme(feature: SyntheticFilm) -> None:
    plan = plan_of(feature)
    themes = freeze_themes(plan, Whistler(), 1)  # type: ignore[arg-type]
    requests = complete_requests(plan, themes)
    assert [request.uid for request in requests] == [draft.uid for draft in plan.drafts]
    for cue, request in zip(plan.spotting.cues, requests, strict=True):
        assert (request.theme is None) == (cue.theme is None)
        if request.theme is not None and cue.theme is not None:
            assert request.theme in themes.named(cue.theme).cells
        if cue.theme_use == "full":
            assert request.theme is not None and request.theme.part == "A"
    assert any(request.theme is not None and request.theme.part == "B" for request in requests)


def test_directions_bind_a_theme_to_its_cues(feature: SyntheticFilm) -> None:
    free = [cue for cue in plan_of(feature).spotting.cues if cue.theme is not None][1:3]
    plan = plan_of(feature, f"theme Anna: {free[0].id}, {free[1].id}")
    named = [cue.id for cue in plan.spotting.cues if cue.theme == "Anna"]
    assert {free[0].id, free[1].id} <= set(named)


@pytest.mark.parametrize("text", ["theme Anna: 9M99", "9M99: calmer"])
def test_a_cue_that_there_is_not_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(RejectedInput, match=r"notes.yaml line 1: there is no cue 9M99.*1M01"):
        plan_of(synthetic_film(seed=5, minutes=9), text)
