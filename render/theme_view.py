"""The film's themes as a person sees them: each as a small roll, and where each is heard along the film."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from composer.request import ThemeCell
from composer.spotting import ThemePart
from composer.theme_map import Statement, theme_map
from render.piano_roll import draw_theme
from render.plot import percent
from render.report_facts import ReportFacts
from render.timecode import timecode_at
from render.timeline import Mark, ruler

QUOTED_WORDS = {"full": "in full", "fragment": "a fragment", "none": "named only"}
LEAST_WIDTH = 0.4  # percent: a fragment of six seconds in two hours is still seen
Kind = Literal["full", "answer", "fragment"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class ThemeView:
    """A theme as a small roll, and which cues quote it how."""

    name: str
    mode: str
    height: float
    path: str
    used: tuple[str, ...]


@dataclass(frozen=True)
class StatementView:
    """A statement of a theme in words: when, where, what and how it is changed."""

    start_s: float
    at: str
    cue: str
    theme: str
    use: str
    how: str


@dataclass(frozen=True)
class StatementMark:
    """A statement on the film's line; left and width in percent.  said: the same in words."""

    left: float
    width: float
    kind: Kind
    said: str


@dataclass(frozen=True)
class ThemeRow:
    """One theme's line, and how often it is heard in which way."""

    name: str
    counts: str
    marks: tuple[StatementMark, ...]


@dataclass(frozen=True)
class CueBox:
    """Where a cue sounds, in percent of the film: a statement is always inside one."""

    left: float
    width: float


@dataclass(frozen=True)
class ThemeMapView:
    """The map.  rows: the themes in order of first use.  statements: all of them in film order, in words."""

    rows: tuple[ThemeRow, ...]
    cues: tuple[CueBox, ...]
    ruler: tuple[Mark, ...]
    statements: tuple[StatementView, ...]


def view_themes(facts: ReportFacts) -> tuple[ThemeView, ...]:
    """Every theme that a cue quotes, in order of first use; its answer beside it where one is sung."""
    cells: dict[tuple[str, ThemePart], ThemeCell] = {}
    used: dict[tuple[str, ThemePart], list[str]] = {}
    for cue in facts.spotting.cues:
        request = facts.requests.get(cue.uid)
        if request is None or cue.theme is None:
            continue
        for cell, words in ((request.theme, QUOTED_WORDS[cue.theme_use]), (request.answer, "as its answer")):
            if cell is not None and cell.notes:
                cells.setdefault((cue.theme, cell.part), cell)
                used.setdefault((cue.theme, cell.part), []).append(f"{cue.id} {words}")
    return tuple(
        ThemeView(_name(name, part), cell.mode, *draw_theme(cell), tuple(used[name, part]))
        for (name, part), cell in cells.items()
    )


def view_theme_map(facts: ReportFacts) -> ThemeMapView | None:
    """Where each theme is heard; None where none is."""
    found = theme_map(facts.spotting.cues, facts.requests)
    if not found:
        return None
    length = facts.analysis.film.duration_s
    names = dict.fromkeys(one.theme for one in found)
    return ThemeMapView(
        rows=tuple(_row(facts, name, [one for one in found if one.theme == name]) for name in names),
        cues=tuple(
            CueBox(percent(cue.start_s, length), max(percent(cue.end_s - cue.start_s, length), LEAST_WIDTH))
            for cue in facts.spotting.cues
        ),
        ruler=ruler(facts.analysis),
        statements=tuple(_words(facts, one) for one in found),
    )


def _row(facts: ReportFacts, name: str, own: Sequence[Statement]) -> ThemeRow:
    times = Counter(_kind(one) for one in own)
    said = {"full": "{} in full", "answer": "{} as its answer", "fragment": "{} in part"}
    counts = ", ".join(said[kind].format(times[kind]) for kind in KINDS if times[kind])
    return ThemeRow(name, counts, tuple(_mark(facts, one) for one in own))


def _kind(one: Statement) -> Kind:
    return "fragment" if not one.full else "answer" if one.part == "B" else "full"


def _mark(facts: ReportFacts, one: Statement) -> StatementMark:
    length = facts.analysis.film.duration_s
    words, kind = _words(facts, one), _kind(one)
    said = f"{words.at} {words.cue}: {words.theme} {words.use}, {words.how}"
    width = percent(one.end_s - one.time_s, length)
    return StatementMark(percent(one.time_s, length), max(width, LEAST_WIDTH), kind, said)


def _words(facts: ReportFacts, one: Statement) -> StatementView:
    return StatementView(
        start_s=one.time_s,
        at=timecode_at(facts.analysis.film, one.time_s),
        cue=one.cue,
        theme=_name(one.theme, one.part),
        use="in full" if one.full else f"a fragment of {one.notes} notes",
        how=_changed(one),
    )


def _name(theme: str, part: ThemePart) -> str:
    return theme if part == "A" else f"{theme}, its answer"


def _changed(one: Statement) -> str:
    """How a statement differs from the theme as it was written on C."""
    octaves, steps = divmod(one.semitones, 12)
    words = [f"in {one.key} {one.mode}" if steps else f"on its own tonic {one.key}, {one.mode}"]
    if octaves:
        words.append(f"{octaves:+d} octave{'s' if abs(octaves) > 1 else ''}")
    if one.written_in:
        words.append(f"written in {one.written_in}")
    if one.change:
        words.append(one.change)
    return ", ".join(words)
