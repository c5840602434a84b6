"""Each measure of `reelscore evaluate` against values computed by hand, and a whole run on a tiny corpus."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from composer.encoding.chord import chord_id
from composer.engine import load_engine
from composer.grid import GridNote
from composer.markov_engine import ChainVoice
from composer.notes import Role
from composer.theory import Chord
from composer.training.commands import prepare_corpus
from composer.training.cue_checks import checked
from composer.training.dataset import load_bars
from composer.training.evaluate import PARTS, Extent, evaluate
from composer.training.excerpt import Excerpt, written_excerpt
from composer.training.kept_parts import KeptParts
from composer.training.marginals import (
    beside_real,
    chord_irregularity,
    chromatic_share,
    entropy,
    grooves,
    marginals,
    overlap,
    scale_consistency,
    tonal_distance,
)
from composer.training.melody_features import window_features
from composer.training.memorisation import Training
from composer.training.motif_recall import WANTED, alike, sung_again
from composer.training.passages import PASSAGE_BARS, Passage, held_out_passages, passage_at
from composer.training.structureness import fitness
from composer.training.style_recovery import balanced, named
from composer.weights_file import load_chain, load_markov
from tests.composer.scores import write_corpus
from vision.rejected import RejectedInput

PIECES = 18
C_MAJOR = (Chord(0, "maj"),) * 8


def made(melody: list[GridNote], pad: list[GridNote]) -> Excerpt:
    return written_excerpt({"melody": melody, "pad": pad}, C_MAJOR, mode=0, tonic=0)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared corpus of 18 pieces of 16 bars, every third of them held out for the test."""
    folder = tmp_path_factory.mktemp("evaluated")
    prepare_corpus(write_corpus(folder / "midi", pieces=PIECES), folder / "data")
    path = folder / "data" / "bars.npz"
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["split"] = np.where(arrays["piece"] % 3 == 0, 2, 0).astype(arrays["split"].dtype)
    arrays["style"] = (1 + arrays["piece"] // 3 % 3).astype(arrays["style"].dtype)
    np.savez(path, **arrays)
    return path


@pytest.fixture(scope="module")
def passages(data: Path) -> list[Passage]:
    return held_out_passages(load_bars(data, torch.device("cpu")), "test", 6)


def test_a_bar_is_measured_as_by_hand() -> None:
    # C4 E4 on the beats of bar 1 (one of a 16th, one of a quarter) over a C major triad of a half bar.
    melody = [GridNote(0, 72, 1), GridNote(4, 76, 4)]
    pad = [GridNote(0, pitch, 8) for pitch in (48, 52, 55)]
    found = marginals(made(melody, pad))
    assert found["empty"] == 0.75 and found["upc"] == 3
    assert found["qn2"] == found["qn3"] == pytest.approx(4 / 5)
    assert found["pp"] == pytest.approx(8 / 64)
    assert found["h1"] == pytest.approx(-2 * 0.4 * np.log2(0.4) - 0.2 * np.log2(0.2))
    assert found["gs_adj"] == pytest.approx((14 + 16 + 16) / 48)
    assert found["scale"] == found["in_key"] == 1 and found["chromatic"] == 0


def test_grooves_count_steps_that_differ_and_rhythms_that_return() -> None:
    first, second = np.zeros(16, np.bool_), np.zeros(16, np.bool_)
    first[[0, 4, 8, 12]] = second[[0, 4, 8, 14]] = True
    found = grooves(np.stack([first, second, first, first]))
    assert found["gs_adj"] == pytest.approx((14 + 14 + 16) / 48)
    assert found["gs"] == pytest.approx((14 * 3 + 16 * 3) / 96)
    assert found["unique_rhythms"] == 0.5


def test_entropy_is_in_bits() -> None:
    assert entropy(np.array([2.0, 2, 0, 0])) == 1 and entropy(np.zeros(12)) == 0


def test_the_best_scale_is_found_among_twenty_four() -> None:
    d_major = np.zeros(12)
    d_major[[2, 4, 6, 7, 9, 11, 1]] = 1
    assert scale_consistency(d_major) == 1
    d_major[0] = 1  # no scale of seven holds eight
    assert scale_consistency(d_major) == pytest.approx(7 / 8)


def test_a_fifth_is_as_far_in_tonal_space_as_harte_says() -> None:
    c, g = np.eye(12)[0], np.eye(12)[7]
    fifths, minor, major = 2 * np.sin(np.pi / 12), 2 * np.sin(np.pi / 4), 0.5 * 2 * np.sin(np.pi / 3)
    assert tonal_distance(c, g) == pytest.approx(np.sqrt(fifths**2 + minor**2 + major**2))
    assert tonal_distance(c, c) == 0


def test_chords_that_go_round_are_regular() -> None:
    turn = np.array([chord_id(root, "maj") for root in (0, 5, 7)] * 4)
    assert chord_irregularity(turn) == pytest.approx(3 / 10)
    assert chord_irregularity(np.arange(8) * 16) == 1


def test_a_neapolitan_is_chromatic_in_c_major() -> None:
    chords = (Chord(0, "maj"), Chord(1, "maj"), Chord(5, "maj"), Chord(7, "7"))
    assert chromatic_share(written_excerpt({}, chords, 0, 0)) == 0.25


def test_deviations_are_reals() -> None:
    real, ours = [{"x": 1.0}, {"x": 3.0}], [{"x": 3.0}, {"x": 3.0}]
    assert beside_real(real, ours)["x"]["off_sd"] == pytest.approx(1.0)


def test_equal_sets_overlap_and_far_ones_do_not() -> None:
    values = np.random.default_rng(1).normal(size=60)
    assert overlap(values, values[::-1])[0] > 0.95
    area, divergence = overlap(values, values + 50)
    assert area < 0.05 and divergence > 1


@pytest.mark.parametrize("times", [2, 4])
def test_music_that_says_one_thing_so_often_is_as_fit_as_mueller_says(times: int) -> None:
    length, frames = 16 // times, 16
    place = np.arange(frames) % length
    similar = np.where(place[:, None] == place[None], 1.0, -2.0).astype(np.float32)[None]
    found = fitness(similar, length)[0]
    # Score per cell and coverage, both less the segment itself: (n - 1) / n each.
    assert found.max() == pytest.approx(1 - 1 / times)
    alone = np.where(np.eye(frames, dtype=bool), 1.0, -2.0).astype(np.float32)[None]
    assert fitness(alone, length).max() == pytest.approx(0, abs=1e-6)


def test_likeness_counts_onsets_equal_in_step_and_pitch() -> None:
    a, b = [1] * 16, [1] * 16
    a[0], a[4], b[0], b[8] = 30, 32, 30, 32
    assert alike([a], [b]) == 0.5 and alike([a], [a]) == 1


def test_a_quotation_is_found_and_another_tune_is_not() -> None:
    rng = np.random.default_rng(5)
    tune = [(2 * i, int(p)) for i, p in enumerate(rng.integers(50, 80, 40))]
    training = Training([tune])
    higher = [(step + 8, pitch + 3) for step, pitch in tune[10:24]]
    found = training.quoted([higher])
    assert found["grams_4"] == found["grams_12"] == 1 and found["longest_match"] == 13
    other = [(3 * i, int(p)) for i, p in enumerate(rng.integers(50, 80, 40))]
    assert training.quoted([other])["grams_4"] == 0


def test_every_style_counts_alike_in_the_accuracy() -> None:
    wanted, heard = np.array([1, 1, 1, 1, 2]), np.array([1, 1, 1, 1, 1])
    assert balanced(wanted, heard) == 0.5


def test_styles_that_differ_are_named_and_shuffled_tags_are_not() -> None:
    rng = np.random.default_rng(3)
    tags, piece = np.repeat([1, 2], 50), np.arange(100.0) // 5
    real = rng.normal(size=(100, 1)) + 6 * tags[:, None]
    found = named(real, tags, piece, {"shuffled": [(real, rng.permutation(tags))]})
    assert found["real"] > 0.95 and 0.35 < found["shuffled"] < 0.65


def test_a_melody_is_described_by_its_own_numbers() -> None:
    melody = [GridNote(4 * i, pitch, 4) for i, pitch in enumerate((72, 74, 76, 76, 72))]
    found = window_features(written_excerpt({"melody": melody}, C_MAJOR, 0, 0))
    assert found["onsets"] == 5 and found["length_4"] == 1 and found["wait_4"] == 1
    assert found["step"] == 0.5 and found["repeat"] == 0.25 and found["third"] == 0.25
    assert found["tone_on_beat"] == pytest.approx(4 / 5) and found["rests"] == pytest.approx(1 - 20 / 64)


def test_a_passage_asks_for_what_it_is(passages: list[Passage]) -> None:
    passage = passages[0]
    assert passage.real.bars == len(passage.request.bars) == PASSAGE_BARS
    melody, texture = passage.real.melody_notes(), passage.real.texture_notes()
    for number, bar in enumerate(passage.request.bars):
        span = range(16 * number, 16 * (number + 1))
        sung = [note.pitch for note in melody if note.step in span]
        assert bar.melody_density == len(sung) / 4
        assert not sung or bar.melody_register == pytest.approx(np.mean(sung))
        assert bar.density == len({note.step for note in texture if note.step in span}) / 4


def test_an_excerpt_comes_back_from_its_notes(data: Path) -> None:
    real = passage_at(load_bars(data, torch.device("cpu")), 0).real
    roles: dict[Role, list[GridNote]] = {"melody": real.melody_notes()}
    chords = tuple(Chord((real.tonic + int(c) // 16) % 12, "maj") for c in real.chords.reshape(-1))
    again = written_excerpt(roles, chords, real.mode, real.tonic)
    assert (again.melody == real.melody).all()


def test_whole_cues_keep_endings_and_scales(passages: list[Passage]) -> None:
    found = checked(load_engine("rules", None), passages, seed=1)
    assert found["endings"] == 1, found["missed"]
    assert found["texture_in_scale"] == 1 and found["melody_in_scale"] >= 0.995


def test_a_motif_asked_for_again_is_as_like_itself_as_asked(passages: list[Passage]) -> None:
    chain = load_chain(load_markov()[0], "melody")
    found = [sung_again(lambda _: ChainVoice(chain), passages[0], 0, wanted, seed=1) for wanted in WANTED]
    assert found[0] < 0.2 and found[-1] > 0.8
    assert found[-1] > found[2] > found[0]


def test_a_run_judges_three_engines_side_by_side_and_is_logged(data: Path, tmp_path: Path) -> None:
    tiny = Extent(seeds=(1,), windows=12, passages=6, styled=4, motifs=1, cues=1, swept=2, themes=1)
    first = evaluate(data, tmp_path, extent=tiny, parts=["control", "cues"])
    assert set(first) & set(PARTS) == {"control", "cues"}
    found = evaluate(data, tmp_path, split="test", extent=tiny)
    assert set(PARTS) <= set(found) and found["control"] == first["control"]
    assert json.loads((tmp_path / "evaluation.json").read_text())["split"] == "test"
    table = (tmp_path / "evaluation.md").read_text()
    assert "| engines on 6 passages |  | neural | markov | rules | real against real |" in table
    assert set(found["judged"]["melody"]["given"]) == {"neural", "markov", "rules"} == set(found["marginals"])
    assert (tmp_path / "evaluations.log").read_text().count(f"split test {tiny}") == 2
    again = evaluate(data, tmp_path, extent=tiny)
    assert again == found and table == (tmp_path / "evaluation.md").read_text()


def test_parts_made_of_other_code_or_weights_are_made_anew(tmp_path: Path) -> None:
    here = KeptParts(tmp_path, ["these weights"])
    assert here.found("one", "one", lambda: {"rho": math.nan}) == {"rho": None}
    assert here.found("one", "one", lambda: {"rho": 1.0}) == {"rho": None}
    assert KeptParts(tmp_path, ["other weights"]).found("one", "one", lambda: {"rho": 1.0}) == {"rho": 1.0}


def test_a_part_that_is_none_is_refused_by_name(data: Path, tmp_path: Path) -> None:
    with pytest.raises(RejectedInput, match="sound: is no part"):
        evaluate(data, tmp_path, parts=["sound"])


def test_a_split_without_passages_says_what_is_missing(data: Path, tmp_path: Path) -> None:
    with pytest.raises(RejectedInput, match="valid split"):
        evaluate(data, tmp_path, split="valid", extent=Extent(seeds=(1,)))
