"""Everything on the film's line stands where it happens."""

import math
from dataclasses import replace

import numpy as np
import pytest

from composer.spotting import Hit
from render.adherence import chance_level, rank_correlation, view_adherence
from render.hit_view import conversation_cuts, view_hits
from render.piano_roll import WIDTH, draw_cue, draw_theme
from render.plot import curve_path, step_path
from render.report_facts import ReportFacts
from render.stills import MOST_STILLS, shots_with_still
from render.timeline import draw_timeline
from tests.render.made_up_cue import THEME, made_up_cue
from tests.render.report_facts import made_up_analysis, made_up_facts, made_up_film
from vision.analysis import Programme, Region, SpeechSpan

NO_STILLS: frozenset[str] = frozenset()


def test_shots_cover_the_line_without_gap_or_overlap() -> None:
    shots = draw_timeline(made_up_facts(), NO_STILLS).shots
    assert shots[0].left == 0
    for before, after in zip(shots, shots[1:], strict=False):
        assert before.left + before.width == pytest.approx(after.left, abs=1e-3)
    assert shots[-1].left + shots[-1].width == pytest.approx(100, abs=1e-3)


def test_cues_and_hits_stand_at_their_share_of_the_film() -> None:
    facts = made_up_facts()
    length, line = facts.analysis.film.duration_s, draw_timeline(facts, NO_STILLS)
    assert [block.label for block in line.cues] == ["1M01", "1M02"]
    for block, cue in zip(line.cues, facts.spotting.cues, strict=True):
        assert block.left == pytest.approx(100 * cue.start_s / length, abs=1e-3)
        assert block.width == pytest.approx(100 * (cue.end_s - cue.start_s) / length, abs=1e-3)
    times = sorted(hit.time_s for hit in facts.spotting.hits)
    assert [mark.left for mark in line.hits] == pytest.approx([100 * t / length for t in times], abs=1e-3)


def test_a_demoted_hit_is_not_drawn() -> None:
    facts = made_up_facts()
    demoted = facts.spotting.hits[1].model_copy(update={"bar": 0})
    spotting = facts.spotting.model_copy(update={"hits": (demoted, *facts.spotting.hits[2:])})
    assert len(view_hits(facts.analysis, spotting).rows) == len(facts.spotting.hits) - 2


def test_labels_of_crowded_hits_keep_their_distance() -> None:
    facts = made_up_facts()
    pattern = facts.spotting.hits[1]
    crowd = tuple(pattern.model_copy(update={"time_s": 10 + place / 10}) for place in range(30))
    line = draw_timeline(
        ReportFacts("a", facts.analysis, facts.curves, facts.spotting.model_copy(update={"hits": crowd})),
        NO_STILLS,
    )
    shown = [mark.left for mark in line.hits if mark.roomy]
    assert len(shown) >= 1 and all(b - a >= 4 for a, b in zip(shown, shown[1:], strict=False))


def test_regions_and_what_lies_outside_the_programme_have_a_row() -> None:
    film = made_up_film()
    title = Region(kind="title", start_frame=48, end_frame=96, start_s=2, end_s=4, confidence=0.9)
    programme = Programme(first_frame=24, last_frame=film.frames - 1, start_s=1.001, end_s=film.duration_s)
    marked = film.model_copy(update={"regions": (title,), "programme": programme})
    parts = draw_timeline(made_up_facts(film=marked), NO_STILLS).regions
    assert [(part.kind, part.label) for part in parts] == [("outside", ""), ("region", "title")]
    assert draw_timeline(made_up_facts(), NO_STILLS).regions == ()


def test_a_film_of_three_thousand_shots_has_four_hundred_stills() -> None:
    analysis = made_up_analysis(made_up_film())
    many = analysis.model_copy(
        update={"shots": tuple(analysis.shots[0].model_copy(update={"index": i}) for i in range(3000))}
    )
    chosen = shots_with_still(many)
    assert len(chosen) == MOST_STILLS
    assert [shot.index for shot in chosen] == sorted({shot.index for shot in chosen})


def test_a_cut_between_two_lines_is_inside_a_conversation_and_told_when_hit() -> None:
    analysis = made_up_analysis(made_up_film())
    cut = analysis.shots[3].start_s
    speech = (SpeechSpan(start_s=cut - 2, end_s=cut - 1), SpeechSpan(start_s=cut + 1, end_s=cut + 2))
    talk = analysis.model_copy(update={"sound": analysis.sound.model_copy(update={"speech": speech})})
    assert conversation_cuts(talk) == [cut]
    facts = made_up_facts()
    hit: Hit = facts.spotting.hits[1].model_copy(update={"time_s": cut})
    told = view_hits(talk, facts.spotting.model_copy(update={"hits": (hit,)})).summary
    assert told[-1] == "1 cut inside conversations, 1 of them hit."


