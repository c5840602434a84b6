"""What spotting asked for, heard: endings that ring, stop or run on, swells, damped stops, silence after."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from composer.compose import compose_cue
from composer.hits import end_tick, out_tick
from composer.notes import ROLES, Control, CueNotes
from composer.request import CueRequest, RequestedHit
from composer.rules import RulesEngine
from composer.spotting import Ending, Style
from render.events import SampleClock, expression_gain
from render.room import CHAMBER, CLUB, HALL, PARLOUR, SPACE, Room, impulse_response, room_for
from render.soundfont import EMBEDDED_SHA256, choose_font
from render.synth import add_tail, play_role
from tests.composer.requests import request
from tests.render.scenes import cue_notes, note, part

Sound = NDArray[np.float32]
RATE_HZ = 48_000
RINGING: tuple[Ending, ...] = ("close", "rest", "hang")
DEFAULTS: tuple[Style, ...] = ("chamber", "ambient", "silent_piano")


@cache
def played(asked: CueRequest) -> tuple[CueNotes, Sound]:
    """A cue's notes and all its roles in their room."""
    notes, font = compose_cue(asked, RulesEngine()), choose_font(None)
    assert font.facts.sha256 == EMBEDDED_SHA256
    room = room_for(notes.parts)
    stems = [add_tail(play_role(font, notes, role), role, room) for role in ROLES]
    whole = np.zeros((max(len(stem) for stem in stems), 2), np.float32)
    for stem in stems:
        whole[: len(stem)] += stem
    return notes, whole


def level_db(sound: Sound, start_s: float, seconds: float) -> float:
    piece = sound[int(start_s * RATE_HZ) : int((start_s + seconds) * RATE_HZ)].astype(np.float64)
    return float(10 * np.log10((piece**2).mean() + 1e-12)) if len(piece) else -120.0


def second_of(asked: CueRequest, tick: int) -> float:
    return SampleClock(asked.tempo_map).sample(tick) / RATE_HZ


@pytest.mark.parametrize("style", DEFAULTS)
@pytest.mark.parametrize("ending", RINGING)
def test_a_last_chord_rings_over_the_cut_and_dies_away(ending: Ending, style: Style) -> None:
    asked = request(("walk",), bars_each=4, style=style, ending=ending, ring_bars=1)
    _, sound = played(asked)
    out, end = second_of(asked, out_tick(asked)), second_of(asked, end_tick(asked))
    before, struck = level_db(sound, out - 1.5, 1.5), level_db(sound, out + 0.1, 0.4)
    assert struck - before < 4.0  # it is an end, not an accent
    assert level_db(sound, out + 0.8, 0.4) > before - 14.0  # heard for a second
    assert level_db(sound, end - 0.4, 0.4) < struck - 8.0
    assert len(sound) / RATE_HZ < end + 5.0 and level_db(sound, end + 3.0, 1.0) < struck - 35.0


@pytest.mark.parametrize("style", ["chamber", "orchestral"])
def test_a_stop_is_dead_within_a_tenth_of_a_second_and_only_the_room_answers(style: Style) -> None:
    asked = request(("chase",), bars_each=4, style=style, ending="stop")
    _, sound = played(asked)
    out = second_of(asked, out_tick(asked))
    before = level_db(sound, out - 0.5, 0.5)
    assert level_db(sound, out + 0.1, 0.1) < before - 9.0
    assert level_db(sound, out + 0.5, 0.2) < before - 20.0
    assert len(sound) / RATE_HZ < out + 4.0


def test_a_stop_inside_a_cue_is_followed_by_silence_and_a_whole_attack() -> None:
    stop = RequestedHit(beat=10, kind="stop", strength=1.0, required=True)
    asked = request(("drive",), bars_each=6, style="chamber", hits=(stop,))
    notes, sound = played(asked)
    at, resumed = second_of(asked, 10 * 960), second_of(asked, 12 * 960)
    assert level_db(sound, at + 0.5, resumed - at - 0.55) < level_db(sound, at - 0.5, 0.5) - 15.0
    assert level_db(sound, resumed, 0.5) > level_db(sound, at - 0.5, 0.5) - 9.0
    struck = [n.part for n in notes.notes if n.grid_tick == 12 * 960]
    for index in set(struck):
        gain = expression_gain(notes, index, len(sound))
        assert gain is None or gain[int(resumed * RATE_HZ)] > 0.3


