"""The theme map says what the notes do: which theme, where, and how it is changed."""

from composer.compose import compose_cue
from composer.directions import Directions
from composer.engine import load_engine
from composer.phrases import cell_of, phrases
from composer.request import CueRequest, ThemeCell
from composer.settings import ComposerSettings
from composer.spotter import plan_score
from composer.spotting import Spotting
from composer.theme_map import theme_map
from composer.themes import complete_requests, freeze_themes
from tests.composer.analyses import SyntheticScene, synthetic_film
from tests.composer.requests import THEME, request

ENGINE = load_engine("rules", None)
ANSWER = ThemeCell(uid="theme-1", part="B", mode="aeolian", notes=THEME.notes[::2])


def planned() -> tuple[Spotting, dict[str, CueRequest]]:
    """A film of quiet scenes, its themes in the requests."""
    looks = (1, 2, 1, 3, 2, 1)
    scenes = [SyntheticScene("day" if i % 2 else "montage", 70, look) for i, look in enumerate(looks)]
    film = synthetic_film(seed=4, scenes=scenes, sound=False)
    plan = plan_score(film.analysis, film.curves, ComposerSettings(), Directions(), 3)
    requests = complete_requests(plan, freeze_themes(plan, ENGINE, 3))
    return plan.spotting, {one.uid: one for one in requests}


def test_every_statement_lies_in_its_cue_where_a_melody_begins() -> None:
    spotting, requests = planned()
    found = theme_map(spotting.cues, requests)
    quoting = {cue.id for cue in spotting.cues if cue.theme is not None}
    assert {one.cue for one in found} == quoting and quoting
    assert [one.time_s for one in found] == sorted(one.time_s for one in found)
    for one in found:
        cue = next(cue for cue in spotting.cues if cue.id == one.cue)
        assert cue.start_s <= one.time_s < cue.out_s and (not one.full or one.bars == 4)
        notes = compose_cue(requests[cue.uid], ENGINE)
        clock = requests[cue.uid].tempo_map
        sung = [
            cue.start_s + clock.time_s(note.grid_tick / 960)
            for note in notes.notes
            if notes.parts[note.part].role == "melody"
        ]
        assert min(abs(time - one.time_s) for time in sung) < 0.001


def test_a_cue_in_its_own_key_and_mode_moves_the_theme_by_its_tonic() -> None:
    spotting, requests = planned()
    for one in theme_map(spotting.cues, requests):
        asked = next(r for r in requests.values() if r.id == one.cue)
        assert one.semitones % 12 == asked.key_pc
        assert one.written_in is None or one.written_in != one.mode


def test_a_second_full_statement_is_answered_by_the_themes_other_part() -> None:
    asked = request(("walk", "walk"), melody="theme", theme=THEME).model_copy(update={"answer": ANSWER})
    sung = [phrase for phrase in phrases(asked) if phrase.kind == "theme"]
    assert [cell_of(asked, phrase).part for phrase in sung] == ["A", "B", "A", "B"][: len(sung)]
    plain = request(("walk", "walk"), melody="theme", theme=THEME)
    assert {cell_of(plain, phrase).part for phrase in phrases(plain)} == {"A"}