def test_curves_keep_their_mean_and_their_scale() -> None:
    times = np.arange(20_000) / 24
    path = curve_path(times, np.full(20_000, 0.25), float(times[-1]), 0, 1)
    assert {point.split(" ")[1] for point in path[1:].split("L")} == {"75.0"}
    assert curve_path([], [], 10, 0, 1) == ""


def test_steps_that_do_not_touch_leave_a_gap() -> None:
    path = step_path([0, 1, 5], [1, 2, 6], [0.0, 1.0, 0.5], 10, 1.0)
    assert path == "M0.0 100.0H100.0L100.0 0.0H200.0M500.0 50.0H600.0"


def test_a_piano_roll_holds_every_note_in_its_box() -> None:
    music = made_up_cue(1, 0, 8, 700_000).notes
    roll = draw_cue(music)
    assert sum(layer.path.count("M") for layer in roll.layers) == len(music.notes)
    for layer in roll.layers:
        for box in layer.path.split("M")[1:]:
            x, y = (float(part) for part in box.split("h")[0].split(" "))
            assert 0 <= x <= WIDTH and 0 <= y < roll.height
    assert len(roll.bars) == 9 and roll.bars[-1] == pytest.approx(WIDTH)
    assert [chord.text for chord in roll.chords][:4] == ["Dm", "G", "C", "Am"]
    assert draw_cue(music.model_copy(update={"notes": ()})).layers == ()


def test_a_theme_is_drawn_note_for_note() -> None:
    assert draw_theme(THEME)[1].count("M") == len(THEME.notes)


def test_asked_and_heard_agree_fully_or_not_at_all() -> None:
    rising = [float(number) for number in range(20)]
    assert rank_correlation(rising, [math.exp(value) for value in rising]) == pytest.approx(1)
    assert rank_correlation(rising, rising[::-1]) == pytest.approx(-1)
    assert rank_correlation(rising, [1.0] * 20) is None
    assert rank_correlation(rising[:5], rising[:5]) is None


def test_chance_is_about_nothing_for_what_only_wobbles() -> None:
    wobble = np.random.default_rng(4).normal(size=200).tolist()
    level = chance_level(wobble, wobble)
    assert level is not None and abs(level) < 0.1


def test_a_measure_that_was_never_varied_is_not_given_a_figure() -> None:
    charts = {chart.name: chart for chart in view_adherence(made_up_facts())}
    assert charts["Density"].rho is not None and charts["Density"].rho > 0.9
    assert charts["Tension"].rho is None and charts["Tension"].verdict == "asked for the same throughout"


def test_a_measure_asked_for_nearly_the_same_is_told_by_its_error() -> None:
    facts = made_up_facts()
    near = {}
    for uid, request in facts.requests.items():
        bars = [
            bar.model_copy(update={"density": 1.0 + 0.01 * (at % 7)}) for at, bar in enumerate(request.bars)
        ]
        near[uid] = request.model_copy(update={"bars": tuple(bars)})
    charts = {chart.name: chart for chart in view_adherence(replace(facts, requests=near))}
    density = charts["Density"]
    assert density.rho is not None and density.verdict == "asked for nearly the same throughout"
    assert density.error is not None and density.error > 0
    assert charts["Energy"].error is None  # of another unit than what was asked


def test_tension_is_compared_phrase_by_phrase_whatever_its_bars_are_asked_each() -> None:
    facts = made_up_facts()
    told = []
    for order in (1, -1):
        asked = {}
        for uid, request in facts.requests.items():
            tensions: list[float] = []
            for section in sorted({bar.section for bar in request.bars}):
                own = [0.1 * (at * 7 % 10) for at, bar in enumerate(request.bars) if bar.section == section]
                tensions += [value for at in range(0, len(own), 4) for value in own[at : at + 4][::order]]
            bars = [
                bar.model_copy(update={"tension": value})
                for bar, value in zip(request.bars, tensions, strict=True)
            ]
            asked[uid] = request.model_copy(update={"bars": tuple(bars), "out_bar": len(bars)})
        charts = {chart.name: chart for chart in view_adherence(replace(facts, requests=asked))}
        told.append(charts["Tension"])
    assert told[0].rho is not None and told[0].rho == pytest.approx(told[1].rho)
    assert told[0].error == pytest.approx(told[1].error)


def test_a_chord_that_rings_after_the_out_is_not_measured_against_its_request() -> None:
    facts = made_up_facts()
    shorter = {uid: r.model_copy(update={"out_bar": r.out_bar - 2}) for uid, r in facts.requests.items()}
    bars = [view_adherence(some)[0].bars for some in (facts, replace(facts, requests=shorter))]
    assert bars[0] - bars[1] == 2 * len(facts.requests)