def test_a_segue_is_not_damped() -> None:
    asked = request(("walk",), bars_each=4, style="chamber", ending="segue")
    assert all(control.value > 1 for control in played(asked)[0].controls if control.controller == 11)


def test_who_sustains_swells_into_a_hit_by_4_db_at_least() -> None:
    turn = RequestedHit(beat=16, kind="turn", strength=1.0, required=True)
    notes, sound = played(request(("walk",), bars_each=8, style="chamber", hits=(turn,)))
    pads = [i for i, one in enumerate(notes.parts) if one.role == "pad"]
    gain = expression_gain(notes, pads[0], len(sound))
    assert gain is not None
    clock = SampleClock(notes.tempo_map)
    early, late = (gain[clock.sample(round(beat * 960))] for beat in (12.6, 15.9))
    assert 20 * np.log10(late / early) > 4.0


def test_the_pedal_is_heard_to_hold_and_a_lift_to_damp() -> None:
    font = choose_font(None)
    down = [
        Control(part=0, tick=100, controller=64, value=127),
        Control(part=0, tick=3800, controller=64, value=0),
    ]
    held, plain = (
        play_role(font, cue_notes([note(0, ticks=480)], [part("arpeggio")], controls=controls), "arpeggio")
        for controls in (down, [])
    )
    assert level_db(held, 1.2, 0.3) > level_db(plain, 1.2, 0.3) + 20.0
    lifted = SampleClock(cue_notes([]).tempo_map).sample(3800) / RATE_HZ
    assert level_db(held, lifted + 0.6, 0.2) < level_db(held, lifted - 0.3, 0.2) - 25.0


def test_nothing_of_a_cue_clicks_at_its_start_or_its_end() -> None:
    asked = request(("walk",), bars_each=4, style="chamber", ending="rest", ring_bars=1)
    _, sound = played(asked)
    steps = np.abs(np.diff(sound.astype(np.float64), axis=0)).max(axis=1)
    assert steps[-2_400:].max() < 1e-4 and np.abs(sound[-1]).max() < 1e-6
    assert np.abs(sound[0]).max() < 1e-3


def test_a_pianists_calm_chords_leave_no_holes() -> None:
    asked = request(("walk",), bars_each=4, style="silent_piano")
    _, sound = played(asked)
    end = second_of(asked, out_tick(asked))
    levels = [level_db(sound, at, 0.4) for at in np.arange(0.0, end - 0.5, 0.2)]
    assert min(levels) > np.median(levels) - 16.0


@pytest.mark.parametrize("room", [PARLOUR, CLUB, CHAMBER, HALL, SPACE])
def test_a_room_colours_nothing_and_leans_to_no_side(room: Room) -> None:
    """Its bands meet without a notch, its late sound has no ring, left and right are equal and apart."""
    answer = impulse_response(room).astype(np.float64)
    assert np.abs(10 * np.log10((answer[:, 0] ** 2).sum() / (answer[:, 1] ** 2).sum())) < 0.5
    assert abs(np.corrcoef(answer.T)[0, 1]) < 0.1
    late = answer[int((room.predelay_ms / 1000 + 0.05) * RATE_HZ) :, 0]
    power = np.abs(np.fft.rfft(late, 1 << 18)) ** 2
    edges = 300.0 * 2.0 ** (np.arange(0, 13) / 3)
    hz = np.arange(len(power)) * RATE_HZ / (1 << 18)
    bands = [
        10 * np.log10(power[(low <= hz) & (hz < high)].mean())
        for low, high in zip(edges, edges[1:], strict=False)
    ]
    assert np.abs(np.diff(bands)).max() < 3.5  # a third of an octave to the next, 300 Hz to 5 kHz
