"""Rules, Markov and neural behind one interface: the same guarantees, the same notes whatever runs beside."""

from pathlib import Path

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits

from composer.compose import compose_cue
from composer.engine import Engine, load_engine
from composer.grid import slots
from composer.notes import EngineName
from composer.realised import realise
from composer.request import CueRequest
from composer.sampling import sample_index
from composer.styles import STYLES
from composer.theory import MODE_STEPS
from tests.composer.requests import request
from tests.composer.test_compose import assert_hits, assert_legal
from vision.rejected import RejectedInput

ENGINES: tuple[EngineName, ...] = ("rules", "markov", "neural")


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    return load_engine(request.param, None)


def _asked(uid: str = "a", **kwargs: object) -> CueRequest:
    return request(("walk", "drive"), bars_each=4, melody="cell", uid=uid, irregular={2: 3}, **kwargs)  # type: ignore[arg-type]


def test_a_cue_is_legal_in_every_engine_with_nothing_to_repair(engine: Engine) -> None:
    asked = _asked()
    notes = compose_cue(asked, engine)
    assert_legal(asked, notes)
    assert_hits(asked, notes)
    assert {notes.parts[note.part].role for note in notes.notes} >= {"melody", "pad", "arpeggio"}
    assert notes.engine == engine.name
    assert engine.name == "markov" or notes.findings == ()


def test_a_cue_has_the_same_notes_alone_after_another_and_on_two_threads(engine: Engine) -> None:
    asked = _asked()
    alone = compose_cue(asked, engine)
    compose_cue(_asked(uid="b", style="noir_jazz"), engine)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with threadpool_limits(2, user_api="blas"):
            assert compose_cue(asked, engine) == alone
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


def test_another_seed_gives_another_cue(engine: Engine) -> None:
    assert compose_cue(_asked(seed=1), engine).notes != compose_cue(_asked(seed=2), engine).notes


def test_chords_fill_every_slot_and_end_as_asked(engine: Engine) -> None:
    asked = _asked(ending="close", mode="ionian", key="G")
    chords = engine.chords(asked)
    assert len(chords) == len(slots(asked.tempo_map))
    assert chords[-1].pitch_classes == (7, 11, 2)


def test_themes_are_four_bars_in_range_and_the_answer_ends_at_home(engine: Engine) -> None:
    for mode in ("dorian", "ionian"):
        a, b = engine.theme(mode, "orchestral", seed=5)
        for cell in (a, b):
            assert cell.mode == mode and 5 <= len(cell.notes) <= 32
            assert all(0 <= n.step < n.step + n.steps <= 64 for n in cell.notes)
            assert all(-7 <= n.semitone <= 24 for n in cell.notes)
            assert cell.notes[-1].step == 48 and cell.notes[-1].steps >= 8
        assert b.notes[-1].semitone % 12 == 0 != a.notes[-1].semitone % 12
        assert engine.theme(mode, "orchestral", seed=5) == (a, b)
        assert engine.theme(mode, "orchestral", seed=6) != (a, b)


def test_a_theme_is_mostly_in_its_mode(engine: Engine) -> None:
    cell, _ = engine.theme("aeolian", "chamber", seed=9)
    inside = [note.semitone % 12 in MODE_STEPS["aeolian"] for note in cell.notes]
    assert np.mean(inside) >= 0.9


@pytest.mark.parametrize("name", ("rules", "neural"))
def test_more_density_asked_gives_more_onsets(name: EngineName) -> None:
    engine = load_engine(name, None)
    heard = []
    for density in (1.0, 2.0, 4.0):
        base = request(("drive",), bars_each=8, ending="stop")
        bars = tuple(bar.model_copy(update={"density": density}) for bar in base.bars)
        asked = base.model_copy(update={"bars": bars})
        rows = realise(asked, compose_cue(asked, engine))
        heard.append(float(np.mean([row.density for row in rows[4:]])))
    assert heard[0] < heard[1] < heard[2]
    assert heard[2] == pytest.approx(4.0, abs=0.3)


def test_every_style_composes_neurally_without_repair() -> None:
    engine = load_engine("neural", None)
    for style in STYLES:
        asked = request(("walk",), bars_each=4, style=style)
        notes = compose_cue(asked, engine)
        assert_legal(asked, notes)
        assert notes.findings == (), style


def test_a_scene_keeps_its_groove_from_bar_to_bar() -> None:
    asked = request(("chase",), bars_each=12, ending="stop")
    notes = compose_cue(asked, load_engine("neural", None))
    figure = [n for n in notes.notes if notes.parts[n.part].role == "bass"]
    bars = [{n.grid_tick % 3840 for n in figure if n.grid_tick // 3840 == bar} for bar in range(12)]
    same = [a == b for a, b in zip(bars, bars[1:], strict=False)]
    assert np.mean(same) >= 0.4
    moving = [(n.grid_tick // 3840, n.grid_tick % 3840, n.pitch) for n in notes.notes]
    lines = {frozenset(note[1:] for note in moving if note[0] == bar) for bar in range(12)}
    assert len(lines) >= 4


def test_weights_that_are_not_there_are_refused_by_name(tmp_path: Path) -> None:
    for name in ("neural", "markov"):
        with pytest.raises(RejectedInput, match="can't be read"):
            load_engine(name, tmp_path)  # type: ignore[arg-type]


def test_sampling_never_takes_the_impossible_and_survives_not_a_number() -> None:
    logits = np.array([-np.inf, 0.0, np.nan, -np.inf])
    assert {sample_index(logits, 0.9, u) for u in (0.0, 0.5, 0.999)} == {1}
    assert 0 <= sample_index(np.full(5, np.nan), 0.9, 0.7) < 5
