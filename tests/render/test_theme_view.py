"""The theme map: every statement on the film's line, inside its cue, said in words as well."""

from collections import Counter
from dataclasses import replace

from composer.theme_map import theme_map
from render.report import render_report
from render.report_facts import ReportFacts
from render.theme_view import KINDS, view_theme_map, view_themes
from tests.composer.test_theme_map import ANSWER
from tests.render.report_facts import made_up_facts


def facts() -> ReportFacts:
    """A score whose full statements have an answer."""
    found = made_up_facts()
    answered = {uid: request.model_copy(update={"answer": ANSWER}) for uid, request in found.requests.items()}
    return replace(found, requests=answered)


def test_every_statement_lies_on_its_themes_line_inside_a_cue_and_is_said_in_words() -> None:
    shown = view_theme_map(facts())
    assert shown is not None
    marks = [mark for row in shown.rows for mark in row.marks]
    assert len(marks) == len(shown.statements) == len(theme_map(facts().spotting.cues, facts().requests))
    for mark in marks:
        assert any(box.left - 0.01 <= mark.left <= box.left + box.width for box in shown.cues)
        assert any(one.at in mark.said and one.how in mark.said for one in shown.statements)


def test_a_line_counts_what_it_shows() -> None:
    shown = view_theme_map(facts())
    assert shown is not None
    words = {"full": "in full", "answer": "as its answer", "fragment": "in part"}
    for row in shown.rows:
        kinds = Counter(mark.kind for mark in row.marks)
        said = ", ".join(f"{kinds[kind]} {words[kind]}" for kind in KINDS if kinds[kind])
        assert row.counts == said


def test_an_answer_is_drawn_beside_its_theme() -> None:
    names = [theme.name for theme in view_themes(facts())]
    assert "A, its answer" in names and "A" in names


def test_the_page_shows_the_map_and_a_film_without_themes_has_none(tmp_path) -> None:  # type: ignore[no-untyped-def]
    page = render_report(tmp_path, facts())
    assert "Theme map" in page and "Every statement in words" in page
    bare = replace(facts(), requests={})
    assert view_theme_map(bare) is None
    assert "Theme map" not in render_report(tmp_path, bare)
