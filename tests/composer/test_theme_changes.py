"""A theme's head comes back changed within a cue: each time another way, in the theme's mode, in its bars."""

from composer.grid import GridNote
from composer.phrases import phrases, theme_phrase
from composer.request import CueRequest
from composer.theme_changes import CHANGES, change_at, head, returned
from composer.theory import MODE_STEPS
from tests.composer.requests import THEME, request

TIMES = range(1, len(CHANGES) + 1)


def quoting() -> CueRequest:
    """A long cue with a fragment of two bars in each four."""
    asked = request(("walk",), bars_each=32, melody="cell", theme=THEME)
    bars = (
        bar.model_copy(update={"melody": "fragment" if place % 4 < 2 and place < asked.out_bar else "none"})
        for place, bar in enumerate(asked.bars)
    )
    return asked.model_copy(update={"bars": tuple(bars), "theme_use": "fragment"})


def shape(notes: list[GridNote]) -> list[tuple[int, int]]:
    """Where a fragment's notes stand and how high, from its first bar."""
    return [(note.step % 64, note.pitch) for note in notes]


def test_the_first_fragment_is_the_head_and_no_later_one_is_like_another() -> None:
    asked = quoting()
    sung = [shape(theme_phrase(asked, phrase)) for phrase in phrases(asked)][: len(CHANGES) + 1]
    assert [step for step, _ in sung[0]] == [note.step for note in head(THEME)]
    assert len({tuple(one) for one in sung}) == len(sung) == len(CHANGES) + 1


def test_every_change_comes_once_before_any_comes_again() -> None:
    asked = quoting()
    names = [change_at(asked, time) for time in TIMES]
    assert change_at(asked, 0) is None and set(names) == set(CHANGES)
    assert sorted(change_at(asked, time + len(CHANGES)) or "" for time in TIMES) == sorted(CHANGES)


def test_a_changed_head_stays_in_its_mode_and_in_its_bars() -> None:
    asked = quoting()
    for bars in (1, 2):
        for time in TIMES:
            notes = returned(asked, THEME, bars, time)
            assert notes and all(note.step + note.steps <= 16 * bars for note in notes)
            assert all(note.semitone % 12 in MODE_STEPS[THEME.mode] for note in notes)
            assert all(before.step < after.step for before, after in zip(notes, notes[1:], strict=False))


def test_a_moved_head_keeps_its_rhythm_and_a_broadened_one_doubles_it() -> None:
    first = head(THEME)
    moved = CHANGES["moved along the scale"](THEME, first, 2)
    assert [(note.step, note.steps) for note in moved] == [(note.step, note.steps) for note in first]
    assert [note.semitone for note in moved] == [3, 5, 7, 10, 8, 7]
    broadened = CHANGES["broadened"](THEME, first, 2)
    assert [note.step for note in broadened] == [0, 12, 16]


def test_the_same_cue_changes_a_theme_alike_each_time() -> None:
    asked = quoting()
    again = asked.model_copy()
    assert [returned(asked, THEME, 2, t) for t in TIMES] == [returned(again, THEME, 2, t) for t in TIMES]
